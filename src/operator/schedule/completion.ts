/** The one order in which a schedule's finished Reports ended: what the status calls the last one is what history keeps. */
import type { Report } from '../../api/generated/report.ts';
import { isOlderVersion } from '../../kube/resource-version.ts';

/** RFC 3339, to the second. */
export function completionOf({ status, metadata }: Report): string {
  return status.completionTime ?? metadata.creationTimestamp;
}

/**
 * Negative when `a` ended before `b`. Several short runs can end within one second: then the one that was written last counts as the newer, because its end was its last
 * write; but one that is being deleted is never the newer, although that is a write, too.
 */
export function compareCompletion(a: Report, b: Report): number {
  const [first, second] = [a.metadata, b.metadata];
  const staying = ({ metadata }: Report): number => (metadata.deletionTimestamp === undefined ? 1 : 0);
  return (
    completionOf(a).localeCompare(completionOf(b)) ||
    staying(a) - staying(b) ||
    Number(isOlderVersion(second.resourceVersion, first.resourceVersion)) -
      Number(isOlderVersion(first.resourceVersion, second.resourceVersion)) ||
    first.name.localeCompare(second.name)
  );
}
