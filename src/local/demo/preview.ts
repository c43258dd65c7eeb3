/** The first rows of a file, as lines of text: of a text file as they stand in it, unpacked, of a workbook its first sheet's cells. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { CellValue } from 'exceljs';
import type { ReportFormat } from '../../runner/plan.ts';

/** The header and as many rows. */
const ROWS = 3;

export async function firstLines(path: string, format: ReportFormat): Promise<readonly string[]> {
  return format === 'XLSX' ? firstSheetLines(path) : firstTextLines(path);
}

async function firstTextLines(path: string): Promise<readonly string[]> {
  const input = textOf(path);
  const lines: string[] = [];
  try {
    for await (const line of createInterface({ input })) {
      lines.push(line);
      if (lines.length > ROWS) break;
    }
  } finally {
    input.destroy();
  }
  return lines;
}

function textOf(path: string): Readable {
  const file = createReadStream(path);
  // An error comes out of the stream that is read, too.
  return path.endsWith('.gz') ? pipeline(file, createGunzip(), () => undefined) : file;
}

/** Reads no further than it must: the examples' workbooks hold tens of thousands of rows. */
async function firstSheetLines(path: string): Promise<readonly string[]> {
  const { default: exceljs } = await import('exceljs');
  const input = createReadStream(path);
  const reader = new exceljs.stream.xlsx.WorkbookReader(input, {
    worksheets: 'emit',
    styles: 'cache',
    sharedStrings: 'ignore',
    hyperlinks: 'ignore',
    entries: 'ignore',
  });
  const lines: string[] = [];
  try {
    for await (const sheet of reader) {
      for await (const row of sheet) {
        lines.push((row.values as CellValue[]).slice(1).map(cellText).join(' | '));
        if (lines.length > ROWS) return lines;
      }
    }
    return lines;
  } finally {
    input.destroy();
  }
}

function cellText(value: CellValue | undefined): string {
  if (value === null || value === undefined) return '';
  // A cell's date has no zone: the reader only stores it as if it were UTC.
  if (value instanceof Date)
    return value
      .toISOString()
      .replace(/T00:00:00\.000Z$/, '')
      .replace('T', ' ')
      .replace(/(\.000)?Z$/, '');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
