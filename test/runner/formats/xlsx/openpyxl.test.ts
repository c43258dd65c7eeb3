import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cell, Column } from '../../../../src/runner/rows.ts';
import { cellOf } from '../arbitraries.ts';
import { column, encode } from '../encode.ts';
import { decodeText, readWorkbook } from './read-workbook.ts';

const python = process.env['PYTHON'] ?? 'python3';
const present = spawnSync(python, ['-c', 'import openpyxl']).status === 0;

/** Prints each sheet with its rows; dates as ISO text. */
const SCRIPT = `
import datetime, json, sys, openpyxl
def plain(value):
    return value.isoformat() if isinstance(value, (datetime.datetime, datetime.date, datetime.time)) else value
book = openpyxl.load_workbook(sys.argv[1])
print(json.dumps([{
    'name': sheet.title, 'filter': sheet.auto_filter.ref, 'frozen': sheet.freeze_panes,
    'rows': [[plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True)],
} for sheet in book]))
`;

interface PythonSheet {
  readonly name: string;
  readonly filter: string;
  readonly frozen: string;
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
}

function readByOpenpyxl(file: Buffer): PythonSheet[] {
  const folder = mkdtempSync(join(tmpdir(), 'dossier-xlsx-'));
  try {
    const path = join(folder, 'book.xlsx');
    writeFileSync(path, file);
    const { stdout, stderr, status } = spawnSync(python, ['-c', SCRIPT, path], { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as PythonSheet[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.skipIf(!present)(
  'openpyxl reads the same cells as we do by the standard (needs openpyxl, found by $PYTHON or python3)',
  { timeout: 60_000 },
  () => {
    const columns: Column[] = [column('String'), column('Integer'), column('Decimal'), column('Number'), column('Boolean'), column('JSON')];
    // Nothing but one start of Python, so many rows at once.
    const rows = fc.sample(fc.tuple(...columns.map(({ type }) => fc.option<Cell>(cellOf[type], { nil: null }))), {
      numRuns: 2000,
      seed: 3,
    });
    const file = encode('XLSX', columns, rows);
    const ours = readWorkbook(file).sheets[0];
    const [theirs] = readByOpenpyxl(file);
    expect(theirs).toMatchObject({ name: 'Invoices', filter: `A1:F${rows.length + 1}`, frozen: 'A2' });
    const decoded = theirs?.rows.map((row) => row.map((value) => (typeof value === 'string' ? decodeText(value) : value)));
    expect(decoded).toEqual(ours?.cells.map((row) => columns.map((_, index) => row[index]?.value ?? null)));
  },
);

test.skipIf(!present)(
  'openpyxl sees dates and times of the report’s wall clock (needs openpyxl, found by $PYTHON or python3)',
  { timeout: 60_000 },
  () => {
    const start = Temporal.Instant.from('1900-03-02T00:00:00Z').epochMilliseconds;
    const end = Temporal.Instant.from('9999-12-30T00:00:00Z').epochMilliseconds;
    const milliseconds = fc.sample(fc.integer({ min: start, max: end }), { numRuns: 2000, seed: 3 });
    const moments = milliseconds.map((ms) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO('Europe/Berlin'));
    const rows = moments.map((moment): Cell[] => [moment.toPlainDate().toString(), moment.epochNanoseconds]);
    const [sheet] = readByOpenpyxl(encode('XLSX', [column('Date'), column('Timestamp')], rows, { timeZone: 'Europe/Berlin' }));
    expect(sheet?.rows.slice(1).map(([date, time]) => [date, Temporal.PlainDateTime.from(String(time)).toString()])).toEqual(
      moments.map((moment) => [`${moment.toPlainDate().toString()}T00:00:00`, moment.toPlainDateTime().toString()]),
    );
  },
);
