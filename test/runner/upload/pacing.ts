/** A clock that runs only while somebody sleeps. */
import type { Pacing } from '../../../src/runner/upload/retry.ts';

export class FakePacing implements Pacing {
  time = 0;
  readonly pauses: number[] = [];
  readonly #random: () => number;

  constructor(random: () => number = () => 1) {
    this.#random = random;
  }

  now(): number {
    return this.time;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.pauses.push(ms);
    this.time += ms;
  }

  random(): number {
    return this.#random();
  }
}
