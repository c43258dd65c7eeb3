/** A repository of CloudBlue Connect on a live control plane: its reports become templates, and its Python functions make the rows. Needs a python3. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import exceljs from 'exceljs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { ReportRepository } from '../../../src/api/generated/reportrepository.ts';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import { REPORT_REPOSITORIES, REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { GitServer } from '../../support/git-server.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { addImage } from '../support/node-control.ts';

const python = process.env['PYTHON'] ?? 'python3';
const present = spawnSync(python, ['--version']).status === 0;
const IMAGE = 'dossier/python:connect-test';

const USAGE = `
async def generate(client, parameters, progress_callback, renderer_type, extra_context_callback):
    for number, product in enumerate(parameters['product']['choices']):
        yield (product, number, parameters['period']['before'], parameters['product']['all'])
`;
const ASKING = `
def generate(client, parameters, progress_callback):
    for request in client.requests.all():
        yield [request['id']]
`;
const entry = (name: string, more: object): object => ({
  name,
  readme_file: 'README.md',
  entrypoint: `reports.${name}.entrypoint.generate`,
  audience: ['vendor'],
  ...more,
});
const REPORTS_JSON = {
  name: 'Reports',
  readme_file: 'README.md',
  version: '1.0.0',
  language: 'python',
  reports: [
    entry('usage_list', {
      report_spec: '2',
      parameters: [
        { id: 'period', type: 'date_range', name: 'Period', description: 'When', required: true },
        { id: 'product', type: 'product', name: 'Products', description: 'Which', required: true },
      ],
      renderers: [
        { id: 'csv', type: 'csv', description: 'CSV', default: true },
        { id: 'xlsx', type: 'xlsx', description: 'Excel', template: 'reports/template.xlsx', args: { start_row: 2, start_col: 1 } },
        { id: 'pdf', type: 'pdf', description: 'PDF', template: 'reports/page.html.j2' },
      ],
    }),
    entry('asking', { report_spec: '1', template: 'reports/template.xlsx', start_row: 2, start_col: 4 }),
  ],
};

async function workbook(): Promise<Buffer> {
  const book = new exceljs.Workbook();
  book.addWorksheet('Data').addRow(['Product ID', 'Number', 'Until', 'All']);
  return Buffer.from(await book.xlsx.writeBuffer());
}

describe.runIf(present)('a repository of Connect', () => {
  const { billing } = useBilling('connect', ['--python-image', IMAGE]);
  let server: GitServer;

  beforeAll(async () => {
    await addImage(IMAGE, { entrypoint: [python, join(import.meta.dirname, '../../../src/python/dossier_connect.py')] });
    await billing().storage();
    server = await GitServer.start();
    await billing().secret('git-ca', { 'ca.crt': server.ca });
  });
  afterAll(() => server.close());

  test('becomes templates, whose Reports have the rows that its functions yield', async ({ expect }) => {
    const commit = await server.commit('reports', {
      'reports.json': JSON.stringify(REPORTS_JSON),
      'README.md': '# Usage of products',
      'reports/__init__.py': '',
      'reports/usage_list/__init__.py': '',
      'reports/usage_list/entrypoint.py': USAGE,
      'reports/asking/__init__.py': '',
      'reports/asking/entrypoint.py': ASKING,
      'reports/template.xlsx': await workbook(),
      'reports/page.html.j2': '',
    });
    const git = { url: server.url('reports'), ref: { commit }, caSecretRef: { name: 'git-ca', key: 'ca.crt' } };
    await billing().create(REPORT_REPOSITORIES, 'connect', { spec: { git, templates: { job: { backoffLimit: 0 } } } });
    const status = async (): Promise<ReportRepository['status']> =>
      (await billing().client.get<ReportRepository>(REPORT_REPOSITORIES, billing().namespace, 'connect', billing().signal)).status;
    await expect.poll(async () => (await status()).phase, { timeout: 60_000 }).toMatch(/Ready|Failed/);
    expect(await status()).toMatchObject({
      phase: 'Ready',
      templates: 2,
      warnings: [
        'reports.json: reports "reports.usage_list.entrypoint.generate": the renderer "pdf" of type pdf is not supported (the others are)',
      ],
    });
    const { spec } = await billing().client.get<ReportTemplate>(
      REPORT_TEMPLATES,
      billing().namespace,
      'connect-usage-list',
      billing().signal,
    );
    expect(spec).toMatchObject({ title: 'usage_list', description: '# Usage of products', formats: ['CSV', 'XLSX'] });

    await billing().report('usage', {
      templateRef: { name: 'connect-usage-list' },
      parameters: [
        { name: 'period', period: { from: '2026-10-01', to: '2026-11-01' } },
        { name: 'product', values: ['PRD-1', '=PRD-2'] },
      ],
    });
    await billing().report('usage-xlsx', {
      templateRef: { name: 'connect-usage-list' },
      parameters: [
        { name: 'period', period: { from: '2026-10-01', to: '2026-11-01' } },
        { name: 'product', values: ['PRD-1'] },
      ],
      format: 'XLSX',
    });
    await billing().report('asking', { templateRef: { name: 'connect-asking' } });
    const report = await billing().finished('usage');
    expect(report.status, messageOf(report)).toMatchObject({ phase: 'Ready', template: { revision: commit }, file: { rows: 2 } });
    const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/usage/`);
    expect(objects[0]?.bytes.toString()).toBe(
      '"Product ID";"Number";"Until";"All"\n"PRD-1";"0";"2026-10-31T23:59:59+00:00";"false"\n"\'=PRD-2";"1";"2026-10-31T23:59:59+00:00";"false"\n',
    );
    const book = new exceljs.Workbook();
    const filled = await billing().finished('usage-xlsx');
    expect(filled.status.phase, messageOf(filled)).toBe('Ready');
    const [file] = (await bucketContent(billing().bucket, `${billing().namespace}/usage-xlsx/`)).objects;
    await book.xlsx.load(Uint8Array.from(file?.bytes ?? []).buffer);
    expect(book.worksheets.map(({ name }) => name)).toEqual(['Data', 'Info']);
    const rows = book.getWorksheet('Data')?.getSheetValues() ?? [];
    expect(rows.slice(1).map((row) => (Array.isArray(row) ? row.slice(1) : row))).toEqual([
      ['Product ID', 'Number', 'Until', 'All'],
      ['PRD-1', '0', '2026-10-31T23:59:59+00:00', 'false'],
    ]);
    const asking = await billing().finished('asking');
    expect(asking.status.phase).toBe('Failed');
    expect(messageOf(asking)).toMatch(
      /^the template's code says: the report asks Connect \(client\.requests\), and no key was given: set CONNECT_API_KEY/,
    );
  });
});
