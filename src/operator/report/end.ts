/**
 * How a Report ends: Ready, Failed, or deleted.
 *
 * Failing takes two passes. First the status says why (`status.failure`), because the evidence - a Job, its pods - is about to be removed and a crash in between must
 * not turn DeadlineExceeded into JobDeleted. Then what still runs is stopped, uploads are aborted and the object is deleted, and only then is the phase Failed: a
 * Failed Report never leaves an object. A bucket that is away holds this up for ten minutes at most; the finalizer finishes the work afterwards.
 */
import type { Report } from '../../api/generated/report.ts';
import type { FailureReason, ReportReason } from '../../api/reasons.ts';
import { possibleFileNames } from '../../api/file-name.ts';
import { controllerOf } from '../../kube/objects.ts';
import type { RunSuccess } from '../../runner/result.ts';
import { objectUri } from '../../s3/object-key.ts';
import { giveUpReason } from './give-up.ts';
import type { JobFacts } from './job-facts.ts';
import { isFinished } from './job-state.ts';
import { NOTHING, earliest, withLook, type FilePlace, type Plan, type Step } from './plan.ts';
import { currentReason, humanDuration, humanSize, isTerminal, nextStatus, rfc3339, type Phase, type StatusChanges } from './status.ts';
import { transitionEvents } from './transitions.ts';
import type { Leftovers, ReportView } from './view.ts';

export const FILE_FINALIZER = 'dossier.dev/file';
/** How long a Failed status waits for a bucket that is away. */
const FAILED_PATIENCE_MS = 10 * 60_000;
/** Something is on its way out; a watch usually tells sooner. */
const GOING_AWAY_INTERVAL_MS = 5_000;

export function hasFinalizer(report: Report): boolean {
  return report.metadata.finalizers?.includes(FILE_FINALIZER) === true;
}

/** The file is there and is what the run says. */
export function ready(view: ReportView, run: JobFacts, result: RunSuccess, changes: StatusChanges, now: number): Plan {
  const { report } = view;
  const standing = {
    phase: 'Ready',
    reason: 'Completed',
    message: `${result.rows} rows, ${humanSize(result.bytes)}: ${run.fileName}`,
  } as const;
  const file = {
    name: run.fileName,
    format: run.format,
    contentType: run.contentType,
    rows: result.rows,
    sheets: result.sheets,
    sizeBytes: result.bytes,
    size: humanSize(result.bytes),
    sha256: result.sha256,
    bucket: run.bucket,
    key: run.key,
    uri: objectUri(run.bucket, run.key),
    etag: result.etag,
    ...(result.versionId === undefined ? {} : { versionId: result.versionId }),
    storage: run.storage,
  };
  const status = nextStatus(
    report,
    standing,
    { ...changes, ...completion(changes.startTime, report, now), progress: undefined, file },
    now,
  );
  const steps: Step[] = [{ kind: 'writeStatus', status }];
  if (report.spec.deletionPolicy === 'Retain' && hasFinalizer(report)) steps.push({ kind: 'removeFinalizer' });
  return { steps, events: transitionEvents(report, standing) };
}

/** First pass of a failure: say why. Without a finalizer nothing was ever made, and the Report is Failed at once. */
export function beginFailing(view: ReportView, reason: FailureReason, message: string, changes: StatusChanges, now: number): Plan {
  const { report } = view;
  if (!hasFinalizer(report) && view.job.kind === 'none') return failed(view, reason, message, changes, now, []);
  const phase: Phase = changes.startTime !== undefined || report.status.phase === 'Deploying' ? 'Deploying' : 'Pending';
  const held: ReportReason = (currentReason(report) as ReportReason | undefined) ?? 'JobCreated';
  const standing = { phase, reason: held, message: `ending (${reason}): ${message}` };
  const status = nextStatus(
    report,
    standing,
    { ...changes, failure: { reason, message: message.slice(0, 2048), time: rfc3339(now) } },
    now,
  );
  return { steps: [{ kind: 'writeStatus', status }], events: [] };
}

/** Second pass: stop, clean, and then Failed. */
export function continueFailing(view: ReportView, now: number): Plan {
  const { report } = view;
  const failure = report.status.failure;
  if (failure === undefined) return NOTHING;
  const running = stopping(view.leftovers, unfinishedJobs, isRunning, now);
  if (running !== undefined) return running;
  const reason = failure.reason as FailureReason;
  const overdue = now >= Date.parse(failure.time) + FAILED_PATIENCE_MS;
  if (!hasFinalizer(report) || overdue) return failed(view, reason, failure.message, {}, now, []);
  return failed(view, reason, failure.message, {}, now, [cleaning(view, now)]);
}

function failed(
  view: ReportView,
  reason: FailureReason,
  message: string,
  changes: StatusChanges,
  now: number,
  before: readonly Step[],
): Plan {
  const { report } = view;
  const standing = { phase: 'Failed', reason, message } as const;
  const startTime = changes.startTime ?? report.status.startTime;
  const status = nextStatus(report, standing, { ...changes, ...completion(startTime, report, now), progress: undefined }, now);
  const steps: Step[] = [...before, { kind: 'writeStatus', status }];
  if (before.length > 0) steps.push({ kind: 'removeFinalizer' });
  return { steps, events: transitionEvents(report, standing) };
}

