/** CPU, memory and ephemeral storage of a runner: every container has requests and limits for all three, or one report could starve a node. */
import type { ContainerResources } from '../settings.ts';

interface AskedResources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** A resource that the template names is the template's alone: given in one of requests and limits only, it counts for both. The rest comes from the operator. */
export function effectiveResources(asked: AskedResources | undefined, defaults: ContainerResources): ContainerResources {
  const requests: Record<string, string> = { ...defaults.requests };
  const limits: Record<string, string> = { ...defaults.limits };
  for (const name of new Set([...Object.keys(asked?.requests ?? {}), ...Object.keys(asked?.limits ?? {})])) {
    const request = asked?.requests?.[name] ?? asked?.limits?.[name];
    const limit = asked?.limits?.[name] ?? asked?.requests?.[name];
    if (request !== undefined) requests[name] = request;
    if (limit !== undefined) limits[name] = limit;
  }
  return { requests, limits };
}
