/**
 * What follows from a schedule, its Reports and the time. Pure: no I/O, no clock, no random.
 *
 * A minute runs once whatever crashes, because its Report's name is the minute; the baseline says which minutes are settled, and moves only in the write that follows the
 * create. The hash of the run that comes next is written one write ahead, so that a run costs one create and one status.
 */
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import type { EventNote } from '../../kube/events.ts';
import { rfc3339 } from '../report/status.ts';
import { droppedByEdit, observedSchedule, plannedRunThatWasMade } from './baseline.ts';
import { invalidConditions, lastRunOf } from './conditions.ts';
import { coveredBy } from './coverage.ts';
import { instantOf } from './marks.ts';
import { missedNote, Pass, type ScheduleView } from './pass.ts';
import type { Plan } from './plan.ts';
import { summaryOf } from './summary.ts';
import { timingOf } from './timing.ts';

export type { ScheduleView } from './pass.ts';

/** `now` in epoch ms. */
export function decide(view: ScheduleView, now: number): Plan {
  const { schedule } = view;
  if (schedule.metadata.deletionTimestamp !== undefined) return { steps: [], events: [] };
  const timing = timingOf(schedule);
  if (timing.kind === 'invalid') return invalid(view, timing, now);
  return new Pass(view, timing.timetable, now).plan();
}

/**
 * A schedule that cannot run until somebody mends it. What its runs tell is told all the same, and what it had planned and missed is kept. Times that are wrong, or were changed,
 * start no run of the past when they are mended; what came due under times that are as before stays due.
 */
function invalid(view: ScheduleView, problem: { readonly reason: string; readonly message: string }, now: number): Plan {
  const { schedule } = view;
  const { nextScheduleTime: _next, coveredUntil: _until, covering: _covering, ...kept } = schedule.status;
  const observed = observedSchedule(schedule.spec);
  const stored = instantOf(kept.baselineTime);
  const made = stored === undefined ? undefined : plannedRunThatWasMade(schedule, view, stored, now);
  const dropped = kept.observedSchedule === observed ? 0 : droppedByEdit(schedule, made?.scheduledAt ?? stored ?? now, now);
  const summary = summaryOf(schedule, view, now);
  const status: ReportSchedule['status'] = {
    ...kept,
    ...summary,
    ...coveredBy(schedule.status, view, made?.report === undefined ? [] : [made.report]),
    ...(made === undefined ? {} : { lastScheduleTime: rfc3339(made.scheduledAt), baselineTime: rfc3339(made.scheduledAt) }),
    observedSchedule: observed,
    missedRuns: (kept.missedRuns ?? 0) + dropped,
    ...invalidConditions(schedule, problem, lastRunOf(summary.lastReport, view, schedule.status, made !== undefined), now),
  };
  const told = schedule.status.observedGeneration === schedule.metadata.generation;
  const event: EventNote = { type: 'Warning', reason: problem.reason, action: 'Schedule', note: problem.message };
  return { steps: [{ kind: 'writeStatus', status }], events: [...(told ? [] : [event]), ...(dropped > 0 ? [missedNote(dropped)] : [])] };
}
