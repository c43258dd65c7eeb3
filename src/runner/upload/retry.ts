/**
 * Trying again until an outage is over.
 *
 * The SDK's own retries are off (src/s3/client.ts), so that one place decides. What counts is how long a request has been failing, not how often: a refused connection fails
 * in a millisecond, a hanging one in half a minute, and either kind of outage must be outlived when it lasts 30 s (api.md).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../../s3/errors.ts';

export interface RetryBounds {
  /** No further try begins so long after the first failure, in milliseconds. */
  readonly patienceMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** Twice the outage that must be outlived. */
export const UPLOAD_RETRIES: RetryBounds = { patienceMs: 60_000, firstPauseMs: 200, longestPauseMs: 5_000 };

/** Time and chance, which tests replace. */
export interface Pacing {
  /** Milliseconds of a clock that does not jump. */
  now(): number;
  /** Rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** 0 <= x < 1. */
  random(): number;
}

export const REAL_PACING: Pacing = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
  random: Math.random,
};

/** The result of `attempt`, tried again after failures that may pass, with pauses that double and scatter. Throws the last failure, or the signal's reason. */
export async function withRetries<T>(bounds: RetryBounds, pacing: Pacing, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  let failingSince: number | undefined;
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StoreError && error.retryable)) throw error;
      const now = pacing.now();
      failingSince ??= now;
      // Half of the pause is chance: the parts of many runners fail in the same moment.
      const pause = Math.min(bounds.firstPauseMs * 2 ** failures, bounds.longestPauseMs) * (0.5 + pacing.random() / 2);
      if (now + pause - failingSince > bounds.patienceMs) throw error;
      await pacing.sleep(pause, signal);
    }
  }
}
