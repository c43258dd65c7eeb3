import { describe, expect, test } from 'vitest';
import type { Job } from '../../../src/kube/objects.ts';
import { decide, jobRefused } from '../../../src/operator/report/decide.ts';
import type { Plan } from '../../../src/operator/report/plan.ts';
import type { JobView, ReportView } from '../../../src/operator/report/view.ts';
import {
  aJob,
  aPod,
  aReport,
  at,
  aView,
  complete,
  ended,
  FACTS,
  jobFailed,
  NOBODY,
  stored,
  SUCCESS,
  STORAGE,
  time,
  type GivenReport,
} from './given.ts';

/** What a product owner would ask of a plan. */
interface Outcome {
  readonly phase?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /** Reason that is being prepared: the Report will fail with it. */
  readonly failing?: string | undefined;
  readonly steps: readonly string[];
  readonly lookAgain?: number | undefined;
  readonly events: readonly string[];
}

function outcome(plan: Plan): Outcome {
  const written = plan.steps.flatMap((step) => (step.kind === 'writeStatus' ? [step.status] : []))[0];
  const ready = written?.conditions?.find(({ type }) => type === 'Ready');
  return {
    phase: written?.phase,
    reason: ready?.reason,
    message: ready?.message,
    failing: written?.phase === 'Failed' ? undefined : written?.failure?.reason,
    steps: plan.steps.map(({ kind }) => kind),
    lookAgain: plan.lookAgainAt === undefined ? undefined : (plan.lookAgainAt - at(0)) / 1000,
    events: plan.events.map(({ type, reason }) => `${type} ${reason}`),
  };
}

type Row = readonly [
  story: string,
  given: GivenReport & { readonly now?: number } & Partial<Omit<ReportView, 'report'>>,
  expected: Partial<Record<keyof Outcome, unknown>>,
];

function check(
  _story: string,
  {
    now = 10,
    job,
    readiness,
    stored: found,
    uncheckedSince,
    leftovers,
    cleanupTrouble,
    namespaceTerminating,
    finishedJobs,
    progress,
    ...report
  }: Row[1],
  expected: Row[2],
): void {
  const optional = { readiness, stored: found, uncheckedSince, leftovers, cleanupTrouble, namespaceTerminating, finishedJobs, progress };
  const set = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<ReportView>;
  const view = aView({ report: aReport(report), ...(job === undefined ? {} : { job }), ...set });
  const plan = outcome(decide(view, at(now)));
  expect(plan).toMatchObject(expected);
}

const waiting = { kind: 'waiting', reason: 'TemplateNotFound', message: 'no template' } as const;
const hopeless = { kind: 'hopeless', reason: 'InvalidParameters', message: 'bad region' } as const;
const readyToRun = {
  kind: 'ready',
  facts: FACTS,
  job: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'billing' } },
} as const;
const mistake = { ok: false, reason: 'SourceFailed', message: 'syntax error', retryable: false } as const;
const outage = { ok: false, reason: 'StorageFailed', message: 'bucket away', retryable: true } as const;
const presentJob = aJob() as Extract<JobView, { kind: 'present' }>;
const finishedJob: Job = { ...presentJob.job, status: { conditions: [complete] } };

test('a second attempt has its whole start deadline, even if the first one was queued before the operator was away', () => {
  const report = aReport({ finalizer: true, reason: 'Queued', status: { phase: 'Deploying', startTime: time(2), reasonTime: time(5) } });
  const { steps } = decide(aView({ report, job: aJob({ conditions: [complete] }) }), at(7_000));
  expect(steps[0]).toMatchObject({ kind: 'writeStatus', status: { attempt: 2, reasonTime: time(7_000) } });
});

