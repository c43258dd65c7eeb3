/** Others decide when a Job gets its pod: quotas of the namespace, and whoever suspends Jobs as Kueue does. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { JOBS, type ResourceType } from '../../../src/kube/resources.ts';
import { messageOf, reasonOf, useBilling, type Billing } from '../support/billing.ts';
import { gatedBy, InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { jobsOf, NOTHING_LEFT, podsOf, runningPodsOf, tracesOf } from '../support/traces.ts';

const QUOTAS: ResourceType = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true };

interface Quota extends KubeObject {
  readonly status?: { readonly used?: object };
}

/** A quota that is in force: the apiserver has counted what is used. */
async function quota(billing: Billing, resource: string, hard: string): Promise<void> {
  await billing.create(QUOTAS, 'limits', { spec: { hard: { [resource]: hard } } });
  await vi.waitFor(async () => {
    const { status } = await billing.client.get<Quota>(QUOTAS, billing.namespace, 'limits', billing.signal);
    expect(status?.used).toHaveProperty([resource]);
  });
}

async function raise(billing: Billing, resource: string, hard: string): Promise<void> {
  const path = `/spec/hard/${resource.replaceAll('/', '~1')}`;
  await billing.patch(QUOTAS, 'limits', { op: 'replace', path, value: hard });
}

async function suspend(billing: Billing, report: string, value: boolean): Promise<void> {
  const [job] = await jobsOf(billing, report);
  await billing.patch(JOBS, job?.metadata.name ?? '', { op: 'add', path: '/spec/suspend', value });
}

/** What a Report has been through, as its phases and reasons were seen. */
function remember(reports: readonly Report[]): readonly string[] {
  return reports.map((report) => `${report.status.phase ?? ''}/${reasonOf(report) ?? ''}`);
}

describe('a quota on pods', () => {
  const { billing } = useBilling('podquota');
  beforeAll(async () => {
    await billing().storage();
    await billing().priceList();
    await quota(billing(), 'pods', '0');
  });

  test('keeps a Report Pending with its Job, also while that is suspended, until there is room; or until its start deadline', async () => {
    await billing().report('roomless', { templateRef: { name: 'prices' } });
    await billing().report('late', { templateRef: { name: 'prices' }, startDeadlineSeconds: 7 });
    const waiting = await billing().waiting('roomless', 'QuotaExceeded');
    expect(waiting.status.phase).toBe('Pending');
    expect(messageOf(waiting)).toMatch(
      /^a quota of the namespace is used up: .*exceeded quota: limits, requested: pods=1, used: pods=0, limited: pods=0/,
    );
    expect(waiting.status).toMatchObject({ job: { name: expect.stringMatching(/^roomless-/) as string } });
    expect(waiting.status).not.toHaveProperty('startTime');

    const late = await billing().finished('late');
    expect(reasonOf(late)).toBe('StartDeadlineExceeded');
    // Its refusal is asked for after five seconds: on a busy machine that is not answered in time.
    expect(messageOf(late)).toMatch(/^still Pending after 7s \(startDeadlineSeconds\); last: (QuotaExceeded|JobCreated): /);
    expect(await runningPodsOf(billing(), 'late')).toEqual([]);

    await suspend(billing(), 'roomless', true);
    const suspended = await billing().waiting('roomless', 'Queued');
    await raise(billing(), 'pods', '10');
    await suspend(billing(), 'roomless', false);
    const ready = await billing().finished('roomless');
    expect(remember([waiting, suspended, ready])).toEqual(['Pending/QuotaExceeded', 'Pending/Queued', 'Ready/Completed']);
  });
});

describe('a quota on Jobs', () => {
  const { billing } = useBilling('jobquota');
  beforeAll(async () => {
    await billing().storage();
    await billing().priceList();
    await quota(billing(), 'count/jobs.batch', '0');
  });

  test('keeps a Report Pending without a Job until there is room', async () => {
    await billing().report('jobless', { templateRef: { name: 'prices' } });
    await billing().report('late', { templateRef: { name: 'prices' }, startDeadlineSeconds: 3 });
    const waiting = await billing().waiting('jobless', 'QuotaExceeded');
    expect(waiting.status.phase).toBe('Pending');
    expect(messageOf(waiting)).toContain('exceeded quota: limits');
    expect((await tracesOf(billing(), 'jobless')).jobs).toEqual([]);

    const late = await billing().finished('late');
    expect(messageOf(late)).toContain('still Pending after 3s (startDeadlineSeconds); last: QuotaExceeded');
    expect(await tracesOf(billing(), 'late')).toEqual(NOTHING_LEFT);

    await raise(billing(), 'count/jobs.batch', '10');
    expect((await billing().finished('jobless')).status).toMatchObject({ phase: 'Ready', attempt: 1 });
  });
});

describe('whoever suspends Jobs', () => {
  const { billing } = useBilling('suspended');
  let database: InvoiceDatabase;
  beforeAll(async () => {
    database = await InvoiceDatabase.create(billing());
    await billing().storage();
    await billing().template(
      'gated',
      queryTemplate(`select 1 as one from ${gatedBy()}`, { job: { labels: { 'kueue.x-k8s.io/queue-name': 'reports' } } }),
    );
  });
  afterAll(() => database.close());

  test('is told the queue by the labels of the template, on the Job and not on its pods', async () => {
    await billing().report('labelled', { templateRef: { name: 'gated' } });
    await billing().finished('labelled');
    const [[job], [pod]] = await Promise.all([jobsOf(billing(), 'labelled'), podsOf(billing(), 'labelled')]);
    expect(job?.metadata.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'reports' });
    expect(pod?.metadata.labels).not.toHaveProperty(['kueue.x-k8s.io/queue-name']);
  });

  test('takes the pod away from a running Report, which is Queued, never Pending again, and Ready in the end', async () => {
    await database.closeGate();
    await billing().report('preempted', { templateRef: { name: 'gated' } });
    const running = await billing().waiting('preempted', 'Rendering');
    await suspend(billing(), 'preempted', true);
    const suspended = await billing().until('preempted', (report) => messageOf(report).includes('is suspended'));
    expect(messageOf(suspended)).toMatch(/^Job preempted-[a-z2-7]{10} is suspended; whoever suspended it decides when it runs$/);
    await expect.poll(() => runningPodsOf(billing(), 'preempted'), { timeout: 30_000 }).toEqual([]);
    expect(remember([await billing().get('preempted')])).toEqual(['Deploying/Queued']);
    await database.openGate();
    await suspend(billing(), 'preempted', false);
    const ready = await billing().finished('preempted');
    expect(remember([running, suspended, ready])).toEqual(['Deploying/Rendering', 'Deploying/Queued', 'Ready/Completed']);
    expect((await tracesOf(billing(), 'preempted')).uploads).toEqual([]);
  });
});
