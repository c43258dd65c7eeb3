/** What is made sure of before it is done, and what the caches must show for it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { IndexedStore } from '../../../src/kube/store.ts';
import { cachesAgree, needsCertainty } from '../../../src/operator/report/certainty.ts';
import { REPORT_UID_LABEL } from '../../../src/operator/report/job.ts';
import { JOBS_BY_REPORT, PODS_BY_JOB, type ReportParts } from '../../../src/operator/report/parts.ts';
import type { Step } from '../../../src/operator/report/plan.ts';
import { FakeApiserver } from '../../support/fake-apiserver.ts';
import { aReport, CREATED, type GivenReport } from './given.ts';

const failure = { reason: 'DeadlineExceeded', message: 'late', time: CREATED };
const failing: Step = { kind: 'writeStatus', status: { observedGeneration: 1, phase: 'Deploying', failure } };
const failed: Step = { kind: 'writeStatus', status: { observedGeneration: 1, phase: 'Failed' } };
const waiting: Step = { kind: 'writeStatus', status: { observedGeneration: 1, phase: 'Pending' } };
const createJob: Step = { kind: 'createJob', job: { apiVersion: 'batch/v1', kind: 'Job', metadata: {} } };

describe('certainty is needed', () => {
  test.each<[boolean, string, GivenReport, readonly Step[]]>([
    [true, 'to begin to fail a Report', {}, [failing]],
    [true, 'to fail one at once', {}, [failed]],
    [true, 'to make a Job for a Report that has its finalizer already', {}, [createJob]],
    [false, 'to make one right after the finalizer, whose patch an old view makes fail', {}, [{ kind: 'addFinalizer' }, createJob]],
    [false, 'to say that a Report waits', {}, [waiting]],
    [false, 'to go on with a failure', { status: { failure } }, [failed]],
    [false, 'for a Report that is being deleted', { deleting: true }, [{ kind: 'removeFinalizer' }]],
    [false, 'for nothing', {}, []],
  ])('%s: %s', (expected, _, given, steps) => {
    expect(needsCertainty(aReport(given), { steps, events: [] })).toBe(expected);
  });
});

const REPORTS = '/apis/dossier.dev/v1alpha1/reports';
const TEMPLATES = '/apis/dossier.dev/v1alpha1/reporttemplates';
const JOBS = '/apis/batch/v1/jobs';
const PODS = '/api/v1/pods';

describe('the caches agree with the apiserver', () => {
  let server: FakeApiserver;
  let parts: ReportParts;
  let report: Report;

  beforeEach(async () => {
    server = await FakeApiserver.start();
    report = putReport({});
    putTemplate('1');
    const job = putJob('1');
    putPod('1', job.metadata.uid);
    const cached = (collection: string, index: string): IndexedStore<KubeObject> => {
      const store = new IndexedStore<KubeObject>({ [index]: ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid) });
      for (const object of server.objects.list(collection)) store.set(object);
      return store;
    };
    const stores = { reports: cached(REPORTS, ''), templates: cached(TEMPLATES, ''), clusterTemplates: undefined };
    const run = { jobs: cached(JOBS, JOBS_BY_REPORT), pods: cached(PODS, PODS_BY_JOB) };
    parts = { client: server.client(), ...stores, ...run } as unknown as ReportParts;
  });
  afterEach(() => server.close());

  function putReport(given: GivenReport): Report {
    const { metadata, ...rest } = aReport(given);
    return server.objects.put(REPORTS, { ...rest, metadata: { name: metadata.name, namespace: 'billing' } }) as Report;
  }

  function putTemplate(version: string): void {
    server.objects.put(TEMPLATES, { metadata: { name: 'invoices', namespace: 'billing' }, version });
  }

  function putJob(version: string, owner = report.metadata.uid): KubeObject {
    return server.objects.put(JOBS, {
      metadata: { name: `job-of-${owner}`, namespace: 'billing', labels: ofReport(), ownerReferences: ownedBy(owner) },
      version,
    });
  }

  function putPod(version: string, job: string): void {
    server.objects.put(PODS, {
      metadata: { name: `pod-of-${job}`, namespace: 'billing', labels: ofReport(), ownerReferences: ownedBy(job) },
      version,
    });
  }

  function ofReport(): Readonly<Record<string, string>> {
    return { [REPORT_UID_LABEL]: report.metadata.uid };
  }

  test.each<[boolean, string, () => void]>([
    [true, 'when nothing has happened since', () => undefined],
    [true, "when a Job is somebody else's", () => void putJob('1', 'another-uid')],
    [true, "when a pod is somebody else's", () => putPod('1', 'another-uid')],
    [false, 'when the Report has changed', () => void putReport({ reason: 'Queued' })],
    [false, 'when the Report is gone', () => void server.objects.remove(REPORTS, 'billing/invoices')],
    [false, 'when the template has changed', () => putTemplate('2')],
    [false, 'when the template is gone', () => void server.objects.remove(TEMPLATES, 'billing/invoices')],
    [false, 'when the Job has changed', () => void putJob('2')],
    [false, 'when the pod has changed', () => putPod('2', server.objects.list(JOBS)[0]?.metadata.uid ?? '')],
    [false, 'when the pod is gone', () => void server.objects.remove(PODS, keyOf(server.objects.list(PODS)[0]))],
  ])('%s: %s', async (expected, _, happens) => {
    happens();
    expect(await cachesAgree(parts, report, new AbortController().signal)).toBe(expected);
  });

  test('about a pod whose label somebody took away, so that no list by labels shows it', async () => {
    const [pod] = server.objects.list(PODS);
    if (pod === undefined) return expect.fail('it was put there');
    const pods = new IndexedStore<KubeObject>({ [PODS_BY_JOB]: ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid) });
    pods.set({ ...pod, metadata: { ...pod.metadata, labels: {} } });
    server.objects.remove(PODS, keyOf(pod));
    expect(await cachesAgree({ ...parts, pods } as unknown as ReportParts, report, new AbortController().signal)).toBe(true);
  });

  test('about a template that neither has', async () => {
    server.objects.remove(TEMPLATES, 'billing/invoices');
    const without = { ...parts, templates: new IndexedStore({}) } as unknown as ReportParts;
    expect(await cachesAgree(without, report, new AbortController().signal)).toBe(true);
  });

  test('about a cluster template that this operator does not read', async () => {
    const of = { ...report, spec: { ...report.spec, templateRef: { kind: 'ClusterReportTemplate', name: 'invoices' } } } as Report;
    expect(await cachesAgree(parts, of, new AbortController().signal)).toBe(true);
    expect(server.requests.map(({ url }) => url.pathname).join()).not.toContain('clusterreporttemplates');
  });
});

function ownedBy(uid: string): object {
  return [{ apiVersion: 'v1', kind: 'Owner', name: 'owner', uid, controller: true }];
}

function keyOf(object: KubeObject | undefined): string {
  return `${object?.metadata.namespace ?? ''}/${object?.metadata.name ?? ''}`;
}
