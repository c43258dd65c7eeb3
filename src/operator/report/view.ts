/** Everything one look at a Report needs. Gathered once (gather.ts), judged without I/O (decide.ts). */
import type { Report } from '../../api/generated/report.ts';
import type { FailureReason, PendingReason } from '../../api/reasons.ts';
import type { Job, Pod } from '../../kube/objects.ts';
import type { Manifest } from '../../kube/client.ts';
import type { Progress } from '../../runner/progress.ts';
import type { HeadOutcome } from '../storage/access.ts';
import type { JobFacts } from './job-facts.ts';

/** Whether a Report without a Job can have one. */
export type Readiness =
  | { readonly kind: 'ready'; readonly job: Manifest; readonly facts: JobFacts }
  /** Something is missing or full; goes on by itself when that changes. */
  | { readonly kind: 'waiting'; readonly reason: PendingReason; readonly message: string }
  /** Its schedule has an older Report, of that name, that is not at its end. */
  | { readonly kind: 'behind'; readonly sibling: string }
  /** Can never run. */
  | { readonly kind: 'hopeless'; readonly reason: FailureReason; readonly message: string };

/** The Job of the Report's present attempt. */
export type JobView =
  /** There never was one. */
  | { readonly kind: 'none' }
  /** One was created and is not in the cache yet. */
  | { readonly kind: 'expected' }
  /** The status names one, and a live GET says that it is gone. */
  | { readonly kind: 'gone'; readonly name: string }
  | {
      readonly kind: 'present';
      readonly job: Job;
      readonly facts: JobFacts;
      /** Oldest first; only those that this very Job controls. */
      readonly pods: readonly Pod[];
      /** Why the Job controller could not create a pod, newest first; looked up only when a started Job has none for a while. */
      readonly refusals: readonly string[];
    };

/** Pods of any of this Report's Jobs that a live list found; what is still running could still write. */
export interface Leftovers {
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
  /** Nobody lets us look any more, and until then (epoch ms) a pod may still be running. */
  readonly unseenUntil?: number;
}

/** What earlier passes learned while cleaning up, in this process' memory. */
export interface CleanupTrouble {
  /** NotFound: storage, Secret or bucket; Refused: access or credentials. */
  readonly kind: 'NotFound' | 'Refused' | 'ObjectLocked' | 'Other';
  readonly message: string;
  /** How often that kind came in a row, and since when (epoch ms). */
  readonly times: number;
  readonly since: number;
}

export interface ReportView {
  readonly report: Report;
  readonly readiness?: Readiness;
  readonly job: JobView;
  /** What the bucket says about the file a run claims to have made. */
  readonly stored?: HeadOutcome;
  /** Since when (epoch ms) this process has asked the bucket for the file in vain. */
  readonly uncheckedSince?: number;
  readonly progress?: Progress;
  /** Finished Jobs of this Report in the cache, with the time they are kept. */
  readonly finishedJobs: readonly { readonly job: Job; readonly ttlSeconds: number }[];
  /** Looked up only when a Report is being ended or deleted. */
  readonly leftovers?: Leftovers;
  readonly cleanupTrouble?: CleanupTrouble;
  /** Whether the namespace is going away; looked up only together with cleanupTrouble. */
  readonly namespaceTerminating?: boolean;
}
