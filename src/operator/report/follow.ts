/**
 * A Report whose Job exists: follow it from its first pod to a checked file or a named failure.
 *
 * Evidence in order: a pod that succeeded with a result, the Job's own verdict, deadlines, and only then how far the run is. A run is over when its result is
 * checked in the bucket, not when a process says so.
 */
import { quoted } from '../../foreign-text.ts';
import type { ReportReason } from '../../api/reasons.ts';
import type { EventNote } from '../../kube/events.ts';
import type { Pod } from '../../kube/objects.ts';
import type { RunSuccess } from '../../runner/result.ts';
import { beginFailing, ready } from './end.ts';
import { classifyRefusal, jobState } from './job-state.ts';
import { earliest, NOTHING, withLook, type Plan, type Step } from './plan.ts';
import { fetchedOf } from './code-state.ts';
import { podState, type PodState } from './pod-state.ts';
import { lateEnd, lateStart, startDeadline, turnOf, type Lateness } from './deadlines.ts';
import { currentReason, humanDuration, nextStatus, rfc3339, type Standing, type StatusChanges } from './status.ts';
import { transitionEvents } from './transitions.ts';
import type { JobView, ReportView } from './view.ts';

/** An image that could not be pulled for so long will not come by itself. */
const IMAGE_PULL_PATIENCE_MS = 5 * 60_000;
/** How long after a run's end, or after the operator that was away has come back, its file may stay unchecked because the bucket does not answer. */
const CHECK_PATIENCE_MS = 10 * 60_000;
/** A started Job without a pod for so long is asked about: the Job controller's refusals are only told in Events. */
export const REFUSAL_AGE_MS = 5_000;
/** And again after a quarter of the time it has waited, at most this: two hundred Jobs under a quota must not become forty requests a second. */
const REFUSAL_INTERVAL_MAX_MS = 60_000;
const MAX_ATTEMPTS = 2;

export type PresentJob = Extract<JobView, { kind: 'present' }>;

interface PodNote {
  readonly pod: Pod;
  readonly state: PodState;
}

export function follow(view: ReportView, job: PresentJob, now: number): Plan {
  const pods = job.pods.map((pod) => ({ pod, state: podState(pod) }));
  const changes = facts(view, job, now);
  const success = pods.flatMap(({ state }) => (state.kind === 'succeeded' && state.result !== undefined ? [state.result] : []))[0];
  if (success !== undefined) return check(view, job, success, changes, now);
  const verdict = jobState(job.job);
  if (verdict.kind === 'complete') return resultLost(view, job, changes, now);
  if (job.job.metadata.deletionTimestamp !== undefined) {
    return beginFailing(
      view,
      'JobDeleted',
      `Job ${job.job.metadata.name} was deleted before it finished; create a new Report`,
      changes,
      now,
    );
  }
  if (verdict.kind === 'failed') return jobFailed(view, job, pods, verdict, changes, now);
  const pin = pinning(view, job, changes);
  const dead = deadline(view, job, changes, now);
  if (dead.passed !== undefined) return beginFailing(view, dead.passed.reason, dead.passed.message, changes, now);
  const unstartable = pods.find(({ state }) => state.kind === 'unstartable')?.state;
  if (unstartable?.kind === 'unstartable') return beginFailing(view, unstartable.reason, unstartable.message, changes, now);
  const refused = refusal(job);
  if (refused?.kind === 'rejected') {
    return beginFailing(view, 'PodRejected', `the cluster refuses the runner's pod: ${refused.message}`, changes, now);
  }
  const plan = stand(view, job, pods, changes, dead.at, now);
  return pin === undefined ? plan : { ...plan, steps: [pin, ...plan.steps] };
}

/** Before the status names the commit for the first time, so that a crash in between does it again. */
function pinning({ report }: ReportView, { job }: PresentJob, changes: StatusChanges): Step | undefined {
  const commit = changes.template?.revision;
  return commit === undefined || report.status.template?.revision === commit ? undefined : { kind: 'pinCommit', job, commit };
}

