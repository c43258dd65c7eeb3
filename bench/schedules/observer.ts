/** Sees from outside what a controller does: when its children come, when it has come to rest, what it asks of the apiserver, what it costs. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { EVENTS, type ResourceType } from '../../src/kube/resources.ts';
import { watch } from '../../src/kube/watch.ts';

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
/** Requests that say nothing about the work: what watches the watcher, and what the apiserver asks of itself. */
const MEASURED = /^(cronjobs|jobs|reportschedules|reports|events)$/;

interface ToldEvent extends KubeObject {
  readonly regarding: { readonly kind: string };
  readonly series?: { readonly count: number };
  readonly deprecatedCount?: number;
}

/** Arrival of each object of a kind, in epoch ms, and the time of the last event of any kind that is watched. */
export class Arrivals {
  readonly at: number[] = [];
  lastEventAt = Date.now();
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;

  constructor(client: KubeClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** Counts objects of a kind from now on. */
  async count(type: ResourceType): Promise<void> {
    await this.#follow(type, (event) => {
      if (event === 'ADDED') this.at.push(Date.now());
    });
  }

  /** Only notices that something happens to a kind. */
  async notice(type: ResourceType): Promise<void> {
    await this.#follow(type, () => undefined);
  }

  async #follow(type: ResourceType, onEvent: (event: string) => void): Promise<void> {
    let { resourceVersion } = await this.#client.list<KubeObject>(type, { limit: 1 }, this.#signal);
    const run = async (): Promise<void> => {
      // The apiserver ends a watch whose reader is slow; on a busy machine that is us.
      while (!this.#signal.aborted) {
        const options = { resourceVersion, timeoutSeconds: 3_600, idleMs: 3_600_000, decode: outline };
        for await (const event of watch<KubeObject>(this.#client.transport, type, options, this.#signal)) {
          resourceVersion = event.object.metadata.resourceVersion;
          if (event.type === 'BOOKMARK') continue;
          this.lastEventAt = Date.now();
          onEvent(event.type);
        }
      }
    };
    run().catch((error: unknown) => {
      if (!this.#signal.aborted) throw error;
    });
  }
}

/** An event without what nobody here looks at: whoever watches takes time from those who are watched. */
function outline(line: string): unknown {
  const [, type] = /"type":"([A-Z]+)"/.exec(line) ?? [];
  const [, resourceVersion] = /"resourceVersion":"(\d+)"/.exec(line) ?? [];
  return { type, object: { metadata: { resourceVersion } } };
}

/** Waits until nothing has happened for so long. */
export async function untilQuiet(arrivals: Arrivals, quietMs: number): Promise<void> {
  while (Date.now() - arrivals.lastEventAt < quietMs) await sleep(200);
}

/** Requests that the apiserver has answered so far, by verb and resource, from its metrics; watches and lists of caches left out. */
export async function requestsSoFar(client: KubeClient, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const text = await client.transport.request({ method: 'GET', path: '/metrics', accept: 'text/plain', signal });
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (!line.startsWith('apiserver_request_total{')) continue;
    const label = (name: string): string => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? '';
    const [verb, resource, subresource] = [label('verb'), label('resource'), label('subresource')];
    if (verb === 'WATCH' || verb === 'LIST' || !MEASURED.test(resource)) continue;
    const key = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(line.slice(line.lastIndexOf(' '))));
  }
  return counts;
}

/** How many requests made the Events that there are on objects of a kind: one for each time that it was told. */
export async function eventRequests(client: KubeClient, type: ResourceType, signal: AbortSignal): Promise<number> {
  let requests = 0;
  let more: string | undefined;
  do {
    const page = await client.list<ToldEvent>(EVENTS, { limit: 500, ...(more === undefined ? {} : { continue: more }) }, signal);
    for (const { regarding, series, deprecatedCount } of page.items)
      if (regarding.kind === type.kind) requests += Math.max(series?.count ?? 1, deprecatedCount ?? 1);
    more = page.continue;
  } while (more !== undefined);
  return requests;
}

/** Seconds of processor time that the apiserver has used, by its own word. */
export async function apiserverSeconds(client: KubeClient, signal: AbortSignal): Promise<number> {
  const text = await client.transport.request({ method: 'GET', path: '/metrics', accept: 'text/plain', signal });
  return Number(/^process_cpu_seconds_total (.*)$/m.exec(text)?.[1] ?? 0);
}

/** Seconds of processor time that a process has used. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** How late the event loop of an operator was at most since it was asked last, in milliseconds, by its metrics. */
export async function eventLoopLagMs(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const [, seconds = 'nothing'] = /^nodejs_eventloop_lag_max_seconds (.*)$/m.exec(await answer.text()) ?? [];
  return Number(seconds) * 1000;
}

/** Most memory that a process has had resident, in MB. */
export function peakMegabytes(pid: number): number {
  const [, kilobytes = '0'] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(kilobytes) * 1024) / 1e6;
}
