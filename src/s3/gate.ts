/**
 * How many calls of the operator may be under way: a few a storage and a bounded number in all, so that neither one store nor all of them eat the operator's sockets.
 *
 * A store that hangs holds its places for the whole time-out of a call. So stores that have not answered yet, or did not the last time, or only slowly, share a small part
 * of the places among themselves: whoever points a hundred storages at a black hole delays only other storages that do not work. A call is a socket: none is kept open.
 */
import { abortable } from '../net/abortable.ts';

export interface GateLimits {
  readonly perStorage: number;
  /** For storages that answered the last time, within `slowMs`. */
  readonly proven: number;
  /** For all others. */
  readonly unproven: number;
  readonly slowMs: number;
}

/** security.md 8: 2 a storage, 64 in all. */
export const OPERATOR_LIMITS: GateLimits = { perStorage: 2, proven: 48, unproven: 16, slowMs: 3_000 };

type Share = 'proven' | 'unproven';

/** A storage with calls under way or waiting. */
interface Line {
  running: number;
  /** Starts of calls, oldest first. */
  readonly waiting: (() => void)[];
}

export class Gate {
  readonly #limits: GateLimits;
  readonly #now: () => number;
  readonly #proven = new Set<string>();
  /** By storage; the order is whose turn it is. */
  readonly #lines = new Map<string, Line>();
  readonly #running: Record<Share, number> = { proven: 0, unproven: 0 };

  /** `now`: milliseconds of a clock that does not jump. */
  constructor(limits: GateLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Runs `call` when there is room for its storage; waiting ends with the signal's reason. A call that throws had no answer: what a store says against a request is an
   * answer, too, and no reason to throw. A storage's calls start in the order they came; storages take turns.
   */
  async run<T>(storage: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const share = await this.#enter(storage, signal);
    const begun = this.#now();
    let proven = false;
    try {
      const result = await call();
      proven = this.#now() - begun <= this.#limits.slowMs;
      return result;
    } finally {
      if (proven) this.#proven.add(storage);
      else this.#proven.delete(storage);
      this.#leave(storage, share);
    }
  }

  /** For a storage that is gone. */
  forget(storage: string): void {
    this.#proven.delete(storage);
  }

  async #enter(storage: string, signal: AbortSignal): Promise<Share> {
    signal.throwIfAborted();
    const line = this.#lines.get(storage) ?? { running: 0, waiting: [] };
    this.#lines.set(storage, line);
    if (line.waiting.length === 0 && this.#hasRoom(storage, line)) return this.#start(storage, line);
    const turn = Promise.withResolvers<Share>();
    const start = (): void => {
      turn.resolve(this.#start(storage, line));
    };
    line.waiting.push(start);
    try {
      return await abortable(turn.promise, signal);
    } catch (error) {
      const index = line.waiting.indexOf(start);
      if (index >= 0) line.waiting.splice(index, 1);
      // Its turn and the end of its wait can come in the same moment; then the place goes back.
      else this.#leave(storage, await turn.promise);
      throw error;
    }
  }

  #start(storage: string, line: Line): Share {
    const share = this.#shareOf(storage);
    line.running += 1;
    this.#running[share] += 1;
    return share;
  }

  #leave(storage: string, share: Share): void {
    this.#running[share] -= 1;
    const line = this.#lines.get(storage);
    if (line !== undefined) {
      line.running -= 1;
      if (line.running === 0 && line.waiting.length === 0) this.#lines.delete(storage);
    }
    while (this.#startNext());
  }

  /** Starts the oldest call of the first storage that has room; that storage then goes to the end. */
  #startNext(): boolean {
    for (const [storage, line] of this.#lines) {
      if (line.waiting.length === 0 || !this.#hasRoom(storage, line)) continue;
      this.#lines.delete(storage);
      this.#lines.set(storage, line);
      line.waiting.shift()?.();
      return true;
    }
    return false;
  }

  #hasRoom(storage: string, line: Line): boolean {
    const share = this.#shareOf(storage);
    return line.running < this.#limits.perStorage && this.#running[share] < this.#limits[share];
  }

  #shareOf(storage: string): Share {
    return this.#proven.has(storage) ? 'proven' : 'unproven';
  }
}