/** What the status can say as soon as a Job exists, all of it read from the Job itself. */
function facts(view: ReportView, { job, facts: run, pods }: PresentJob, now: number): StatusChanges {
  const { status } = view.report;
  const firstPod = pods[0]?.metadata.creationTimestamp ?? ((job.status?.active ?? 0) > 0 ? rfc3339(now) : undefined);
  const startTime = status.startTime ?? firstPod;
  // The first commit that a try of this run has looked up is the run's; one that it was told is not evidence, because others could have told it.
  const revision = status.template?.revision ?? pods.map(fetchedOf).find((fetched) => fetched?.pinned === false)?.commit;
  return {
    job: { name: job.metadata.name, uid: job.metadata.uid },
    attempt: run.attempt,
    parameters: run.parameters,
    template: revision === undefined ? run.template : { ...run.template, revision },
    storage: run.storage,
    ...turnOf(view.report, now),
    ...(startTime === undefined ? {} : { startTime }),
    ...(view.progress === undefined ? {} : { progress: view.progress }),
  };
}

/** The run says that it made a file; the bucket has the last word. */
function check(view: ReportView, job: PresentJob, result: RunSuccess, changes: StatusChanges, now: number): Plan {
  const { stored } = view;
  if (result.key !== job.facts.key) {
    return beginFailing(view, 'FileMissing', `the runner names another object than the one it was told to write`, changes, now);
  }
  if (stored === undefined || stored.kind === 'unknown') {
    const finishedAt = Math.max(...job.pods.map(finishTime), Date.parse(changes.startTime ?? rfc3339(now)));
    const why = stored?.message ?? 'not looked at yet';
    if (now >= Math.max(finishedAt, view.uncheckedSince ?? 0) + CHECK_PATIENCE_MS) {
      return beginFailing(
        view,
        'StorageFailed',
        `the file was uploaded but could not be checked for ${humanDuration(CHECK_PATIENCE_MS)}: ${why}`,
        changes,
        now,
      );
    }
    return standingPlan(
      view,
      { phase: 'Deploying', reason: 'Uploading', message: `checking the file in the bucket: ${why}` },
      changes,
      now + 2_000,
      now,
    );
  }
  const moved = movedOn(changes.template?.revision, result.revision);
  if (moved !== undefined) return beginFailing(view, 'TemplateFailed', moved, changes, now);
  const missing = stored.kind === 'absent' ? 'it is not there' : difference(view, result, stored.facts);
  if (missing !== undefined) {
    return beginFailing(
      view,
      'FileMissing',
      `the run succeeded, but its file ${quoted(job.facts.key)} is not as it was written: ${missing}`,
      changes,
      now,
    );
  }
  return ready(view, job.facts, result, changes, now);
}

/** Later tries are told the first one's commit (pinCommit). Where that went wrong, the file is of another one than the status may already have told. */
function movedOn(first: string | undefined, made: string | undefined): string | undefined {
  if (first === made) return undefined;
  return `git: the file was made from commit ${made ?? '(none)'}, and the first try of the run got ${first ?? 'none that is known'}; create a new Report`;
}

function difference(
  view: ReportView,
  result: RunSuccess,
  object: { readonly bytes: number; readonly etag: string; readonly reportUid: string | undefined },
): string | undefined {
  if (object.reportUid !== view.report.metadata.uid) return 'it belongs to another Report';
  if (object.bytes !== result.bytes) return `it has ${object.bytes} bytes instead of ${result.bytes}`;
  if (object.etag !== result.etag) return 'its ETag is another one';
  return undefined;
}