describe('a Report that has no Job', () => {
  test.each<Row>([
    [
      'waits for its template and says so',
      { readiness: waiting },
      { phase: 'Pending', reason: 'TemplateNotFound', lookAgain: 3600, events: ['Warning TemplateNotFound'] },
    ],
    ['waits for ever when it may', { readiness: waiting, spec: { startDeadlineSeconds: 0 } }, { phase: 'Pending', lookAgain: undefined }],
    [
      'fails when it waited too long, and says for what',
      { readiness: waiting, now: 3600, reason: 'TemplateNotFound', message: 'no template' },
      {
        phase: 'Failed',
        reason: 'StartDeadlineExceeded',
        message: expect.stringContaining('TemplateNotFound: no template'),
        steps: ['writeStatus'],
      },
    ],
    [
      'fails at once when it can never run',
      { readiness: hopeless },
      {
        phase: 'Failed',
        reason: 'InvalidParameters',
        message: 'bad region',
        steps: ['writeStatus'],
        events: ['Warning InvalidParameters'],
      },
    ],
    [
      'gets its finalizer before its bucket is held and its Job is made',
      { readiness: readyToRun },
      { steps: ['addFinalizer', 'holdStorage', 'createJob'] },
    ],
    ['is not given a finalizer twice', { readiness: readyToRun, finalizer: true }, { steps: ['holdStorage', 'createJob'] }],
    [
      'has what its first attempt left cleared away before the second: it may have another name or storage by now',
      { readiness: readyToRun, finalizer: true, status: { attempt: 2, phase: 'Deploying', storage: { name: 'old', uid: 'old-uid' } } },
      { steps: ['cleanBucket', 'holdStorage', 'createJob'] },
    ],
    ['does not tell the same reason twice', { readiness: waiting, reason: 'TemplateNotFound' }, { events: [] }],
    [
      'keeps the message of its queue, whatever the count is by now',
      { readiness: { kind: 'waiting', reason: 'Queued', message: '199 of 200' }, reason: 'Queued', message: '200 of 200' },
      { reason: 'Queued', message: '200 of 200' },
    ],
    ['looks again soon when its Job is not in the cache yet', { job: { kind: 'expected' } }, { steps: [], lookAgain: 12 }],
    ['fails when its Job was deleted', { job: { kind: 'gone', name: 'j' }, finalizer: true }, { failing: 'JobDeleted', phase: 'Pending' }],
  ])('%s', check);

  test('whose Job a quota refuses is Pending and asks again', () => {
    const view = aView({ report: aReport({ finalizer: true }) });
    expect(outcome(jobRefused(view, 'quota', 'exceeded quota: jobs', at(10)))).toMatchObject({
      phase: 'Pending',
      reason: 'QuotaExceeded',
      lookAgain: 25,
    });
  });

  test('asks less often the longer a quota has refused its Job', () => {
    const report = aReport({ finalizer: true, reason: 'QuotaExceeded', status: { reasonTime: time(0) } });
    const lookAgain = (now: number): unknown => outcome(jobRefused(aView({ report }), 'quota', 'exceeded quota: jobs', at(now))).lookAgain;
    expect([10, 100, 1_000].map((now) => lookAgain(now))).toEqual([25, 125, 1_060]);
  });

  test('whose Job waits for a webhook that is down says so and goes on trying', () => {
    const view = aView({ report: aReport({ finalizer: true }) });
    expect(outcome(jobRefused(view, 'webhook', 'failed calling webhook "a"', at(70)))).toMatchObject({
      phase: 'Pending',
      reason: 'Accepted',
      message: 'its Job cannot be made yet, and is tried again: failed calling webhook "a"',
      failing: undefined,
      lookAgain: 85,
    });
  });

  test('whose Job admission refuses fails', () => {
    const view = aView({ report: aReport({ finalizer: true }) });
    expect(outcome(jobRefused(view, 'rejected', 'no', at(10)))).toMatchObject({ failing: 'PodRejected' });
  });
});

