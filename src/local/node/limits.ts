/**
 * Limits that a kernel or a kubelet would hold a pod to: memory (OOMKilled), sizes of emptyDirs and ephemeral storage (Evicted, without a disruption condition, as the
 * kubelet does for a pod that is itself to blame). Messages are the kubelet's (pkg/kubelet/eviction/helpers.go), their trailing spaces included.
 */
import { join } from 'node:path';
import { amountsOf, parseQuantity } from './fit.ts';
import type { PodRun } from './pod-run.ts';
import type { Pod } from './pod.ts';
import type { Verdict } from './status.ts';
import { bytesBelow, memoryByGroup } from './usage.ts';

/** Kills every container that uses more memory than its limit. */
export async function enforceMemory(runs: Iterable<PodRun>): Promise<void> {
  const limited = new Map<number, { readonly limit: number; readonly kill: () => void }>();
  for (const run of runs) {
    for (const container of run.containers) {
      const limit = amountsOf(container.container.resources?.limits).memory;
      if (container.pid !== undefined && limit > 0) limited.set(container.pid, { limit, kill: () => container.killForMemory() });
    }
  }
  if (limited.size === 0) return;
  for (const [group, bytes] of await memoryByGroup(new Set(limited.keys()))) {
    const entry = limited.get(group);
    if (entry !== undefined && bytes > entry.limit) entry.kill();
  }
}

/** Evicts every pod that has written more than it may. */
export async function enforceStorage(runs: Iterable<PodRun>): Promise<void> {
  for (const run of runs) {
    if (run.view.ended || !hasStorageLimit(run.pod)) continue;
    const verdict = storageVerdict(run.pod, await storageUse(run));
    if (verdict !== undefined) run.stop({ graceMs: 0, verdict });
  }
}

/** The eviction by which a node under pressure makes room: a disruption, which a Job does not count. */
export function pressureVerdict(resource: 'memory' | 'ephemeral-storage'): Verdict {
  return { reason: 'Evicted', message: `The node was low on resource: ${resource}. `, disruption: true };
}

/** Bytes on disk, by name. */
export interface StorageUse {
  readonly emptyDirs: ReadonlyMap<string, number>;
  /** Working directory and logs. */
  readonly containers: ReadonlyMap<string, number>;
}

/** Which limit a pod is over, in the kubelet's order: a volume's, the pod's, a container's; undefined when none. */
export function storageVerdict({ spec }: Pod, use: StorageUse): Verdict | undefined {
  for (const { name, emptyDir } of spec.volumes ?? []) {
    const { sizeLimit } = emptyDir ?? {};
    if (sizeLimit === undefined || parseQuantity(sizeLimit) <= 0) continue;
    if ((use.emptyDirs.get(name) ?? 0) > parseQuantity(sizeLimit))
      return evicted(`Usage of EmptyDir volume "${name}" exceeds the limit "${sizeLimit}". `);
  }
  const limited = spec.containers.map(({ name, resources }) => ({ name, text: resources?.limits?.['ephemeral-storage'] }));
  // As for requests: the sum over containers, or the largest init container if that is more.
  const inits = (spec.initContainers ?? []).map(({ resources }) => parseQuantity(resources?.limits?.['ephemeral-storage'] ?? '0'));
  const podLimit = Math.max(
    limited.reduce((sum, { text }) => sum + parseQuantity(text ?? '0'), 0),
    ...inits,
  );
  const podUse = [...use.emptyDirs.values(), ...use.containers.values()].reduce((sum, bytes) => sum + bytes, 0);
  if (podLimit > 0 && podUse > podLimit) {
    const text = limited.length === 1 && inits.length === 0 ? limited[0]?.text : String(podLimit);
    return evicted(`Pod ephemeral local storage usage exceeds the total limit of containers ${text ?? podLimit}. `);
  }
  for (const { name, text } of limited) {
    if (text !== undefined && (use.containers.get(name) ?? 0) > parseQuantity(text)) {
      return evicted(`Container ${name} exceeded its local ephemeral storage limit "${text}". `);
    }
  }
  return undefined;
}

function evicted(message: string): Verdict {
  return { reason: 'Evicted', message };
}

function hasStorageLimit({ spec }: Pod): boolean {
  const isLimited = spec.containers.some(({ resources }) => resources?.limits?.['ephemeral-storage'] !== undefined);
  return isLimited || (spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined);
}

async function storageUse(run: PodRun): Promise<StorageUse> {
  const emptyDirs = new Map<string, number>();
  for (const { name, emptyDir } of run.pod.spec.volumes ?? []) {
    if (emptyDir !== undefined) emptyDirs.set(name, await bytesBelow(join(run.folder, 'volumes', name)));
  }
  const containers = new Map<string, number>();
  for (const { container, folder } of run.containers) containers.set(container.name, await bytesBelow(folder));
  return { emptyDirs, containers };
}
