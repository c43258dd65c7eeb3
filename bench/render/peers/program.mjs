/** The writers of npm, one in one process: `program NAME ROWS FILE`. Bundled before it runs. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { COLUMNS, rowMaker, valuesOf } from '../rows.ts';

/** As many rows as the runner has in a batch. */
const BATCH_ROWS = 1000;

const HEADERS = COLUMNS.map(({ name }) => name);

function* pulled(rows) {
  const next = rowMaker();
  for (let row = 0; row < rows; row += 1) yield valuesOf(next());
}

async function csvStringify(rows, path) {
  const { stringify } = await import('csv-stringify');
  const formatting = stringify({ header: true, columns: [...HEADERS], cast: { date: (date) => date.toISOString() } });
  await pipeline(Readable.from(pulled(rows)), formatting, createWriteStream(path));
}

async function fastCsv(rows, path) {
  const { format } = await import('@fast-csv/format');
  const stream = format({ headers: [...HEADERS] }).transform((row) =>
    row.map((value) => (value instanceof Date ? value.toISOString() : value)),
  );
  await pipeline(Readable.from(pulled(rows)), stream, createWriteStream(path));
}

async function hucreCsv(rows, path) {
  const { writeCsvStream } = await import('hucre/csv');
  await pipeline(Readable.fromWeb(writeCsvStream(pulled(rows), { headers: [...HEADERS] })), createWriteStream(path));
}

async function hucreXlsx(rows, path) {
  const { writeXlsxStream } = await import('hucre/xlsx');
  const columns = HEADERS.map((header) => ({ header }));
  await pipeline(Readable.fromWeb(writeXlsxStream(pulled(rows), { name: 'Report', columns })), createWriteStream(path));
}

/** Its streaming writer, with a pause for the stream every thousand rows. */
async function exceljs(rows, path) {
  const { default: ExcelJS } = await import('exceljs');
  const book = new ExcelJS.stream.xlsx.WorkbookWriter({ filename: path, useStyles: true });
  const sheet = book.addWorksheet('Report');
  sheet.columns = HEADERS.map((header, index) => ({
    header,
    key: header,
    ...(index === 1 ? { style: { numFmt: 'yyyy-mm-dd hh:mm:ss' } } : {}),
  }));
  let row = 0;
  for (const values of pulled(rows)) {
    sheet.addRow(values).commit();
    row += 1;
    if (row % BATCH_ROWS === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  sheet.commit();
  await book.commit();
}

const PROGRAMS = { 'csv-stringify': csvStringify, 'fast-csv': fastCsv, 'hucre-csv': hucreCsv, 'hucre-xlsx': hucreXlsx, exceljs };

const [, , name, rows, path] = process.argv;
await PROGRAMS[name](Number(rows), path);
