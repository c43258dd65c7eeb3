/** ClusterReportTemplates: one template, Reports of many namespaces, each with the Secrets and storages of its own, and namespaces that it is not for. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ClusterReportTemplate } from '../../../src/api/generated/clusterreporttemplate.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { CLUSTER_REPORT_TEMPLATES, NAMESPACES } from '../../../src/kube/resources.ts';
import { Billing, messageOf, reasonOf } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { gatedBy, InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { startOperator, type TestOperator } from '../support/operator.ts';
import { adminClient, newBucket, newNamespace } from '../support/servers.ts';
import { NOTHING_LEFT, tracesOf } from '../support/traces.ts';

/** Cluster templates are seen by every test: each name is made once. */
const SUFFIX = randomBytes(4).toString('hex');

const READING = ['--cluster-templates', 'true'];

let sales: Billing;
let support: Billing;
let salesDatabase: InvoiceDatabase;
let supportDatabase: InvoiceDatabase;
let operator: TestOperator;
const made: string[] = [];

beforeAll(async () => {
  const client = adminClient();
  const make = async (team: string): Promise<Billing> =>
    new Billing(client, await newNamespace(client, `cluster-${team}`, { team }), await newBucket(`cluster-${team}`));
  [sales, support] = await Promise.all([make('sales'), make('support')]);
  salesDatabase = await InvoiceDatabase.create(sales, `create table owner as select 'sales' as name`);
  supportDatabase = await InvoiceDatabase.create(support, `create table owner as select 'support' as name`);
  await Promise.all([sales.storage(), support.storage()]);
  operator = startOperator(sales.namespace, ['--namespaces', `${sales.namespace},${support.namespace}`, ...READING]);
});
afterAll(async () => {
  for (const name of made)
    await sales.client.delete(CLUSTER_REPORT_TEMPLATES, undefined, name, { propagation: 'Background' }, sales.signal);
  await operator.stop();
  await Promise.all([salesDatabase.close(), supportDatabase.close()]);
  await sales.client.transport.close();
});

/** Makes a cluster template and resolves to its name. */
async function template(name: string, spec: Readonly<Record<string, unknown>>): Promise<string> {
  const unique = `${name}-${SUFFIX}`;
  const manifest = { apiVersion: 'dossier.dev/v1alpha1', kind: 'ClusterReportTemplate', metadata: { name: unique }, spec };
  await sales.client.create<ClusterReportTemplate>(CLUSTER_REPORT_TEMPLATES, manifest, sales.signal);
  made.push(unique);
  return unique;
}

async function getTemplate(name: string): Promise<ClusterReportTemplate> {
  return sales.client.get<ClusterReportTemplate>(CLUSTER_REPORT_TEMPLATES, undefined, name, sales.signal);
}

/** The template, once somebody has judged that generation. */
async function judged(name: string, generation: number): Promise<ClusterReportTemplate> {
  return vi.waitFor(
    async () => {
      const found = await getTemplate(name);
      expect(found.status.observedGeneration).toBe(generation);
      return found;
    },
    { timeout: 30_000, interval: 50 },
  );
}

function ref(name: string): { readonly templateRef: object } {
  return { templateRef: { kind: 'ClusterReportTemplate', name } };
}

async function label(namespace: string, team: string): Promise<void> {
  const change = { op: 'replace', path: '/metadata/labels/team', value: team } as const;
  await sales.client.patchJson<KubeObject>(NAMESPACES, undefined, namespace, [change], sales.signal);
}

async function fileOf({ bucket, namespace }: Billing, report: string): Promise<string> {
  const { objects } = await bucketContent(bucket, `${namespace}/${report}/`);
  return objects.map(({ bytes }) => bytes.toString('utf8')).join('---');
}

const ofTeam = (...values: readonly string[]): object => ({ matchExpressions: [{ key: 'team', operator: 'In', values }] });

