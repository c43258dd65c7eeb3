import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../src/errors.ts';
import type { CsvOptions } from '../../../src/runner/plan.ts';
import type { Cell, Column, ColumnType } from '../../../src/runner/rows.ts';
import { type Table, nastyText, tableOf } from './arbitraries.ts';
import { CSV_DEFAULTS, FORMATS, column, encode, encoderOf } from './encode.ts';

const options: fc.Arbitrary<CsvOptions> = fc.record({
  delimiter: fc.constantFrom<CsvOptions['delimiter'][]>(',', ';', '|', '\t'),
  header: fc.boolean(),
  bom: fc.boolean(),
  quote: fc.constantFrom<CsvOptions['quote'][]>('Minimal', 'All'),
  lineEnding: fc.constantFrom<CsvOptions['lineEnding'][]>('LF', 'CRLF'),
  null: fc.constantFrom('', 'NULL', '\\N', '-', 'true', '0'),
  formulas: fc.constantFrom<CsvOptions['formulas'][]>('Escape', 'Keep'),
});

function lineEnd(csv: CsvOptions): string {
  return csv.lineEnding === 'CRLF' ? '\r\n' : '\n';
}

interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

/** What another program reads, with the quotes that tell null from the same text. */
function readBack(bytes: Buffer, csv: CsvOptions): Field[][] {
  return parse(bytes, {
    bom: csv.bom,
    delimiter: csv.delimiter,
    record_delimiter: lineEnd(csv),
    cast: (text, { quoting }): Field => ({ text, quoted: quoting }),
  }) as unknown as Field[][];
}

/** The text of a cell, written anew from api.md "How values are written"; undefined = no value. */
function expectedText(cell: Cell, type: ColumnType, timeZone: string): string | undefined {
  if (cell === null) return undefined;
  if (type === 'Number' && Number.isNaN(cell)) return '';
  if (type === 'Decimal' && cell === 'NaN') return '';
  if (typeof cell === 'bigint' && type === 'Timestamp') {
    const instant = new Temporal.Instant(cell);
    return timeZone === 'UTC' ? instant.toString() : instant.toString({ timeZone });
  }
  return String(cell).toWellFormed();
}

