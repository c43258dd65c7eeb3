/** Reports into a user's own workbook, from the ConfigMap to the file in the bucket, and what becomes of workbooks that are missing or refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ExcelJS from 'exceljs';
import { beforeAll, expect, test } from 'vitest';
import { CONFIG_MAPS } from '../../../src/kube/resources.ts';
import { messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';

const { billing } = useBilling('workbooks');
const FORM = readFileSync(join(import.meta.dirname, '../../runner/formats/workbook/form.xlsx'));
const workbook = { configMapRef: { name: 'forms', key: 'invoices.xlsx' }, sheet: 'Table', startRow: 3, startColumn: 2 };

beforeAll(async () => {
  await billing().storage();
  await billing().create(CONFIG_MAPS, 'forms', { binaryData: { 'invoices.xlsx': FORM.toString('base64'), 'broken.xlsx': 'AAAA' } });
});

async function fileOf(name: string): Promise<ExcelJS.Workbook> {
  const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/${name}/`);
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(objects[0]?.bytes as unknown as ExcelJS.Buffer);
  return book;
}

test('the rows are in the workbook, and beside them a sheet that says what they are of', async () => {
  await billing().priceList('forms', { formats: ['XLSX', 'CSV'], xlsx: { workbook, info: true } });
  // Another format has no need of it.
  for (const [name, format] of [
    ['forms', 'XLSX'],
    ['plain', 'CSV'],
  ] as const)
    await billing().report(name, { templateRef: { name: 'forms' }, format });
  for (const name of ['forms', 'plain']) {
    const done = await billing().finished(name);
    expect(done.status, messageOf(done)).toMatchObject({ phase: 'Ready', file: { rows: 2, sheets: 1 } });
  }
  const book = await fileOf('forms');
  expect(book.worksheets.map(({ name }) => name)).toEqual(['Summary', 'Data & more', 'Table', 'Info']);
  const sheet = book.getWorksheet('Table')!;
  expect([3, 4, 5].map((row) => [sheet.getCell(`B${row}`).value, sheet.getCell(`C${row}`).value])).toEqual([
    ['a', 1.5],
    ['b', 20],
    [null, null],
  ]);
  expect(book.getWorksheet('Info')?.getCell('B1').value).toBe(`${billing().namespace}/forms`);
});

test.concurrent.each<[string, object, string]>([
  [
    'missing',
    { configMapRef: { name: 'nothing', key: 'invoices.xlsx' } },
    'ConfigMap "nothing" does not exist, or has no key "invoices.xlsx"; put the workbook under binaryData',
  ],
  ['no-key', { configMapRef: { name: 'forms', key: 'other.xlsx' } }, 'ConfigMap "forms" does not exist, or has no key "other.xlsx"'],
  ['broken', { configMapRef: { name: 'forms', key: 'broken.xlsx' } }, 'xlsx.workbook: the workbook is no .xlsx file'],
  ['no-sheet', { sheet: 'Daten' }, 'xlsx.workbook: the workbook has no sheet "Daten"; it has: "Summary", "Data & more", "Table"'],
])('a workbook that is %s fails the Report with its remedy, and no file is left', async (name, change, says) => {
  await billing().priceList(name, { formats: ['XLSX'], xlsx: { workbook: { ...workbook, ...change } } });
  await billing().report(name, { templateRef: { name } });
  const done = await billing().finished(name);
  expect([reasonOf(done), messageOf(done)]).toEqual(['TemplateFailed', expect.stringContaining(says)]);
  expect(await bucketContent(billing().bucket, `${billing().namespace}/${name}/`)).toEqual({ objects: [], uploads: [] });
});