describe('a Report whose Job exists', () => {
  const quota = 'Error creating: pods "x" is forbidden: exceeded quota: small, requested: pods=1';
  test.each<Row>([
    [
      'has its Job in the status at once',
      { job: aJob(), finalizer: true },
      { phase: 'Pending', reason: 'JobCreated', events: ['Normal JobCreated'], lookAgain: 15 },
    ],
    [
      'says which quota keeps its pod away',
      { job: aJob({ refusals: [quota] }), finalizer: true },
      { phase: 'Pending', reason: 'QuotaExceeded', message: expect.stringContaining('small') },
    ],
    [
      'waits for a quota that is so new that nobody has counted what it limits',
      {
        job: aJob({ refusals: ['Error creating: pods "x" is forbidden: status unknown for quota: small, resources: limits.memory,pods'] }),
        finalizer: true,
      },
      { phase: 'Pending', reason: 'QuotaExceeded', message: expect.stringContaining('status unknown for quota: small') },
    ],
    [
      'says which service account is missing',
      {
        job: aJob({
          refusals: [
            'Error creating: pods "x" is forbidden: error looking up service account billing/robot: serviceaccount "robot" not found',
          ],
        }),
        finalizer: true,
      },
      { phase: 'Pending', reason: 'ServiceAccountNotFound', message: expect.stringContaining('robot') },
    ],
    [
      'fails when Pod Security refuses its pod',
      {
        job: aJob({ refusals: ['Error creating: pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'] }),
        finalizer: true,
      },
      { failing: 'PodRejected', message: expect.stringContaining('runAsNonRoot') },
    ],
    [
      'waits while a webhook does not answer',
      { job: aJob({ refusals: ['Error creating: Internal error occurred: failed calling webhook "x"'] }), finalizer: true },
      { phase: 'Pending', reason: 'JobCreated' },
    ],
    [
      'is Queued while somebody holds its Job suspended',
      { job: aJob({ suspend: true }), finalizer: true },
      { phase: 'Pending', reason: 'Queued' },
    ],
    ['fails when no pod came in time', { job: aJob(), finalizer: true, now: 3600 }, { failing: 'StartDeadlineExceeded' }],
    [
      'is Deploying, and not between two tries, when its Job counts its first pod before a watch shows it',
      { job: aJob({ active: 1 }), finalizer: true },
      { phase: 'Deploying', reason: 'PodScheduling', events: ['Normal PodScheduling'] },
    ],
    [
      'is Queued when its pod is gone while the Job still counts it',
      { job: aJob({ active: 1 }), finalizer: true, reason: 'Rendering', status: { phase: 'Deploying', startTime: time(2) } },
      { phase: 'Deploying', reason: 'Queued' },
    ],
    [
      'is Deploying from its first pod on',
      { job: aJob({ pods: [aPod()] }), finalizer: true },
      { phase: 'Deploying', reason: 'PodScheduling', lookAgain: 602 },
    ],
    [
      'shows why its pod cannot be scheduled',
      { job: aJob({ pods: [aPod({ unscheduled: '0/3 nodes are available' })] }), finalizer: true },
      { reason: 'PodScheduling', message: expect.stringContaining('0/3 nodes') },
    ],
    [
      'shows that its image cannot be pulled, for five minutes',
      {
        job: aJob({ pods: [aPod({ waiting: { reason: 'ImagePullBackOff' } })] }),
        finalizer: true,
        now: 100,
        reason: 'ImagePull',
        status: { reasonTime: time(10) },
      },
      { phase: 'Deploying', reason: 'ImagePull', lookAgain: 310 },
    ],
    [
      'and then fails',
      {
        job: aJob({ pods: [aPod({ waiting: { reason: 'ErrImagePull', message: 'not found' } })] }),
        finalizer: true,
        now: 310,
        reason: 'ImagePull',
        status: { reasonTime: time(10) },
      },
      { failing: 'ImagePullFailed', message: expect.stringContaining('runner:1') },
    ],
    [
      'fails at once for an image that is no name',
      { job: aJob({ pods: [aPod({ waiting: { reason: 'InvalidImageName' } })] }), finalizer: true },
      { failing: 'ImagePullFailed' },
    ],
    [
      'fails at once for an image that may not be pulled',
      { job: aJob({ pods: [aPod({ waiting: { reason: 'ErrImageNeverPull' } })] }), finalizer: true },
      { failing: 'ImagePullFailed' },
    ],
    [
      'says what keeps its container from starting',
      {
        job: aJob({ pods: [aPod({ waiting: { reason: 'CreateContainerConfigError', message: 'secret "s3" not found' } })] }),
        finalizer: true,
      },
      { reason: 'PodScheduling', message: expect.stringContaining('secret "s3" not found') },
    ],
    [
      'is Rendering while its pod runs',
      { job: aJob({ pods: [aPod({ phase: 'Running' })] }), finalizer: true },
      { phase: 'Deploying', reason: 'Rendering', events: ['Normal Rendering'] },
    ],
    [
      'is Uploading when its rows are done',
      { job: aJob({ pods: [aPod({ phase: 'Running' })] }), finalizer: true, progress: { rows: 5, bytes: 9, phase: 'Uploading' } },
      { reason: 'Uploading' },
    ],
    [
      'announces no other try of a mistake, although its Job has not said yet that it failed',
      { job: aJob({ pods: [ended(mistake)] }), finalizer: true, status: { startTime: time(2) } },
      { steps: [], lookAgain: 602 },
    ],
    [
      'announces no other try after the last one that its Job makes',
      {
        job: aJob({ pods: [ended(outage, { name: 'a' }), ended(outage, { name: 'b', createdAfter: 9 })], backoffLimit: 1 }),
        finalizer: true,
        status: { startTime: time(2) },
      },
      { steps: [], lookAgain: 602 },
    ],
    [
      'does not count a try that was disrupted',
      {
        job: aJob({
          pods: [ended(outage, { name: 'a', disrupted: true }), ended(outage, { name: 'b', createdAfter: 9 })],
          backoffLimit: 1,
        }),
        finalizer: true,
      },
      { phase: 'Deploying', reason: 'Queued' },
    ],
    [
      'is Queued between two tries, and says what the first one failed with',
      { job: aJob({ pods: [ended(outage)] }), finalizer: true },
      { phase: 'Deploying', reason: 'Queued', message: expect.stringContaining('bucket away') },
    ],
    [
      'stays Deploying when a quota holds its second try',
      { job: aJob({ pods: [ended(outage)], refusals: [quota] }), finalizer: true, status: { startTime: time(2) } },
      { phase: 'Deploying', reason: 'QuotaExceeded' },
    ],
    [
      'stays Deploying when its Job is suspended in between',
      { job: aJob({ suspend: true }), finalizer: true, status: { startTime: time(2) } },
      { phase: 'Deploying', reason: 'Queued' },
    ],
    [
      'fails when the whole run takes too long, retries included',
      { job: aJob({ pods: [aPod({ phase: 'Running', createdAfter: 500 })] }), finalizer: true, now: 602, status: { startTime: time(2) } },
      { failing: 'DeadlineExceeded' },
    ],
    [
      'fails when its Job is being deleted by somebody',
      { job: aJob({ deleting: true, pods: [aPod({ phase: 'Running' })] }), finalizer: true },
      { failing: 'JobDeleted' },
    ],
  ])('%s', check);
});

