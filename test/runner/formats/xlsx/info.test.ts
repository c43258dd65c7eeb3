/** The sheet Info of a workbook that Dossier makes itself. */
import ExcelJS from 'exceljs';
import { expect, test } from 'vitest';
import { createEncoder } from '../../../../src/runner/formats/create.ts';
import { infoFacts } from '../../../../src/runner/formats/xlsx/info.ts';
import type { RunPlan } from '../../../../src/runner/plan.ts';
import { column, CSV_DEFAULTS, JSON_DEFAULTS, XLSX_DEFAULTS } from '../encode.ts';

const PLAN = {
  report: { namespace: 'billing', name: 'invoices', uid: 'uid-1' },
  template: { kind: 'ReportTemplate', name: 'invoices', uid: 'uid-2', generation: 3 },
  timeZone: 'Europe/Berlin',
  parameters: [
    { name: 'month', type: 'Period', value: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' } },
    { name: 'customers', type: 'Strings', value: ['acme', '=1+1'] },
    { name: 'since', type: 'Timestamp', value: '2026-01-01T00:00:00Z' },
    { name: 'minimum', type: 'Decimal', value: '12.50' },
    { name: 'paid', type: 'Boolean', value: false },
    { name: 'region', type: 'Choice', value: null },
  ],
} as unknown as RunPlan;

test.each([
  ['Invoices', 'Info'],
  ['info', 'Info (2)'],
])('beside a sheet %s it says where the rows are from, as text that no spreadsheet runs', async (sheetName, infoName) => {
  const info = infoFacts(PLAN, () => Temporal.Instant.from('2026-11-01T05:00:00Z'));
  const options = { compression: 'None', csv: CSV_DEFAULTS, json: JSON_DEFAULTS, timeZone: 'UTC' } as const;
  const encoder = createEncoder('XLSX', { ...options, xlsx: { ...XLSX_DEFAULTS, sheetName, info: true }, info });
  const pieces = [Buffer.from(encoder.start([column('Integer')])), Buffer.from(encoder.encode([[1], [2]])), Buffer.from(encoder.end())];
  expect(encoder.sheets).toBe(1);
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(Buffer.concat(pieces) as unknown as ExcelJS.Buffer);
  expect(book.worksheets.map(({ name }) => name)).toEqual([sheetName, infoName]);
  const rows = book.worksheets[1]?.getSheetValues() ?? [];
  expect(rows.slice(1).map((row) => (row as unknown[]).slice(1))).toEqual([
    ['Report', 'billing/invoices'],
    ['Report UID', 'uid-1'],
    ['Template', 'ReportTemplate invoices, generation 3'],
    ['Parameter month', 'from 2026-10-01 00:00:00 +02:00 to 2026-11-01 00:00:00 +01:00 (not included)'],
    ['Parameter customers', 'acme, =1+1'],
    ['Parameter since', '2026-01-01 01:00:00 +01:00'],
    ['Parameter minimum', '12.50'],
    ['Parameter paid', 'false'],
    ['Parameter region', '(not given)'],
    ['Time zone', 'Europe/Berlin'],
    ['Rows', 2],
    ['Made at', '2026-11-01 06:00:00 +01:00'],
  ]);
});
