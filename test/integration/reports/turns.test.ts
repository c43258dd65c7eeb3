/** Running limits: how many Reports run at once, who is next, and what those say that wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../../src/kube/objects.ts';
import { JOBS, REPORTS } from '../../../src/kube/resources.ts';
import { Billing, messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { gatedBy, InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { startOperator, type TestOperator } from '../support/operator.ts';
import { adminClient, newBucket, newNamespace } from '../support/servers.ts';

const gatedQuery = `select 1 as one from ${gatedBy()}`;

/** Jobs that have not ended, of one namespace. */
async function aliveJobs({ client, namespace, signal }: Billing): Promise<number> {
  const { items } = await client.list<Job>(JOBS, { namespace }, signal);
  return items.filter(({ status }) => !(status?.conditions ?? []).some(({ type }) => type === 'Complete' || type === 'Failed')).length;
}

/** Names of Reports in the order in which they were given Jobs. */
function startOrder(operator: TestOperator): readonly string[] {
  return operator
    .log()
    .split('\n')
    .filter((line) => line.includes('"created Job"'))
    .map((line) => (JSON.parse(line) as { readonly object: string }).object.split('/')[1] ?? '');
}

describe('one place in the whole cluster', () => {
  let first: Billing;
  let second: Billing;
  let gate: InvoiceDatabase;
  let operator: TestOperator;

  beforeAll(async () => {
    const client = adminClient();
    const make = async (): Promise<Billing> => new Billing(client, await newNamespace(client, 'turns'), await newBucket('turns'));
    [first, second] = await Promise.all([make(), make()]);
    gate = await InvoiceDatabase.create(first);
    await first.storage();
    await first.template('invoices', queryTemplate(gatedQuery));
    await second.storage();
    await second.priceList();
    operator = startOperator(first.namespace, ['--namespaces', `${first.namespace},${second.namespace}`, '--max-running', '1']);
  });
  afterAll(async () => {
    await operator.stop();
    await gate.close();
    await first.client.transport.close();
  });

  test('goes to the oldest of each namespace in turn, and waiting costs one status write', async () => {
    await gate.closeGate();
    const invoices = { templateRef: { name: 'invoices' } };
    await first.report('a1', invoices);
    await first.waiting('a1', 'Rendering');
    for (const name of ['a2', 'a3', 'a4']) await first.report(name, invoices);
    await second.report('b1', { templateRef: { name: 'prices' } });

    const waiting = await Promise.all([first.waiting('a4', 'Queued'), first.waiting('a3', 'Queued'), second.waiting('b1', 'Queued')]);
    for (const report of waiting) {
      expect(report.status.phase).toBe('Pending');
      expect(messageOf(report)).toBe('waiting: 1 of 1 reports are running');
    }
    const versions = new Set<string>();
    expect((await aliveJobs(first)) + (await aliveJobs(second))).toBe(1);

    await gate.openGate();
    for (let ended = false; !ended; await sleep(20)) {
      expect((await aliveJobs(first)) + (await aliveJobs(second))).toBeLessThanOrEqual(1);
      const last = await first.get('a4');
      // With the finalizer its turn has come.
      if (reasonOf(last) === 'Queued' && last.metadata.finalizers === undefined) versions.add(last.metadata.resourceVersion);
      ended = last.status.phase === 'Ready';
    }
    const all = [first.finished('a1'), first.finished('a2'), first.finished('a3'), second.finished('b1')];
    expect((await Promise.all(all)).map(({ status }) => status.phase)).toEqual(['Ready', 'Ready', 'Ready', 'Ready']);
    expect(startOrder(operator)).toEqual(['a1', 'b1', 'a2', 'a3', 'a4']);
    expect([...versions]).toEqual([waiting[0].metadata.resourceVersion]);
  });
});

describe('limits of a namespace and of a template', () => {
  const { billing } = useBilling('shares', ['--max-running-per-namespace', '2']);
  let database: InvoiceDatabase;
  beforeAll(async () => {
    database = await InvoiceDatabase.create(billing());
    await billing().storage();
    await billing().priceList();
    await billing().template('single', queryTemplate(gatedQuery, { maxRunning: 1 }));
    await billing().template('invoices', queryTemplate(gatedQuery));
  });
  afterAll(() => database.close());

  test('each say which of them is reached, and hold up nobody whom they do not concern', async () => {
    await database.closeGate();
    await billing().report('single-1', { templateRef: { name: 'single' } });
    await billing().waiting('single-1', 'Rendering');
    await billing().report('single-2', { templateRef: { name: 'single' } });
    const ofTemplate = await billing().waiting('single-2', 'Queued');
    expect(messageOf(ofTemplate)).toBe('waiting: 1 of 1 reports of this template are running (spec.maxRunning)');

    await billing().report('passes-by', { templateRef: { name: 'prices' } });
    expect((await billing().finished('passes-by')).status.phase).toBe('Ready');

    await billing().report('fills', { templateRef: { name: 'invoices' } });
    await billing().waiting('fills', 'Rendering');
    await billing().report('too-late', { templateRef: { name: 'prices' }, startDeadlineSeconds: 2 });
    await billing().report('deleted', { templateRef: { name: 'prices' } });
    const ofNamespace = await billing().waiting('deleted', 'Queued');
    expect(messageOf(ofNamespace)).toBe(`waiting: 2 of 2 reports are running in namespace ${billing().namespace}`);

    const late = await billing().finished('too-late');
    expect(reasonOf(late)).toBe('StartDeadlineExceeded');
    expect(messageOf(late)).toContain('last: Queued: waiting: 2 of 2 reports are running in namespace');
    await billing().delete(REPORTS, 'deleted');
    await billing().gone('deleted');

    await database.openGate();
    for (const name of ['single-1', 'single-2', 'fills']) expect((await billing().finished(name)).status.phase).toBe('Ready');
  });
});
