/**
 * From when on a schedule's times count.
 *
 * Everything up to the baseline is settled: it got a Report, or was missed and counted. The baseline moves with every run, and to the present whenever times, zone or
 * suspension change: an edit never starts runs of the past.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import type { EventNote } from '../../kube/events.ts';
import type { Timetable } from '../../schedule/due-search.ts';
import { dueTimes } from '../../schedule/timetable.ts';
import { rfc3339 } from '../report/status.ts';
import { instantOf, SCHEDULED_AT_ANNOTATION } from './marks.ts';
import { madeRun, type KnownRuns, type MadeRun } from './run.ts';
import { timingKey } from './timing.ts';

/** A baseline is not later than the moment it was written; one that is so far ahead was written by a clock that was wrong. */
export const WRONG_CLOCK_MS = 24 * 3_600_000;

export interface Baseline {
  /** Epoch ms. */
  readonly at: number;
  /** Times that got no Report and never will. */
  readonly missed: number;
  /** The newest run that was made although the status does not say so. */
  readonly recognised: MadeRun | undefined;
  readonly events: readonly EventNote[];
}

export function baselineOf(schedule: ReportSchedule, runs: KnownRuns, timetable: Timetable, now: number): Baseline {
  const { spec, status } = schedule;
  const stored = instantOf(status.baselineTime);
  if (stored === undefined) return { at: firstBaseline(schedule, runs.reports, now), missed: 0, recognised: undefined, events: [] };
  if (stored > now + WRONG_CLOCK_MS) return { at: now, missed: 0, recognised: undefined, events: [wrongClock(stored)] };
  const recognised = plannedRunThatWasMade(schedule, runs, stored, now);
  const settled = recognised?.scheduledAt ?? stored;
  // Those before the one that was made had been passed over in the same look.
  const passedOver = recognised === undefined ? 0 : dueTimes(timetable, stored, recognised.scheduledAt - 1, 0).count;
  if (status.observedSchedule === observedSchedule(spec)) return { at: settled, missed: passedOver, recognised, events: [] };
  // What came due under these very times before they were suspended, and nobody made a Report for, is missed.
  const cutOff =
    status.observedSchedule === timingKey(spec) ? dueTimes(timetable, settled, now, 0).count : droppedByEdit(schedule, settled, now);
  return { at: Math.max(settled, now), missed: passedOver + cutOff, recognised, events: [] };
}

/** What a baseline belongs to, as status.observedSchedule keeps it. */
export function observedSchedule(spec: ReportSchedule['spec']): string {
  return spec.suspend ? `${timingKey(spec)} suspended` : timingKey(spec);
}

/** A time of the former timetable that was due and still waited when the timetable was changed: 1, else 0. */
export function droppedByEdit({ status }: ReportSchedule, settled: number, now: number): number {
  const next = instantOf(status.nextScheduleTime);
  return next !== undefined && next > settled && next <= now ? 1 : 0;
}

/**
 * A first run is never before creation, and never a second one of what Reports show as done (when a status was lost). A spec that was edited before anybody looked has
 * times that are younger than its object, nobody knows by how much.
 */
function firstBaseline({ metadata }: ReportSchedule, reports: readonly Report[], now: number): number {
  if ((metadata.generation ?? 1) > 1) return now;
  const done = reports.map((report) => instantOf(report.metadata.annotations?.[SCHEDULED_AT_ANNOTATION]) ?? 0);
  return Math.max(Date.parse(metadata.creationTimestamp), ...done.filter((time) => time <= now));
}

function wrongClock(stored: number): EventNote {
  return {
    type: 'Warning',
    reason: 'ClockMovedBack',
    action: 'Schedule',
    note: `times had been settled until ${rfc3339(stored)}, which is still to come: the clock was wrong then; times count from now on`,
  };
}

/** The run that comes next by the status, when it has been made already. Its time may be still to come: then the clock was set back. */
export function plannedRunThatWasMade(schedule: ReportSchedule, runs: KnownRuns, settled: number, now: number): MadeRun | undefined {
  const { planned } = schedule.status;
  const scheduledAt = instantOf(planned?.time);
  if (planned === undefined || scheduledAt === undefined || scheduledAt <= settled || scheduledAt > now + WRONG_CLOCK_MS) return undefined;
  return madeRun(schedule, runs, { scheduledAt, request: undefined }, planned.specHash);
}