describe('a ClusterReportTemplate', () => {
  test('makes Reports in two namespaces, each from its own Secret and into its own storage', async () => {
    const name = await template('owner', queryTemplate('select name from owner'));
    await Promise.all([sales.report('owner', ref(name)), support.report('owner', ref(name))]);
    const [ofSales, ofSupport] = await Promise.all([sales.finished('owner'), support.finished('owner')]);
    expect(await fileOf(sales, 'owner')).toBe('name\nsales\n');
    expect(await fileOf(support, 'owner')).toBe('name\nsupport\n');
    const { metadata, status } = await getTemplate(name);
    for (const report of [ofSales, ofSupport])
      expect(report.status).toMatchObject({
        phase: 'Ready',
        template: { kind: 'ClusterReportTemplate', name, uid: metadata.uid, generation: 1 },
        storage: { name: 'archive' },
      });
    expect(status).toMatchObject({
      observedGeneration: 1,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Valid', observedGeneration: 1 }],
    });
  });

  test('is not a ReportTemplate of that name', async () => {
    const name = await template('not-here', queryTemplate('select name from owner'));
    await sales.report('not-here', { templateRef: { name } });
    const waiting = await sales.waiting('not-here', 'TemplateNotFound');
    expect(messageOf(waiting)).toBe(`ReportTemplate "${name}" does not exist in namespace ${sales.namespace}`);
  });

  test('that comes late lets its Reports go on', async () => {
    await support.report('late', ref(`late-${SUFFIX}`));
    const waiting = await support.waiting('late', 'TemplateNotFound');
    expect(messageOf(waiting)).toBe(`ClusterReportTemplate "late-${SUFFIX}" does not exist`);
    await template('late', queryTemplate('select name from owner'));
    expect((await support.finished('late')).status.phase).toBe('Ready');
  });

  test('with a mistake says so, and lets its Reports go on when it is mended', async () => {
    const name = await template('broken', queryTemplate('select name from owner where name = :name'));
    await sales.report('broken', ref(name));
    const waiting = await sales.waiting('broken', 'TemplateNotReady');
    expect(messageOf(waiting)).toMatch(
      /^ClusterReportTemplate "broken-\w+" is not ready \(InvalidTemplate\): spec\.source\.postgres\.query: .*:name/,
    );
    const verdict = await judged(name, 1);
    expect(verdict.status.conditions).toMatchObject([{ type: 'Ready', status: 'False', reason: 'InvalidTemplate' }]);
    const change = { op: 'replace', path: '/spec/source/postgres/query', value: 'select name from owner' } as const;
    await sales.client.patchJson(CLUSTER_REPORT_TEMPLATES, undefined, name, [change], sales.signal);
    expect((await sales.finished('broken')).status).toMatchObject({ phase: 'Ready', template: { generation: 2 } });
    const mended = await judged(name, 2);
    expect(mended.status.conditions).toMatchObject([{ status: 'True', observedGeneration: 2 }]);
  });

  test('that names a storage means the one of the Report’s namespace', async () => {
    const name = await template('bound', queryTemplate('select name from owner', { storageRef: { name: 'extra' } }));
    await Promise.all([sales.report('bound', ref(name)), support.report('bound', ref(name))]);
    await Promise.all([sales.waiting('bound', 'StorageNotFound'), support.waiting('bound', 'StorageNotFound')]);
    await support.storage('extra', { prefix: 'extra' });
    expect((await support.finished('bound')).status).toMatchObject({ phase: 'Ready', storage: { name: 'extra' } });
    expect(reasonOf(await sales.get('bound'))).toBe('StorageNotFound');
  });

  test('counts the running Reports of all namespaces', async () => {
    const name = await template('one-at-once', queryTemplate(`select 1 as one from ${gatedBy()}`, { maxRunning: 1 }));
    await salesDatabase.closeGate();
    await sales.report('first', ref(name));
    await sales.waiting('first', 'Rendering');
    await support.report('second', ref(name));
    expect(messageOf(await support.waiting('second', 'Queued'))).toBe(
      'waiting: 1 of 1 reports of this template are running (spec.maxRunning)',
    );
    await salesDatabase.openGate();
    expect((await sales.finished('first')).status.phase).toBe('Ready');
    expect((await support.finished('second')).status.phase).toBe('Ready');
  });
});

