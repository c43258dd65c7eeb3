/** Does what was decided about a schedule, step by step; each step is safe to do twice. */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule, ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ReconcileContext } from '../../kube/controller.ts';
import { isAlreadyExists, isConflict, isForbidden, isInvalid, isNotFound } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { REPORT_SCHEDULES, REPORTS } from '../../kube/resources.ts';
import { writeStatus } from '../write-status.ts';
import type { Plan, Step } from './plan.ts';
import { isReportOfRun, type PlannedReport, type Run } from './run.ts';

/** A Report that somebody else made holds the name of a run. */
export class NameTaken extends Error {
  readonly report: string;

  constructor(report: string) {
    super(`a Report named ${report} exists that is not this run's`);
    this.name = 'NameTaken';
    this.report = report;
  }
}

export interface ScheduleWrites {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  /** A Report was made or found to be made; the cache may not show it yet. */
  readonly onSpawned: (schedule: ReportSchedule, report: Report) => void;
}

/** Throws NameTaken when a run cannot have its Report. */
export async function act(writes: ScheduleWrites, schedule: ReportSchedule, plan: Plan, context: ReconcileContext): Promise<void> {
  const uids = new Map<string, string>();
  let current = schedule;
  for (const step of plan.steps) current = await doStep(writes, current, step, uids, context);
  for (const event of plan.events) writes.events.record(schedule, event);
}

async function doStep(
  writes: ScheduleWrites,
  schedule: ReportSchedule,
  step: Step,
  uids: Map<string, string>,
  { signal, log }: ReconcileContext,
): Promise<ReportSchedule> {
  switch (step.kind) {
    case 'writeStatus':
      return writeStatus(writes.client, REPORT_SCHEDULES, schedule, withUids(step.status, uids), signal);
    case 'createReport': {
      const report = await spawn(writes, schedule, step.run, step.report, signal);
      uids.set(report.metadata.name, report.metadata.uid);
      writes.onSpawned(schedule, report);
      log.info({ report: report.metadata.name }, 'spawned Report');
      return schedule;
    }
    case 'deleteReport':
      await deleteReport(writes.client, schedule, step.name, step.uid, signal);
      log.info({ report: step.name, why: step.why }, 'deleting Report');
      return schedule;
  }
}

/** Creates the Report of a run, or finds it made already: a lost reply, a crash and a second operator look the same. */
async function spawn(
  writes: ScheduleWrites,
  schedule: ReportSchedule,
  run: Run,
  { name, manifest, specHash }: PlannedReport,
  signal: AbortSignal,
): Promise<Report> {
  try {
    return await writes.client.create<Report>(REPORTS, manifest, signal);
  } catch (error) {
    if (!isAlreadyExists(error)) {
      if (isForbidden(error) || isInvalid(error)) tellRefusal(writes, schedule, name, error as Error);
      throw error;
    }
  }
  const found = await writes.client.get<Report>(REPORTS, schedule.metadata.namespace, name, signal);
  if (isReportOfRun(found, schedule, run, specHash)) return found;
  throw new NameTaken(name);
}

function tellRefusal(writes: ScheduleWrites, schedule: ReportSchedule, name: string, error: Error): void {
  writes.events.record(schedule, {
    type: 'Warning',
    reason: 'CreateRefused',
    action: 'Spawn',
    note: `the cluster refuses Report ${name}: ${error.message}`,
  });
}

async function deleteReport(client: KubeClient, schedule: ReportSchedule, name: string, uid: string, signal: AbortSignal): Promise<void> {
  try {
    await client.delete(REPORTS, schedule.metadata.namespace, name, { propagation: 'Background', uid }, signal);
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error; // gone, or another one has its name now
  }
}

function withUids(status: ReportScheduleStatus, uids: ReadonlyMap<string, string>): ReportScheduleStatus {
  if (status.active === undefined) return status;
  return { ...status, active: status.active.map(({ name, uid }) => ({ name, uid: uid === '' ? (uids.get(name) ?? '') : uid })) };
}
