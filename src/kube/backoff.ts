/**
 * How long to wait before the next try. Random comes in as an argument, so that tests are exact.
 */

export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** client-go's workqueue: 5 ms doubling to 1000 s. */
export const REQUEUE_BACKOFF: BackoffBounds = { firstMs: 5, maxMs: 1_000_000 };
/** client-go's reflector: 0.8 s doubling to 30 s, for ever. */
export const WATCH_BACKOFF: BackoffBounds = { firstMs: 800, maxMs: 30_000 };

/** `first * 2^failures`, at most `max`, spread over 100 to 150 % so that many waiters do not come back together. `failures` counts from 0. */
export function backoffMs(bounds: BackoffBounds, failures: number, random: () => number): number {
  const exponential = Math.min(bounds.firstMs * 2 ** Math.min(failures, 40), bounds.maxMs);
  return Math.min(exponential * (1 + random() / 2), bounds.maxMs);
}