describe('CSV that other programs read', () => {
  test('comes back from csv-parse as it was, null and text told apart', () => {
    fc.assert(
      fc.property(tableOf(), options, fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu'), (table, drawn, timeZone) => {
        const csv: CsvOptions = { ...drawn, formulas: 'Keep' };
        const read = readBack(encode('CSV', table.columns, table.rows, { csv, timeZone }), csv);
        if (csv.header) expect(read.shift()?.map(({ text }) => text)).toEqual(table.columns.map(({ header }) => header.toWellFormed()));
        expect(read).toHaveLength(table.rows.length);
        table.rows.forEach((row, rowIndex) =>
          row.forEach((cell, index) => {
            const field = read[rowIndex]?.[index];
            const expected = expectedText(cell, table.columns[index]?.type ?? 'String', timeZone);
            if (expected === undefined) expect(field).toEqual({ text: csv.null, quoted: false });
            else expect(field?.text).toBe(expected);
            if (expected === csv.null && typeof cell === 'string' && cell !== 'NaN') expect(field?.quoted).toBe(true);
          }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('is what csv-stringify writes, where both have the feature', () => {
    // csv-stringify has no null text, no guard against LF, and guards decimals and expanded years because they are text to it.
    const sameFeatures = tableOf(['String', 'JSON', 'Integer', 'Number', 'Boolean']).map(({ columns, rows }): Table => ({
      columns: columns.map((one) => ({ ...one, header: withoutLeadingLineFeed(one.header) })),
      rows: rows.map((row) =>
        row.map((cell) => (typeof cell === 'string' ? withoutLeadingLineFeed(cell) : Number.isNaN(cell) ? null : cell)),
      ),
    }));
    fc.assert(
      fc.property(sameFeatures, options, (table, drawn) => {
        const csv: CsvOptions = { ...drawn, null: '' };
        const theirs = stringify(table.rows as Cell[][], {
          delimiter: csv.delimiter,
          header: csv.header,
          columns: table.columns.map(({ name, header }) => ({ key: name, header })),
          bom: csv.bom,
          quoted: csv.quote === 'All',
          // What it quotes only when told to: line breaks other than its own, the empty text, and a byte order mark in front.
          quote_record_delimiter: true,
          quoted_match: /^$|^\uFEFF/,
          record_delimiter: lineEnd(csv),
          escape_formulas: csv.formulas === 'Escape',
          cast: { boolean: String },
        });
        expect(encode('CSV', table.columns, table.rows, { csv }).toString('hex')).toBe(Buffer.from(theirs).toString('hex'));
      }),
      { numRuns: 1000 },
    );
  });

  test('is the same bytes however its rows are batched', () => {
    fc.assert(
      fc.property(tableOf(), options, fc.integer({ min: 1, max: 13 }), ({ columns, rows }, csv, batchSize) => {
        expect(encode('CSV', columns, rows, { csv, batchSize })).toEqual(encode('CSV', columns, rows, { csv, batchSize: 1 }));
      }),
    );
    const wide = Array.from({ length: 60 }, (_, index): Cell[] => [`${index}`.repeat(10_000)]);
    expect(encode('CSV', [column('String')], wide, { batchSize: 60 })).toEqual(encode('CSV', [column('String')], wide, { batchSize: 7 }));
  });
});

function withoutLeadingLineFeed(text: string): string {
  return text.replace(/^\n+/, '');
}

/** The file for one column and its cells, without header unless `csv` says so. */
function fileOf(type: ColumnType, cells: readonly Cell[], csv: Partial<CsvOptions> = {}, timeZone = 'UTC'): string {
  return encode(
    'CSV',
    [column(type)],
    cells.map((cell) => [cell]),
    { csv: { header: false, ...csv }, timeZone },
  ).toString();
}

describe('values in CSV', () => {
  test.each<[ColumnType, Cell, string]>([
    ['Integer', 42, '42'],
    ['Integer', 9_223_372_036_854_775_807n, '9223372036854775807'],
    ['Integer', -1, '-1'],
    ['Decimal', '12345678901234567890.12345678901234567890', '12345678901234567890.12345678901234567890'],
    ['Decimal', '-0.10', '-0.10'],
    ['Decimal', 'NaN', ''],
    ['Quantity', '-0.000000001', '-0.000000001'],
    ['Decimal', '-Infinity', '-Infinity'],
    ['Number', 0.1, '0.1'],
    ['Number', 1e21, '1e+21'],
    ['Number', NaN, ''],
    ['Number', Infinity, 'Infinity'],
    ['Number', -Infinity, '-Infinity'],
    ['Boolean', true, 'true'],
    ['Boolean', false, 'false'],
    ['Date', '2026-10-01', '2026-10-01'],
    ['Date', '-000043-03-15', '-000043-03-15'],
    ['Date', 'Infinity', 'Infinity'],
    ['Timestamp', 1_790_836_200_000_000_000n, '2026-10-01T08:30:00+02:00'],
    ['Timestamp', 1_790_836_200_120_000_000n, '2026-10-01T08:30:00.12+02:00'],
    ['Timestamp', '-Infinity', '-Infinity'],
    ['JSON', '{"a":1}', '"{""a"":1}"'],
    ['String', 'plain', 'plain'],
    ['String', ' spaces stay ', ' spaces stay '],
    ['String', 'line\nbreak', '"line\nbreak"'],
    ['String', 'line\rbreak', '"line\rbreak"'],
    ['String', 'half \uD83D', 'half \uFFFD'],
    ['String', '', '""'],
    ['String', null, ''],
    ['Boolean', null, ''],
  ])('%s %s is %s', (type, cell, expected) => {
    expect(fileOf(type, [cell], {}, 'Europe/Berlin')).toBe(`${expected}\n`);
  });

  test.each<[string, Partial<CsvOptions>, string]>([
    ['null and the empty text differ', {}, ',"",a'],
    ['null has the text it is given, and the empty text needs no quotes then', { null: 'NULL' }, 'NULL,,a'],
    ['under All everything but null is quoted', { quote: 'All' }, ',"","a"'],
    ['the null text is quoted when it must be', { null: 'no, none' }, '"no, none",,a'],
    ['the null text is guarded', { null: '-' }, "'-,,a"],
    ['and left alone on request', { null: '-', formulas: 'Keep' }, '-,,a'],
  ])('%s', (_, csv, expected) => {
    const columns = [column('String', { name: 'x' }), column('String', { name: 'y' }), column('String', { name: 'z' })];
    const written = encode('CSV', columns, [[null, '', 'a']], { csv: { header: false, ...csv } }).toString();
    expect(written).toBe(`${expected}\n`);
  });

  test('a value that looks like the null text is quoted, whatever its type', () => {
    expect(fileOf('String', ['NULL', null], { null: 'NULL' })).toBe('"NULL"\nNULL\n');
    expect(fileOf('Integer', [0, null], { null: '0' })).toBe('"0"\n0\n');
    expect(fileOf('String', ['-', null], { null: '-' })).toBe('"\'-"\n\'-\n');
  });

  test('the header is guarded and quoted like text, and comes alone when there are no rows', () => {
    const columns = [column('String', { header: '=cmd' }), column('Integer', { header: 'a "b", c' })];
    expect(encode('CSV', columns, []).toString()).toBe('\'=cmd,"a ""b"", c"\n');
  });

  test('a byte order mark comes on request only, before the header or the rows', () => {
    expect(fileOf('String', ['ä'], { bom: true })).toBe('\uFEFFä\n');
    expect(fileOf('String', ['ä'], { bom: true, header: true })).toBe('\uFEFFstring\nä\n');
    expect(fileOf('String', ['ä'])).toBe('ä\n');
  });

  test('text that begins with a byte order mark cannot pass for one at the start of the file', () => {
    const file = fileOf('String', ['\uFEFF=1+1']);
    expect(file).toBe('"\uFEFF=1+1"\n');
    expect(parse(file, { bom: true })).toEqual([['\uFEFF=1+1']]);
  });
});

describe('the formula guard', () => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', '\uFF1D1', '\uFF0B1', '\uFF0D1', '\uFF201'])(
    'disarms %j in text and JSON',
    (text) => {
      for (const type of ['String', 'JSON'] as const) {
        expect(parse(fileOf(type, [text]), { record_delimiter: '\n' })).toEqual([[`'${text}`]]);
        expect(parse(fileOf(type, [text], { formulas: 'Keep' }), { record_delimiter: '\n' })).toEqual([[text]]);
      }
    },
  );

  test('leaves alone what cannot be a formula', () => {
    expect(fileOf('String', ["'=1", 'a=1', ' =1', '1-1'])).toBe("'=1\na=1\n =1\n1-1\n");
    expect(fileOf('Integer', [-5])).toBe('-5\n');
    expect(fileOf('Decimal', ['-5.0', '-Infinity'])).toBe('-5.0\n-Infinity\n');
    expect(fileOf('Number', [-0.5])).toBe('-0.5\n');
  });

  test('lets no text or header begin as a formula, and changes nothing else', () => {
    fc.assert(
      fc.property(fc.array(nastyText, { minLength: 1 }), options, (texts, drawn) => {
        const csv: CsvOptions = { ...drawn, formulas: 'Escape', header: true };
        const [header = '', ...rest] = texts;
        const bytes = encode(
          'CSV',
          [column('String', { header })],
          rest.map((text) => [text]),
          { csv },
        );
        const read = readBack(bytes, csv).map(([field]) => field?.text ?? '');
        expect(read).toHaveLength(texts.length);
        read.forEach((text, index) => {
          const original = texts[index]?.toWellFormed() ?? '';
          expect(text).not.toMatch(/^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/);
          expect([original, `'${original}`]).toContain(text);
        });
      }),
      { numRuns: 500 },
    );
  });

  test.each<[ColumnType, Cell]>([
    ['Integer', '=1'],
    ['Integer', 1.5],
    ['Integer', 2 ** 53],
    ['Decimal', '=1'],
    ['Decimal', '-1+1'],
    ['Decimal', '1\n'],
    ['Quantity', '500m'],
    ['Decimal', 1],
    ['Number', '=1'],
    ['Boolean', '=1'],
    ['Date', '=1'],
    ['Date', '2026-10-01T00:00:00Z'],
    ['Timestamp', '=1'],
    ['Timestamp', 0],
    ['String', 1],
    ['JSON', true],
  ])('cannot be passed by as a %s: %s fails, naming row, column and types', (type, cell) => {
    for (const format of FORMATS) {
      const columns: Column[] = [column('Boolean', { name: 'ok' }), column(type, { name: 'bad' })];
      const run = () =>
        encode(format, columns, [
          [true, null],
          [true, cell],
        ]);
      expect(run).toThrow(DossierError);
      expect(run).toThrow(expect.objectContaining({ reason: 'RenderFailed', retryable: false }));
      expect(run).toThrow(new RegExp(`^row 2, column "bad": an? [a-z0-9 ]+ does not fit type ${type}$`));
    }
  });
});

describe('every encoder', () => {
  test.each(FORMATS)('%s: a row that is too short or too long fails, naming it', (format) => {
    const encoder = encoderOf(format, { csv: CSV_DEFAULTS });
    encoder.start([column('Integer')]);
    encoder.encode([[1], [2]]);
    expect(() => encoder.encode([[3], []])).toThrow('row 4 has 0 values, but the report has 1 columns');
  });

  test.each(FORMATS)('%s: a report without columns fails', (format) => {
    expect(() => encoderOf(format).start([])).toThrow(expect.objectContaining({ reason: 'RenderFailed' }));
  });
});
