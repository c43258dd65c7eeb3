/**
 * Whether a contestant wrote the rows: read back by others' readers (csv-parse, JSON.parse, exceljs, zlib) and compared value by value before its time counts.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import ExcelJS from 'exceljs';
import { COLUMNS, rowMaker, valuesOf } from './rows.ts';

export type FileFormat = 'csv' | 'ndjson' | 'xlsx';

type Value = string | number;

const HEADERS = COLUMNS.map(({ name }) => name);
/** `created_at`, and the three numbers. */
const TIME = 1;
const NUMBERS: ReadonlySet<number> = new Set([6, 7, 8]);

/** @throws Error naming the first difference. */
export async function verify(path: string, format: FileFormat, packed: boolean, rows: number): Promise<void> {
  const file = packed ? gunzipSync(readFileSync(path)) : readFileSync(path);
  const read = await readRows(file, format);
  if (read.length !== rows) throw new Error(`${read.length} rows instead of ${rows}`);
  const next = rowMaker();
  read.forEach((values, index) => {
    const expected = valuesOf(next()).map((value) => (value instanceof Date ? value.getTime() : value));
    expected.forEach((value, column) => {
      if (values[column] !== value)
        throw new Error(`row ${index + 1}, ${HEADERS[column] ?? ''}: ${String(values[column])} instead of ${String(value)}`);
    });
  });
}

async function readRows(file: Buffer, format: FileFormat): Promise<Value[][]> {
  switch (format) {
    case 'csv': {
      const [header, ...records] = parse(file);
      if (header?.join() !== HEADERS.join()) throw new Error('no header');
      return records.map((record) => record.map(valueOfText));
    }
    case 'ndjson':
      return file
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, Value>)
        .map((object) => HEADERS.map((name, column) => (column === TIME ? Date.parse(String(object[name])) : (object[name] ?? ''))));
    case 'xlsx': {
      const book = new ExcelJS.Workbook();
      await book.xlsx.load(file as unknown as ExcelJS.Buffer);
      const values: Value[][] = [];
      book.worksheets[0]?.eachRow((row, number) => {
        if (number > 1) values.push(HEADERS.map((_, column) => valueOfCell(row.getCell(column + 1).value)));
      });
      return values;
    }
  }
}

function valueOfText(text: string, column: number): Value {
  if (column === TIME) return Date.parse(text);
  return NUMBERS.has(column) ? Number(text) : text;
}

function valueOfCell(value: ExcelJS.CellValue): Value {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value);
}
