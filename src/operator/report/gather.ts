/**
 * Collects everything a decision needs, from the caches where they can be believed and by a live request where they cannot: absence that would end a Report, evidence of
 * a pod that the cache may not have yet, and what is left over of a run that is being ended.
 */
import type { Report } from '../../api/generated/report.ts';
import { isForbidden, isNotFound } from '../../kube/errors.ts';
import { controllerOf, type CoreEvent, type Job, type Pod } from '../../kube/objects.ts';
import { CORE_EVENTS, JOBS, PODS } from '../../kube/resources.ts';
import type { ObjectKey } from '../../kube/store.ts';
import { namespaceState } from '../namespaces.ts';
import { StorageError, type HeadOutcome } from '../storage/access.ts';
import { hasFinalizer, isRunning } from './end.ts';
import { REFUSAL_AGE_MS, type PresentJob } from './follow.ts';
import { isFinished, jobState } from './job-state.ts';
import { trimJob, type CachedJob } from './job-facts.ts';
import { GRACE_SECONDS, jobName, REPORT_UID_LABEL } from './job.ts';
import { JOBS_BY_REPORT, PODS_BY_JOB, type ReportParts } from './parts.ts';
import { podState } from './pod-state.ts';
import { readinessOf } from './readiness.ts';
import { isTerminal } from './status.ts';
import type { JobView, Leftovers, ReportView } from './view.ts';

/** Kubernetes' own, on every pod of a Job. */
const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';
/** From the deletion of a namespace until the last pod in it has ended: what a pod is given, and as much again for whoever ends it. */
const POD_END_MS = 2 * GRACE_SECONDS * 1_000;

/** Undefined when there is no such Report any more. */
export async function gather(parts: ReportParts, key: ObjectKey, signal: AbortSignal): Promise<ReportView | undefined> {
  const cached = parts.reports.get(key);
  if (cached === undefined) return undefined;
  const report = parts.fresh.latest(cached);
  const { uid } = report.metadata;
  const jobs = parts.jobs.byIndex(JOBS_BY_REPORT, uid);
  const base = { report, finishedJobs: jobs.filter(isFinished).map((job) => ({ job, ttlSeconds: job.ttlSeconds })) };
  const deleting = report.metadata.deletionTimestamp !== undefined;
  if (deleting || report.status.failure !== undefined || isTerminal(report)) {
    parts.limiter.release(uid);
    return { ...base, job: cachedJobView(parts, report, jobs), ...(await ending(parts, report, jobs, deleting, signal)) };
  }
  const job = await jobView(parts, report, jobs, signal);
  if (job.kind === 'none') return { ...base, job, readiness: await readinessOf(parts, report, signal) };
  if (job.kind !== 'present') return { ...base, job };
  const stored = await storedView(parts, report, job, signal);
  const unchecked = stored?.kind === 'unknown' ? { uncheckedSince: parts.cleanups.unchecked(uid, Date.now()) } : {};
  const progress = job.pods.map(({ metadata }) => parts.progressOf(metadata.uid)).findLast((known) => known !== undefined);
  return { ...base, job, ...(stored === undefined ? {} : { stored }), ...unchecked, ...(progress === undefined ? {} : { progress }) };
}

/** What is left of a Report that is being ended. The caches say whether it is worth asking; only a live answer says that nothing is left. */
async function ending(
  parts: ReportParts,
  report: Report,
  jobs: readonly CachedJob[],
  deleting: boolean,
  signal: AbortSignal,
): Promise<Pick<ReportView, 'leftovers' | 'cleanupTrouble' | 'namespaceTerminating'>> {
  const trouble = parts.cleanups.of(report.metadata.uid);
  const needed = deleting ? hasFinalizer(report) : !isTerminal(report);
  return {
    ...(needed ? { leftovers: cachedLeftovers(parts, jobs, deleting) ?? (await lastLeftovers(parts, report, signal)) } : {}),
    ...(trouble === undefined ? {} : { cleanupTrouble: trouble }),
    ...(trouble?.kind === 'Refused'
      ? { namespaceTerminating: (await namespaceState(parts.client, report.metadata.namespace ?? '', signal)) === 'terminating' }
      : {}),
  };
}

