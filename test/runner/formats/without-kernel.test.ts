/** Where the kernel cannot run, the reference encoders write the files: whole, and from rows in PostgreSQL's messages, too. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { postgresReader, usualReading } from '../../../src/runner/cells/postgres-cells.ts';
import { WallTimes } from '../../../src/runner/cells/wall-times.ts';
import type * as Formats from '../../../src/runner/formats/create.ts';
import type * as Kernel from '../../../src/runner/kernel/kernel.ts';
import type { Compression, ReportFormat } from '../../../src/runner/plan.ts';
import type { Column, RowBatch, RowEncoder } from '../../../src/runner/rows.ts';
import { DataRows, RowReaders } from '../../../src/runner/sources/postgres/data-rows.ts';
import { row } from '../../support/fake-postgres.ts';
import { CSV_DEFAULTS, JSON_DEFAULTS, XLSX_DEFAULTS } from './encode.ts';

const COLUMNS: readonly Column[] = [
  { name: 'id', header: 'Id', type: 'Integer' },
  { name: 'name', header: 'Name', type: 'String' },
  { name: 'at', header: 'At', type: 'Timestamp' },
];
const FAMILIES = ['integer', 'text', 'timestamp'] as const;
const TEXTS = Array.from({ length: 500 }, (_, index) => [String(index), `=name "${index}" é`, '2026-10-01 10:30:00+02'] as const);
const CELLS: RowBatch = TEXTS.map(([id, name]) => [Number(id), name, 1_790_843_400_000_000_000n]);

const readers = new RowReaders(
  COLUMNS.map((column, index) => {
    const type = { kind: 'scalar', family: FAMILIES[index] ?? 'text' } as const;
    const read = postgresReader(type, column.type, new WallTimes('Europe/Berlin'));
    if (read === undefined) throw new Error('this column cannot be read');
    return { column, index, read, reading: usualReading(type, column.type) };
  }),
);
const WIRE = new DataRows(Buffer.concat(TEXTS.map((texts) => row(...texts))), TEXTS.length, readers, 0);

const FILES: readonly (readonly [ReportFormat, Compression])[] = [
  ['CSV', 'None'],
  ['CSV', 'Gzip'],
  ['JSON', 'None'],
  ['NDJSON', 'Gzip'],
  ['XLSX', 'None'],
];

function optionsOf(compression: Compression): Formats.EncoderOptions {
  return { compression, csv: CSV_DEFAULTS, json: JSON_DEFAULTS, xlsx: XLSX_DEFAULTS, timeZone: 'Europe/Berlin' };
}

function fileOf(encoder: RowEncoder, encode: () => Uint8Array | undefined): Buffer {
  return Buffer.concat([Buffer.from(encoder.start(COLUMNS)), Buffer.from(encode() ?? ''), encoder.end()]);
}

let formats: typeof Formats;
let kernel: typeof Kernel;

// The kernel is compiled once a process, and other tests of this one have compiled it: here it is asked anew.
beforeEach(async () => {
  vi.resetModules();
  formats = await import('../../../src/runner/formats/create.ts');
  kernel = await import('../../../src/runner/kernel/kernel.ts');
});

/** What compiles is not refused by all; Node's types leave it out. */
const { Module: compiler } = (globalThis as unknown as { readonly WebAssembly: { readonly Module: unknown } }).WebAssembly;

class Refusing {
  constructor() {
    throw new RangeError('could not allocate memory');
  }
}

describe.each<[where: string, api: unknown]>([
  ['there is no WebAssembly', undefined],
  ['nothing may be compiled', { Module: Refusing, Instance: Refusing }],
  ['there is no memory for it', { Module: compiler, Instance: Refusing }],
])('where %s', (_, api) => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each(FILES)('%s (%s) is the file of the reference encoder', (format, compression) => {
    vi.stubGlobal('WebAssembly', api);
    expect(kernel.newKernel()).toBeUndefined();
    const { createEncoder, referenceEncoder } = formats;
    const [fromCells, fromWire, reference] = [createEncoder, createEncoder, referenceEncoder].map((create) =>
      create(format, optionsOf(compression)),
    ) as [RowEncoder, RowEncoder, RowEncoder];
    const wanted = fileOf(reference, () => reference.encode(CELLS));
    expect(fileOf(fromCells, () => fromCells.encode(CELLS)).equals(wanted)).toBe(true);
    expect(fileOf(fromWire, () => fromWire.encodeWire?.(WIRE)).equals(wanted)).toBe(true);
    expect(fromCells.sheets).toBe(1);
  });
});

test('with a kernel the packed files are others: the tests above do not compare the kernel with itself', () => {
  const { createEncoder, referenceEncoder } = formats;
  const [fast, reference] = [createEncoder('CSV', optionsOf('Gzip')), referenceEncoder('CSV', optionsOf('Gzip'))];
  expect(fileOf(fast, () => fast.encode(CELLS)).equals(fileOf(reference, () => reference.encode(CELLS)))).toBe(false);
});
