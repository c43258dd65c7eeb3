/** Making the Job that looks a repository up, against an apiserver whose admission webhooks have ideas of their own. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findCondition } from '../../../src/api/conditions.ts';
import type { ReportRepository } from '../../../src/api/generated/reportrepository.ts';
import type { EventNote } from '../../../src/kube/events.ts';
import { ExpectedJobs } from '../../../src/operator/report/expected-jobs.ts';
import { act } from '../../../src/operator/repository/act.ts';
import { jobManifest } from '../../../src/operator/repository/job.ts';
import { RepositoryMemory } from '../../../src/operator/repository/memory.ts';
import type { RepositoryParts } from '../../../src/operator/repository/parts.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { FakeApiserver, type Weather } from '../../support/fake-apiserver.ts';
import type { Draft } from '../../support/object-table.ts';

const JOBS = '/apis/batch/v1/jobs';
const REPOSITORIES = '/apis/dossier.dev/v1alpha1/reportrepositories';
const TARGET = { jobName: 'team-abc' };
const RUNNER = { image: 'runner', imagePullPolicy: 'IfNotPresent', imagePullSecrets: [], resources: { requests: {}, limits: {} } } as const;
const REPOSITORY: ReportRepository = {
  apiVersion: 'dossier.dev/v1alpha1',
  kind: 'ReportRepository',
  metadata: {
    name: 'team',
    namespace: 'billing',
    uid: 'repository-uid',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-11-01T00:00:00Z',
  },
  spec: { git: { url: 'https://git.example.com/team.git', ref: { branch: 'main' } }, intervalSeconds: 300, templates: {} },
  status: {},
};

type Labels = Readonly<Record<string, string | undefined>>;

describe('the Job of a ReportRepository', () => {
  let server: FakeApiserver;
  let expected: ExpectedJobs;
  let events: EventNote[];
  beforeEach(async () => {
    server = await FakeApiserver.start();
    server.objects.put(REPOSITORIES, REPOSITORY as unknown as Draft);
    expected = new ExpectedJobs();
    events = [];
  });
  afterEach(() => server.close());

  async function createJob(): Promise<void> {
    const context = { signal: new AbortController().signal, log: createLogger('error') };
    const parts = {
      client: server.client(),
      events: { record: (_about: unknown, event: EventNote) => events.push(event) },
      expected,
      memory: new RepositoryMemory(),
      runner: RUNNER,
      allowLoopback: false,
    } as unknown as RepositoryParts;
    await act(parts, repository(), { steps: [{ kind: 'createJob', target: TARGET, secrets: '' }], events: [] }, context);
  }

  function repository(): ReportRepository {
    return server.objects.list(REPOSITORIES)[0] as unknown as ReportRepository;
  }

  function told(): string | undefined {
    const ready = findCondition(repository().status.conditions, 'Ready');
    return ready === undefined ? undefined : `${ready.reason}: ${ready.message}`;
  }

  /** One that a repository, by default ours, has made, with these labels changed. */
  function aJob(labels: Labels, owner = repository()): Draft {
    const { metadata } = jobManifest(owner, TARGET, RUNNER, false);
    return { metadata: { ...metadata, name: TARGET.jobName, labels: { ...(metadata.labels as Labels), ...labels } } };
  }

  /** What an admission webhook makes of what is created; undefined takes a label away. */
  const relabelled =
    (labels: Labels): Weather =>
    ({ response }) => {
      const job = server.objects.put(JOBS, aJob(labels));
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(job));
    };

  test('by whose labels it can be followed is all there is to it', async () => {
    await createJob();
    expect(server.objects.list(JOBS)).toHaveLength(1);
    expect(expected.isExpected(repository().metadata.uid, TARGET.jobName)).toBe(true);
    expect(told()).toBeUndefined();
  });

  test.each<readonly [story: string, labels: Labels, says: string]>([
    ['has another label', { 'app.kubernetes.io/managed-by': 'kyverno' }, 'managed-by is "kyverno" instead of "dossier"'],
    ['has lost one', { 'app.kubernetes.io/managed-by': undefined }, 'managed-by is gone'],
  ])('that %s after admission is deleted, and the repository says what to exempt', async (_, labels, says) => {
    server.next('write', relabelled(labels));
    await createJob();
    const remedy = 'exempt Jobs that have the label dossier.dev/repository';
    const message = `FetchFailed: its Job cannot be made: an admission webhook changed it, its label app.kubernetes.io/${says}; ${remedy}`;
    expect(told()).toBe(message);
    expect(events).toMatchObject([{ type: 'Warning', reason: 'FetchFailed' }]);
    expect(server.objects.list(JOBS)).toEqual([]);
    expect(expected.isExpected(repository().metadata.uid, TARGET.jobName)).toBe(false);
  });

  test('that is there already, its reply lost, is judged by the same rule', async () => {
    server.objects.put(JOBS, aJob({}));
    await createJob();
    expect(told()).toBeUndefined();
    server.objects.put(JOBS, aJob({ 'app.kubernetes.io/managed-by': 'kyverno' }));
    await createJob();
    expect(told()).toContain('an admission webhook changed it');
    expect(server.objects.list(JOBS)).toEqual([]);
  });

  test('is not taken for that of somebody else with its name, which stays', async () => {
    const other = { ...REPOSITORY, metadata: { ...REPOSITORY.metadata, uid: 'another-uid' } };
    server.objects.put(JOBS, aJob({ 'app.kubernetes.io/managed-by': undefined }, other));
    await createJob();
    expect(told()).toBe("FetchFailed: its Job cannot be made: a Job named team-abc exists that is not this repository's; remove it");
    expect(server.objects.list(JOBS)).toHaveLength(1);
  });
});
