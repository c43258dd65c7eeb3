/**
 * Runs reconciles: keys from a queue, a bounded number at a time, each under a deadline; what one key or one namespace does never holds up another.
 *
 * The contract is controller-runtime's: `done` ends the matter until something changes, `lookAgainAt` makes an appointment, a throw comes back with exponential
 * backoff. Being asked to look again because somebody else wrote first (409) is not an error.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Deadline } from '../net/deadline.ts';
import { isConflict } from './errors.ts';
import { WorkQueue, type QueueObserver } from './queue.ts';
import { SlowNamespaces } from './slow-namespaces.ts';
import { splitKey, type ObjectKey } from './store.ts';

/** How often a worker that gives way looks whether it still has to, and how long all of them do so at most, whatever others have to do. */
const GIVE_WAY_MS = 200;
const MAX_GIVE_WAY_MS = 15_000;
/** A reconcile that takes longer goes on beside the workers: its worker has others to look after. */
const SLOW_MS = 2_000;
/** The part of all workers that a slow namespace may have. */
const SLOW_SHARE = 4;
/** A key whose namespace has enough slow reconciles under way is looked at again after so long. */
const DEFERRED_MS = 500;
/** No reconcile needs a minute; one that takes it is stuck and must free its worker. */
const RECONCILE_DEADLINE_MS = 60_000;

export type Result =
  | { readonly kind: 'done' }
  /** On the wall clock, in epoch milliseconds. */
  | { readonly kind: 'lookAgainAt'; readonly epochMs: number }
  | { readonly kind: 'requeueAfter'; readonly ms: number };

export interface ReconcileContext {
  readonly signal: AbortSignal;
  /** Names the controller, the object and this very look at it. */
  readonly log: Logger;
}

/** As controller-runtime counts them; `requeue` = somebody else wrote first. */
export type ReconcileOutcome = 'success' | 'requeue_after' | 'requeue' | 'error';

/** Whoever counts; times in milliseconds. */
export interface ControllerObserver extends QueueObserver {
  reconciled(outcome: ReconcileOutcome, ms: number): void;
}

export interface ControllerOptions {
  readonly name: string;
  readonly concurrency: number;
  readonly log: Logger;
  readonly reconcile: (key: ObjectKey, context: ReconcileContext) => Promise<Result>;
  /** Longest time for one reconcile, in ms; default a minute. */
  readonly deadlineMs?: number;
  /** What counts as slow, in ms; default two seconds. */
  readonly slowMs?: number;
  readonly observer?: ControllerObserver;
  /** While this is true no reconcile begins, for the first 15 seconds of such a time: others have more urgent work for the apiserver. */
  readonly giveWay?: () => boolean;
}

/** Of this process. */
const ID_PREFIX = randomBytes(3).toString('hex');
let looksThatSpoke = 0;

/** Twelve hexadecimal digits; thousands of looks speak in one minute, and random ones would cost each a call to the system. */
function nextReconcileId(): string {
  looksThatSpoke = (looksThatSpoke + 1) % 0x1000000;
  return ID_PREFIX + looksThatSpoke.toString(16).padStart(6, '0');
}

/** Most looks say nothing: a logger of their own is made for those that do. */
class Context implements ReconcileContext {
  readonly signal: AbortSignal;
  readonly #options: ControllerOptions;
  readonly #key: ObjectKey;
  #log: Logger | undefined;

  constructor(options: ControllerOptions, key: ObjectKey, signal: AbortSignal) {
    this.#options = options;
    this.#key = key;
    this.signal = signal;
  }

  get log(): Logger {
    const { log, name } = this.#options;
    this.#log ??= log.child({ controller: name, object: this.#key, reconcileId: nextReconcileId() });
    return this.#log;
  }
}

export class Controller {
  readonly queue: WorkQueue<ObjectKey>;
  readonly #options: ControllerOptions;
  readonly #slow: SlowNamespaces;
  /** Reconciles that their workers have left to themselves, at most as many as there are workers. */
  readonly #beside = new Set<Promise<void>>();
  /** Since when others have had more urgent work without a break; undefined while they have none. */
  #givingWaySince: number | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#slow = new SlowNamespaces(Math.ceil(options.concurrency / SLOW_SHARE), () => performance.now());
    this.queue = new WorkQueue<ObjectKey>({ wall: Date.now, monotonic: () => performance.now() }, Math.random, options.observer);
  }

  get name(): string {
    return this.#options.name;
  }

  get concurrency(): number {
    return this.#options.concurrency;
  }

  /** Works until the signal aborts, then waits for what is running (its own signal aborts too). */
  async run(signal: AbortSignal): Promise<void> {
    const close = (): void => this.queue.close();
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted) close();
    await Promise.all(Array.from({ length: this.#options.concurrency }, () => this.#work(signal)));
    await Promise.all(this.#beside);
    signal.removeEventListener('abort', close);
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      await this.#giveWay(signal);
      const { namespace } = splitKey(key);
      if (signal.aborted) this.queue.done(key);
      else if (this.#slow.mayStart(namespace)) await this.#look(key, namespace, signal);
      else {
        this.queue.addAfter(key, DEFERRED_MS);
        this.queue.done(key);
      }
    }
  }

  /** Resolves when the reconcile has ended, or goes on beside the workers. */
  async #look(key: ObjectKey, namespace: string, signal: AbortSignal): Promise<void> {
    const slowMs = this.#options.slowMs ?? SLOW_MS;
    const started = performance.now();
    this.#slow.started(namespace);
    const run = this.#one(key, signal).then(() => {
      this.queue.done(key);
      this.#slow.ended(namespace, performance.now() - started >= slowMs);
    });
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), slowMs);
    const first = await Promise.race([run, late.promise]);
    clearTimeout(timer);
    if (first !== 'late') return;
    this.#slow.foundSlow(namespace);
    if (this.#beside.size >= this.#options.concurrency) return run;
    this.#beside.add(run);
    void run.then(() => this.#beside.delete(run));
  }

  async #giveWay(signal: AbortSignal): Promise<void> {
    while (this.#othersGoFirst() && !signal.aborted) await sleep(GIVE_WAY_MS);
  }

  /** The bound is one for all keys: who always has urgent work must not slow down the work of everybody else for as long as that lasts. */
  #othersGoFirst(): boolean {
    if (this.#options.giveWay?.() !== true) {
      this.#givingWaySince = undefined;
      return false;
    }
    this.#givingWaySince ??= performance.now();
    return performance.now() - this.#givingWaySince < MAX_GIVE_WAY_MS;
  }

  async #one(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const started = performance.now();
    const count = (outcome: ReconcileOutcome): void => this.#options.observer?.reconciled(outcome, performance.now() - started);
    using deadline = new Deadline(signal, this.#options.deadlineMs ?? RECONCILE_DEADLINE_MS);
    const context = new Context(this.#options, key, deadline.signal);
    try {
      const result = await this.#options.reconcile(key, context);
      this.queue.forget(key);
      this.queue.appoint(key, result.kind === 'lookAgainAt' ? result.epochMs : undefined);
      if (result.kind === 'requeueAfter') this.queue.addAfter(key, result.ms);
      count(result.kind === 'done' ? 'success' : 'requeue_after');
    } catch (error) {
      if (signal.aborted) return;
      count(isConflict(error) ? 'requeue' : 'error');
      const retryMs = this.queue.retry(key);
      if (isConflict(error)) context.log.debug({ retryMs }, 'somebody wrote first; looking again');
      else context.log.warn({ err: error, retryMs, timedOut: deadline.expired }, 'reconcile failed; will retry');
    }
  }
}
