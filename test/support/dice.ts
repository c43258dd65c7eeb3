/**
 * Chance that can be repeated: what is thrown depends on a seed and on what is thrown for, never on the order in which things happen.
 *
 * So the third status write of a Report meets the same weather in every run with that seed, however the requests of others lie between.
 */
import { createHash } from 'node:crypto';

export class Dice {
  readonly seed: string;
  readonly #counts = new Map<string, number>();

  constructor(seed: string) {
    this.seed = seed;
  }

  /** A throw for the next event of that name: two numbers, 0 <= x < 1, the second to choose details by. */
  next(name: string): readonly [number, number] {
    const nth = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, nth);
    return this.at(`${name} #${nth}`);
  }

  at(name: string): readonly [number, number] {
    const hash = createHash('sha256').update(`${this.seed}\n${name}`).digest();
    return [hash.readUInt32BE(0) / 2 ** 32, hash.readUInt32BE(4) / 2 ** 32];
  }
}

/** The entry that `x` (0 <= x < 1) falls on when each has a share of 1; undefined beyond their sum. Shares are probabilities, so that `undefined` means fine weather. */
export function choose<T>(x: number, shares: readonly (readonly [share: number, value: T])[]): T | undefined {
  let sum = 0;
  for (const [share, value] of shares) {
    sum += share;
    if (x < sum) return value;
  }
  return undefined;
}
