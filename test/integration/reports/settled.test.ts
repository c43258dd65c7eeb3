/** A cluster in which everything has come to its end, or waits for somebody: nothing is written any more but the Lease, and Jobs go when their time is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFailed, test, vi } from 'vitest';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { CORE_EVENTS, JOBS, PODS, REPORT_STORAGES, REPORT_TEMPLATES, REPORTS } from '../../../src/kube/resources.ts';
import { startApiserverProxy, type ApiserverProxy, type ProxiedRequest } from '../../support/apiserver-proxy.ts';
import { Billing } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { startOperatorProcess, type OperatorProcess } from '../support/operator-process.ts';
import { adminClient, controlPlane, newBucket, newNamespace } from '../support/servers.ts';
import { untilStorage } from '../support/storages.ts';
import { jobsOf, tracesOf } from '../support/traces.ts';

/** Longer than any look that the operator makes by itself within minutes: unready storages after 15 s, pods without a verdict after 5 s. */
const QUIET_MS = 20_000;

let client: KubeClient;
let billing: Billing;
let proxy: ApiserverProxy;
let operator: OperatorProcess;
const writes: ProxiedRequest[] = [];

beforeAll(async () => {
  client = adminClient();
  billing = new Billing(client, await newNamespace(client, 'settled'), await newBucket('settled'));
  proxy = await startApiserverProxy(controlPlane(), (request) => {
    if (request.method !== 'GET') writes.push(request);
    return 'passes';
  });
  operator = await startOperatorProcess(billing.namespace, proxy.url);
});
afterAll(async () => {
  operator.kill('SIGTERM');
  await operator.ended();
  await proxy.close();
  await client.transport.close();
});

/** `kind/name@resourceVersion` of all that a run writes. */
async function versions(): Promise<readonly string[]> {
  const lists = await Promise.all(
    [REPORTS, REPORT_TEMPLATES, REPORT_STORAGES, JOBS, PODS, CORE_EVENTS].map(async (type) => {
      const { items } = await client.list<KubeObject>(type, { namespace: billing.namespace }, billing.signal);
      return items.map(({ metadata }) => `${type.kind}/${metadata.name}@${metadata.resourceVersion}`);
    }),
  );
  return lists.flat();
}

test('writes nothing but its Lease once all is said, whatever state things are in', async () => {
  onTestFailed(() => console.log(operator.log()));
  await billing.storage();
  await billing.storage('unready', { bucket: 'there-is-no-such-bucket' });
  await billing.priceList();
  await billing.priceList('broken', { job: { labels: { 'not-allowed': 'x' } } });
  const prices = { templateRef: { name: 'prices' } };
  await billing.report('csv', prices);
  await billing.report('xlsx', { ...prices, format: 'XLSX' });
  await billing.report('retained', { ...prices, deletionPolicy: 'Retain' });
  await billing.report('failed', { ...prices, parameters: [{ name: 'x', value: 1 }] });
  await billing.report('no-template', { templateRef: { name: 'none' } });
  await billing.report('no-storage', { ...prices, storageRef: { name: 'unready' } });
  await billing.report('not-ready', { templateRef: { name: 'broken' } });

  for (const name of ['csv', 'xlsx', 'retained', 'failed']) await billing.finished(name);
  await billing.until('retained', ({ metadata }) => metadata.finalizers === undefined);
  await Promise.all([
    billing.waiting('no-template', 'TemplateNotFound'),
    billing.waiting('no-storage', 'StorageUnavailable'),
    billing.waiting('not-ready', 'TemplateNotReady'),
  ]);
  await untilStorage(billing, 'unready', 'BucketNotFound');
  for (const name of ['csv', 'xlsx', 'retained']) {
    await vi.waitFor(
      async () =>
        expect((await jobsOf(billing, name))[0]?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Complete' })),
      30_000,
    );
  }
  await vi.waitFor(() => expect(writes.filter(({ path }) => path.endsWith('/events'))).not.toEqual([]), 10_000);
  const settled = await untilQuiet();

  const before = await versions();
  await sleep(QUIET_MS); // What is shown is that nothing happens, which takes its time.
  expect(writes.slice(settled).filter(({ path }) => !path.includes('/leases'))).toEqual([]);
  expect(writes.length).toBeGreaterThan(settled); // The Lease: the operator was alive.
  expect(await versions()).toEqual(before);
});

test('a Job and its pod go when their time is over; the Report and its file stay', async () => {
  const { job } = (await client.get<ReportTemplate>(REPORT_TEMPLATES, billing.namespace, 'prices', billing.signal)).spec;
  expect(job.ttlSecondsAfterFinished).toBe(3600);
  await billing.priceList('brief', { job: { ttlSecondsAfterFinished: 1 } });
  await billing.report('brief', { templateRef: { name: 'brief' } });
  const { status } = await billing.finished('brief');
  await vi.waitFor(async () => expect((await tracesOf(billing, 'brief')).jobs).toEqual([]), 60_000);
  await vi.waitFor(async () => expect((await tracesOf(billing, 'brief')).pods).toEqual([]), 60_000);
  expect((await billing.get('brief')).status).toEqual(status);
  expect((await bucketContent(billing.bucket, status.file?.key)).objects).toHaveLength(1);
  // Those of others have an hour.
  expect((await tracesOf(billing, 'csv')).jobs).toHaveLength(1);
});

/** Waits for a second without an Event or a status; resolves to how many writes there were. */
async function untilQuiet(): Promise<number> {
  return vi.waitFor(async () => {
    const count = writes.length;
    await sleep(1_000);
    expect(writes.slice(count).filter(({ path }) => !path.includes('/leases'))).toEqual([]);
    return count;
  }, 30_000);
}
