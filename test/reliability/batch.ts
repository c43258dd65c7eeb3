/** Twenty Reports of every kind of source, format and size, with what each must come to; and the rows of a finished file, read back by programs that others wrote. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import ExcelJS from 'exceljs';
import type { Billing } from '../integration/support/billing.ts';
import { queryTemplate } from '../integration/support/invoices.ts';

export interface Member {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly ends: Good | Bad;
}

interface Good {
  readonly phase: 'Ready';
  readonly rows: number;
  /** Text of row `n`, from 1. */
  readonly text: (n: number) => string;
}

interface Bad {
  readonly phase: 'Failed';
  readonly reason: string;
}

const COLUMNS = [
  { name: 'number', type: 'Integer' },
  { name: 'text', type: 'String' },
];
const FORMATS = ['CSV', 'XLSX', 'JSON', 'NDJSON'];
const LARGE_ROWS = 48;
const INLINE_ROWS = 3;

/** Makes the templates that the batch uses; the database is the one of `InvoiceDatabase.create`. */
export async function createTemplates(billing: Billing): Promise<void> {
  const rows = Array.from({ length: INLINE_ROWS }, (_, index) => ({ number: index + 1, text: `row ${index + 1}` }));
  const count = [{ name: 'count', type: 'Integer', required: true }];
  const common = { columns: COLUMNS, formats: FORMATS };
  await billing.template('inline', { source: { inline: { rows } }, ...common });
  const numbers = `select n as number, 'row ' || n as text from generate_series(1, :count) n`;
  await billing.template('numbers', queryTemplate(numbers, { ...common, parameters: count }));
  // 256 KiB a row: three parts of an upload.
  const large = (number: string): string =>
    `select ${number} as number, repeat(md5(n::text), 8192) as text from generate_series(1, ${LARGE_ROWS}) n`;
  await billing.template('large', queryTemplate(large('n'), common));
  await billing.template('broken', queryTemplate(large('n + 0 / (40 - n)'), common));
}

const row = (n: number): string => `row ${n}`;
const largeRow = (n: number): string => createHash('md5').update(String(n)).digest('hex').repeat(8192);

function numbers(name: string, rows: number, format: string, more: object = {}): Member {
  const parameters = [{ name: 'count', value: rows }];
  return { name, spec: { templateRef: { name: 'numbers' }, parameters, format, ...more }, ends: { phase: 'Ready', rows, text: row } };
}

export function inlineMember(name: string, format: string, more: object = {}): Member {
  return { name, spec: { templateRef: { name: 'inline' }, format, ...more }, ends: { phase: 'Ready', rows: INLINE_ROWS, text: row } };
}

function large(name: string, format: string): Member {
  return { name, spec: { templateRef: { name: 'large' }, format }, ends: { phase: 'Ready', rows: LARGE_ROWS, text: largeRow } };
}

function failing(name: string, reason: string, spec: Readonly<Record<string, unknown>>): Member {
  return { name, spec, ends: { phase: 'Failed', reason } };
}

const GZIP = { compression: 'Gzip' };

export const BATCH: readonly Member[] = [
  large('large-csv', 'CSV'),
  large('large-json', 'JSON'),
  numbers('numbers-csv', 1_000, 'CSV'),
  numbers('numbers-xlsx', 20_000, 'XLSX'),
  numbers('numbers-json-gz', 20_000, 'JSON', GZIP),
  inlineMember('inline-csv', 'CSV'),
  failing('broken', 'SourceFailed', { templateRef: { name: 'broken' }, format: 'CSV' }),
  failing('mistaken', 'InvalidParameters', { templateRef: { name: 'numbers' }, parameters: [{ name: 'cuont', value: 1 }] }),
  inlineMember('inline-xlsx', 'XLSX'),
  inlineMember('inline-json-gz', 'JSON', GZIP),
  // Up to here in the weather of one of the two; the rest where both are bad.
  numbers('numbers-ndjson', 5_000, 'NDJSON'),
  numbers('numbers-none', 0, 'CSV'),
  numbers('numbers-none-json', 0, 'JSON', GZIP),
  numbers('numbers-one', 1, 'XLSX'),
  numbers('numbers-csv-gz', 50_000, 'CSV', GZIP),
  inlineMember('inline-ndjson', 'NDJSON', { fileName: 'Zeilen März' }),
  inlineMember('inline-csv-gz', 'CSV', GZIP),
  large('large-ndjson', 'NDJSON'),
  failing('no-number', 'InvalidParameters', { templateRef: { name: 'numbers' }, parameters: [{ name: 'count', value: 'many' }] }),
  failing('broken-json', 'SourceFailed', { templateRef: { name: 'broken' }, format: 'JSON' }),
];

/** [number, text] of every data row, in the file's order. */
export async function rowsOf(bytes: Buffer, format: string, packed: boolean): Promise<readonly (readonly [number, string])[]> {
  const content = packed ? gunzipSync(bytes) : bytes;
  switch (format) {
    case 'CSV': {
      const [head, ...rows] = parse(content);
      if (head?.join() !== 'number,text') throw new Error(`the header is ${String(head)}`);
      return rows.map(([number, text]) => [Number(number), text ?? '']);
    }
    case 'JSON':
      return (JSON.parse(content.toString()) as readonly JsonRow[]).map(pair);
    case 'NDJSON':
      return content
        .toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => pair(JSON.parse(line) as JsonRow));
    default:
      return workbookRows(content);
  }
}

interface JsonRow {
  readonly number: number;
  readonly text: string;
}

function pair({ number, text }: JsonRow): readonly [number, string] {
  return [number, text];
}

async function workbookRows(content: Buffer): Promise<readonly (readonly [number, string])[]> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.load(content as unknown as ArrayBuffer);
  const rows: (readonly [number, string])[] = [];
  workbook.worksheets[0]?.eachRow((cells, index) => {
    if (index > 1) rows.push([Number(cells.getCell(1).value), cells.getCell(2).text]);
  });
  return rows;
}
