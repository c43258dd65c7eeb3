/**
 * Runs reconciles: keys from a queue, a bounded number at a time, each under a deadline; what one key does never holds up another.
 *
 * The contract is controller-runtime's: `done` ends the matter until something changes, `lookAgainAt` makes an appointment, a throw comes back with exponential
 * backoff. Being asked to look again because somebody else wrote first (409) is not an error.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { isConflict } from './errors.ts';
import { WorkQueue, type QueueObserver } from './queue.ts';
import type { ObjectKey } from './store.ts';

/** No reconcile needs a minute; one that takes it is stuck and must free its worker. */
const RECONCILE_DEADLINE_MS = 60_000;

export type Result =
  | { readonly kind: 'done' }
  /** On the wall clock, in epoch milliseconds. */
  | { readonly kind: 'lookAgainAt'; readonly epochMs: number }
  | { readonly kind: 'requeueAfter'; readonly ms: number };

export interface ReconcileContext {
  readonly signal: AbortSignal;
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
  readonly observer?: ControllerObserver;
}

export class Controller {
  readonly queue: WorkQueue<ObjectKey>;
  readonly #options: ControllerOptions;

  constructor(options: ControllerOptions) {
    this.#options = options;
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
    signal.removeEventListener('abort', close);
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      if (!signal.aborted) await this.#one(key, signal);
      this.queue.done(key);
    }
  }

  async #one(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const log = this.#options.log.child({ controller: this.#options.name, object: key, reconcileId: randomBytes(6).toString('hex') });
    const started = performance.now();
    const count = (outcome: ReconcileOutcome): void => this.#options.observer?.reconciled(outcome, performance.now() - started);
    const deadline = AbortSignal.timeout(this.#options.deadlineMs ?? RECONCILE_DEADLINE_MS);
    try {
      const result = await this.#options.reconcile(key, { signal: AbortSignal.any([signal, deadline]), log });
      this.queue.forget(key);
      this.queue.appoint(key, result.kind === 'lookAgainAt' ? result.epochMs : undefined);
      if (result.kind === 'requeueAfter') this.queue.addAfter(key, result.ms);
      count(result.kind === 'done' ? 'success' : 'requeue_after');
    } catch (error) {
      if (signal.aborted) return;
      count(isConflict(error) ? 'requeue' : 'error');
      const retryMs = this.queue.retry(key);
      if (isConflict(error)) log.debug({ retryMs }, 'somebody wrote first; looking again');
      else log.warn({ err: error, retryMs, timedOut: deadline.aborted }, 'reconcile failed; will retry');
    }
  }
}
