/** What a pod and its containers share while they run, and the one way in which both wait for things that do not exist yet. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { BackoffBounds } from '../../kube/backoff.ts';
import type { Guardian } from '../process/guardian.ts';
import type { NodeApi } from './api.ts';
import { ContainerConfigError } from './environment.ts';
import type { ImageTable } from './images.ts';
import type { Pod } from './pod.ts';

export interface PodContext {
  readonly pod: Pod;
  /** Everything of the pod lies below. */
  readonly folder: string;
  readonly nodeIp: string;
  /** What every container finds in its environment: the kubelet's variables for the service `kubernetes`. */
  readonly serviceEnvironment: Readonly<Record<string, string>>;
  readonly api: NodeApi;
  readonly images: ImageTable;
  readonly guardian: Guardian;
  /** Between pulls, between restarts and, its first step, between looks for something that is missing. */
  readonly backoff: BackoffBounds;
  readonly log: Logger;
  /** Something happened that a status would say. */
  readonly onChange: () => void;
}

/** Tries until nothing is missing and the apiserver answers; `missing` is told what is waited for. Throws when the signal aborts. */
export async function untilConfigured<T>(
  { backoff, log }: PodContext,
  attempt: () => Promise<T>,
  missing: (message: string) => void,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ContainerConfigError) missing(error.message);
      else log.warn({ err: error }, 'cannot read what a pod needs; will retry');
      await sleep(backoff.firstMs, undefined, { signal });
    }
  }
}
