/**
 * Stands in for whatever ends runs: no node is there to run pods. Each run ends so long after its child was made, or its pod, by what a kubelet (or whoever the contestant
 * leaves the rest to) would write.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { ResourceType } from '../../src/kube/resources.ts';
import { watch } from '../../src/kube/watch.ts';

/** How long a run takes: about that of a small Report on a node that has the image. */
export const RUN_MS = 5_000;
const MINUTE_S = 60;

/** What ends a run: fields of the status of an object of this kind. */
export interface Ending {
  readonly type: ResourceType;
  readonly status: (object: KubeObject, now: string) => Readonly<Record<string, unknown>>;
}

export class Endings {
  /** Runs that have been ended. */
  ended = 0;
  readonly #client: KubeClient;
  readonly #ending: Ending;
  readonly #signal: AbortSignal;

  constructor(client: KubeClient, ending: Ending, signal: AbortSignal) {
    this.#client = client;
    this.#ending = ending;
    this.#signal = signal;
  }

  /** Ends what is made from now on, until the signal aborts. */
  async start(): Promise<void> {
    const { type } = this.#ending;
    let { resourceVersion } = await this.#client.list<KubeObject>(type, { limit: 1 }, this.#signal);
    const follow = async (): Promise<void> => {
      while (!this.#signal.aborted) {
        const options = { resourceVersion, timeoutSeconds: 60 * MINUTE_S, idleMs: 60 * MINUTE_S * 1_000, decode: JSON.parse };
        for await (const event of watch<KubeObject>(this.#client.transport, type, options, this.#signal)) {
          resourceVersion = event.object.metadata.resourceVersion;
          if (event.type === 'ADDED') this.#watched(this.#endLater(event.object));
        }
      }
    };
    this.#watched(follow());
  }

  async #endLater(object: KubeObject): Promise<void> {
    await sleep(RUN_MS, undefined, { signal: this.#signal });
    const { name, namespace } = object.metadata;
    const fields = Object.entries(this.#ending.status(object, `${new Date().toISOString().slice(0, 19)}Z`));
    const patch = fields.map(([field, value]) => ({ op: 'add' as const, path: `/status/${field}`, value }));
    await this.#client.patchJson(this.#ending.type, namespace, name, patch, this.#signal, 'status');
    this.ended += 1;
  }

  /** A failure ends the benchmark: what was not ended would be measured wrongly. */
  #watched(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#signal.aborted) throw error;
    });
  }
}
