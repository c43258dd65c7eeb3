/**
 * The heart of Dossier: what follows from a view at a moment. Pure: no I/O, no clock, no random; readable next to the phase table of docs/reference/report.md.
 */
import { beginFailing, cleanUp, continueFailing, filePlace, hasFinalizer, settled } from './end.ts';
import { isRerun, lateStart, startDeadline, turnOf } from './deadlines.ts';
import { follow } from './follow.ts';
import type { Report } from '../../api/generated/report.ts';
import { earliest, withLook, type Plan, type Step } from './plan.ts';
import { currentMessage, currentReason, isTerminal, nextStatus, rfc3339, type Standing } from './status.ts';
import { transitionEvents } from './transitions.ts';
import type { JobRefused } from './unseen-job.ts';
import type { Readiness, ReportView } from './view.ts';

/** `now` in epoch milliseconds. */
export function decide(view: ReportView, now: number): Plan {
  const { report, job } = view;
  if (report.metadata.deletionTimestamp !== undefined) return cleanUp(view, now);
  if (isTerminal(report)) return settled(view, now);
  if (report.status.failure !== undefined) return continueFailing(view, now);
  switch (job.kind) {
    case 'none':
      return start(view, now);
    case 'expected':
      return withLook({ steps: [], events: [] }, now + EXPECTED_JOB_INTERVAL_MS);
    case 'gone':
      return beginFailing(view, 'JobDeleted', `Job ${job.name} was deleted before it finished; create a new Report`, {}, now);
    case 'present':
      return follow(view, job, now);
  }
}

/** A Job we made shows in the cache within milliseconds; after this it is asked for. */
const EXPECTED_JOB_INTERVAL_MS = 2_000;
/** Nobody tells us that a quota on Jobs has room again; it is asked after a quarter of the time that it had none, for a thousand Reports may wait for it. */
const QUOTA_INTERVAL_MS = 15_000;
const QUOTA_INTERVAL_MAX_MS = 60_000;

function start(view: ReportView, now: number): Plan {
  const { report, readiness } = view;
  const deadline = startDeadline(report);
  if (deadline !== undefined && now >= deadline) {
    const { reason, message } = lateStart(report);
    return beginFailing(view, reason, message, {}, now);
  }
  if (readiness === undefined) return withLook({ steps: [], events: [] }, now);
  switch (readiness.kind) {
    case 'hopeless':
      return beginFailing(view, readiness.reason, readiness.message, {}, now);
    case 'waiting':
      return wait(report, readiness, deadline, now);
    case 'behind':
      return waitBehind(report, readiness.sibling, now);
    case 'ready': {
      const steps: Step[] = hasFinalizer(report) ? [] : [{ kind: 'addFinalizer' }];
      // What the first attempt left need not have the name or the storage of the second one: template and default storage may be others by now.
      if (isRerun(report)) steps.push({ kind: 'cleanBucket', place: filePlace(view) });
      steps.push({ kind: 'holdStorage', storage: readiness.facts.storage }, { kind: 'createJob', job: readiness.job });
      return withLook({ steps, events: [] }, deadline);
    }
  }
}

/** The apiserver did not take the Job. */
export function jobRefused(view: ReportView, kind: JobRefused['kind'], message: string, now: number): Plan {
  if (kind === 'rejected') return beginFailing(view, 'PodRejected', `the cluster refuses the Job: ${message}`, {}, now);
  const rerun = isRerun(view.report);
  const phase = rerun ? 'Deploying' : 'Pending';
  const standing: Standing =
    kind === 'quota'
      ? { phase, reason: 'QuotaExceeded', message: `a quota of the namespace is used up: ${message}` }
      : { phase, reason: rerun ? 'Queued' : 'Accepted', message: `its Job cannot be made yet, and is tried again: ${message}` };
  const status = nextStatus(view.report, standing, turnOf(view.report, now), now);
  const waited = currentReason(view.report) === standing.reason ? now - Date.parse(view.report.status.reasonTime ?? rfc3339(now)) : 0;
  const interval = Math.min(Math.max(waited / 4, QUOTA_INTERVAL_MS), QUOTA_INTERVAL_MAX_MS);
  const lookAgainAt = earliest(startDeadline(view.report), now + interval);
  return withLook({ steps: [{ kind: 'writeStatus', status }], events: transitionEvents(view.report, standing) }, lookAgainAt);
}

function wait(report: Report, blocker: Extract<Readiness, { kind: 'waiting' }>, deadline: number | undefined, now: number): Plan {
  // Once Deploying, never Pending again: a second attempt that has to wait is queued.
  const standing: Standing = isRerun(report)
    ? { phase: 'Deploying', reason: 'Queued', message: `to run once more: ${blocker.message}` }
    : { phase: 'Pending', reason: blocker.reason, message: blocker.message };
  // The count in a queue's message moves all the time; waiting costs one write.
  const turn = turnOf(report, now);
  const stillQueued = standing.reason === 'Queued' && currentReason(report) === 'Queued' && turn.queuedUntil === undefined;
  const steady = stillQueued ? { ...standing, message: currentMessage(report) ?? standing.message } : standing;
  const status = nextStatus(report, steady, turn, now);
  return withLook({ steps: [{ kind: 'writeStatus', status }], events: transitionEvents(report, steady) }, deadline);
}

/** Somebody tells us when the older Report is at its end; until then nothing is late. */
function waitBehind(report: Report, sibling: string, now: number): Plan {
  const standing: Standing = { phase: 'Pending', reason: 'Queued', message: `waiting behind Report ${sibling} of the same schedule` };
  return { steps: [{ kind: 'writeStatus', status: nextStatus(report, standing, {}, now) }], events: transitionEvents(report, standing) };
}
