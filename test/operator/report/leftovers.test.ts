/** What of a Report's run could still write when nothing of it is in the caches any more. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { controllerOf, type KubeObject } from '../../../src/kube/objects.ts';
import { IndexedStore, keyOf } from '../../../src/kube/store.ts';
import { CleanupMemory } from '../../../src/operator/report/cleanup-memory.ts';
import { FreshReports } from '../../../src/operator/report/fresh-reports.ts';
import { gather } from '../../../src/operator/report/gather.ts';
import { jobName, REPORT_UID_LABEL } from '../../../src/operator/report/job.ts';
import { JOBS_BY_REPORT, PODS_BY_JOB, type ReportParts } from '../../../src/operator/report/parts.ts';
import { FakeApiserver } from '../../support/fake-apiserver.ts';
import { aPod, aReport, CREATED } from './given.ts';

const PODS = '/api/v1/pods';
const report = aReport({ finalizer: true, status: { failure: { reason: 'JobDeleted', message: 'gone', time: CREATED } } });
const job = jobName(report, 1);
const labels = { [REPORT_UID_LABEL]: report.metadata.uid, 'batch.kubernetes.io/job-name': job };
const controlledBy = (name: string): object => ({
  ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: `uid-of-${name}`, controller: true }],
});

let server: FakeApiserver;
beforeEach(async () => {
  server = await FakeApiserver.start();
});
afterEach(() => server.close());

async function podsLeft(): Promise<readonly string[] | undefined> {
  const reports = new IndexedStore<KubeObject>({});
  reports.set(report);
  const none = (index: string): IndexedStore<KubeObject> => new IndexedStore({ [index]: (object) => [controllerOf(object)?.uid ?? ''] });
  const parts = {
    client: server.client(),
    reports,
    jobs: none(JOBS_BY_REPORT),
    pods: none(PODS_BY_JOB),
    fresh: new FreshReports(),
    cleanups: new CleanupMemory(),
    limiter: { release: () => undefined },
  } as unknown as ReportParts;
  const view = await gather(parts, keyOf(report), AbortSignal.timeout(5_000));
  return view?.leftovers?.pods.map(({ metadata }) => metadata.name);
}

test.each<[string, object, Parameters<typeof aPod>[0], boolean]>([
  ['a pod of its Job', { labels, ...controlledBy(job) }, { phase: 'Succeeded' }, true],
  ['a pod of another Job, with a copied label', { labels, ...controlledBy('other') }, { phase: 'Running' }, false],
  ['a running pod whose Job was deleted without it', { labels }, { phase: 'Running' }, true],
  ['one that has ended', { labels }, { phase: 'Succeeded' }, false],
  ['one of another Job', { labels: { ...labels, 'batch.kubernetes.io/job-name': 'other' } }, { phase: 'Running' }, false],
])('%s', async (_, metadata, given, isLeft) => {
  const pod = aPod(given);
  server.objects.put(PODS, { ...pod, metadata: { name: 'pod', namespace: 'billing', ...metadata } });
  expect(await podsLeft()).toEqual(isLeft ? ['pod'] : []);
});
