/** The most that a template and its Report may hold together is brought to an end, and a byte more is refused where it was written. */
import ExcelJS from 'exceljs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planJsonOf } from '../../../src/operator/plan-json.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { InvoiceDatabase, queryTemplate } from '../support/invoices.ts';

const { billing } = useBilling('largest');
const COLUMNS = Array.from({ length: 1_000 }, (_, index) => ({ name: `c${index}`, header: `Column ${index}`, type: 'Integer' }));
const TEXTS_OF_32_KIB = [...Array<string>(31).fill('v'.repeat(1_024)), 'w'.repeat(879)];
/** Of source and columns (validate.ts). */
const TEMPLATE_BYTES = 80_000;

let database: InvoiceDatabase;
beforeAll(async () => {
  database = await InvoiceDatabase.create(billing());
  await billing().storage();
});
afterAll(() => database.close());

/** A thousand columns, with a comment that fills it up. */
function wide(comment: string): Readonly<Record<string, unknown>> {
  const values = COLUMNS.map(({ name }, index) => `${index === 0 ? 'cardinality(:texts::text[])' : index} as ${name}`);
  return queryTemplate(`select ${values.join(',')} --${comment}`, {
    columns: COLUMNS,
    parameters: [{ name: 'texts', type: 'Strings' }],
  });
}

/** The comment that makes the stored template as large as it may be, and `more` bytes. */
async function commentFor(more: number): Promise<string> {
  const { spec } = await billing().template(`probe${more}`, wide(''));
  return '-'.repeat(TEMPLATE_BYTES + more - Buffer.byteLength(planJsonOf({ source: spec.source, columns: spec.columns })));
}

describe('a template of 80,000 bytes', () => {
  test('with 32 KiB of parameters becomes a workbook of a thousand columns', async () => {
    await billing().template('wide', wide(await commentFor(0)));
    await billing().report('wide', {
      templateRef: { name: 'wide' },
      parameters: [{ name: 'texts', values: TEXTS_OF_32_KIB }],
      format: 'XLSX',
    });
    const report = await billing().finished('wide');
    expect(report.status, messageOf(report)).toMatchObject({ phase: 'Ready', file: { rows: 1 } });
    expect(Buffer.byteLength(JSON.stringify(TEXTS_OF_32_KIB))).toBeGreaterThan(32_700);
    const [file] = (await bucketContent(billing().bucket)).objects.filter(({ key }) => key.endsWith('wide.xlsx'));
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.load(new Uint8Array(file?.bytes ?? []).buffer);
    const sheet = workbook.worksheets[0];
    expect([sheet?.columnCount, sheet?.rowCount]).toEqual([1_000, 2]);
    expect([sheet?.getCell(2, 1).value, sheet?.getCell(2, 2).value, sheet?.getCell(2, 1_000).value]).toEqual([32, 1, 999]);
  });

  test('and one byte is refused, with both figures', async () => {
    await billing().template('wider', wide(await commentFor(1)));
    await billing().report('wider', { templateRef: { name: 'wider' }, parameters: [{ name: 'texts', values: [] }] });
    expect(messageOf(await billing().waiting('wider', 'TemplateNotReady'))).toContain(
      'spec: source and columns make 80001 bytes of JSON; at most 80000 fit a Job',
    );
  });
});

test('a thousand inline rows of 64 KiB become a file, row by row', async () => {
  const rows = Array.from({ length: 1_000 }, (_, index) => ({ a: String(index).padEnd(56, 'x') }));
  const size = Buffer.byteLength(JSON.stringify(rows));
  const full = rows.with(999, { a: `${rows[999]?.a ?? ''}${'y'.repeat(64 * 1024 - size)}` });
  await billing().template('inline', { source: { inline: { rows: full } }, columns: [{ name: 'a', type: 'String' }], formats: ['NDJSON'] });
  await billing().report('inline', { templateRef: { name: 'inline' } });
  const report = await billing().finished('inline');
  expect(report.status, messageOf(report)).toMatchObject({ phase: 'Ready', file: { rows: 1_000 } });
  const [file] = (await bucketContent(billing().bucket)).objects.filter(({ key }) => key.endsWith('inline.ndjson'));
  expect(file?.bytes.toString()).toBe(full.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
