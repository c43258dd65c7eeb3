/** The conditions of a ReportSchedule: whether it runs, how its newest run ended, and whether somebody must mend it. */
import { findCondition, toCondition, type ConditionNote } from '../../api/conditions.ts';
import type { ReportSchedule, ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import type { Condition } from '../../kube/objects.ts';
import { rfc3339 } from '../report/status.ts';
import type { Coverage } from './coverage.ts';
import type { KnownRuns } from './run.ts';

const LAST_RUN = 'LastRunSucceeded';

/** What LastRunSucceeded is to say. */
type LastRun = ConditionNote | 'as before' | 'nothing';

type Judgement = Pick<ReportScheduleStatus, 'conditions' | 'observedGeneration'>;

/** One failed run does not make a schedule unready; LastRunSucceeded says it. `waiting`: what a run that is due waits for. */
export function scheduleConditions(
  schedule: ReportSchedule,
  coverage: Coverage,
  lastRun: LastRun,
  waiting: string | undefined,
  now: number,
): Judgement {
  const ready: ConditionNote =
    coverage.kind === 'unknown'
      ? { type: 'Ready', status: 'False', reason: 'CoverageUnknown', message: coverage.message }
      : schedule.spec.suspend
        ? {
            type: 'Ready',
            status: 'True',
            reason: 'Suspended',
            message: 'switched off by spec.suspend; runs asked for by annotation still happen',
          }
        : { type: 'Ready', status: 'True', reason: 'Scheduled', message: waiting ?? 'Reports are made at their times' };
  return judgement(schedule, ready, lastRun, now);
}

export function invalidConditions(
  schedule: ReportSchedule,
  { reason, message }: { readonly reason: string; readonly message: string },
  lastRun: LastRun,
  now: number,
): Judgement {
  return judgement(schedule, { type: 'Ready', status: 'False', reason, message }, lastRun, now);
}

/** How the newest run ended. `runWasMade`: this look has found or made one: that the cluster refuses it does not hold any more, and what was true before it does. */
export function lastRunOf(
  lastReport: ReportScheduleStatus['lastReport'],
  { reports, gone }: KnownRuns,
  { lastReport: before, conditions }: ReportScheduleStatus,
  runWasMade: boolean,
): LastRun {
  const isRefusalOver = runWasMade && findCondition(conditions, LAST_RUN)?.reason === 'CreateRefused';
  if (lastReport === undefined) return isRefusalOver ? 'nothing' : 'as before';
  if (lastReport.name === before?.name && lastReport.time === before.time && !isRefusalOver) return 'as before';
  const report = [...reports, ...gone].find(({ metadata }) => metadata.name === lastReport.name);
  const said = findCondition(report?.status.conditions, 'Ready');
  if (lastReport.phase === 'Ready')
    return {
      type: LAST_RUN,
      status: 'True',
      reason: 'Completed',
      message: `Report ${lastReport.name}: ${said?.message ?? 'Ready'}`,
    };
  return {
    type: LAST_RUN,
    status: 'False',
    reason: said?.reason ?? 'Failed',
    message: `Report ${lastReport.name} failed: ${said?.message ?? 'see its status'}`,
  };
}

function judgement(schedule: ReportSchedule, ready: ConditionNote, lastRun: LastRun, now: number): Judgement {
  const { status, metadata } = schedule;
  const generation = metadata.generation ?? 0;
  const time = rfc3339(now);
  const stalled: ConditionNote = { ...ready, type: 'Stalled', status: ready.status === 'True' ? 'False' : 'True' };
  return {
    observedGeneration: generation,
    conditions: [
      toCondition(status.conditions, ready, generation, time),
      ...lastRunConditions(status.conditions, lastRun, generation, time),
      toCondition(status.conditions, stalled, generation, time),
    ],
  };
}

function lastRunConditions(
  before: readonly Condition[] | undefined,
  lastRun: LastRun,
  generation: number,
  time: string,
): readonly Condition[] {
  if (lastRun === 'nothing') return [];
  const kept = lastRun === 'as before' ? findCondition(before, LAST_RUN) : toCondition(before, lastRun, generation, time);
  return kept === undefined ? [] : [kept];
}
