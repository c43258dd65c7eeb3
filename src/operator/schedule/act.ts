/** Does what was decided about a schedule, step by step; each step is safe to do twice. */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ReconcileContext } from '../../kube/controller.ts';
import { isAlreadyExists, isConflict, isForbidden, isInvalid, isNotFound, KubeError } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { decodeExact } from '../../kube/exact-decode.ts';
import { REPORT_SCHEDULES, REPORTS } from '../../kube/resources.ts';
import type { OperatorObserver } from '../metrics.ts';
import { writeStatus } from '../write-status.ts';
import { withUids, type Plan, type Step } from './plan.ts';
import { isReportOfRun, type PlannedReport, type RememberedRun, type Run } from './run.ts';

/** A failure of the apiserver's, or of what it asks, that lasts until a run is so late is told like a refusal: before that it is tried again soon, without a word. */
const LASTING_MS = 60_000;

/** A run cannot have its Report now; what follows from that is decided anew. */
export class NoReport extends Error {
  readonly report: string;
  /** undefined = a Report that somebody else made holds the name; else why the cluster takes no such Report. */
  readonly refusal: string | undefined;

  constructor(report: string, refusal: string | undefined) {
    super(refusal ?? `a Report named ${report} exists that is not this run's`);
    this.name = 'NoReport';
    this.report = report;
    this.refusal = refusal;
  }
}

export interface ScheduleWrites {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly observer: Pick<OperatorObserver, 'scheduleRan'>;
  /** The Report of a run was made or found to be made; neither the cache nor the status may show it yet. */
  readonly onSpawned: (schedule: ReportSchedule, run: RememberedRun, report: Report) => void;
  /** Nobody knows whether a Report of that name was made: it was asked for, and the answer is lost. */
  readonly onUnanswered: (schedule: ReportSchedule, name: string) => void;
  /** The schedule as it was written; the cache may not show it yet. */
  readonly onWritten: (schedule: ReportSchedule) => void;
}

/**
 * Throws NoReport when a run cannot have its Report. Resolves to when, in epoch ms, to look again for the status that was left for later; undefined = nothing was left.
 * Whatever follows then is what follows after a crash at that point. Left is a status that may wait, and, when others wait for their turn (`busy`), whatever comes after the
 * last Report is made: when thousands are due at once, all of them have their Reports before the first status is written.
 */
export async function act(
  writes: ScheduleWrites,
  schedule: ReportSchedule,
  plan: Plan,
  context: ReconcileContext,
  busy: () => boolean = () => false,
): Promise<number | undefined> {
  const uids = new Map<string, string>();
  const lastCreate = plan.steps.findLastIndex(({ kind }) => kind === 'createReport');
  let current = schedule;
  for (const [index, step] of plan.steps.entries()) {
    if (step.kind === 'writeStatus' && step.mayWaitUntil !== undefined) return step.mayWaitUntil;
    if (index > 0 && index === lastCreate + 1 && plan.events.length === 0 && busy()) return Date.now();
    current = await doStep(writes, current, step, uids, context);
  }
  for (const event of plan.events) writes.events.record(schedule, event);
  return undefined;
}

async function doStep(
  writes: ScheduleWrites,
  schedule: ReportSchedule,
  step: Step,
  uids: Map<string, string>,
  context: ReconcileContext,
): Promise<ReportSchedule> {
  const { signal } = context;
  switch (step.kind) {
    case 'writeStatus': {
      const written = await writeStatus(writes.client, REPORT_SCHEDULES, schedule, withUids(step.status, uids), signal);
      if (written !== schedule) writes.onWritten(written);
      return written;
    }
    case 'confirm':
      await confirm(writes.client, schedule, signal);
      return schedule;
    case 'createReport': {
      const { report, made } = await spawn(writes, schedule, step.run, step.report, signal);
      uids.set(report.metadata.name, report.metadata.uid);
      writes.onSpawned(schedule, { ...step.run, specHash: step.report.specHash }, report);
      if (made) writes.events.record(schedule, step.event);
      if (made && step.run.request === undefined) writes.observer.scheduleRan(Date.now() - step.run.scheduledAt);
      context.log.info({ report: report.metadata.name, made }, 'spawned Report');
      return schedule;
    }
    case 'deleteReport':
      await deleteReport(writes.client, schedule, step, signal);
      context.log.info({ report: step.name, replaced: step.resourceVersion !== undefined }, 'deleting Report');
      return schedule;
  }
}

/** Throws a conflict when the schedule is not what was looked at any more. */
async function confirm(client: KubeClient, { metadata }: ReportSchedule, signal: AbortSignal): Promise<void> {
  const live = await client.get<ReportSchedule>(REPORT_SCHEDULES, metadata.namespace, metadata.name, signal);
  if (live.metadata.resourceVersion !== metadata.resourceVersion)
    throw new KubeError(409, 'Conflict', `ReportSchedule ${metadata.name} has changed since it was looked at`);
}

/** Creates the Report of a run, or finds it made already: a lost reply, a crash and a second operator look the same. */
async function spawn(
  { client, onUnanswered }: ScheduleWrites,
  schedule: ReportSchedule,
  run: Run,
  { name, manifest, specHash }: PlannedReport,
  signal: AbortSignal,
): Promise<{ readonly report: Report; readonly made: boolean }> {
  try {
    return { report: await client.create<Report>(REPORTS, manifest, signal, decodeExact), made: true };
  } catch (error) {
    if (!(error instanceof KubeError) || error.status >= 500) onUnanswered(schedule, name);
    if (!isAlreadyExists(error)) {
      if (isForbidden(error) || isInvalid(error) || isLasting(error, run)) throw new NoReport(name, (error as Error).message);
      throw error;
    }
  }
  const report = await client.get<Report>(REPORTS, schedule.metadata.namespace, name, signal, decodeExact);
  if (isReportOfRun(report, schedule, run, specHash)) return { report, made: false };
  throw new NoReport(name, undefined);
}

/** Such as an admission webhook that is down. */
function isLasting(error: unknown, { scheduledAt }: Run): boolean {
  return error instanceof KubeError && error.status >= 500 && Date.now() - scheduledAt >= LASTING_MS;
}

async function deleteReport(
  client: KubeClient,
  schedule: ReportSchedule,
  { name, uid, resourceVersion }: { readonly name: string; readonly uid: string; readonly resourceVersion?: string },
  signal: AbortSignal,
): Promise<void> {
  const only = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  try {
    await client.delete(REPORTS, schedule.metadata.namespace, name, { propagation: 'Background', ...only }, signal);
  } catch (error) {
    if (isNotFound(error)) return;
    if (!isConflict(error) || resourceVersion !== undefined) throw error; // another one has its name now, or it has moved on: look again
  }
}
