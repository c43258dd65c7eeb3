/** The one order in which a schedule's finished Reports ended: what the status calls the last one is what history keeps. */
import type { Report } from '../../api/generated/report.ts';
import { isOlderVersion } from '../../kube/resource-version.ts';
import { rfc3339 } from '../report/status.ts';

/** How far the clock of whoever said that a Report had ended may be ahead of ours. */
const CLOCK_SKEW_MS = 60_000;

/** RFC 3339, to the second. */
export function completionOf({ status, metadata }: Report): string {
  return status.completionTime ?? metadata.creationTimestamp;
}

/** Whether a completion is still to come at a moment (epoch ms): then it was told by a clock that was wrong, and says nothing. */
export function isToCome(completion: string | undefined, now: number): boolean {
  return completion !== undefined && completion > latestAt(now);
}

/** The order of finished Reports at a moment; when one of them ended by a clock that was wrong, it is the order in which they were written last, or that one would be the newest for as long. */
export function completionOrder(finished: readonly Report[], now: number): (a: Report, b: Report) => number {
  const latest = latestAt(now);
  return finished.some((report) => completionOf(report) > latest) ? compareLastWrite : compareCompletion;
}

function latestAt(now: number): string {
  return rfc3339(now + CLOCK_SKEW_MS);
}

/**
 * Negative when `a` ended before `b`. Several short runs can end within one second: then the one that was written last counts as the newer, because its end was its last
 * write; but one that is being deleted is never the newer, although that is a write, too.
 */
function compareCompletion(a: Report, b: Report): number {
  return completionOf(a).localeCompare(completionOf(b)) || compareLastWrite(a, b);
}

function compareLastWrite(a: Report, b: Report): number {
  const [first, second] = [a.metadata, b.metadata];
  const staying = ({ metadata }: Report): number => (metadata.deletionTimestamp === undefined ? 1 : 0);
  return (
    staying(a) - staying(b) ||
    Number(isOlderVersion(second.resourceVersion, first.resourceVersion)) -
      Number(isOlderVersion(first.resourceVersion, second.resourceVersion)) ||
    first.name.localeCompare(second.name)
  );
}
