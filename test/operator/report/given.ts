/** Objects for decision tables: a Report that is as plain as can be, and a few words to change it. */
import type { Report, ReportStatus } from '../../../src/api/generated/report.ts';
import type { Job, JobCondition, OwnerReference, Pod } from '../../../src/kube/objects.ts';
import { trimJob, type JobFacts } from '../../../src/operator/report/job-facts.ts';
import { jobName } from '../../../src/operator/report/job.ts';
import { FILE_FINALIZER } from '../../../src/operator/report/end.ts';
import type { JobView, ReportView } from '../../../src/operator/report/view.ts';
import { formatResult, type RunResult, type RunSuccess } from '../../../src/runner/result.ts';

/** When the Reports of these tests were made. */
export const CREATED = '2026-10-01T06:00:00Z';
export const STORAGE = { name: 'archive', uid: 'storage-uid' };
export const KEY = 'billing/invoices/report-uid/invoices.csv';

export function at(secondsAfterCreation: number): number {
  return Date.parse(CREATED) + secondsAfterCreation * 1000;
}

export function time(secondsAfterCreation: number): string {
  return new Date(at(secondsAfterCreation)).toISOString().replace('.000Z', 'Z');
}

export interface GivenReport {
  readonly spec?: Partial<Report['spec']>;
  readonly status?: Partial<ReportStatus>;
  readonly finalizer?: boolean;
  readonly deleting?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly generation?: number;
  /** Reason of the Ready condition of the last write. */
  readonly reason?: string;
  readonly message?: string;
}

export function aReport(given: GivenReport = {}): Report {
  const { reason, message = 'as before' } = given;
  const condition = { type: 'Ready', status: 'False', lastTransitionTime: CREATED, reason: reason ?? '', message } as const;
  return {
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'Report',
    metadata: {
      name: 'invoices',
      namespace: 'billing',
      uid: 'report-uid',
      resourceVersion: '7',
      generation: given.generation ?? 1,
      creationTimestamp: CREATED,
      ...(given.finalizer === true ? { finalizers: [FILE_FINALIZER] } : {}),
      ...(given.deleting === true ? { deletionTimestamp: time(60) } : {}),
      ...(given.annotations === undefined ? {} : { annotations: given.annotations }),
    },
    spec: {
      templateRef: { kind: 'ReportTemplate', name: 'invoices' },
      timeZone: 'UTC',
      startDeadlineSeconds: 3600,
      deletionPolicy: 'Delete',
      ...given.spec,
    },
    status: { observedGeneration: 1, ...(reason === undefined ? {} : { conditions: [condition] }), ...given.status },
  };
}

export const FACTS: JobFacts = {
  attempt: 1,
  template: { kind: 'ReportTemplate', name: 'invoices', uid: 'template-uid', generation: 3 },
  parameters: [{ name: 'region', value: 'emea' }],
  format: 'CSV',
  fileName: 'invoices.csv',
  contentType: 'text/csv; charset=utf-8',
  bucket: 'reports',
  key: KEY,
  storage: STORAGE,
  activeDeadlineSeconds: 600,
};

export interface GivenJob {
  readonly conditions?: readonly JobCondition[];
  readonly suspend?: boolean;
  readonly deleting?: boolean;
  readonly active?: number;
  readonly pods?: readonly Pod[];
  readonly refusals?: readonly string[];
  readonly attempt?: number;
  readonly backoffLimit?: number;
}

export function aJob(given: GivenJob = {}): JobView {
  const attempt = given.attempt ?? 1;
  const job: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(aReport(), attempt),
      namespace: 'billing',
      uid: `job-${attempt}`,
      resourceVersion: '9',
      creationTimestamp: time(1),
      ...(given.deleting === true ? { deletionTimestamp: time(30) } : {}),
    },
    spec: {
      ...(given.suspend === undefined ? {} : { suspend: given.suspend }),
      ...(given.backoffLimit === undefined ? {} : { backoffLimit: given.backoffLimit }),
    },
    status: {
      startTime: time(1),
      ...(given.active === undefined ? {} : { active: given.active }),
      ...(given.conditions === undefined ? {} : { conditions: given.conditions }),
    },
  };
  // As the operator has it in memory: what it forgets of a Job must not be decided by.
  return { kind: 'present', job: trimJob(job), facts: { ...FACTS, attempt }, pods: given.pods ?? [], refusals: given.refusals ?? [] };
}

export const complete: JobCondition = { type: 'Complete', status: 'True' };

export function jobFailed(reason: string, message = 'as the Job controller says'): JobCondition {
  return { type: 'Failed', status: 'True', reason, message };
}

export interface GivenPod {
  readonly name?: string;
  readonly phase?: NonNullable<Pod['status']>['phase'];
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly terminated?: NonNullable<NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number]['state']>['terminated'];
  readonly unscheduled?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly deleting?: boolean;
  readonly createdAfter?: number;
  readonly disrupted?: boolean;
  /** Its controller. */
  readonly job?: Job;
}

export function aPod(given: GivenPod = {}): Pod {
  const state =
    given.waiting !== undefined
      ? { waiting: given.waiting }
      : given.terminated !== undefined
        ? { terminated: given.terminated }
        : given.phase === 'Running'
          ? { running: {} }
          : undefined;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: given.name ?? 'invoices-abc-1',
      namespace: 'billing',
      uid: given.name ?? 'pod-1',
      resourceVersion: '11',
      creationTimestamp: time(given.createdAfter ?? 2),
      ...(given.deleting === true ? { deletionTimestamp: time(20) } : {}),
      ...(given.job === undefined ? {} : { ownerReferences: [ownerOf(given.job)] }),
    },
    spec: { nodeName: 'node', containers: [{ name: 'runner', image: 'runner:1', resources: { limits: { memory: '512Mi' } } }] },
    status: {
      phase: given.phase ?? 'Pending',
      ...(given.reason === undefined ? {} : { reason: given.reason }),
      ...(given.message === undefined ? {} : { message: given.message }),
      conditions: [
        ...(given.unscheduled === undefined
          ? []
          : [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: given.unscheduled }]),
        ...(given.disrupted === true ? [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }] : []),
      ],
      containerStatuses: state === undefined ? [] : [{ name: 'runner', image: 'runner:1', state }],
    },
  };
}

function ownerOf({ apiVersion, kind, metadata: { name, uid } }: Job): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true };
}

export const SUCCESS: RunSuccess = { ok: true, rows: 3, sheets: 1, bytes: 120, sha256: 'a'.repeat(64), etag: 'etag-1', key: KEY };

/** A pod whose runner ended with this result. */
export function ended(result: RunResult, more: GivenPod = {}): Pod {
  const exitCode = result.ok ? 0 : result.retryable ? 75 : 64;
  return aPod({
    phase: result.ok ? 'Succeeded' : 'Failed',
    terminated: { exitCode, message: formatResult(result), finishedAt: time(30) },
    ...more,
  });
}

export const stored = { kind: 'object', facts: { bytes: 120, etag: 'etag-1', reportUid: 'report-uid' } } as const;
export const NOBODY = { jobs: [], pods: [] } as const;

export function aView(given: Partial<ReportView> & { readonly report: Report }): ReportView {
  return { job: { kind: 'none' }, finishedJobs: [], ...given };
}