function cachedLeftovers(parts: ReportParts, jobs: readonly CachedJob[], deleting: boolean): Leftovers | undefined {
  const left = deleting ? jobs : jobs.filter((job) => !isFinished(job));
  return left.length === 0
    ? undefined
    : { jobs: left, pods: left.flatMap(({ metadata }) => parts.pods.byIndex(PODS_BY_JOB, metadata.uid)) };
}

async function liveLeftovers(parts: ReportParts, report: Report, signal: AbortSignal): Promise<Leftovers> {
  const { namespace = '', uid } = report.metadata;
  const scope = { namespace, labelSelector: `${REPORT_UID_LABEL}=${uid}` };
  const [jobs, pods] = await Promise.all([parts.client.list<Job>(JOBS, scope, signal), parts.client.list<Pod>(PODS, scope, signal)]);
  const names = new Set([1, 2].map((attempt) => jobName(report, attempt)));
  return {
    jobs: jobs.items.filter((job) => controllerOf(job)?.uid === uid),
    // A pod is ours when one of our Jobs controls it; anybody could have copied the label.
    pods: pods.items.filter((pod) => names.has(controllerOf(pod)?.name ?? '') || isRunningOrphan(pod, names)),
  };
}

/** Of a Job that somebody deleted with `--cascade=orphan`: nobody ends it, and until it has ended by itself it could make the file anew. */
function isRunningOrphan(pod: Pod, jobNames: ReadonlySet<string>): boolean {
  return controllerOf(pod) === undefined && jobNames.has(pod.metadata.labels?.[JOB_NAME_LABEL] ?? '') && isRunning(pod);
}

/**
 * As liveLeftovers; but a namespace that is being deleted takes our Roles in it along, and then nobody may look. What ran there is ended by Kubernetes, and nothing new can
 * come: there is only the time that a pod has for its end.
 */
async function lastLeftovers(parts: ReportParts, report: Report, signal: AbortSignal): Promise<Leftovers> {
  try {
    return await liveLeftovers(parts, report, signal);
  } catch (error) {
    const { deletionTimestamp, namespace = '' } = report.metadata;
    if (!isForbidden(error) || deletionTimestamp === undefined) throw error;
    if ((await namespaceState(parts.client, namespace, signal)) !== 'terminating') throw error;
    return { jobs: [], pods: [], ...(isTerminal(report) ? {} : { unseenUntil: Date.parse(deletionTimestamp) + POD_END_MS }) };
  }
}

function cachedJobView(parts: ReportParts, report: Report, jobs: readonly CachedJob[]): JobView {
  const name = jobName(report, report.status.attempt ?? 1);
  const job = jobs.find(({ metadata }) => metadata.name === name);
  if (job?.facts === undefined) return { kind: 'none' };
  return { kind: 'present', job, facts: job.facts, pods: podsOf(parts, job), refusals: [] };
}

async function jobView(parts: ReportParts, report: Report, jobs: readonly CachedJob[], signal: AbortSignal): Promise<JobView> {
  const { uid, namespace = '' } = report.metadata;
  const name = jobName(report, report.status.attempt ?? 1);
  const cached = jobs.find(({ metadata, facts }) => metadata.name === name && facts !== undefined);
  if (cached !== undefined) return presentJob(parts, cached, signal);
  if (parts.expected.isExpected(uid, name)) return { kind: 'expected' };
  if (report.status.job?.name !== name) return { kind: 'none' };
  try {
    const live = trimJob(await parts.client.get<Job>(JOBS, namespace, name, signal));
    return live.facts !== undefined && controllerOf(live)?.uid === uid ? await presentJob(parts, live, signal) : { kind: 'gone', name };
  } catch (error) {
    if (isNotFound(error)) return { kind: 'gone', name };
    throw error;
  }
}

