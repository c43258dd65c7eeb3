/**
 * What follows from a schedule, its Reports and the time. Pure: no I/O, no clock, no random.
 *
 * A minute runs once whatever crashes, because its Report's name is the minute; the baseline says which minutes are settled, and moves only in the write that follows the
 * create. The hash of the run that comes next is written one write ahead, so that a run costs one create and one status.
 */
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import type { EventNote } from '../../kube/events.ts';
import { droppedByEdit, observedSchedule } from './baseline.ts';
import { invalidConditions } from './conditions.ts';
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

/** A schedule that cannot run until somebody mends it: what it had planned and missed is kept, and mending it starts no run of the past. */
function invalid({ schedule, reports }: ScheduleView, problem: { readonly reason: string; readonly message: string }, now: number): Plan {
  const { nextScheduleTime: _next, ...kept } = schedule.status;
  const dropped = droppedByEdit(schedule, instantOf(schedule.status.baselineTime) ?? now, now);
  const status: ReportSchedule['status'] = {
    ...kept,
    ...summaryOf(schedule, reports),
    observedSchedule: observedSchedule(schedule.spec),
    missedRuns: (kept.missedRuns ?? 0) + dropped,
    ...invalidConditions(schedule, problem, now),
  };
  const told = schedule.status.observedGeneration === schedule.metadata.generation;
  const event: EventNote = { type: 'Warning', reason: problem.reason, action: 'Schedule', note: problem.message };
  return { steps: [{ kind: 'writeStatus', status }], events: [...(told ? [] : [event]), ...(dropped > 0 ? [missedNote(dropped)] : [])] };
}
