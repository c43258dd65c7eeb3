import { describe, expect, test } from 'vitest';
import type { ReportStorage } from '../../../src/api/generated/reportstorage.ts';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import { factsOf } from '../../../src/operator/report/job-facts.ts';
import { checkReport, planRun } from '../../../src/operator/report/run.ts';
import type { Compression, ReportFormat } from '../../../src/runner/plan.ts';
import { aReport } from './given.ts';

interface Row {
  /** What the Report says. */
  readonly spec?: { readonly format?: ReportFormat; readonly compression?: Compression };
  /** What the template says. */
  readonly formats?: readonly ReportFormat[];
  readonly compression?: Compression;
}

function templateOf({ formats = ['CSV', 'JSON', 'NDJSON', 'XLSX'], compression = 'None' }: Row): ReportTemplate {
  return {
    kind: 'ReportTemplate',
    metadata: { name: 'invoices', uid: 'template-uid' },
    spec: {
      source: { inline: { rows: [] } },
      columns: [{ name: 'id', type: 'Integer' }],
      formats,
      compression,
      json: { decimals: 'Number', integers: 'String' },
      xlsx: { sheetName: 'Invoices', freezeHeader: true, autoFilter: true, info: false },
      job: { activeDeadlineSeconds: 60 },
    },
  } as unknown as ReportTemplate;
}

const STORAGE = {
  metadata: { name: 'archive', uid: 'storage-uid' },
  spec: { s3: { bucket: 'reports', region: 'us-east-1', checksums: 'Auto' } },
} as unknown as ReportStorage;

describe('a file is', () => {
  test.each<[string, Row, name: string, contentType: string]>([
    ['what the template says first, as it is', {}, 'invoices.csv', 'text/csv; charset=utf-8'],
    ['packed when the Report says so', { spec: { compression: 'Gzip' } }, 'invoices.csv.gz', 'application/gzip'],
    ['packed when only the template says so', { compression: 'Gzip' }, 'invoices.csv.gz', 'application/gzip'],
    ['packed in each text format', { spec: { format: 'NDJSON' }, compression: 'Gzip' }, 'invoices.ndjson.gz', 'application/gzip'],
    [
      'as the Report says against its template',
      { spec: { format: 'JSON', compression: 'None' }, compression: 'Gzip' },
      'invoices.json',
      'application/json',
    ],
    [
      'a workbook as it is, whatever the template says of its other formats',
      { spec: { format: 'XLSX' }, compression: 'Gzip' },
      'invoices.xlsx',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    ],
    [
      'a workbook that is asked for as it is',
      { spec: { compression: 'None' }, formats: ['XLSX'] },
      'invoices.xlsx',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    ],
  ])('%s', (_, row, name, contentType) => {
    const report = aReport({ spec: row.spec ?? {} });
    const checked = checkReport(report, templateOf(row));
    if (!checked.ok) throw new Error(checked.message);
    const run = planRun(report, checked, templateOf(row), { output: STORAGE, source: undefined }, 1, false);
    if (!run.ok) throw new Error(run.message);
    expect(run.plan.output).toMatchObject({ fileName: name, contentType, key: `billing/invoices/report-uid/${name}` });
    expect(run.plan).toMatchObject({
      compression: name.endsWith('.gz') ? 'Gzip' : 'None',
      json: { decimals: 'Number', integers: 'String' },
    });
    expect(factsOf(run.planJson), 'what the status will say').toMatchObject({ fileName: name, contentType, format: checked.format });
  });
});

describe('a workbook cannot be packed', () => {
  test('by a Report whose template offers nothing else: it says so with all its other mistakes', () => {
    const report = aReport({ spec: { compression: 'Gzip', timeZone: 'Europe/Nowhere' } });
    expect(checkReport(report, templateOf({ formats: ['XLSX', 'CSV'] }))).toMatchObject({
      ok: false,
      reason: 'InvalidParameters',
      message: expect.stringMatching(/Europe\/Nowhere.*; compression Gzip: format XLSX .*leave compression out.* CSV/) as string,
    });
  });
});
