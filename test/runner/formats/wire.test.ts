/** Rows that the kernel reads from PostgreSQL's messages itself against the readers and the reference encoders: the same bytes, or the same refusal. */
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { postgresReader, usualReading } from '../../../src/runner/cells/postgres-cells.ts';
import { arrayType, type PostgresType, type ScalarFamily } from '../../../src/runner/cells/postgres-types.ts';
import { WallTimes } from '../../../src/runner/cells/wall-times.ts';
import { createEncoder, referenceEncoder, type EncoderOptions } from '../../../src/runner/formats/create.ts';
import type { Compression, ReportFormat } from '../../../src/runner/plan.ts';
import { COLUMN_TYPES, type Column, type ColumnType, type WireRows } from '../../../src/runner/rows.ts';
import { DataRows, RowReaders } from '../../../src/runner/sources/postgres/data-rows.ts';
import { rowOf } from '../../support/fake-postgres.ts';
import { nastyText } from './arbitraries.ts';
import { CSV_DEFAULTS, FORMATS, JSON_DEFAULTS, XLSX_DEFAULTS } from './encode.ts';
import { readZip } from './zip/read-zip.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia'] as const;
const FAMILIES: readonly ScalarFamily[] = ['integer', 'numeric', 'float', 'boolean', 'date', 'timestamp', 'json', 'bytea', 'text'];
const PAIRS: readonly (readonly [PostgresType, ColumnType])[] = [
  ...FAMILIES.map((family): PostgresType => ({ kind: 'scalar', family })),
  arrayType(23, ','),
].flatMap((type) =>
  COLUMN_TYPES.filter((wanted) => postgresReader(type, wanted, new WallTimes('UTC')) !== undefined).map(
    (wanted) => [type, wanted] as const,
  ),
);

const digits = (most: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
const sign = fc.constantFrom('', '', '', '-', '+');
const number = fc.oneof(
  fc.tuple(sign, digits(20)).map(([minus, whole]) => minus + whole),
  fc.tuple(sign, fc.oneof(fc.constant('0'), digits(10)), digits(18)).map(([minus, whole, fraction]) => `${minus}${whole}.${fraction}`),
  fc.double().map(String),
  fc.integer({ min: -1e6, max: 1e6 }).map((cents) => String(cents / 100)),
  fc.constantFrom(
    '0',
    '-0',
    '00',
    '-0.5',
    '-0.00',
    '0.000001',
    '0.0000001',
    '1.',
    '.5',
    '1e5',
    '1e-07',
    'NaN',
    'Infinity',
    '-Infinity',
    '',
    '-',
  ),
);
const two = (most: number): fc.Arbitrary<string> => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));
const date = fc.oneof(
  fc.tuple(fc.integer({ min: 1600, max: 2400 }), two(13), two(32)).map(([year, month, day]) => `${year}-${month}-${day}`),
  fc.constantFrom(
    '0000-01-01',
    '9999-12-31',
    '10000-01-01',
    '0044-03-15 BC',
    '2024-02-29',
    '2023-02-29',
    'infinity',
    '-infinity',
    '1900-02-28',
  ),
);
const offset = fc.oneof(
  fc.constantFrom('', '', '+00', '+02', '-02:30', '+00:53:28', 'Z', '+0200', '+2', '+14:99', ' BC'),
  fc.tuple(fc.constantFrom('+', '-'), two(15), two(59)).map(([plus, hours, minutes]) => `${plus}${hours}:${minutes}`),
);
const time = fc.oneof(
  fc
    .tuple(
      date,
      fc.constantFrom(' ', ' ', 'T'),
      two(24),
      two(60),
      two(60),
      fc.oneof(
        fc.constant(''),
        digits(10).map((all) => `.${all}`),
      ),
      offset,
    )
    .map(([day, between, hour, minute, second, fraction, zone]) => `${day}${between}${hour}:${minute}:${second}${fraction}${zone}`),
  // Around changes of clocks, and around the day that Apia left out.
  fc
    .tuple(fc.constantFrom('2026-03-29', '2026-10-25', '2011-12-29', '2011-12-30', '2011-12-31', '1893-04-01'), two(5), two(59), offset)
    .map(([day, hour, minute, zone]) => `${day} ${hour}:${minute}:00${zone}`),
  fc.constantFrom('infinity', '-infinity', '1677-09-21 00:12:43+00', '2262-04-11 23:47:16.9+00'),
);
const TEXTS: Readonly<Record<ScalarFamily, fc.Arbitrary<string>>> = {
  integer: number,
  numeric: number,
  float: number,
  boolean: fc.constantFrom('t', 'f', 'true', ''),
  date,
  timestamp: time,
  json: fc.oneof(fc.json(), fc.constantFrom('{', '[1,\n2]')),
  bytea: fc.constantFrom('\\x', '\\xdead', '\\xd', 'x'),
  text: fc.oneof(nastyText, number, date, time),
};