async function presentJob(parts: ReportParts, job: CachedJob, signal: AbortSignal): Promise<JobView> {
  if (job.facts === undefined) return { kind: 'none' };
  let pods = podsOf(parts, job);
  // The Job's verdict may have overtaken the pods' watch, or the pods may be gone: ask before their evidence is given up.
  if (isFinished(job) && !pods.some((pod) => hasVerdict(pod, job))) pods = await livePods(parts, job, signal);
  return { kind: 'present', job, facts: job.facts, pods, refusals: await refusals(parts, job, pods, signal) };
}

function hasVerdict(pod: Pod, job: Job): boolean {
  const state = podState(pod);
  return jobState(job).kind === 'complete' ? state.kind === 'succeeded' && state.result !== undefined : state.kind === 'failed';
}

export function podsOf(parts: Pick<ReportParts, 'pods'>, job: Job): readonly Pod[] {
  return [...parts.pods.byIndex(PODS_BY_JOB, job.metadata.uid)].sort(byAge);
}

export async function livePods(parts: Pick<ReportParts, 'client'>, job: Job, signal: AbortSignal): Promise<readonly Pod[]> {
  const { namespace = '', uid } = job.metadata;
  const list = await parts.client.list<Pod>(PODS, { namespace, labelSelector: `batch.kubernetes.io/controller-uid=${uid}` }, signal);
  return list.items.filter((pod) => controllerOf(pod)?.uid === uid).sort(byAge);
}

function byAge(a: Pod, b: Pod): number {
  const older = a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp);
  return older === 0 ? a.metadata.name.localeCompare(b.metadata.name) : older;
}

/** A started Job that has no live pod for a while: only the Job controller's Events say why. Asked for on demand; Events are not watched. */
export async function refusals(
  parts: Pick<ReportParts, 'client'>,
  job: Job,
  pods: readonly Pod[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const started = Date.parse(job.status?.startTime ?? '');
  if (jobState(job).kind !== 'alive' || Number.isNaN(started) || Date.now() - started < REFUSAL_AGE_MS) return [];
  if (pods.some((pod) => pod.status?.phase !== 'Failed') || (job.status?.active ?? 0) > 0) return [];
  const { namespace = '', uid } = job.metadata;
  const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
  const events = await parts.client.list<CoreEvent>(CORE_EVENTS, { namespace, fieldSelector, limit: 100 }, signal);
  const newestPod = pods.at(-1)?.metadata.creationTimestamp ?? '';
  return [...events.items]
    .filter((event) => eventTime(event) > newestPod)
    .sort((a, b) => eventTime(b).localeCompare(eventTime(a)))
    .map(({ message }) => message ?? '');
}

function eventTime(event: CoreEvent): string {
  return event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
}

/** HeadObject, once a run claims to have written the key it was given. */
async function storedView(parts: ReportParts, report: Report, job: PresentJob, signal: AbortSignal): Promise<HeadOutcome | undefined> {
  const results = job.pods
    .map(podState)
    .flatMap((state) => (state.kind === 'succeeded' && state.result !== undefined ? [state.result] : []));
  if (!results.some(({ key }) => key === job.facts.key)) return undefined;
  const { name, uid } = job.facts.storage;
  const storage = parts.storages.get(`${report.metadata.namespace ?? ''}/${name}`);
  if (storage?.metadata.uid !== uid) return { kind: 'unknown', message: `ReportStorage "${name}" is gone` };
  try {
    const access = await parts.accesses.open(storage);
    return await access.head(job.facts.key, signal);
  } catch (error) {
    if (error instanceof StorageError) return { kind: 'unknown', message: error.message };
    throw error;
  }
}
