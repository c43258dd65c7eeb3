/** What a schedule's status says about its Reports. */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule, ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import { completionOf, completionOrder, isToCome } from './completion.ts';
import type { KnownRuns } from './run.ts';

/** security.md 16. */
export const ACTIVE_LIMIT = 50;

type Summary = Pick<ReportScheduleStatus, 'timetable' | 'active' | 'activeCount' | 'lastReport' | 'lastSuccessfulTime'>;

/** What Reports no longer tell, because they were pruned, stays as it was. */
export function summaryOf(schedule: ReportSchedule, { reports, gone }: Pick<KnownRuns, 'reports' | 'gone'>, now: number): Summary {
  const { status } = schedule;
  const active = reports.filter((report) => !isFinished(report)).sort(byCreation);
  const finished = [...reports, ...gone].filter(isFinished);
  finished.sort(completionOrder(finished, now));
  const last = finished.at(-1);
  const isNewer = last !== undefined && (isToCome(status.lastReport?.time, now) || completionOf(last) >= (status.lastReport?.time ?? ''));
  const lastReport = isNewer ? asLast(last) : status.lastReport;
  const success = finished.findLast((report) => report.status.phase === 'Ready');
  const successes = [status.lastSuccessfulTime, success?.status.completionTime].filter((time) => time !== undefined).sort();
  const lastSuccessfulTime = successes.findLast((time) => !isToCome(time, now)) ?? successes.at(-1);
  return {
    timetable: timetableText(schedule),
    active: active.slice(-ACTIVE_LIMIT).map(({ metadata: { name, uid } }) => ({ name, uid })),
    activeCount: active.length,
    ...(lastReport === undefined ? {} : { lastReport }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  };
}

export function isFinished({ status }: Report): boolean {
  return status.phase === 'Ready' || status.phase === 'Failed';
}

/** Neither at its end nor being deleted. */
export function goesOn(report: Report): boolean {
  return report.metadata.deletionTimestamp === undefined && !isFinished(report);
}

function asLast(report: Report): NonNullable<ReportScheduleStatus['lastReport']> {
  return { name: report.metadata.name, phase: report.status.phase === 'Ready' ? 'Ready' : 'Failed', time: completionOf(report) };
}

function byCreation(a: Report, b: Report): number {
  return a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp) || a.metadata.name.localeCompare(b.metadata.name);
}

/** `0 6 1 * *`, or `Monthly at 06:00 on 1, -1`. */
function timetableText({ spec: { schedule, calendar } }: ReportSchedule): string {
  if (schedule !== undefined) return schedule;
  if (calendar === undefined) return '';
  const days = [...(calendar.daysOfWeek ?? []), ...(calendar.daysOfMonth ?? [])];
  return `${calendar.frequency} at ${calendar.at}${days.length === 0 ? '' : ` on ${days.join(', ')}`}`;
}
