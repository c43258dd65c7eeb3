/** The kernel against the reference encoders: the same bytes, or the same refusal, whatever the rows. */
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEncoder, referenceEncoder, type EncoderOptions } from '../../../src/runner/formats/create.ts';
import type { Compression, CsvOptions, JsonOptions, ReportFormat } from '../../../src/runner/plan.ts';
import { COLUMN_TYPES, type Cell, type Column, type RowBatch, type RowEncoder } from '../../../src/runner/rows.ts';
import { nastyText, tableOf } from './arbitraries.ts';
import { column, CSV_DEFAULTS, FORMATS, JSON_DEFAULTS, XLSX_DEFAULTS } from './encode.ts';
import { readZip } from './zip/read-zip.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns'] as const;

const csvOptions: fc.Arbitrary<CsvOptions> = fc.record({
  delimiter: fc.constantFrom(',', ';', '|', '\t'),
  header: fc.boolean(),
  bom: fc.boolean(),
  quote: fc.constantFrom('Minimal', 'All'),
  lineEnding: fc.constantFrom('LF', 'CRLF'),
  null: fc.oneof(fc.constantFrom('', 'NULL', '0', '-', 'true', 'a,b', '2026-01-01', '\uFFFD'), nastyText),
  formulas: fc.constantFrom('Escape', 'Keep'),
});
const jsonOptions: fc.Arbitrary<JsonOptions> = fc.record({
  decimals: fc.constantFrom('String', 'Number'),
  integers: fc.constantFrom('String', 'Number'),
});

function optionsOf(more: Partial<EncoderOptions> = {}): EncoderOptions {
  return { compression: 'None', csv: CSV_DEFAULTS, json: JSON_DEFAULTS, xlsx: XLSX_DEFAULTS, timeZone: 'UTC', ...more };
}

