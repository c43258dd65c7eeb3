import { expect, test } from 'vitest';
import type { Cell } from '../../../../src/runner/rows.ts';
import { column, encoderOf } from '../encode.ts';
import { readZip } from '../zip/read-zip.ts';
import { type ReadCell, readSheet, readWorkbook } from './read-workbook.ts';

/** Rows of a sheet by ECMA-376, header included. */
const SHEET_ROWS = 1_048_576;

function workbookOf(rowCount: number): { file: Buffer; sheets: number } {
  const encoder = encoderOf('XLSX');
  const pieces: Uint8Array[] = [Buffer.from(encoder.start([column('Integer', { header: 'Number' })]))];
  for (let from = 1; from <= rowCount; from += 1000) {
    const batch = Array.from({ length: Math.min(1000, rowCount + 1 - from) }, (_, index): Cell[] => [from + index]);
    pieces.push(Buffer.from(encoder.encode(batch)));
  }
  pieces.push(encoder.end());
  return { file: Buffer.concat(pieces), sheets: encoder.sheets };
}

test('row 1,048,577 begins a second sheet with header, frozen pane and filter, and no row is lost', { timeout: 60_000 }, () => {
  const rowCount = SHEET_ROWS - 1 + 3;
  const { file, sheets } = workbookOf(rowCount);
  expect(sheets).toBe(2);

  const parts = readZip(file);
  let next = 1;
  const settings = ['xl/worksheets/sheet1.xml', 'xl/worksheets/sheet2.xml'].map((name) => {
    let header: ReadCell | undefined;
    const part = parts.find((candidate) => candidate.name === name);
    const sheet = readSheet(part?.content ?? Buffer.alloc(0), ([cell]) => {
      if (header === undefined) header = cell;
      // One expectation a row would take longer than the rest of the test.
      else if (cell?.kind === 'number' && cell.value === next) next += 1;
      else expect.fail(`row ${next} is not where it should be`);
    });
    return { header: header?.value, rows: sheet.rows, filter: sheet.filter, frozen: sheet.pane?.['state'], selected: sheet.selected };
  });
  expect(next - 1).toBe(rowCount);
  expect(settings).toEqual([
    { header: 'Number', rows: SHEET_ROWS, filter: 'A1:A1048576', frozen: 'frozen', selected: true },
    { header: 'Number', rows: 4, filter: 'A1:A4', frozen: 'frozen', selected: false },
  ]);
  const workbook = readWorkbook(file);
  expect(workbook.sheets.map(({ name }) => name)).toEqual(['Invoices', 'Invoices (2)']);
  expect(workbook.definedNames.map(({ text }) => text)).toEqual(["'Invoices'!$A$1:$A$1048576", "'Invoices (2)'!$A$1:$A$4"]);
});

test('a sheet that is just full needs no second one', { timeout: 60_000 }, () => {
  expect(workbookOf(SHEET_ROWS - 1).sheets).toBe(1);
});
