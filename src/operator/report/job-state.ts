/** What a Job's own status says, and why its pods could not be created. */
import { foreignText } from '../../foreign-text.ts';
import type { Job, JobCondition } from '../../kube/objects.ts';

export type JobState =
  | { readonly kind: 'alive' }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'complete' }
  /** `reason` as the Job controller has it: BackoffLimitExceeded, DeadlineExceeded, PodFailurePolicy. */
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

export function jobState(job: Job): JobState {
  const failed = condition(job, 'Failed');
  if (failed !== undefined) return { kind: 'failed', reason: failed.reason ?? '', message: foreignText(failed.message ?? '') };
  if (condition(job, 'Complete') !== undefined) return { kind: 'complete' };
  return job.spec.suspend === true ? { kind: 'suspended' } : { kind: 'alive' };
}

/** Whether the Job will start no more pods and none of its pods runs. */
export function isFinished(job: Job): boolean {
  const { kind } = jobState(job);
  return kind === 'complete' || kind === 'failed';
}

function condition(job: Job, type: string): JobCondition | undefined {
  return job.status?.conditions?.find((candidate) => candidate.type === type && candidate.status === 'True');
}

/** Why the apiserver refused a pod, read from the Job controller's FailedCreate Event. */
export type Refusal =
  /** Passes by itself when the quota has room. */
  | { readonly kind: 'quota'; readonly message: string }
  | { readonly kind: 'serviceAccount'; readonly message: string }
  /** Admission said no, and would say so again. */
  | { readonly kind: 'rejected'; readonly message: string }
  /** A webhook that did not answer, a namespace on its way out: nobody's verdict. */
  | { readonly kind: 'passing'; readonly message: string };

export function classifyRefusal(eventMessage: string): Refusal {
  const message = foreignText(eventMessage.replace(/^Error creating: /, ''));
  // A quota that was made a moment ago refuses everything until somebody has counted what it limits.
  if (/\bexceeded quota\b|\bstatus unknown for quota\b/i.test(eventMessage)) return { kind: 'quota', message };
  if (/\bservice ?account\b.*\bnot found\b/i.test(eventMessage)) return { kind: 'serviceAccount', message };
  if (/\bis being terminated\b|\bfailed calling webhook\b|\bInternal error\b|\btime(d )?out\b/i.test(eventMessage))
    return { kind: 'passing', message };
  if (/\bis forbidden\b|\bis invalid\b|\bdenied the request\b|\bno PriorityClass\b/i.test(eventMessage))
    return { kind: 'rejected', message };
  return { kind: 'passing', message };
}
