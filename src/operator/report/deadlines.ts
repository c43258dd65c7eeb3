/** The two deadlines of a Report: how long it may wait for its first pod, and how long its run may take. */
import type { Report } from '../../api/generated/report.ts';
import type { FailureReason } from '../../api/reasons.ts';
import { currentMessage, currentReason, humanDuration } from './status.ts';

export interface Lateness {
  readonly reason: FailureReason;
  readonly message: string;
}

/**
 * Until when the first pod must exist, in epoch ms; undefined = no limit.
 * Counted from the Report's creation; for a second attempt, from the moment its wait began.
 */
export function startDeadline(report: Report): number | undefined {
  const seconds = report.spec.startDeadlineSeconds;
  if (seconds === 0) return undefined;
  const since = isRerun(report) ? (report.status.reasonTime ?? report.metadata.creationTimestamp) : report.metadata.creationTimestamp;
  return Date.parse(since) + seconds * 1000;
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
