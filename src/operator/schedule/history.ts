/** Which finished Reports of a schedule are pruned: the oldest completions beyond what history keeps, and never the newest success. */
import type { Report } from '../../api/generated/report.ts';

export interface HistoryLimits {
  readonly successful: number;
  readonly failed: number;
}

/** Deleted in one pass at most; the next pass goes on. */
const PRUNE_BATCH = 50;

/** `finished`: Reports that this schedule controls and that are at their end. */
export function reportsToPrune(finished: readonly Report[], limits: HistoryLimits): readonly Report[] {
  const ready = byCompletion(finished.filter(({ status }) => status.phase === 'Ready'));
  const failed = byCompletion(finished.filter(({ status }) => status.phase === 'Failed'));
  const surplus = [...beyond(ready, Math.max(limits.successful, 1)), ...beyond(failed, limits.failed)];
  return surplus.filter(({ metadata }) => metadata.deletionTimestamp === undefined).slice(0, PRUNE_BATCH);
}

/** Oldest first; names decide between completions within one second. */
function byCompletion(reports: readonly Report[]): readonly Report[] {
  const key = ({ status, metadata }: Report): string => `${status.completionTime ?? metadata.creationTimestamp} ${metadata.name}`;
  return [...reports].sort((a, b) => key(a).localeCompare(key(b)));
}

function beyond(oldestFirst: readonly Report[], keep: number): readonly Report[] {
  return oldestFirst.slice(0, Math.max(0, oldestFirst.length - keep));
}