/** The Job succeeded and nobody can say what it made: its pods are gone. A file whose rows and checksum nobody can prove is not Ready. */
function resultLost(view: ReportView, job: PresentJob, changes: StatusChanges, now: number): Plan {
  const { name, uid } = job.job.metadata;
  if (job.facts.attempt >= MAX_ATTEMPTS) {
    return beginFailing(
      view,
      'JobFailed',
      `Job ${name} succeeded, but its result was lost with its pod, twice; keep nodes until their pods are finished`,
      changes,
      now,
    );
  }
  const message = `Job ${name} succeeded, but its result was lost with its pod; the report runs once more`;
  const standing: Standing = { phase: 'Deploying', reason: 'Queued', message };
  const status = nextStatus(
    view.report,
    standing,
    { ...changes, job: undefined, progress: undefined, startTime: undefined, attempt: job.facts.attempt + 1 },
    now,
  );
  const event: EventNote = { type: 'Warning', reason: 'ResultLost', action: 'Rerun', note: message };
  return {
    steps: [
      // Its wait for a pod begins now, even if the first attempt was queued, too.
      { kind: 'writeStatus', status: { ...status, reasonTime: rfc3339(now) } },
      { kind: 'deleteJob', name, uid },
    ],
    events: [event],
  };
}

function jobFailed(
  view: ReportView,
  job: PresentJob,
  pods: readonly PodNote[],
  verdict: { readonly reason: string; readonly message: string },
  changes: StatusChanges,
  now: number,
): Plan {
  if (verdict.reason === 'DeadlineExceeded') {
    const late = changes.startTime === undefined ? lateStart(view.report) : lateEnd(job.facts.activeDeadlineSeconds);
    return beginFailing(view, late.reason, late.message, changes, now);
  }
  const failures = pods.flatMap(({ state }) => (state.kind === 'failed' ? [state] : []));
  const newest = failures.at(-1);
  if (newest === undefined) return beginFailing(view, 'JobFailed', `the Job failed (${verdict.reason}): ${verdict.message}`, changes, now);
  const tries = failures.length > 1 ? ` (tried ${failures.length} times)` : '';
  return beginFailing(view, newest.reason, `${newest.message}${tries}`, changes, now);
}

/** Until the first pod it is the start that has a deadline, afterwards the run. */
function deadline(
  view: ReportView,
  job: PresentJob,
  changes: StatusChanges,
  now: number,
): { readonly at: number | undefined; readonly passed?: Lateness } {
  if (changes.startTime === undefined) {
    const at = startDeadline(view.report);
    return at === undefined || now < at ? { at } : { at, passed: lateStart(view.report) };
  }
  const seconds = job.facts.activeDeadlineSeconds;
  const at = Date.parse(changes.startTime) + seconds * 1000;
  return now < at ? { at } : { at, passed: lateEnd(seconds) };
}

/** Whether the Job makes no more pods, for all that those which are there tell. A disrupted one does not count (podFailurePolicy). */
function wasLastTry({ spec }: PresentJob['job'], pods: readonly PodNote[]): boolean {
  const failures = pods.filter(({ pod, state }) => state.kind === 'failed' && !isDisrupted(pod));
  return spec.backoffLimit !== undefined && failures.length > spec.backoffLimit;
}

function isDisrupted(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True') === true;
}

/** How far it is, for a person to read. */
function stand(
  view: ReportView,
  job: PresentJob,
  pods: readonly PodNote[],
  changes: StatusChanges,
  deadlineAt: number | undefined,
  now: number,
): Plan {
  const newest = pods.at(-1)?.state;
  // The Job's verdict follows in a moment; to announce another try would be wrong.
  if (newest?.kind === 'failed' && (newest.final || wasLastTry(job.job, pods))) return withLook(NOTHING, deadlineAt);
  const standing = standingOf(view, job, pods, changes);
  if (standing.reason === 'ImagePull') {
    const since = currentReason(view.report) === 'ImagePull' ? Date.parse(view.report.status.reasonTime ?? rfc3339(now)) : now;
    if (now >= since + IMAGE_PULL_PATIENCE_MS) return beginFailing(view, 'ImagePullFailed', standing.message, changes, now);
    return standingPlan(view, standing, changes, earliest(deadlineAt, since + IMAGE_PULL_PATIENCE_MS), now);
  }
  const podless = !pods.some(({ state }) => isLive(state)) && jobState(job.job).kind === 'alive';
  const waited = now - Date.parse(job.job.metadata.creationTimestamp);
  const interval = Math.min(Math.max(waited / 4, REFUSAL_AGE_MS), REFUSAL_INTERVAL_MAX_MS);
  return standingPlan(view, standing, changes, earliest(deadlineAt, podless ? now + interval : undefined), now);
}

