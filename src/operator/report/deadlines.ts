/** The two deadlines of a Report: how long it may wait for its first pod, and how long its run may take. */
import type { Report } from '../../api/generated/report.ts';
import type { FailureReason } from '../../api/reasons.ts';
import { isQueued } from '../schedule/marks.ts';
import { currentMessage, currentReason, humanDuration, rfc3339 } from './status.ts';

export interface Lateness {
  readonly reason: FailureReason;
  readonly message: string;
}

/** Until when the first pod must exist, in epoch ms; undefined = no limit, or not yet. */
export function startDeadline(report: Report): number | undefined {
  const seconds = report.spec.startDeadlineSeconds;
  const since = startWaitSince(report);
  return seconds === 0 || since === undefined ? undefined : Date.parse(since) + seconds * 1000;
}

/** To be written with the first status after a queued Report's turn has come; from then on its start has a deadline. */
export function turnOf(report: Report, now: number): { readonly queuedUntil?: string } {
  return isQueued(report) && report.status.queuedUntil === undefined ? { queuedUntil: rfc3339(now) } : {};
}

/** The Report's creation, or its turn when it queues behind older ones; for a second attempt, the moment its wait began. */
function startWaitSince(report: Report): string | undefined {
  const { creationTimestamp } = report.metadata;
  if (isRerun(report)) return report.status.reasonTime ?? creationTimestamp;
  return isQueued(report) ? report.status.queuedUntil : creationTimestamp;
}

export function lateStart(report: Report): Lateness {
  const waited = `${humanDuration(report.spec.startDeadlineSeconds * 1000)} (startDeadlineSeconds)`;
  const reason = currentReason(report);
  const last = reason === undefined ? '' : `; last: ${reason}: ${currentMessage(report) ?? ''}`;
  if (isRerun(report)) return { reason: 'DeadlineExceeded', message: `the second attempt found no pod within ${waited}${last}` };
  return { reason: 'StartDeadlineExceeded', message: `still Pending after ${waited}${last}` };
}

export function lateEnd(activeDeadlineSeconds: number): Lateness {
  const allowed = humanDuration(activeDeadlineSeconds * 1000);
  return {
    reason: 'DeadlineExceeded',
    message: `the run took longer than ${allowed} (activeDeadlineSeconds ${activeDeadlineSeconds}, all retries included)`,
  };
}

/** The first attempt's result was lost; the phase is Deploying and stays so. */
export function isRerun(report: Report): boolean {
  return (report.status.attempt ?? 1) > 1;
}