/** A value's bytes: mostly what the type has, sometimes what no honest server sends. */
function valueOf(type: PostgresType, onlyUsual: boolean): fc.Arbitrary<Buffer | null> {
  const usual = (type.kind === 'array' ? fc.constantFrom('{}', '{1,2}', '{NULL,"a b"}', '{') : TEXTS[type.family]).map((text) =>
    Buffer.from(text),
  );
  const odd = fc.oneof(
    nastyText.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('c080', 'eda080', 'f0808080', 'f4908080', 'e282', 'efbbbf61', 'f09f9880', '61c3').map((hex) => Buffer.from(hex, 'hex')),
  );
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 20, arbitrary: usual },
    { weight: onlyUsual ? 0 : 1, arbitrary: odd },
  );
}

interface Table {
  readonly columns: readonly Column[];
  readonly types: readonly PostgresType[];
  /** Where each column is in the messages. */
  readonly fields: readonly number[];
  /** In the order of the columns. */
  readonly rows: readonly (readonly (Buffer | null)[])[];
}

const table: fc.Arbitrary<Table> = fc
  .tuple(fc.array(fc.constantFrom(...PAIRS), { minLength: 1, maxLength: 5 }), fc.boolean())
  .chain(([pairs, onlyUsual]) => {
    const types = pairs.map(([type]) => type);
    return fc.record({
      columns: fc.constant(pairs.map(([, type], index): Column => ({ name: `c${index}`, header: `c${index}`, type }))),
      types: fc.constant(types),
      fields: fc.shuffledSubarray(
        pairs.map((_, index) => index),
        { minLength: pairs.length },
      ),
      rows: fc.array(fc.tuple(...types.map((type) => valueOf(type, onlyUsual))), { maxLength: 12 }),
    });
  });

function readersOf({ columns, types, fields }: Pick<Table, 'columns' | 'types' | 'fields'>, timeZone: string): RowReaders {
  const wall = new WallTimes(timeZone);
  return new RowReaders(
    columns.map((column, index) => {
      const type = types[index];
      const read = type && postgresReader(type, column.type, wall);
      if (type === undefined || read === undefined) throw new Error('this column cannot be read');
      return { column, index: fields[index] ?? 0, read, reading: usualReading(type, column.type) };
    }),
  );
}

function wireOf({ fields, rows }: Pick<Table, 'fields' | 'rows'>, readers: RowReaders): DataRows {
  const messages = rows.map((row) => rowOf(fields.map((_, field) => row[fields.indexOf(field)] ?? null)));
  return new DataRows(Buffer.concat(messages), rows.length, readers, 0);
}

/** The whole file, or the words of the refusal. */
function outcome(make: () => Iterable<Uint8Array>): Buffer | string {
  try {
    return Buffer.concat([...make()].map((piece) => Buffer.from(piece)));
  } catch (error) {
    return (error as Error).message;
  }
}

function contentOf(format: ReportFormat, compression: Compression, file: Buffer | string): Buffer | string {
  if (typeof file === 'string') return file;
  if (compression === 'Gzip') return gunzipSync(file);
  return format === 'XLSX' ? Buffer.concat(readZip(file).flatMap(({ name, content }) => [Buffer.from(`\n${name}\n`), content])) : file;
}

