/** What a template says that the schema cannot judge: its condition Ready tells every mistake at once, by field, and a Report that needs it repeats that. */
import { beforeAll, expect, test, vi } from 'vitest';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { queryTemplate } from '../support/invoices.ts';
import { storyOf } from '../support/traces.ts';
import { SOURCE_MISTAKES, type Mistake } from './source-mistakes.ts';

const { billing } = useBilling('templates', [
  '--job-priority-classes',
  'reports',
  '--job-node-selector-keys',
  'pool',
  '--job-toleration-keys',
  'batch',
]);

const SKU = [{ name: 'sku', type: 'String' }];

function inline(rows: readonly unknown[], columns: readonly unknown[]): Readonly<Record<string, unknown>> {
  return { source: { inline: { rows } }, columns, formats: ['CSV'] };
}

const MISTAKES: readonly Mistake[] = [
  ...SOURCE_MISTAKES,
  ['placeholder', [/^spec\.source\.postgres\.query: .*:amount/], queryTemplate('select :amount')],
  ['two-statements', [/^spec\.source\.postgres\.query: /], queryTemplate('select 1; select 2')],
  [
    'period-as-value',
    [/^spec\.source\.postgres\.query: .*month_from/],
    queryTemplate('select :month', { parameters: [{ name: 'month', type: 'Period' }] }),
  ],
  ['open-quote', [/^spec\.source\.postgres\.query: /], queryTemplate("select 'abc")],
  [
    'bad-default',
    [/parameters.*amount.*101/],
    queryTemplate('select :amount', { parameters: [{ name: 'amount', type: 'Integer', maximum: '100', default: '101' }] }),
  ],
  [
    'bad-pattern',
    [/parameters.*code.*pattern/],
    queryTemplate('select :code', { parameters: [{ name: 'code', type: 'String', pattern: '(' }] }),
  ],
  [
    'row-type',
    [/^spec\.source\.inline\.rows: row 2: column "price" is a Number with a fraction, which has already been rounded; quote it$/],
    inline([{ price: '1.5' }, { price: 2.5 }], [{ name: 'price', type: 'Decimal' }]),
  ],
  ['row-key', [/^spec\.source\.inline\.rows: row 1: key "skuu" is no column; did you mean "sku"\?/], inline([{ skuu: 'a' }], SKU)],
  [
    'rows-too-large',
    [/^spec\.source\.inline\.rows: \d+ bytes of JSON; at most 65536 are allowed/],
    inline(
      Array.from({ length: 100 }, () => ({ sku: 'x'.repeat(1000) })),
      SKU,
    ),
  ],
  [
    'job-label',
    [/^spec\.job\.labels "team": only those that begin with kueue\.x-k8s\.io\/ are allowed/],
    { ...inline([], SKU), job: { labels: { team: 'billing' } } },
  ],
  [
    'job-wishes',
    [
      /spec\.job\.priorityClassName "urgent": the operator allows only reports \(--job-priority-classes\)/,
      /spec\.job\.nodeSelector "disktype": the operator allows only pool \(--job-node-selector-keys\)/,
      /spec\.job\.tolerations "\(every taint\)": the operator allows only batch \(--job-toleration-keys\)/,
    ],
    { ...inline([], SKU), job: { priorityClassName: 'urgent', nodeSelector: { disktype: 'ssd' }, tolerations: [{ operator: 'Exists' }] } },
  ],
  [
    'all-at-once',
    [/:region/, /amount.*101/, /spec\.job\.labels "team"/],
    {
      ...queryTemplate('select :region, :amount', { parameters: [{ name: 'amount', type: 'Integer', maximum: '100', default: '101' }] }),
      job: { labels: { team: 'x' } },
    },
  ],
];

async function templateOf(name: string): Promise<ReportTemplate> {
  return billing().client.get<ReportTemplate>(REPORT_TEMPLATES, billing().namespace, name, billing().signal);
}

/** The condition Ready, once it speaks of the present generation. */
async function verdictOn(name: string): Promise<{ readonly status: string; readonly reason: string; readonly message: string }> {
  return vi.waitFor(async () => {
    const { metadata, status } = await templateOf(name);
    expect(status.observedGeneration).toBe(metadata.generation);
    const [ready, ...others] = status.conditions ?? [];
    expect(others).toEqual([]);
    expect(ready).toMatchObject({ type: 'Ready', observedGeneration: metadata.generation });
    return ready ?? { status: '', reason: '', message: '' };
  }, 30_000);
}

beforeAll(async () => {
  await billing().storage();
  for (const [name, , spec] of MISTAKES) {
    await billing().template(name, spec);
    await billing().report(name, { templateRef: { name } });
  }
});

test.each(MISTAKES)('%s', async (name, says) => {
  const { status, reason, message } = await verdictOn(name);
  expect([status, reason]).toEqual(['False', 'InvalidTemplate']);
  for (const clause of says) expect(message).toMatch(clause);
  const report = await billing().waiting(name, 'TemplateNotReady');
  expect(messageOf(report)).toBe(`ReportTemplate "${name}" is not ready (InvalidTemplate): ${message}`);
  await vi.waitFor(async () => expect(await storyOf(billing(), 'ReportTemplate', name)).toEqual(['Warning InvalidTemplate']), 10_000);
});

test('a template without mistakes is Ready, says so once, and may be edited: each generation is judged anew', async () => {
  await billing().priceList();
  expect(await verdictOn('prices')).toMatchObject({ status: 'True', reason: 'Valid' });
  const { metadata } = await templateOf('prices');
  await billing().patch(REPORT_TEMPLATES, 'prices', { op: 'add', path: '/metadata/labels', value: { team: 'billing' } });
  await billing().patch(REPORT_TEMPLATES, 'prices', { op: 'replace', path: '/spec/columns/0/name', value: 'stock' });
  const broken = await verdictOn('prices');
  expect(broken).toMatchObject({ status: 'False', reason: 'InvalidTemplate' });
  expect(broken.message).toContain('key "sku" is no column');
  await billing().patch(REPORT_TEMPLATES, 'prices', { op: 'replace', path: '/spec/columns/0/name', value: 'sku' });
  expect(await verdictOn('prices')).toMatchObject({ status: 'True', reason: 'Valid' });
  expect((await templateOf('prices')).metadata.generation).toBe((metadata.generation ?? 0) + 2);
});
