/**
 * From when on a schedule's times count.
 *
 * Everything up to the baseline is settled: it got a Report, or was missed and counted. The baseline moves with every run, and to the present whenever times, zone or
 * suspension change: an edit never starts runs of the past.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import type { Timetable } from '../../schedule/due-search.ts';
import { dueTimes } from '../../schedule/timetable.ts';
import { instantOf, SCHEDULED_AT_ANNOTATION } from './marks.ts';
import { isReportOfRun } from './run.ts';
import { timingKey } from './timing.ts';

export interface Baseline {
  /** Epoch ms. */
  readonly at: number;
  /** What it belongs to; kept in status.observedSchedule. */
  readonly observed: string;
  /** Times that got no Report and never will. */
  readonly missed: number;
  /** The newest time that has its Report although the status does not say so: the operator died between the two writes. */
  readonly recognised: number | undefined;
}

export function baselineOf(schedule: ReportSchedule, reports: readonly Report[], timetable: Timetable, now: number): Baseline {
  const { spec, status, metadata } = schedule;
  const key = timingKey(spec);
  const observed = spec.suspend ? `${key} suspended` : key;
  const stored = instantOf(status.baselineTime);
  if (stored === undefined)
    return { at: firstBaseline(reports, Date.parse(metadata.creationTimestamp)), observed, missed: 0, recognised: undefined };
  const recognised = plannedRunThatExists(schedule, reports, stored);
  const settled = recognised ?? stored;
  // Those before the one that was made had been passed over in the same look.
  const passedOver = recognised === undefined ? 0 : dueTimes(timetable, stored, recognised - 1, 0).count;
  if (status.observedSchedule === observed) return { at: settled, observed, missed: passedOver, recognised };
  // What came due under these very times before they were suspended, and nobody made a Report for, is missed.
  const cutOff = status.observedSchedule === key ? dueTimes(timetable, settled, now, 0).count : 0;
  return { at: Math.max(settled, now), observed, missed: passedOver + cutOff, recognised };
}

/** A first run is never before creation, and never a second one of what Reports show as done (when a status was lost). */
function firstBaseline(reports: readonly Report[], created: number): number {
  const done = reports.map(({ metadata }) => instantOf(metadata.annotations?.[SCHEDULED_AT_ANNOTATION]) ?? 0);
  return Math.max(created, ...done);
}

/** Scheduled time of the planned run when its Report is there already. */
function plannedRunThatExists(schedule: ReportSchedule, reports: readonly Report[], settled: number): number | undefined {
  const { planned } = schedule.status;
  const scheduledAt = instantOf(planned?.time);
  if (planned === undefined || scheduledAt === undefined || scheduledAt <= settled) return undefined;
  const run = { scheduledAt, request: undefined };
  return reports.some((report) => isReportOfRun(report, schedule, run, planned.specHash)) ? scheduledAt : undefined;
}
