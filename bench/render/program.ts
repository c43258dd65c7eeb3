/**
 * One contestant in one process: `program NAME ROWS FILE`. Bundled before it runs, as the runner's image is, so that nobody pays for stripping types.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { DeflatedData } from '../../src/runner/compression/deflate.ts';
import { GZIP_HEADER, gzipTrailer } from '../../src/runner/compression/gzip.ts';
import { createEncoder, referenceEncoder, type EncoderOptions } from '../../src/runner/formats/create.ts';
import type { Compression, ReportFormat } from '../../src/runner/plan.ts';
import type { Cell } from '../../src/runner/rows.ts';
import { cellsOf, COLUMNS, rowMaker, valuesOf, type RawRow } from './rows.ts';

/** As sources that make cells of what they read hand them on. */
const BATCH_ROWS = 250;

type Program = (rows: number, path: string) => void;

const options = (compression: Compression): EncoderOptions => ({
  compression,
  csv: { delimiter: ',', header: true, bom: false, quote: 'Minimal', lineEnding: 'LF', null: '', formulas: 'Escape' },
  json: { decimals: 'Number', integers: 'Number' },
  xlsx: { sheetName: 'Report', freezeHeader: true, autoFilter: true, info: false },
  timeZone: 'UTC',
});

function dossier(create: typeof createEncoder, format: ReportFormat, compression: Compression = 'None'): Program {
  return (rows, path) => {
    const encoder = create(format, options(compression));
    const file = openSync(path, 'w');
    writeSync(file, encoder.start(COLUMNS));
    const next = rowMaker();
    for (let from = 0; from < rows; from += BATCH_ROWS) {
      const batch: Cell[][] = [];
      while (batch.length < Math.min(BATCH_ROWS, rows - from)) batch.push(cellsOf(next()));
      writeSync(file, encoder.encode(batch));
    }
    writeSync(file, encoder.end());
    closeSync(file);
  };
}

function objectOf(row: RawRow): object {
  const [id, created_at, customer, country, product, sku, quantity, unit_price, amount, currency, status, description] = valuesOf(row);
  return { id, created_at, customer, country, product, sku, quantity, unit_price, amount, currency, status, description };
}

/** Our CSV through zlib at level 1, a call for each quarter of a mebibyte. */
function throughZlib(format: ReportFormat): Program {
  return (rows, path) => {
    const encoder = createEncoder(format, options('None'));
    const file = openSync(path, 'w');
    const packer = new DeflatedData(1);
    let held: Buffer[] = [];
    let bytes = 0;
    const write = (piece: Uint8Array): void => {
      held.push(Buffer.from(piece));
      bytes += piece.length;
      if (bytes < 262_144) return;
      writeSync(file, packer.write(Buffer.concat(held)));
      [held, bytes] = [[], 0];
    };
    writeSync(file, GZIP_HEADER);
    write(encoder.start(COLUMNS));
    const next = rowMaker();
    for (let from = 0; from < rows; from += BATCH_ROWS) {
      const batch: Cell[][] = [];
      while (batch.length < Math.min(BATCH_ROWS, rows - from)) batch.push(cellsOf(next()));
      write(encoder.encode(batch));
    }
    write(encoder.end());
    writeSync(file, packer.end(Buffer.concat(held)));
    writeSync(file, gzipTrailer(packer));
    closeSync(file);
  };
}

/** JSON.stringify of one object a row, a thousand lines at a time. */
function jsonStringify(rows: number, path: string): void {
  const file = openSync(path, 'w');
  const next = rowMaker();
  for (let from = 0; from < rows; from += BATCH_ROWS) {
    let lines = '';
    for (let row = from; row < Math.min(rows, from + BATCH_ROWS); row += 1) lines += `${JSON.stringify(objectOf(next()))}\n`;
    writeSync(file, lines);
  }
  closeSync(file);
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  'dossier-csv': dossier(createEncoder, 'CSV'),
  'dossier-csv-gzip': dossier(createEncoder, 'CSV', 'Gzip'),
  'dossier-ndjson': dossier(createEncoder, 'NDJSON'),
  'dossier-ndjson-gzip': dossier(createEncoder, 'NDJSON', 'Gzip'),
  'dossier-xlsx': dossier(createEncoder, 'XLSX'),
  'reference-csv': dossier(referenceEncoder, 'CSV'),
  'reference-csv-gzip': dossier(referenceEncoder, 'CSV', 'Gzip'),
  'reference-ndjson': dossier(referenceEncoder, 'NDJSON'),
  'reference-ndjson-gzip': dossier(referenceEncoder, 'NDJSON', 'Gzip'),
  'reference-xlsx': dossier(referenceEncoder, 'XLSX'),
  'json-stringify': jsonStringify,
  'csv-through-zlib-1': throughZlib('CSV'),
  'ndjson-through-zlib-1': throughZlib('NDJSON'),
};

const [, , name = '', rows = '', path = ''] = process.argv;
const program = PROGRAMS[name];
if (program === undefined) throw new Error(`no contestant named ${name}`);
program(Number(rows), path);
