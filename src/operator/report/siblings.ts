/**
 * Reports of one schedule that queue (concurrencyPolicy Queue): each runs when all older ones are at their end, or gone.
 *
 * Whose turn it is follows from scheduled times alone, so that restarts and late caches cannot change the order.
 */
import type { Report } from '../../api/generated/report.ts';
import type { Store } from '../../kube/store.ts';
import { isQueued, REPORTS_BY_SCHEDULE, scheduledTimeOf, scheduleOf } from '../schedule/marks.ts';
import { isTerminal } from './status.ts';

/** The oldest Report that this one has to wait for; undefined when its turn has come, which it does once, or when it does not queue. */
export function olderSibling(reports: Store<Report>, report: Report): Report | undefined {
  if (!isQueued(report) || report.status.queuedUntil !== undefined) return undefined;
  const [oldest] = unfinishedSiblings(reports, report).sort((a, b) => (isBefore(a, b) ? -1 : 1));
  return oldest !== undefined && isBefore(oldest, report) ? oldest : undefined;
}

/** Reports whose turn may have come when this one ended or went. */
export function queuedBehind(reports: Store<Report>, report: Report): readonly Report[] {
  return unfinishedSiblings(reports, report).filter(isQueued);
}

/** Reports that came, ended, began to go or went by a change; what happens in between is nothing to their schedule and their siblings. */
export function turnedReports(before: Report | undefined, after: Report | undefined): readonly Report[] {
  if (before === undefined || after === undefined || before.metadata.uid !== after.metadata.uid)
    return [before, after].filter((report) => report !== undefined);
  const turned = isTerminal(before) !== isTerminal(after) || before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp;
  return turned ? [after] : [];
}

function unfinishedSiblings(reports: Store<Report>, report: Report): Report[] {
  const schedule = scheduleOf(report);
  if (schedule === undefined) return [];
  return reports
    .byIndex(REPORTS_BY_SCHEDULE, schedule.uid)
    .filter((sibling) => sibling.metadata.uid !== report.metadata.uid && !isTerminal(sibling));
}

/** By scheduled time, then by name. A Report without a time stands at the end: nobody waits for it. */
function isBefore(a: Report, b: Report): boolean {
  const [first, second] = [scheduledTimeOf(a) ?? Infinity, scheduledTimeOf(b) ?? Infinity];
  return first === second ? a.metadata.name < b.metadata.name : first < second;
}