/** Nothing changes any more; what is left is housekeeping. */
export function settled(view: ReportView, now: number): Plan {
  const { report } = view;
  const steps: Step[] = [];
  const generation = report.metadata.generation ?? 0;
  if (report.status.observedGeneration !== generation) {
    const conditions = (report.status.conditions ?? []).map((condition) => ({ ...condition, observedGeneration: generation }));
    steps.push({ kind: 'writeStatus', status: { ...report.status, observedGeneration: generation, conditions } });
  }
  const isReady = report.status.phase === 'Ready';
  const keepsFile = isReady && report.spec.deletionPolicy === 'Retain';
  if (hasFinalizer(report) && keepsFile) steps.push({ kind: 'removeFinalizer' });
  if (hasFinalizer(report) && !isReady) steps.push(cleaning(view, now), { kind: 'removeFinalizer' });
  if (!hasFinalizer(report) && isReady && !keepsFile) {
    const storage = report.status.file?.storage;
    steps.push({ kind: 'addFinalizer' }, ...(storage === undefined ? [] : [{ kind: 'holdStorage', storage } as const]));
  }
  const expiry = expiredJobs(view, now);
  // First, or a bucket that is away would keep Job and pods for as long.
  return withLook({ steps: [...expiry.steps, ...steps], events: [] }, expiry.at);
}

/** The Job's ttlSecondsAfterFinished, counted from our terminal status: never before it is stored. */
function expiredJobs(view: ReportView, now: number): { readonly steps: readonly Step[]; readonly at: number | undefined } {
  const completed = Date.parse(view.report.status.completionTime ?? rfc3339(now));
  const steps: Step[] = [];
  let at: number | undefined;
  for (const { job, ttlSeconds } of view.finishedJobs) {
    const expires = completed + ttlSeconds * 1000;
    if (now < expires) at = earliest(at, expires);
    else if (job.metadata.deletionTimestamp === undefined)
      steps.push({ kind: 'deleteJob', name: job.metadata.name, uid: job.metadata.uid });
  }
  return { steps, at };
}

/** The Report is being deleted: Job, pods, uploads, object, finalizer, in this order, or a late pod would make the file anew. */
export function cleanUp(view: ReportView, now: number): Plan {
  const { report } = view;
  if (!hasFinalizer(report)) return NOTHING;
  const running = stopping(
    view.leftovers,
    ({ jobs }) => jobs,
    () => true,
    now,
  );
  if (running !== undefined) return recordingStorage(view, running);
  if (report.status.phase === 'Ready' && report.spec.deletionPolicy === 'Retain')
    return { steps: [{ kind: 'removeFinalizer' }], events: [] };
  return { steps: [cleaning(view, now), { kind: 'removeFinalizer' }], events: [] };
}

/** Only the Job knows which storage it was given until a status says so; by the references its Report would be led to another one when the template is gone or changed. */
function recordingStorage({ report, job }: ReportView, plan: Plan): Plan {
  if (report.status.storage !== undefined || job.kind !== 'present') return plan;
  return { ...plan, steps: [{ kind: 'writeStatus', status: { ...report.status, storage: job.facts.storage } }, ...plan.steps] };
}

/** Cleans the bucket, or gives up what lies there: a bucket that is gone for good must hold up neither a failure nor a deletion. */
function cleaning(view: ReportView, now: number): Step {
  const why = giveUpReason(view, now);
  return why === undefined ? { kind: 'cleanBucket', place: filePlace(view) } : { kind: 'abandonFile', why };
}

/** Deletes Jobs that are not yet being deleted and waits for pods; undefined when nothing is left. */
function stopping(
  leftovers: Leftovers | undefined,
  jobsToDelete: (leftovers: Leftovers) => Leftovers['jobs'],
  podMatters: (pod: Leftovers['pods'][number]) => boolean,
  now: number,
): Plan | undefined {
  if (leftovers === undefined) return withLook(NOTHING, now);
  const { unseenUntil } = leftovers;
  if (unseenUntil !== undefined && now < unseenUntil) return withLook(NOTHING, unseenUntil);
  const jobs = jobsToDelete(leftovers);
  const steps = jobs
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => ({ kind: 'deleteJob', name: metadata.name, uid: metadata.uid }) as const);
  if (jobs.length === 0 && !leftovers.pods.some(podMatters)) return undefined;
  return withLook({ steps, events: [] }, now + GOING_AWAY_INTERVAL_MS);
}

/** Jobs that could start another pod. One whose pod has succeeded will not, and its log is evidence: it is kept for its time. */
function unfinishedJobs({ jobs, pods }: Leftovers): Leftovers['jobs'] {
  const succeeded = new Set(pods.filter(({ status }) => status?.phase === 'Succeeded').map((pod) => controllerOf(pod)?.uid));
  return jobs.filter((job) => !isFinished(job) && !succeeded.has(job.metadata.uid));
}

export function isRunning(pod: Leftovers['pods'][number]): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

/** Where this Report's object can be: exactly known once Ready, one of a few names before. */
export function filePlace({ report, job }: ReportView): FilePlace {
  const file = isTerminal(report) ? report.status.file : undefined;
  const storage = report.status.storage ?? (job.kind === 'present' ? job.facts.storage : undefined);
  return { storage, names: file === undefined ? possibleFileNames(report.spec.fileName ?? report.metadata.name) : [file.name] };
}

function completion(startTime: string | undefined, report: Report, now: number): StatusChanges {
  const start = Date.parse(startTime ?? report.metadata.creationTimestamp);
  const completionTime = rfc3339(now);
  // From the times as they are shown: a reader who subtracts them gets the same.
  return { completionTime, duration: humanDuration(Date.parse(completionTime) - start) };
}
