/**
 * The delay queue of a controller: a key runs at most once at a time, and any number of adds before its run count once.
 *
 * An add during a run is not lost: the key runs again afterwards. A key that failed comes back with exponential backoff. "Look again at" (a deadline on the wall
 * clock) and "wait so long" (a backoff on the monotonic clock) are kept apart: a clock set back by an hour must not hold a retry for that hour.
 */
import { backoffMs, REQUEUE_BACKOFF } from './backoff.ts';
import { TimerHeap } from './timer-heap.ts';

export interface QueueClock {
  /** Milliseconds since the epoch. */
  readonly wall: () => number;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
}

/** Whoever counts; times in milliseconds. */
export interface QueueObserver {
  added(): void;
  /** After so long in the queue. */
  taken(waitedMs: number): void;
  done(workedMs: number): void;
  retried(): void;
}

export class WorkQueue<K> {
  readonly #ready: K[] = [];
  /** Waiting in `#ready`, or to be put there when the present run ends; since when. */
  readonly #dirty = new Map<K, number>();
  /** Since when. */
  readonly #running = new Map<K, number>();
  readonly #failures = new Map<K, number>();
  readonly #delays: TimerHeap<K>;
  readonly #appointments: TimerHeap<K>;
  readonly #monotonic: () => number;
  readonly #random: () => number;
  readonly #waiters: ((key: K | undefined) => void)[] = [];
  readonly #observer: QueueObserver | undefined;
  #closed = false;

  constructor(clock: QueueClock, random: () => number, observer?: QueueObserver) {
    this.#observer = observer;
    this.#monotonic = clock.monotonic;
    this.#random = random;
    this.#delays = new TimerHeap(clock.monotonic, (key) => this.add(key));
    this.#appointments = new TimerHeap(clock.wall, (key) => this.add(key));
  }

  /** Keys that are ready to run. */
  get depth(): number {
    return this.#ready.length;
  }

  get running(): number {
    return this.#running.size;
  }

  /** How long each running key has been running, in milliseconds. */
  get runningMs(): readonly number[] {
    const now = this.#monotonic();
    return [...this.#running.values()].map((since) => now - since);
  }

  /** Neither ready nor running work (timers may still be set). */
  get idle(): boolean {
    return this.#ready.length === 0 && this.#running.size === 0;
  }

  add(key: K): void {
    if (this.#closed || this.#dirty.has(key)) return;
    this.#dirty.set(key, this.#monotonic());
    this.#observer?.added();
    if (!this.#running.has(key)) this.#push(key);
  }

  /** Runs the key after `ms`, or earlier if something else adds it. */
  addAfter(key: K, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) this.add(key);
    else this.#delays.setEarlier(key, this.#monotonic() + ms);
  }

  /** Runs the key at a moment of the wall clock; replaces an earlier appointment of that key. */
  appoint(key: K, epochMs: number | undefined): void {
    if (this.#closed) return;
    if (epochMs === undefined) this.#appointments.delete(key);
    else this.#appointments.set(key, epochMs);
  }

  /** Runs the key after 5 ms * 2^failures, at most 1000 s, with jitter. Returns the delay in ms. */
  retry(key: K): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#observer?.retried();
    this.#failures.set(key, failures + 1);
    const delay = backoffMs(REQUEUE_BACKOFF, failures, this.#random);
    this.addAfter(key, delay);
    return delay;
  }

  /** Ends the backoff of a key. */
  forget(key: K): void {
    this.#failures.delete(key);
  }

  /** The next key to run, or undefined once the queue is closed. Each key taken must be given back by `done`. */
  async take(): Promise<K | undefined> {
    const key = this.#ready.shift();
    if (key !== undefined) return this.#start(key);
    if (this.#closed) return undefined;
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  done(key: K): void {
    const now = this.#monotonic();
    this.#observer?.done(now - (this.#running.get(key) ?? now));
    this.#running.delete(key);
    if (this.#dirty.has(key) && !this.#closed) this.#push(key);
  }

  /** Hands out nothing more; those who wait get undefined. */
  close(): void {
    this.#closed = true;
    this.#delays.clear();
    this.#appointments.clear();
    this.#ready.length = 0;
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }

  #push(key: K): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#ready.push(key);
    else waiter(this.#start(key));
  }

  #start(key: K): K {
    const now = this.#monotonic();
    this.#observer?.taken(now - (this.#dirty.get(key) ?? now));
    this.#dirty.delete(key);
    this.#running.set(key, now);
    this.#delays.delete(key);
    return key;
  }
}
