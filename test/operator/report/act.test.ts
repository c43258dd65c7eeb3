import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isConflict } from '../../../src/kube/errors.ts';
import { act } from '../../../src/operator/report/act.ts';
import type { ReportParts } from '../../../src/operator/report/parts.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { FakeApiserver } from '../../support/fake-apiserver.ts';
import { serveStatus } from '../../support/object-verbs.ts';
import { refuse } from '../../support/weather.ts';
import { ExpectedJobs } from '../../../src/operator/report/expected-jobs.ts';
import { JobRefused } from '../../../src/operator/report/unseen-job.ts';
import { CleanupMemory } from '../../../src/operator/report/cleanup-memory.ts';
import { aReport } from './given.ts';

const JOBS = '/apis/batch/v1/jobs';

describe('deleting a Job', () => {
  let server: FakeApiserver;
  beforeEach(async () => {
    server = await FakeApiserver.start();
  });
  afterEach(() => server.close());

  async function deleteJob(): Promise<void> {
    const context = { signal: new AbortController().signal, log: createLogger('error') };
    const steps = [{ kind: 'deleteJob', name: 'invoices-abc', uid: 'uid-1' }] as const;
    await act({ client: server.client() } as unknown as ReportParts, aReport(), { steps, events: [] }, context);
  }

  test('that is gone already is no failure', async () => {
    await deleteJob();
    expect(server.received('write')).toHaveLength(1);
  });

  test('is not done when the apiserver says that somebody was faster: whoever wants it gone must look again', async () => {
    server.objects.put(JOBS, { metadata: { name: 'invoices-abc', namespace: 'billing' } });
    server.next('write', refuse(409, 'Conflict'));
    await expect(deleteJob()).rejects.toSatisfy(isConflict);
    expect(server.objects.list(JOBS)).toHaveLength(1);
    await deleteJob();
    expect(server.objects.list(JOBS)).toEqual([]);
  });
});

describe('making a Job', () => {
  let server: FakeApiserver;
  let cleanups: CleanupMemory;
  beforeEach(async () => {
    cleanups = new CleanupMemory();
    server = await FakeApiserver.start();
  });
  afterEach(() => server.close());

  async function createJob(labels: Readonly<Record<string, string>>): Promise<void> {
    const context = { signal: new AbortController().signal, log: createLogger('error') };
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'invoices-abc', namespace: 'billing', labels } };
    const parts = { client: server.client(), expected: new ExpectedJobs(), cleanups } as unknown as ReportParts;
    await act(parts, aReport(), { steps: [{ kind: 'createJob', job }], events: [] }, context);
  }

  const labels = { 'app.kubernetes.io/managed-by': 'dossier', 'dossier.dev/report-uid': 'report-uid' };

  test('by whose labels it can be followed is all there is to it', async () => {
    await createJob(labels);
    expect(server.objects.list(JOBS)).toHaveLength(1);
  });

  test('that a webhook holds up, which has been down for long, is no secret of the log', async () => {
    const message = 'Internal error occurred: failed calling webhook "jobs.example.com": connection refused';
    server.next('write', ({ response }) => serveStatus(response, 500, 'InternalError', {}, message));
    const told = (error: unknown): boolean => error instanceof JobRefused && error.kind === 'webhook' && error.message.includes(message);
    await expect(createJob(labels)).rejects.toSatisfy(told);
  });

  test('that the apiserver does not take for another reason is tried again without a word', async () => {
    server.next('write', refuse(500));
    await expect(createJob(labels)).rejects.toMatchObject({ name: 'KubeError' });
  });

  test('leaves no place clean: what it makes there has to be removed one day', async () => {
    cleanups.cleaned('report-uid', 'store/invoices.csv');
    await createJob(labels);
    expect(cleanups.isClean('report-uid', 'store/invoices.csv')).toBe(false);
  });

  // As the answer to a create shows what admission made of it.
  test.each([
    [
      'that has another label now',
      { ...labels, 'app.kubernetes.io/managed-by': 'kyverno' },
      'managed-by is "kyverno" instead of "dossier"',
    ],
    ['that has lost one', { 'app.kubernetes.io/managed-by': 'dossier' }, 'dossier.dev/report-uid is gone'],
  ])('%s fails its Report at once, and leaves none that nobody sees', async (_, found, told) => {
    await expect(createJob(found)).rejects.toThrow(told);
    expect(server.objects.list(JOBS)).toEqual([]);
  });
});
