/**
 * Sees every change of Reports and Jobs in a namespace, in order, through a connection that no weather touches; what was there for a moment only is seen, too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../src/api/generated/report.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Job, KubeObject } from '../../src/kube/objects.ts';
import { JOBS, REPORTS, type ResourceType } from '../../src/kube/resources.ts';
import { watch } from '../../src/kube/watch.ts';

export interface Sighting<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

export class Observer {
  readonly reports: Sighting<Report>[] = [];
  readonly jobs: Sighting<Job>[] = [];
  readonly #stop = new AbortController();
  #running: readonly Promise<void>[] = [];
  #failure: Error | undefined;

  /** For a namespace in which there are none yet; what happens after the promise has resolved is seen. */
  static async start(client: KubeClient, namespace: string): Promise<Observer> {
    const observer = new Observer();
    const { signal } = observer.#stop;
    const [reports, jobs] = await Promise.all([
      client.list<Report>(REPORTS, { namespace }, signal),
      client.list<Job>(JOBS, { namespace }, signal),
    ]);
    observer.#running = [
      observer.#watch(client, REPORTS, namespace, reports.resourceVersion, observer.reports),
      observer.#watch(client, JOBS, namespace, jobs.resourceVersion, observer.jobs),
    ];
    return observer;
  }

  /** Throws when something could not be seen. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the observer is stopped'));
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #watch<T extends KubeObject>(
    client: KubeClient,
    type: ResourceType,
    namespace: string,
    from: string,
    sightings: Sighting<T>[],
  ): Promise<void> {
    const { signal } = this.#stop;
    let resourceVersion = from;
    try {
      for (;;) {
        const options = { namespace, resourceVersion, timeoutSeconds: 600, idleMs: 150_000, decode: JSON.parse };
        for await (const event of watch<T>(client.transport, type, options, signal)) {
          resourceVersion = event.object.metadata.resourceVersion;
          if (event.type !== 'BOOKMARK') sightings.push({ type: event.type, object: event.object });
        }
        await sleep(100, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) this.#failure = new Error('not everything was seen', { cause: error });
    }
  }
}
