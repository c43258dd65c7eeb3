/**
 * Turns changes of Reports, Jobs, pods, templates and storages into looks at Reports: gather, decide, act; and before a Report is ended, make sure.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReconcileContext, Result } from '../../kube/controller.ts';
import { controllerOf, type Pod } from '../../kube/objects.ts';
import { ConnectionError, isConflict, KubeError } from '../../kube/errors.ts';
import { REPORTS } from '../../kube/resources.ts';
import { splitKey, type ObjectKey } from '../../kube/store.ts';
import { StorageBusy, StorageError } from '../storage/access.ts';
import { act } from './act.ts';
import { cachesAgree, needsCertainty } from './certainty.ts';
import { decide, jobRefused } from './decide.ts';
import { gather } from './gather.ts';
import { isFinished } from './job-state.ts';
import type { CachedJob } from './job-facts.ts';
import { REPORT_LABEL } from './job.ts';
import type { Running } from './limits.ts';
import { REPORTS_BY_NAMESPACE, REPORTS_BY_TEMPLATE, type ReportParts } from './parts.ts';
import type { Plan } from './plan.ts';
import { REPORTS_BY_SCHEDULE, scheduleUidOf } from '../schedule/marks.ts';
import { templateKeyOf } from '../template/template.ts';
import { isTerminal } from './status.ts';
import { JobRefused } from './unseen-job.ts';

const BUSY_INTERVAL_MS = 1_000;
/** A watch that lags by milliseconds wakes us sooner; one that is being set up again takes seconds. */
const LAG_INTERVAL_MS = 500;
const NO_APPOINTMENT: Result = { kind: 'done' };

export async function reconcileReport(parts: ReportParts, key: ObjectKey, context: ReconcileContext): Promise<Result> {
  try {
    return await lookAt(parts, key, context);
  } catch (error) {
    if (error instanceof StorageBusy) return { kind: 'requeueAfter', ms: BUSY_INTERVAL_MS * (1 + Math.random()) };
    if (isConflict(error)) await lookAnew(parts, key, context.signal);
    const uid = parts.reports.get(key)?.metadata.uid;
    if (!(error instanceof StorageError) || uid === undefined) throw error;
    const ms = parts.cleanups.pauseMs(uid, Math.random());
    context.log.warn({ err: error, retryMs: ms }, 'the bucket cannot be cleaned yet; will retry');
    return { kind: 'requeueAfter', ms };
  }
}

async function lookAt(parts: ReportParts, key: ObjectKey, context: ReconcileContext): Promise<Result> {
  const view = await gather(parts, key, context.signal);
  if (view === undefined) return NO_APPOINTMENT;
  const now = Date.now();
  const plan = decide(view, now);
  if (needsCertainty(view.report, plan) && !(await cachesAgree(parts, view.report, context.signal))) {
    context.log.debug('what is cached is not what is there; looking again');
    return { kind: 'requeueAfter', ms: LAG_INTERVAL_MS * (1 + Math.random()) };
  }
  try {
    await act(parts, view.report, plan, context);
    return resultOf(plan);
  } catch (error) {
    if (!(error instanceof JobRefused)) throw error;
    parts.limiter.release(view.report.metadata.uid);
    const refused = jobRefused(view, error.kind, error.message, now);
    // The finalizer may have been set just before: what was read is no longer what is there.
    const cached = parts.reports.get(key);
    await act(parts, cached === undefined ? view.report : parts.fresh.latest(cached), refused, context);
    return resultOf(refused);
  }
}

/** Somebody wrote first, perhaps we ourselves and the answer was lost: what is there now need not wait for the watch. Best effort; the next try asks again. */
async function lookAnew(parts: ReportParts, key: ObjectKey, signal: AbortSignal): Promise<void> {
  const { namespace, name } = splitKey(key);
  try {
    const live = await parts.client.get<Report>(REPORTS, namespace, name, signal);
    parts.fresh.forget(live.metadata.uid); // In a cluster restored from a backup, versions have gone back.
    parts.fresh.learn(parts.reports.get(key), live);
  } catch (error) {
    if (!(error instanceof KubeError || error instanceof ConnectionError)) throw error;
  }
}

function resultOf(plan: Plan): Result {
  return plan.lookAgainAt === undefined ? NO_APPOINTMENT : { kind: 'lookAgainAt', epochMs: plan.lookAgainAt };
}

/** Whose a Job of a Report is. */
export function runOf(job: CachedJob): Running | undefined {
  const owner = controllerOf(job);
  if (owner === undefined || job.facts === undefined) return undefined;
  return { reportUid: owner.uid, namespace: job.metadata.namespace ?? '', templateUid: job.facts.template.uid };
}

/** Jobs alive, kept up to date by the Job watch, so that counting them does not mean walking through thousands of finished ones. */
export class AliveJobs {
  readonly #byJob = new Map<string, Running>();
  readonly #runningOf: (job: CachedJob) => Running | undefined;

  /** `runningOf`: undefined for a Job that does not count. */
  constructor(runningOf: (job: CachedJob) => Running | undefined) {
    this.#runningOf = runningOf;
  }

  values(): Iterable<Running> {
    return this.#byJob.values();
  }

  get size(): number {
    return this.#byJob.size;
  }

  /** True when a Job stopped being alive: somebody's turn may have come. */
  update(before: CachedJob | undefined, after: CachedJob | undefined): boolean {
    const uid = (after ?? before)?.metadata.uid ?? '';
    const running = after === undefined ? undefined : this.#runningOf(after);
    if (before !== undefined && before.metadata.uid !== uid) this.#byJob.delete(before.metadata.uid);
    if (after === undefined || running === undefined || isFinished(after)) return this.#byJob.delete(uid);
    this.#byJob.set(uid, running);
    return false;
  }
}

/** Key of the Report that a Job belongs to. */
export function reportOfJob(job: CachedJob): ObjectKey | undefined {
  const owner = controllerOf(job);
  return owner?.kind === 'Report' ? `${job.metadata.namespace ?? ''}/${owner.name}` : undefined;
}

/** Key of the Report that a pod says it belongs to; only a hint for what to look at, never evidence. */
export function reportOfPod(pod: Pod): ObjectKey | undefined {
  const name = pod.metadata.labels?.[REPORT_LABEL];
  return name === undefined ? undefined : `${pod.metadata.namespace ?? ''}/${name}`;
}

/** Indexes of the Report store: who is concerned when a template or a storage changes. */
export const REPORT_INDEXES = {
  [REPORTS_BY_TEMPLATE]: (report: Report): readonly string[] => (isTerminal(report) ? [] : [templateKeyOf(report)]),
  [REPORTS_BY_NAMESPACE]: (report: Report): readonly string[] =>
    isTerminal(report) && (report.metadata.finalizers ?? []).length === 0 ? [] : [report.metadata.namespace ?? ''],
  [REPORTS_BY_SCHEDULE]: scheduleUidOf,
};