function expectSame(format: ReportFormat, options: Partial<EncoderOptions>, columns: readonly Column[], wire: WireRows, batch = 100): void {
  const all = { compression: 'None', csv: CSV_DEFAULTS, json: JSON_DEFAULTS, xlsx: XLSX_DEFAULTS, timeZone: 'UTC', ...options } as const;
  const fast = outcome(function* () {
    const encoder = createEncoder(format, all);
    yield Buffer.from(encoder.start(columns));
    for (let from = 0; from < wire.length; from += batch) yield Buffer.from(encoder.encodeWire?.(wire.slice(from, from + batch)) ?? '');
    yield encoder.end();
  });
  const reference = outcome(function* () {
    const encoder = referenceEncoder(format, all);
    yield Buffer.from(encoder.start(columns));
    // One by one, so that both meet what is wrong in the same order.
    for (let row = 0; row < wire.length; row += 1) yield Buffer.from(encoder.encode(wire.slice(row, row + 1).cells()));
    yield encoder.end();
  });
  const [got, wanted] = [contentOf(format, all.compression, fast), contentOf(format, all.compression, reference)];
  if (Buffer.isBuffer(got) && Buffer.isBuffer(wanted) && got.equals(wanted)) return;
  expect(String(got)).toBe(String(wanted));
}