function standingOf(view: ReportView, job: PresentJob, pods: readonly PodNote[], changes: StatusChanges): Standing {
  const started = changes.startTime !== undefined || job.facts.attempt > 1; // once Deploying, never Pending again
  const phase = started ? 'Deploying' : 'Pending';
  if (jobState(job.job).kind === 'suspended')
    return { phase, reason: 'Queued', message: `Job ${job.job.metadata.name} is suspended; whoever suspended it decides when it runs` };
  const live = pods.filter(({ state }) => isLive(state)).at(-1);
  if (live === undefined) return { phase, ...withoutPod(view, job, pods, started) };
  if (live.state.kind === 'starting') return { phase, reason: live.state.reason, message: live.state.message };
  if (live.state.kind === 'terminating')
    return { phase, reason: 'Queued', message: `pod ${live.pod.metadata.name} is going away; another one follows` };
  if (live.state.kind === 'running' && live.state.step !== undefined) return { phase, reason: 'Rendering', message: live.state.step };
  const { progress } = view;
  if (progress?.phase === 'Uploading') return { phase, reason: 'Uploading', message: 'the last rows are on their way to the bucket' };
  return { phase, reason: 'Rendering', message: 'reading rows and writing the file' };
}

function withoutPod(
  { report }: ReportView,
  job: PresentJob,
  pods: readonly PodNote[],
  started: boolean,
): { readonly reason: ReportReason; readonly message: string } {
  // The Job may count its first pod before a watch shows it.
  const hadNone = pods.length === 0 && (report.status.phase !== 'Deploying' || currentReason(report) === 'PodScheduling');
  if (hadNone && (job.job.status?.active ?? 0) > 0)
    return { reason: 'PodScheduling', message: `the pod of Job ${job.job.metadata.name} is being scheduled or started` };
  const refused = refusal(job);
  if (refused?.kind === 'quota') return { reason: 'QuotaExceeded', message: `a quota of the namespace is used up: ${refused.message}` };
  if (refused?.kind === 'serviceAccount' && !started) return { reason: 'ServiceAccountNotFound', message: refused.message };
  const failed = pods.flatMap(({ state }) => (state.kind === 'failed' ? [state] : [])).at(-1);
  if (failed !== undefined)
    return { reason: 'Queued', message: `the last try failed (${failed.reason}: ${failed.message}); the next pod is on its way` };
  const why = refused === undefined ? '' : `: ${refused.message}`;
  return started
    ? { reason: 'Queued', message: `the next pod of Job ${job.job.metadata.name} is on its way${why}` }
    : { reason: 'JobCreated', message: `Job ${job.job.metadata.name} is created; its pod is on its way${why}` };
}

function refusal(job: PresentJob): ReturnType<typeof classifyRefusal> | undefined {
  const newest = job.refusals[0];
  return newest === undefined ? undefined : classifyRefusal(newest);
}

function isLive(state: PodState): boolean {
  return state.kind === 'starting' || state.kind === 'running' || state.kind === 'terminating';
}

function finishTime(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''));
  return Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
}

function standingPlan(view: ReportView, standing: Standing, changes: StatusChanges, lookAgainAt: number | undefined, now: number): Plan {
  const status = nextStatus(view.report, standing, changes, now);
  return withLook({ steps: [{ kind: 'writeStatus', status }], events: transitionEvents(view.report, standing) }, lookAgainAt);
}
