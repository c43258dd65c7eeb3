/** Which finished Reports of a schedule are pruned: the oldest completions beyond what history keeps, and never the newest success. */
import type { Report } from '../../api/generated/report.ts';
import { completionOrder } from './completion.ts';

export interface HistoryLimits {
  readonly successful: number;
  readonly failed: number;
}

/** Deleted in one pass at most; the next pass goes on. */
const PRUNE_BATCH = 50;

/** `finished`: Reports that this schedule controls and that are at their end. `now` in epoch ms. */
export function reportsToPrune(finished: readonly Report[], limits: HistoryLimits, now: number): readonly Report[] {
  const order = completionOrder(finished, now);
  const ready = finished.filter(({ status }) => status.phase === 'Ready').sort(order);
  const failed = finished.filter(({ status }) => status.phase === 'Failed').sort(order);
  const surplus = [...beyond(ready, Math.max(limits.successful, 1)), ...beyond(failed, limits.failed)];
  return surplus.filter(({ metadata }) => metadata.deletionTimestamp === undefined).slice(0, PRUNE_BATCH);
}

function beyond(oldestFirst: readonly Report[], keep: number): readonly Report[] {
  return oldestFirst.slice(0, Math.max(0, oldestFirst.length - keep));
}
