/**
 * Events (events.k8s.io/v1): what a person reads in `kubectl describe`.
 *
 * Best effort by design: a lost Event must never fail or delay a reconcile, so notes go through a bounded queue with one sender, which lets work that is waiting go first.
 * A repeated note becomes a series instead of a new object, and each object has a budget (client-go's: 25 at once, then one in five minutes), so that no loop can flood etcd.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from './client.ts';
import { isForbidden, isNotFound } from './errors.ts';
import { microTime } from './micro-time.ts';
import type { KubeObject } from './objects.ts';
import { apiVersionOf, EVENTS } from './resources.ts';

/** Notes that wait to be sent, of at most a kilobyte each; beyond it the newest is dropped. Every one of some thousand schedules that are due together tells of its run. */
const QUEUE_LIMIT = 10_000;
/** How often a sender that lets work go first looks whether there still is some, and how long it lets it go first at most. */
const YIELD_MS = 50;
const MAX_YIELD_MS = 30_000;
/** Within this time an equal note joins the series. */
const SERIES_WINDOW_MS = 6 * 60_000;
const BUDGET_BURST = 25;
const BUDGET_REFILL_MS = 5 * 60_000;
/** Objects whose series and budget are remembered. */
const MEMORY_LIMIT = 4_096;
/** Validation of events.k8s.io/v1: a note has at most 1 kB. */
const NOTE_LIMIT_BYTES = 1_000;

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, e.g. the condition's reason. */
  readonly reason: string;
  /** What the operator did, e.g. CreateJob. */
  readonly action: string;
  readonly note: string;
}

/** What an Event says of its object; the object itself would be kept in memory for as long as the note waits. */
interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly namespace?: string;
}

interface Waiting {
  readonly regarding: Regarding;
  readonly event: EventNote;
  /** Epoch ms. */
  readonly at: number;
}

interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastAt: number;
}

export class EventRecorder {
  readonly #client: KubeClient;
  readonly #instance: string;
  readonly #onError: (error: unknown) => void;
  readonly #series = new Map<string, Series>();
  readonly #budgets = new Map<string, { tokens: number; at: number }>();
  readonly #queue: Waiting[] = [];
  readonly #busy: () => boolean;
  readonly #queueLimit: number;
  readonly #stop = new AbortController();
  #closed = false;
  #sending: Promise<void> = Promise.resolve();
  #active = false;

  /** `instance`: which process speaks, e.g. the pod's name. `busy`: whether there is work that should go first. */
  constructor(
    client: KubeClient,
    instance: string,
    onError: (error: unknown) => void,
    { busy = () => false, queueLimit = QUEUE_LIMIT }: { readonly busy?: () => boolean; readonly queueLimit?: number } = {},
  ) {
    this.#busy = busy;
    this.#queueLimit = queueLimit;
    this.#client = client;
    this.#instance = instance;
    this.#onError = onError;
  }

  /** Takes a note about an object; returns at once and never throws. */
  record(regarding: KubeObject, event: EventNote): void {
    if (this.#closed || this.#queue.length >= this.#queueLimit || !this.#afford(regarding.metadata.uid)) return;
    const { apiVersion, kind, metadata } = regarding;
    const { name, uid, namespace } = metadata;
    const about = { apiVersion, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) };
    this.#queue.push({ regarding: about, event: { ...event, note: cutToBytes(event.note, NOTE_LIMIT_BYTES) }, at: Date.now() });
    if (!this.#active) this.#sending = this.#drain();
  }

  /** Sends what waits, for at most `ms`, and takes no more. */
  async close(ms: number): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => this.#stop.abort(), ms);
    await this.#sending;
    clearTimeout(timer);
    this.#stop.abort();
  }

  async #drain(): Promise<void> {
    this.#active = true;
    for (let waiting = this.#next(); waiting !== undefined; waiting = this.#next()) {
      try {
        await this.#letWorkGoFirst(waiting.at);
        await this.#send(waiting);
      } catch (error) {
        // A namespace that is going away takes no new Events (403); an object that is gone needs none.
        if (!this.#stop.signal.aborted && !isForbidden(error) && !isNotFound(error)) this.#onError(error);
      }
    }
    this.#active = false;
  }

  #next(): Waiting | undefined {
    return this.#stop.signal.aborted ? undefined : this.#queue.shift();
  }

  async #letWorkGoFirst(since: number): Promise<void> {
    while (!this.#closed && this.#busy() && Date.now() - since < MAX_YIELD_MS) await sleep(YIELD_MS);
  }

  async #send({ regarding, event, at: now }: Waiting): Promise<void> {
    const text = `${regarding.uid}/${event.type}/${event.reason}/${event.action}/${event.note}`;
    const key = createHash('sha256').update(text).digest('base64');
    const known = this.#series.get(key);
    if (known !== undefined && now - known.lastAt < SERIES_WINDOW_MS) {
      known.count += 1;
      known.lastAt = now;
      const series = { count: known.count, lastObservedTime: microTime(now) };
      try {
        const patch = [{ op: 'add', path: '/series', value: series }] as const;
        await this.#client.patchJson(EVENTS, known.namespace, known.name, patch, this.#stop.signal);
      } catch (error) {
        this.#series.delete(key); // Gone, most likely; the next note begins a new one.
        throw error;
      }
      return;
    }
    const namespace = regarding.namespace ?? 'default';
    // A name may have 253 characters, and none of its parts may end in a dash.
    const stem = regarding.name.slice(0, 200).replace(/[^a-z0-9]+$/, '');
    const name = `${stem}.${createHash('sha256').update(`${key}/${now}`).digest('hex').slice(0, 16)}`;
    await this.#client.create(
      EVENTS,
      {
        apiVersion: apiVersionOf(EVENTS),
        kind: 'Event',
        metadata: { name, namespace },
        eventTime: microTime(now),
        reportingController: 'dossier.dev/operator',
        reportingInstance: this.#instance.slice(0, 128),
        regarding,
        type: event.type,
        reason: event.reason,
        action: event.action,
        note: event.note,
      },
      this.#stop.signal,
    );
    forgetOldest(this.#series);
    this.#series.set(key, { name, namespace, count: 1, lastAt: now });
  }

  #afford(uid: string): boolean {
    const now = performance.now();
    const budget = this.#budgets.get(uid) ?? { tokens: BUDGET_BURST, at: now };
    budget.tokens = Math.min(BUDGET_BURST, budget.tokens + (now - budget.at) / BUDGET_REFILL_MS);
    budget.at = now;
    this.#budgets.delete(uid);
    forgetOldest(this.#budgets);
    this.#budgets.set(uid, budget);
    if (budget.tokens < 1) return false;
    budget.tokens -= 1;
    return true;
  }
}

/** Maps keep insertion order: the first key is the oldest. */
function forgetOldest(map: Map<string, unknown>): void {
  if (map.size < MEMORY_LIMIT) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

function cutToBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text;
  const cut = Buffer.from(text)
    .subarray(0, limit - 3)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${cut}…`;
}