/** The whole file, or the message of the error that ended it. */
function outcome(encoder: RowEncoder, columns: readonly Column[], rows: RowBatch, batchSize: number): Buffer | string {
  try {
    const pieces: Uint8Array[] = [Buffer.from(encoder.start(columns))];
    for (let from = 0; from < rows.length; from += batchSize) pieces.push(Buffer.from(encoder.encode(rows.slice(from, from + batchSize))));
    return Buffer.concat([...pieces, encoder.end()]);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Packed files may differ in how they are packed. */
function contentOf(format: ReportFormat, compression: Compression, file: Buffer): Buffer {
  if (compression === 'Gzip') return gunzipSync(file);
  return format === 'XLSX' ? Buffer.concat(readZip(file).flatMap(({ name, content }) => [Buffer.from(`\n${name}\n`), content])) : file;
}

/** Both outcomes; equal buffers are quick to compare this way. */
function expectSame(format: ReportFormat, options: EncoderOptions, columns: readonly Column[], rows: RowBatch, batchSize = 100): void {
  const [fast, reference] = [createEncoder(format, options), referenceEncoder(format, options)].map((encoder) => {
    const file = outcome(encoder, columns, rows, batchSize);
    return Buffer.isBuffer(file) ? contentOf(format, options.compression, file) : file;
  });
  if (Buffer.isBuffer(fast) && Buffer.isBuffer(reference) && fast.equals(reference)) return;
  expect(String(fast)).toBe(String(reference));
}

describe('the fast encoder', () => {
  test('of CSV writes what the reference writes', () => {
    fc.assert(
      fc.property(
        tableOf(),
        csvOptions,
        fc.constantFrom(...ZONES),
        fc.integer({ min: 1, max: 13 }),
        ({ columns, rows }, csv, timeZone, batch) => {
          expectSame('CSV', optionsOf({ csv, timeZone }), columns, rows, batch);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each(['JSON', 'NDJSON'] as const)('of %s writes what the reference writes', (format) => {
    fc.assert(
      fc.property(
        tableOf(),
        jsonOptions,
        fc.constantFrom(...ZONES),
        fc.integer({ min: 1, max: 13 }),
        ({ columns, rows }, json, timeZone, batch) => {
          expectSame(format, optionsOf({ json, timeZone }), columns, rows, batch);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('of XLSX writes what the reference writes', () => {
    fc.assert(
      fc.property(
        tableOf(),
        fc.constantFrom(...ZONES),
        fc.integer({ min: 1, max: 13 }),
        fc.constantFrom(undefined, '0.00', '#,##0 "&<>"'),
        ({ columns, rows }, timeZone, batch, numberFormat) => {
          const styled = columns.map((some) => (numberFormat === undefined ? some : { ...some, numberFormat }));
          expectSame('XLSX', optionsOf({ timeZone }), styled, rows, batch);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each(['CSV', 'JSON', 'NDJSON'] as const)('of packed %s writes what the reference writes', (format) => {
    fc.assert(
      fc.property(
        tableOf(),
        csvOptions,
        fc.constantFrom(...ZONES),
        fc.integer({ min: 1, max: 13 }),
        ({ columns, rows }, csv, timeZone, batch) => {
          expectSame(format, optionsOf({ compression: 'Gzip', csv, timeZone }), columns, rows, batch);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('packs by itself what any reader unpacks: nothing, noise, one letter, and all in between', () => {
    const texts = fc.oneof(
      fc.array(fc.integer({ min: 0x20, max: 0x2fff }), { minLength: 100, maxLength: 30_000 }).map((codes) => String.fromCharCode(...codes)),
      fc
        .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 400 }))
        .map(([text, times]) => text.repeat(times)),
      nastyText,
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, texts), { maxLength: 40 }), (rows) => {
        const columns = [column('String'), column('String', { name: 'b' })];
        expectSame('XLSX', optionsOf(), columns, rows, 7);
        expectSame('CSV', optionsOf({ compression: 'Gzip' }), columns, rows, 7);
      }),
      { numRuns: 40 },
    );
  });

  test('packs many blocks as one stream', () => {
    let state = 1;
    const next = (below: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % below;
    const columns = (['String', 'Integer', 'Number', 'Timestamp', 'Boolean'] as const).map((type) => column(type));
    const rows = Array.from({ length: 30_000 }, (): Cell[] => [
      next(3) === 0 ? null : `item ${next(1000)} ${'x'.repeat(next(60))}`,
      next(1e9) - 5e8,
      next(1e6) / 10 ** next(4),
      BigInt(next(2e9)) * 1_000_000_007n,
      next(2) === 0,
    ]);
    for (const format of FORMATS) expectSame(format, optionsOf({ compression: format === 'XLSX' ? 'None' : 'Gzip' }), columns, rows, 333);
  });

  test('packs text that nothing repeats, cells that only repeat, and letters that are hardly ever used', () => {
    let state = 1;
    const next = (below: number): number => ((state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 8) % below;
    const random = (length: number): string => Array.from({ length }, () => String.fromCharCode(0x30 + next(70))).join('');
    const fibonacci: string[] = [];
    for (let [letter, count, before] = [0x61, 1, 1]; count < 20_000; [letter, count, before] = [letter + 1, count + before, count])
      fibonacci.push(...Array<string>(count).fill(String.fromCharCode(letter)));
    for (let at = fibonacci.length - 1; at > 0; at -= 1) {
      const other = next(at + 1);
      [fibonacci[at], fibonacci[other]] = [fibonacci[other] ?? '', fibonacci[at] ?? ''];
    }
    const rows: Cell[][] = [
      ...Array.from({ length: 8 }, () => [random(30_000), random(1)]),
      ...Array.from({ length: 40_000 }, () => ['always the same', 'as in the row before']),
      ...Array.from({ length: 40 }, (_, at) => [fibonacci.slice(at * 1000, (at + 1) * 1000).join(''), null]),
    ];
    const columns = [column('String'), column('String', { name: 'b' })];
    for (const format of ['XLSX', 'CSV'] as const)
      expectSame(format, optionsOf({ compression: format === 'XLSX' ? 'None' : 'Gzip' }), columns, rows, 500);
  });

  test('writes any number of rows without a value', () => {
    const rows = Array.from({ length: 60_000 }, (_, index): Cell[] => [index === 59_999 ? 'last' : null, null]);
    const columns = [column('String'), column('Integer')];
    expectSame('XLSX', optionsOf(), columns, rows, 1000);
    expectSame('CSV', optionsOf({ compression: 'Gzip' }), columns, rows, 1000);
  });

  test('leaves files to the reference whose names or nulls are longer than it has room for', () => {
    const rows: Cell[][] = [[null], [1]];
    expectSame('NDJSON', optionsOf(), [column('Integer', { name: 'n'.repeat(5000) })], rows);
    expectSame('CSV', optionsOf({ csv: { ...CSV_DEFAULTS, null: 'n'.repeat(5000) } }), [column('Integer')], rows);
  });

  test('takes texts of any length, and rows of any width, and runs that fill its buffers in the middle of a row', () => {
    const lengths = [0, 1, 7, 8, 9, 15, 16, 17, 32_767, 65_535, 65_536, 65_537, 200_000];
    const letters = ['a', '"', '\u00e9', '\u20ac', '\u{1F600}', '\ud800', '\u0001', '=', ',"\n'];
    const columns = letters.map((_, index) => column('String', { name: `c${index}` }));
    const rows = lengths.map((length) => letters.map((letter) => letter.repeat(Math.ceil(length / letter.length)).slice(0, length)));
    const wide = Array.from({ length: 16_500 }, (_, index) => column(index % 3 === 0 ? 'String' : 'Integer', { name: `c${index}` }));
    const wideRows = [0, 1, 2].map((row) => wide.map(({ type }, index): Cell => (type === 'String' ? `text ${row} ${index}` : index)));
    const sheetRows = wideRows.map((row) => row.slice(0, 16_384));
    for (const format of FORMATS) {
      expectSame(format, optionsOf(), columns, format === 'XLSX' ? rows.slice(0, 9) : rows, 5);
      if (format !== 'XLSX') expectSame(format, optionsOf({ compression: 'Gzip' }), columns, rows, 5);
      expectSame(format, optionsOf(), format === 'XLSX' ? wide.slice(0, 16_384) : wide, format === 'XLSX' ? sheetRows : wideRows, 2);
    }
  });

  test('tells every number as the reference does', () => {
    const columns = [column('Number'), column('Integer'), column('Decimal')];
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.oneof(
              fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((cents) => cents / 100),
              fc.maxSafeInteger().map((cents) => cents / 100),
              fc.maxSafeInteger().map((thousandths) => thousandths / 1000),
              fc.double(),
              fc.float(),
            ),
            fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -0, 9, 10, 99, 100, 4e9 - 1, 4e9, 4e11, 2 ** 53 - 1, 1 - 2 ** 53)),
            fc.stringMatching(/^-?[0-9]{1,30}(\.[0-9]{1,30})?$/),
          ),
          { maxLength: 30 },
        ),
        (rows) => {
          for (const format of FORMATS) expectSame(format, optionsOf({ json: { decimals: 'Number', integers: 'Number' } }), columns, rows);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('tells every time as the reference does, at both sides of a change of clocks and of its own limits', () => {
    const edges = [
      '1677-09-21T00:12:43.145224192Z',
      '2262-04-11T23:47:16.854775807Z',
      '0000-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999999999Z',
      '1970-01-01T00:00:00Z',
      '1900-03-01T00:00:00Z',
      '2026-03-29T01:00:00Z',
      '2026-10-25T01:00:00Z',
      '1893-03-31T23:06:32Z',
    ].map((text) => Temporal.Instant.from(text).epochNanoseconds);
    const instant = fc.oneof(
      fc.tuple(fc.constantFrom(...edges), fc.bigInt({ min: -5_000_000_000n, max: 5_000_000_000n })).map(([edge, more]) => edge + more),
      fc
        .tuple(fc.constantFrom(...edges), fc.integer({ min: -3, max: 3 }))
        .map(([edge, hours]) => edge + BigInt(hours) * 3_600_000_000_000n),
      fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(instant, instant), { maxLength: 20 }), fc.constantFrom(...ZONES), (rows, timeZone) => {
        for (const format of FORMATS)
          expectSame(format, optionsOf({ timeZone }), [column('Timestamp'), column('Timestamp', { name: 'b' })], rows);
      }),
      { numRuns: 150 },
    );
  });

  test('refuses a cell that is not its column’s in the words of the reference, wherever it stands', () => {
    const cells: readonly Cell[] = [
      '',
      'x',
      '1.',
      '.5',
      '1e5',
      '--1',
      '12-3',
      '2026-1-1',
      '2026-01-0x',
      '=1',
      '\u0661',
      1.5,
      NaN,
      1n,
      true,
      'NaN',
      '{',
      '-Infinity',
    ];
    for (const type of COLUMN_TYPES) {
      const columns = [column('Integer', { name: 'first' }), column(type, { name: 'second' })];
      for (const cell of cells) {
        const rows: Cell[][] = [
          [1, null],
          [2, cell],
          [3, null],
        ];
        for (const format of FORMATS) expectSame(format, optionsOf(), columns, rows, 2);
      }
    }
    for (const format of FORMATS) expectSame(format, optionsOf(), [column('Integer')], [[1], [1, 2]]);
  });
});