describe('a run that ended', () => {
  test.each<Row>([
    [
      'is Ready once its file is found as it was written',
      { job: aJob({ pods: [ended(SUCCESS)], conditions: [complete] }), stored, finalizer: true },
      { phase: 'Ready', reason: 'Completed', steps: ['writeStatus'], events: ['Normal Completed'] },
    ],
    [
      'is Ready as soon as its pod succeeded, without waiting for the Job controller',
      { job: aJob({ pods: [ended(SUCCESS)] }), stored, finalizer: true },
      { phase: 'Ready' },
    ],
    [
      'gives up its finalizer when the file is to be retained',
      { job: aJob({ pods: [ended(SUCCESS)] }), stored, finalizer: true, spec: { deletionPolicy: 'Retain' } },
      { phase: 'Ready', steps: ['writeStatus', 'removeFinalizer'] },
    ],
    [
      'is Ready even when its deadline passed while the operator was away',
      { job: aJob({ pods: [ended(SUCCESS)] }), stored, finalizer: true, now: 9_000 },
      { phase: 'Ready' },
    ],
    [
      'fails when the file is not there',
      { job: aJob({ pods: [ended(SUCCESS)] }), stored: { kind: 'absent' }, finalizer: true },
      { failing: 'FileMissing' },
    ],
    [
      'fails when the file has another size',
      { job: aJob({ pods: [ended(SUCCESS)] }), stored: { ...stored, facts: { ...stored.facts, bytes: 119 } }, finalizer: true },
      { failing: 'FileMissing', message: expect.stringContaining('119 bytes instead of 120') },
    ],
    [
      'fails when the file has another ETag',
      { job: aJob({ pods: [ended(SUCCESS)] }), stored: { ...stored, facts: { ...stored.facts, etag: 'other' } }, finalizer: true },
      { failing: 'FileMissing' },
    ],
    [
      'fails when the file is of another Report',
      { job: aJob({ pods: [ended(SUCCESS)] }), stored: { ...stored, facts: { ...stored.facts, reportUid: 'foreign' } }, finalizer: true },
      { failing: 'FileMissing' },
    ],
    [
      'fails when the runner names another key',
      { job: aJob({ pods: [ended({ ...SUCCESS, key: 'billing/other' })] }), stored, finalizer: true },
      { failing: 'FileMissing' },
    ],
    [
      'waits while the bucket does not answer',
      { job: aJob({ pods: [ended(SUCCESS)] }), stored: { kind: 'unknown', message: 'no route' }, finalizer: true },
      { phase: 'Deploying', reason: 'Uploading', lookAgain: 12, message: expect.stringContaining('no route') },
    ],
    [
      'waits for the bucket also when it ended long ago, while the operator was away',
      {
        job: aJob({ pods: [ended(SUCCESS)] }),
        stored: { kind: 'unknown', message: 'no route' },
        uncheckedSince: at(7_000),
        finalizer: true,
        now: 7_599,
      },
      { phase: 'Deploying', reason: 'Uploading', failing: undefined },
    ],
    [
      'fails when the bucket stays away for ten minutes',
      { job: aJob({ pods: [ended(SUCCESS)] }), stored: { kind: 'unknown', message: 'no route' }, finalizer: true, now: 630 },
      { failing: 'StorageFailed' },
    ],
    [
      'runs once more when its result is lost',
      { job: aJob({ conditions: [complete] }), finalizer: true, status: { startTime: time(2) } },
      { phase: 'Deploying', reason: 'Queued', steps: ['writeStatus', 'deleteJob'], events: ['Warning ResultLost'] },
    ],
    [
      'runs once more when what its pod says is no result',
      {
        job: aJob({ conditions: [complete], pods: [aPod({ phase: 'Succeeded', terminated: { exitCode: 0, message: '{"ok":true}' } })] }),
        finalizer: true,
      },
      { steps: ['writeStatus', 'deleteJob'] },
    ],
    [
      'fails when its result is lost twice',
      { job: aJob({ conditions: [complete], attempt: 2 }), finalizer: true, status: { attempt: 2 } },
      { failing: 'JobFailed', message: expect.stringContaining('twice') },
    ],
    [
      'fails with the words of its runner',
      { job: aJob({ pods: [ended(mistake)], conditions: [jobFailed('PodFailurePolicy')] }), finalizer: true },
      { failing: 'SourceFailed', message: expect.stringContaining('syntax error') },
    ],
    [
      'fails with the newest words of its runner, and says how often it was tried',
      {
        job: aJob({
          pods: [ended(mistake, { name: 'a', createdAfter: 2 }), ended(outage, { name: 'b', createdAfter: 9 })],
          conditions: [jobFailed('BackoffLimitExceeded')],
        }),
        finalizer: true,
      },
      { failing: 'StorageFailed', message: expect.stringContaining('tried 2 times') },
    ],
    [
      'fails by the kernel’s verdict',
      {
        job: aJob({
          pods: [aPod({ phase: 'Failed', terminated: { exitCode: 137, reason: 'OOMKilled' } })],
          conditions: [jobFailed('BackoffLimitExceeded')],
        }),
        finalizer: true,
      },
      { failing: 'OutOfMemory', message: expect.stringContaining('512Mi') },
    ],
    ...[134, 139].map((exitCode): Row => [
      `fails with exit code ${exitCode}, by which Node says that its heap is full`,
      {
        job: aJob({
          pods: [aPod({ phase: 'Failed', terminated: { exitCode, reason: 'Error' } })],
          conditions: [jobFailed('BackoffLimitExceeded')],
        }),
        finalizer: true,
      },
      {
        failing: 'OutOfMemory',
        message: expect.stringMatching(new RegExp(`exit code ${exitCode} .*512Mi.*limits\\.memory.*kubectl logs`)),
      },
    ]),
    [
      'fails by the kubelet’s verdict',
      {
        job: aJob({
          pods: [aPod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource' })],
          conditions: [jobFailed('BackoffLimitExceeded')],
        }),
        finalizer: true,
      },
      { failing: 'JobFailed', message: expect.stringContaining('Evicted: The node was low') },
    ],
    [
      'fails by its exit code when nobody says more',
      {
        job: aJob({
          pods: [aPod({ phase: 'Failed', terminated: { exitCode: 1, reason: 'Error' } })],
          conditions: [jobFailed('BackoffLimitExceeded')],
        }),
        finalizer: true,
      },
      { failing: 'JobFailed', message: expect.stringContaining('exit code 1') },
    ],
    [
      'does not believe a reason that runners do not have',
      {
        job: aJob({
          pods: [
            aPod({
              phase: 'Failed',
              terminated: { exitCode: 64, message: '{"ok":false,"reason":"Completed","message":"x","retryable":false}' },
            }),
          ],
          conditions: [jobFailed('PodFailurePolicy')],
        }),
        finalizer: true,
      },
      { failing: 'JobFailed', message: expect.stringContaining('exit code 64') },
    ],
    [
      'fails with the Job’s words when all pods are gone',
      { job: aJob({ conditions: [jobFailed('BackoffLimitExceeded', 'limit reached')] }), finalizer: true },
      { failing: 'JobFailed', message: expect.stringContaining('limit reached') },
    ],
    [
      'that the kubelet stopped says why it did, not that the runner was told to stop',
      {
        job: aJob({
          conditions: [jobFailed('BackoffLimitExceeded')],
          pods: [ended(outage, { reason: 'Evicted', message: 'Usage of EmptyDir volume "tmp" exceeds the limit "1Gi". ' })],
        }),
        finalizer: true,
      },
      { failing: 'JobFailed', message: expect.stringContaining('Evicted: Usage of EmptyDir volume') },
    ],
    [
      'that made a mistake says so, whatever the kubelet says',
      {
        job: aJob({ conditions: [jobFailed('PodFailurePolicy')], pods: [ended(mistake, { reason: 'Evicted' })] }),
        finalizer: true,
      },
      { failing: 'SourceFailed', message: expect.stringContaining('syntax error') },
    ],
    [
      'that never had a pod fails by its start deadline',
      { job: aJob({ conditions: [jobFailed('DeadlineExceeded')] }), finalizer: true },
      { failing: 'StartDeadlineExceeded' },
    ],
    [
      'that had one fails by its own deadline',
      { job: aJob({ conditions: [jobFailed('DeadlineExceeded')] }), finalizer: true, status: { startTime: time(2) } },
      { failing: 'DeadlineExceeded' },
    ],
  ])('%s', check);

  test('tells everything about its file', () => {
    const plan = decide(
      aView({ report: aReport({ finalizer: true }), job: aJob({ pods: [ended({ ...SUCCESS, versionId: 'v1' })] }), stored }),
      at(40.6),
    );
    const step = plan.steps[0];
    expect(step?.kind === 'writeStatus' ? step.status : undefined).toEqual({
      observedGeneration: 1,
      phase: 'Ready',
      startTime: time(2),
      completionTime: time(40),
      duration: '38s',
      reasonTime: time(40),
      attempt: 1,
      job: { name: presentJob.job.metadata.name, uid: 'job-1' },
      template: FACTS.template,
      parameters: FACTS.parameters,
      storage: STORAGE,
      file: {
        name: 'invoices.csv',
        format: 'CSV',
        contentType: 'text/csv; charset=utf-8',
        rows: 3,
        sheets: 1,
        sizeBytes: 120,
        size: '120B',
        sha256: 'a'.repeat(64),
        bucket: 'reports',
        key: FACTS.key,
        uri: `s3://reports/${FACTS.key}`,
        etag: 'etag-1',
        versionId: 'v1',
        storage: STORAGE,
      },
      conditions: (
        [
          ['Ready', 'True', '3 rows, 120B: invoices.csv'],
          ['Finished', 'True', 'ended with a file'],
          ['Stalled', 'False', 'nothing has gone wrong for good'],
        ] as const
      ).map(([type, state, message]) => ({
        type,
        status: state,
        observedGeneration: 1,
        lastTransitionTime: time(40),
        reason: 'Completed',
        message,
      })),
    });
  });
});

describe('a Report that is being failed', () => {
  const failure = { reason: 'DeadlineExceeded', message: 'too long', time: time(10) };
  const status = { phase: 'Deploying', failure, storage: STORAGE, startTime: time(2) } as const;
  const alive = presentJob.job;
  test.each<Row>([
    ['stops its Job first', { status, finalizer: true, leftovers: { jobs: [alive], pods: [] } }, { steps: ['deleteJob'], lookAgain: 15 }],
    [
      'does not delete a Job twice',
      {
        status,
        finalizer: true,
        leftovers: { jobs: [{ ...alive, metadata: { ...alive.metadata, deletionTimestamp: time(9) } }], pods: [] },
      },
      { steps: [], lookAgain: 15 },
    ],
    [
      'waits for its last running pod',
      { status, finalizer: true, leftovers: { jobs: [], pods: [aPod({ phase: 'Running' })] } },
      { steps: [], lookAgain: 15 },
    ],
    [
      'keeps a finished Job and its pods for their logs',
      { status, finalizer: true, leftovers: { jobs: [finishedJob], pods: [aPod({ phase: 'Failed' })] } },
      { phase: 'Failed' },
    ],
    [
      'cleans the bucket, then fails, then lets go',
      { status, finalizer: true, leftovers: NOBODY },
      {
        phase: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'too long',
        steps: ['cleanBucket', 'writeStatus', 'removeFinalizer'],
        events: ['Warning DeadlineExceeded'],
      },
    ],
    [
      'keeps a Job whose pod has succeeded, although the Job does not say so yet',
      {
        status,
        finalizer: true,
        leftovers: { jobs: [alive], pods: [aPod({ phase: 'Succeeded', job: alive })] },
      },
      { phase: 'Failed', steps: ['cleanBucket', 'writeStatus', 'removeFinalizer'] },
    ],
    [
      'fails at once when its bucket is gone',
      {
        status,
        finalizer: true,
        leftovers: NOBODY,
        cleanupTrouble: { kind: 'NotFound', message: 'bucket is gone', times: 2, since: at(0) },
      },
      { phase: 'Failed', steps: ['abandonFile', 'writeStatus', 'removeFinalizer'] },
    ],
    [
      'fails after ten minutes although the bucket is away, and keeps its finalizer',
      { status, finalizer: true, leftovers: NOBODY, now: 610 },
      { phase: 'Failed', steps: ['writeStatus'] },
    ],
    [
      'keeps the reason it was given, whatever its Job looks like by now',
      { status, finalizer: true, leftovers: NOBODY, job: { kind: 'gone', name: 'j' } },
      { reason: 'DeadlineExceeded' },
    ],
  ])('%s', check);
});

describe('a Report at its end', () => {
  const file = { name: 'invoices.csv', storage: STORAGE } as never;
  test.each<Row>([
    ['is left alone', { status: { phase: 'Ready', file }, finalizer: true }, { steps: [], lookAgain: undefined, events: [] }],
    [
      'is left alone, even when its Job says something else now',
      { status: { phase: 'Failed' }, job: aJob({ pods: [ended(SUCCESS)] }), stored },
      { steps: [] },
    ],
    [
      'takes note of a new generation, once',
      { status: { phase: 'Ready', observedGeneration: 1, file }, finalizer: true, generation: 2 },
      { steps: ['writeStatus'], phase: 'Ready' },
    ],
    [
      'drops its finalizer when its file is to be retained',
      { status: { phase: 'Ready', file }, finalizer: true, spec: { deletionPolicy: 'Retain' } },
      { steps: ['removeFinalizer'] },
    ],
    [
      'takes its finalizer back when its file is to go with it, and holds the bucket that it is in',
      { status: { phase: 'Ready', file } },
      { steps: ['addFinalizer', 'holdStorage'] },
    ],
    [
      'finishes the cleaning that a dead bucket held up',
      { status: { phase: 'Failed' }, finalizer: true },
      { steps: ['cleanBucket', 'removeFinalizer'] },
    ],
    [
      'gives up a bucket that went away for good before it could be cleaned',
      {
        status: { phase: 'Failed' },
        finalizer: true,
        cleanupTrouble: { kind: 'NotFound', message: 'bucket is gone', times: 2, since: at(0) },
      },
      { steps: ['abandonFile', 'removeFinalizer'] },
    ],
    [
      'keeps its Job for its time',
      {
        status: { phase: 'Ready', file, completionTime: time(100) },
        finalizer: true,
        now: 200,
        finishedJobs: [{ job: finishedJob, ttlSeconds: 3600 }],
      },
      { steps: [], lookAgain: 3700 },
    ],
    [
      'and deletes it then',
      {
        status: { phase: 'Ready', file, completionTime: time(100) },
        finalizer: true,
        now: 3700,
        finishedJobs: [{ job: finishedJob, ttlSeconds: 3600 }],
      },
      { steps: ['deleteJob'] },
    ],
    [
      'and does so before it cleans a bucket that may be away',
      {
        status: { phase: 'Failed', completionTime: time(100) },
        finalizer: true,
        now: 3700,
        finishedJobs: [{ job: finishedJob, ttlSeconds: 3600 }],
      },
      { steps: ['deleteJob', 'cleanBucket', 'removeFinalizer'] },
    ],
  ])('%s', check);
});

describe('a Report that is being deleted', () => {
  const notFound = { kind: 'NotFound', message: 'bucket is gone', times: 2, since: at(0) } as const;
  const refused = { kind: 'Refused', message: 'access denied', times: 9, since: at(0) } as const;
  test.each<Row>([
    ['without our finalizer is none of our business', { deleting: true }, { steps: [] }],
    [
      'first takes note of the storage that only its Job knows',
      { deleting: true, finalizer: true, job: presentJob, leftovers: { jobs: [presentJob.job], pods: [] } },
      { steps: ['writeStatus', 'deleteJob'] },
    ],
    [
      'does so once',
      { deleting: true, finalizer: true, job: presentJob, leftovers: { jobs: [presentJob.job], pods: [] }, status: { storage: STORAGE } },
      { steps: ['deleteJob'] },
    ],
    [
      'stops its Job first, finished or not',
      { deleting: true, finalizer: true, leftovers: { jobs: [finishedJob], pods: [] } },
      { steps: ['deleteJob'] },
    ],
    [
      'waits until the last pod is gone, finished or not',
      { deleting: true, finalizer: true, leftovers: { jobs: [], pods: [aPod({ phase: 'Succeeded' })] } },
      { steps: [] },
    ],
    [
      'waits for what nobody may look at any more as long as a pod may run',
      { deleting: true, finalizer: true, leftovers: { ...NOBODY, unseenUntil: at(60) } },
      { steps: [], lookAgain: 60 },
    ],
    [
      'and no longer',
      { deleting: true, finalizer: true, leftovers: { ...NOBODY, unseenUntil: at(60) }, now: 60 },
      { steps: ['cleanBucket', 'removeFinalizer'] },
    ],
    [
      'cleans the bucket and lets go',
      { deleting: true, finalizer: true, leftovers: NOBODY },
      { steps: ['cleanBucket', 'removeFinalizer'] },
    ],
    [
      'keeps its file under Retain',
      { deleting: true, finalizer: true, leftovers: NOBODY, spec: { deletionPolicy: 'Retain' }, status: { phase: 'Ready' } },
      { steps: ['removeFinalizer'] },
    ],
    [
      'cleans what is no file yet, also under Retain',
      { deleting: true, finalizer: true, leftovers: NOBODY, spec: { deletionPolicy: 'Retain' }, status: { phase: 'Deploying' } },
      { steps: ['cleanBucket', 'removeFinalizer'] },
    ],
    [
      'tries a bucket that is gone a second time',
      { deleting: true, finalizer: true, leftovers: NOBODY, cleanupTrouble: { ...notFound, times: 1 } },
      { steps: ['cleanBucket', 'removeFinalizer'] },
    ],
    [
      'gives up a bucket that is gone',
      { deleting: true, finalizer: true, leftovers: NOBODY, cleanupTrouble: notFound },
      { steps: ['abandonFile', 'removeFinalizer'] },
    ],
    [
      'looks once more where two looks came so soon that they may have seen one answer',
      { deleting: true, finalizer: true, leftovers: NOBODY, cleanupTrouble: { ...notFound, times: 3 }, now: 4.9 },
      { steps: ['cleanBucket', 'removeFinalizer'] },
    ],
    [
      'gives up a file under Object Lock',
      { deleting: true, finalizer: true, leftovers: NOBODY, cleanupTrouble: { ...notFound, kind: 'ObjectLocked', times: 1 } },
      { steps: ['abandonFile', 'removeFinalizer'] },
    ],
    [
      'goes on where access is denied',
      { deleting: true, finalizer: true, leftovers: NOBODY, cleanupTrouble: refused, namespaceTerminating: false, now: 9_000 },
      { steps: ['cleanBucket', 'removeFinalizer'] },
    ],
    [
      'gives up after ten minutes when the namespace goes as well',
      { deleting: true, finalizer: true, leftovers: NOBODY, cleanupTrouble: refused, namespaceTerminating: true, now: 600 },
      { steps: ['abandonFile', 'removeFinalizer'] },
    ],
    [
      'but not before',
      { deleting: true, finalizer: true, leftovers: NOBODY, cleanupTrouble: refused, namespaceTerminating: true, now: 599 },
      { steps: ['cleanBucket', 'removeFinalizer'] },
    ],
    [
      'goes on while a bucket is only away',
      {
        deleting: true,
        finalizer: true,
        leftovers: NOBODY,
        cleanupTrouble: { ...refused, kind: 'Other' },
        namespaceTerminating: true,
        now: 9_000,
      },
      { steps: ['cleanBucket', 'removeFinalizer'] },
    ],
    [
      'gives up when it is told to',
      { deleting: true, finalizer: true, leftovers: NOBODY, annotations: { 'dossier.dev/abandon-file': 'true' } },
      { steps: ['abandonFile', 'removeFinalizer'] },
    ],
  ])('%s', check);
});