describe('rows in the messages of PostgreSQL', () => {
  test.each([
    ['CSV', 'None', 500],
    ['NDJSON', 'None', 200],
    ['JSON', 'Gzip', 60],
    ['XLSX', 'None', 120],
  ] as const)('become the %s (%s) that their cells would', (format, compression, numRuns) => {
    const options = fc.record({
      compression: fc.constant(compression),
      timeZone: fc.constantFrom(...ZONES),
      json: fc.record({ decimals: fc.constantFrom('String', 'Number'), integers: fc.constantFrom('String', 'Number') } as const),
      csv: fc.record({ quote: fc.constantFrom('Minimal', 'All'), null: fc.constantFrom('', '0', 'NULL') } as const),
    });
    fc.assert(
      fc.property(table, options, fc.integer({ min: 1, max: 7 }), (some, { csv, ...others }, batch) => {
        const readers = readersOf(some, others.timeZone);
        expectSame(format, { ...others, csv: { ...CSV_DEFAULTS, ...csv } }, some.columns, wireOf(some, readers), batch);
      }),
      { numRuns },
    );
  });

  test('that are not UTF-8 are refused by row and column, and a replacement character that somebody wrote is none', () => {
    const text: PostgresType = { kind: 'scalar', family: 'text' };
    const some: Table = {
      columns: [{ name: 'city', header: 'City', type: 'String' }],
      types: [text],
      fields: [0],
      rows: [[Buffer.from('Gen\uFFFDve')], [Buffer.from('Gen\u00e8ve', 'latin1')]],
    };
    const wire = wireOf(some, readersOf(some, 'UTC'));
    expect(wire.slice(0, 1).cells()).toEqual([['Gen\uFFFDve']]);
    const encoder = createEncoder('CSV', {
      compression: 'None',
      csv: CSV_DEFAULTS,
      json: JSON_DEFAULTS,
      xlsx: XLSX_DEFAULTS,
      timeZone: 'UTC',
    });
    encoder.start(some.columns);
    const refusal = 'postgres: row 2: column "city" holds bytes that are not UTF-8';
    expect(() => wire.cells()).toThrow(refusal);
    expect(() => encoder.encodeWire?.(wire)).toThrow(refusal);
  });

  test('are read as their cells, one shape after the other', () => {
    const bytes = [
      'c080',
      'c1bf',
      'eda080',
      'ed9fbf',
      'e0a080',
      'e09f80',
      'f0808080',
      'f4908080',
      'f48fbfbf',
      'f5808080',
      'e282',
      'ff',
      '61c3',
      'c328',
    ];
    const times = [
      '.1',
      '.123456789',
      '.1234567891',
      '.',
      '+00',
      '-00:30',
      '+00:00:01',
      '+1',
      '+01:',
      '+01-00',
      'Z',
      ' BC',
      '+01:99',
      '+23',
      '+24',
      '+60',
    ];
    const values = [
      ...bytes.map((hex) => Buffer.from(hex, 'hex')),
      ...times.map((end) => Buffer.from(`2026-01-01 00:00:00${end}`)),
      ...[
        '2026-01-01 24:00:00',
        '2026-01-01 00:60:00',
        '2026-01-01 00:00:60',
        '2026-02-29 00:00:00',
        '2026-01-01T00:00:00',
        '2026-01-01 00:00',
        '2026-10-25 02:30:00',
        '2026-03-29 02:30:00',
        '2026-10-25 02:30:00+01',
      ].map((text) => Buffer.from(text)),
      ...[
        '999999999999999',
        '1000000000000000',
        '-9223372036854775808',
        '0.123456789012345',
        '0.1234567890123456',
        '0.10000000000000001',
        '9007199254740993',
        '1.4142135623730951',
        '1.10',
        '1e5',
        '+1',
        'ｔ',
      ].map((text) => Buffer.from(text)),
    ];
    const readByKernel = PAIRS.filter(([type, wanted]) => usualReading(type, wanted) !== undefined);
    expect(readByKernel.length).toBeGreaterThan(10);
    for (const [type, wanted] of readByKernel) {
      const columns: readonly Column[] = [{ name: 'a', header: 'a', type: wanted }];
      const readers = readersOf({ columns, types: [type], fields: [0] }, 'Europe/Berlin');
      // The kernel knows a span of the zone only after a time in it.
      const before = ['2026-01-02 00:00:00', '2026-07-02 00:00:00', '2026-11-02 00:00:00'].map((text) => [
        wanted === 'Timestamp' ? Buffer.from(text) : null,
      ]);
      for (const value of values)
        expectSame('CSV', { timeZone: 'Europe/Berlin' }, columns, wireOf({ fields: [0], rows: [...before, [value]] }, readers), 1);
    }
  });

  test('may be longer than any buffer, and as many as any', () => {
    const columns: readonly Column[] = [
      { name: 'a', header: 'a', type: 'String' },
      { name: 'n', header: 'n', type: 'Number' },
    ];
    const types: readonly PostgresType[] = [
      { kind: 'scalar', family: 'text' },
      { kind: 'scalar', family: 'float' },
    ];
    const fields = [0, 1];
    const readers = readersOf({ columns, types, fields }, 'UTC');
    const lengths = [0, 1, 15, 16, 17, 32_767, 65_535, 65_536, 65_537, 131_050, 131_072, 300_000, 3];
    const long = lengths.flatMap((length) => ['x', 'é'].map((letter) => [Buffer.from(letter.repeat(length)), Buffer.from('0.1')]));
    const many = Array.from({ length: 6_000 }, (_, index) => [Buffer.from(`row ${index}`), Buffer.from(String(Math.sqrt(index)))]);
    for (const format of FORMATS) {
      const sheet = format === 'XLSX';
      expectSame(format, {}, columns, wireOf({ fields, rows: sheet ? long.slice(0, 12) : long }, readers));
      expectSame(format, { compression: sheet ? 'None' : 'Gzip' }, columns, wireOf({ fields, rows: many }, readers), 4000);
    }
  });

  test('that are none end the file in the words of the source', () => {
    const columns: readonly Column[] = [{ name: 'a', header: 'a', type: 'String' }];
    const types: readonly PostgresType[] = [{ kind: 'scalar', family: 'text' }];
    const readers = readersOf({ columns, types, fields: [0] }, 'UTC');
    const whole = rowOf([Buffer.from('a')]);
    const tooMany = rowOf([Buffer.from('a'), Buffer.from('b')]);
    const tooLong = Buffer.from(whole);
    tooLong.writeInt32BE(2, 7);
    const tooShort = Buffer.from(whole);
    tooShort.writeInt32BE(0, 7);
    const negative = Buffer.from(whole);
    negative.writeInt32BE(-2, 7);
    const empty = Buffer.from([0x44, 0, 0, 0, 4]);
    for (const message of [tooMany, tooLong, tooShort, negative, empty]) {
      const wire = new DataRows(Buffer.concat([whole, message, whole]), 3, readers, 0);
      for (const format of FORMATS) {
        const encoder = createEncoder(format, {
          compression: 'None',
          csv: CSV_DEFAULTS,
          json: JSON_DEFAULTS,
          xlsx: XLSX_DEFAULTS,
          timeZone: 'UTC',
        });
        encoder.start(columns);
        expect(() => encoder.encodeWire?.(wire)).toThrow('postgres: the server does not keep to the protocol of PostgreSQL');
      }
    }
  });
});