describe('a ClusterReportTemplate that is for some namespaces', () => {
  test('takes the Reports of these and refuses those of others, which leave nothing', async () => {
    const name = await template('for-sales', queryTemplate('select name from owner', { allowedNamespaces: ofTeam('sales') }));
    await Promise.all([sales.report('for-sales', ref(name)), support.report('for-sales', ref(name))]);
    expect((await sales.finished('for-sales')).status.phase).toBe('Ready');
    const refused = await support.finished('for-sales');
    expect(reasonOf(refused)).toBe('NamespaceNotAllowed');
    expect(messageOf(refused)).toBe(
      `ClusterReportTemplate "${name}" is not for namespace ${support.namespace}: spec.allowedNamespaces does not select its labels; ask the cluster's owner, then create a new Report`,
    );
    expect(await tracesOf(support, 'for-sales')).toEqual(NOTHING_LEFT);
  });

  test('refuses a Report before it looks at its mistakes', async () => {
    const name = await template('for-nobody', queryTemplate('select :x', { allowedNamespaces: ofTeam('nobody') }));
    await support.report('for-nobody', { ...ref(name), parameters: [{ name: 'y', value: 1 }] });
    expect(reasonOf(await support.finished('for-nobody'))).toBe('NamespaceNotAllowed');
  });

  test('looks at the labels as they are: one that comes is believed at once, one that goes ends nobody who is through', async () => {
    const name = await template('by-label', queryTemplate('select name from owner', { allowedNamespaces: ofTeam('sales', 'helpers') }));
    await support.report('before', ref(name));
    expect(reasonOf(await support.finished('before'))).toBe('NamespaceNotAllowed');
    await label(support.namespace, 'helpers');
    await support.report('after', ref(name));
    expect((await support.finished('after')).status.phase).toBe('Ready');
    expect((await support.get('before')).status.phase).toBe('Failed');
  });

  test('asks again when a Report’s turn comes', async () => {
    const name = await template(
      'turn',
      queryTemplate(`select 1 as one from ${gatedBy()}`, { maxRunning: 1, allowedNamespaces: ofTeam('sales', 'helpers') }),
    );
    await salesDatabase.closeGate();
    await sales.report('in-turn', ref(name));
    await sales.waiting('in-turn', 'Rendering');
    await support.report('out-of-turn', ref(name));
    await support.waiting('out-of-turn', 'Queued');
    await label(support.namespace, 'support');
    await untilRefused(name);
    await salesDatabase.openGate();
    expect((await sales.finished('in-turn')).status.phase).toBe('Ready');
    expect(reasonOf(await support.finished('out-of-turn'))).toBe('NamespaceNotAllowed');
  });
});

/** An answer that allows is shared for two seconds; a first refusal shows that the one about the namespace `support` is forgotten. */
async function untilRefused(template: string): Promise<void> {
  for (let probe = 1; ; probe += 1) {
    const name = `probe-${probe}`;
    await support.report(name, ref(template));
    await vi.waitUntil(async () => ['Queued', 'NamespaceNotAllowed'].includes(reasonOf(await support.get(name)) ?? ''), {
      timeout: 30_000,
    });
    if (reasonOf(await support.get(name)) === 'NamespaceNotAllowed') return;
  }
}

describe('an operator', () => {
  test('without the right to read them says so of every Report that names one', async () => {
    const other = new Billing(sales.client, await newNamespace(sales.client, 'no-cluster'), sales.bucket);
    const blind = startOperator(other.namespace);
    try {
      await other.report('blind', ref(made[0] ?? ''));
      const waiting = await other.waiting('blind', 'TemplateNotFound');
      expect(messageOf(waiting)).toBe(
        `ClusterReportTemplate "${made[0]}": this operator reads no ClusterReportTemplates (--cluster-templates=false)`,
      );
    } finally {
      await blind.stop();
    }
  });

  test('with an allow-list of its own keeps to it, and does not argue about the one status with others', async () => {
    const name = await template(
      'labelled',
      queryTemplate('select name from owner', { job: { labels: { 'example.com/queue': 'reports' } } }),
    );
    const verdict = await judged(name, 1);
    expect(verdict.status.conditions).toMatchObject([{ status: 'False', reason: 'InvalidTemplate' }]);
    const other = new Billing(sales.client, await newNamespace(sales.client, 'lenient'), await newBucket('lenient'));
    const database = await InvoiceDatabase.create(other, `create table owner as select 'lenient' as name`);
    await other.storage();
    const lenient = startOperator(other.namespace, ['--job-label-prefixes', 'example.com/', ...READING]);
    try {
      await Promise.all([other.report('labelled', ref(name)), sales.report('labelled', ref(name))]);
      expect((await other.finished('labelled')).status.phase).toBe('Ready');
      expect(messageOf(await sales.waiting('labelled', 'TemplateNotReady'))).toContain('"example.com/queue"');
      expect((await getTemplate(name)).metadata.resourceVersion).toBe(verdict.metadata.resourceVersion);
    } finally {
      await lenient.stop();
      await database.close();
    }
  });
});
