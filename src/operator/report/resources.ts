/** CPU, memory and ephemeral storage of a runner: every container has requests and limits for all three, or one report could starve a node. */
import type { ContainerResources } from '../settings.ts';

/** Quantities as manifests have them: `2` and `"2"` are the same. */
type Quantities = Readonly<Partial<Record<'cpu' | 'memory' | 'ephemeral-storage', string | number | bigint>>>;

interface AskedResources {
  readonly requests?: Quantities;
  readonly limits?: Quantities;
}

/** A resource that the template names is the template's alone: given in one of requests and limits only, it counts for both. The rest comes from the operator. */
export function effectiveResources(asked: AskedResources | undefined, defaults: ContainerResources): ContainerResources {
  const requests: Record<string, string> = { ...defaults.requests };
  const limits: Record<string, string> = { ...defaults.limits };
  for (const name of ['cpu', 'memory', 'ephemeral-storage'] as const) {
    const request = asked?.requests?.[name] ?? asked?.limits?.[name];
    const limit = asked?.limits?.[name] ?? asked?.requests?.[name];
    if (request !== undefined) requests[name] = String(request);
    if (limit !== undefined) limits[name] = String(limit);
  }
  return { requests, limits };
}
