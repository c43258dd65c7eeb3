import ExcelJS from 'exceljs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../../src/errors.ts';
import type { Cell, Column, ColumnType } from '../../../../src/runner/rows.ts';
import { tableOf } from '../arbitraries.ts';
import { column, encode, encoderOf } from '../encode.ts';
import { readZip } from '../zip/read-zip.ts';
import { type ReadCell, type ReadSheet, decodeText, readWorkbook } from './read-workbook.ts';

const DAY_MS = 86_400_000;
/** 1970-01-01 in the 1900 date system. */
const SERIAL_OF_1970 = 25_569;

/** The one sheet of a small workbook. */
function sheetOf(file: Buffer): ReadSheet {
  const { sheets } = readWorkbook(file);
  expect(sheets).toHaveLength(1);
  return sheets[0] as ReadSheet;
}

/** The cell that one value becomes. */
function cellOf(type: ColumnType, cell: Cell, timeZone = 'UTC'): ReadCell | undefined {
  return sheetOf(encode('XLSX', [column(type)], [[cell]], { timeZone })).cells[1]?.[0];
}

/** A read cell as JavaScript has it; styled numbers are dates, to the millisecond. */
function valueOf(cell: ReadCell | undefined): string | number | boolean | Date | undefined {
  if (cell?.kind !== 'number') return cell?.value;
  return cell.style === 0 ? cell.value + 0 : new Date(Math.round((cell.value - SERIAL_OF_1970) * DAY_MS));
}

/** What a cell must come back as, written anew from api.md "How values are written"; a Date is a wall clock's, undefined = an empty cell. */
function expectedValue(cell: Cell, type: ColumnType, timeZone: string): string | number | boolean | Date | undefined {
  if (cell === null || cell === 'Infinity' || cell === '-Infinity')
    return type === 'String' || type === 'JSON' ? (cell ?? undefined) : undefined;
  switch (type) {
    case 'String':
    case 'JSON':
      return String(cell).toWellFormed();
    case 'Integer':
      return String(cell).replace('-', '').length > 15 ? String(cell) : Number(cell);
    case 'Decimal':
    case 'Quantity': {
      if (cell === 'NaN') return undefined;
      const [whole = '', fraction = ''] = String(cell).replace('-', '').split('.');
      const digits = (whole.replace(/^0+/, '') + fraction.replace(/0+$/, '')).replace(/^0+/, '');
      return digits.length > 15 ? String(cell) : Number(cell) + 0;
    }
    case 'Number':
      return Number.isFinite(cell) ? Number(cell) + 0 : undefined;
    case 'Boolean':
      return Boolean(cell);
    case 'Date': {
      const date = Temporal.PlainDate.from(String(cell));
      return hasSerial(date) ? new Date(date.toZonedDateTime('UTC').epochMilliseconds) : String(cell);
    }
    case 'Timestamp': {
      const instant = new Temporal.Instant(cell as bigint);
      const local = instant.toZonedDateTimeISO(timeZone).toPlainDateTime();
      if (!hasSerial(local.toPlainDate())) return timeZone === 'UTC' ? instant.toString() : instant.toString({ timeZone });
      return new Date(local.toZonedDateTime('UTC').epochMilliseconds);
    }
  }
}

function hasSerial(date: Temporal.PlainDate): boolean {
  return Temporal.PlainDate.compare(date, '1900-03-01') >= 0 && date.year <= 9999;
}

describe('a workbook', () => {
  test('reads back by the standard, cell by cell, whatever its values', () => {
    fc.assert(
      fc.property(tableOf(), fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns'), ({ columns, rows }, timeZone) => {
        const sheet = sheetOf(encode('XLSX', columns, rows, { timeZone }));
        expect(sheet.cells).toHaveLength(rows.length + 1);
        expect(sheet.cells[0]?.map((cell) => cell?.value)).toEqual(columns.map(({ header }) => header.toWellFormed()));
        rows.forEach((row, rowIndex) =>
          row.forEach((cell, index) => {
            expect(valueOf(sheet.cells[rowIndex + 1]?.[index])).toEqual(expectedValue(cell, columns[index]?.type ?? 'String', timeZone));
          }),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('is read by exceljs', async () => {
    await fc.assert(
      fc.asyncProperty(tableOf(), async ({ columns, rows }) => {
        const workbook = new ExcelJS.Workbook();
        await workbook.xlsx.load(encode('XLSX', columns, rows) as unknown as ExcelJS.Buffer);
        const sheet = workbook.getWorksheet('Invoices');
        rows.forEach((row, rowIndex) =>
          row.forEach((cell, index) => {
            const expected = expectedValue(cell, columns[index]?.type ?? 'String', 'UTC');
            const { value } = sheet?.getCell(rowIndex + 2, index + 1) ?? {};
            // exceljs leaves the escapes of inline text to its caller, and has no empty text.
            if (typeof value === 'string') expect(decodeText(value)).toBe(expected);
            else if (typeof value === 'number') expect(value + 0).toBe(expected);
            else expect(value ?? undefined).toEqual(expected === '' ? undefined : expected);
          }),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('is the same bytes however its rows are batched, and whenever it is written', () => {
    fc.assert(
      fc.property(tableOf(), fc.integer({ min: 1, max: 13 }), ({ columns, rows }, batchSize) => {
        expect(encode('XLSX', columns, rows, { batchSize })).toEqual(encode('XLSX', columns, rows, { batchSize: 1 }));
      }),
      { numRuns: 50 },
    );
    const long = Array.from({ length: 60 }, (_, index): Cell[] => [`${index}`.repeat(10_000)]);
    expect(encode('XLSX', [column('String')], long, { batchSize: 60 })).toEqual(encode('XLSX', [column('String')], long, { batchSize: 7 }));
  });

  test('without rows has its header, and a filter over it', () => {
    const sheet = sheetOf(encode('XLSX', [column('String', { header: 'A' }), column('Integer', { header: 'B' })], []));
    expect(sheet).toMatchObject({ rows: 1, filter: 'A1:B1', selected: true });
    expect(sheet.cells).toEqual([[text('A'), text('B')]]);
  });

  test('has a frozen header and a filter over all rows, or neither', () => {
    const columns = Array.from({ length: 28 }, (_, index) => column('Integer', { name: `c${index}` }));
    const rows = Array.from({ length: 9 }, () => columns.map(() => 1));
    const full = readWorkbook(encode('XLSX', columns, rows, { xlsx: { sheetName: "Bob's" } }));
    expect(full.sheets[0]).toMatchObject({ filter: 'A1:AB10', pane: { ySplit: '1', topLeftCell: 'A2', state: 'frozen' } });
    expect(full.definedNames).toEqual([{ name: '_xlnm._FilterDatabase', sheet: 0, text: "'Bob''s'!$A$1:$AB$10" }]);
    const plain = readWorkbook(encode('XLSX', columns, rows, { xlsx: { freezeHeader: false, autoFilter: false } }));
    expect(plain.sheets[0]).toMatchObject({ filter: undefined, pane: undefined });
    expect(plain.definedNames).toEqual([]);
  });

  test('has the widths that columns ask for, and room for dates', () => {
    const columns = [
      column('String', { width: 14.5 }),
      column('Date'),
      column('Integer'),
      column('Timestamp'),
      column('Date', { width: 999 }),
    ];
    expect(sheetOf(encode('XLSX', columns, [])).columns).toEqual([
      { min: '1', max: '1', width: '14.5', customWidth: '1' },
      { min: '2', max: '2', width: '11', customWidth: '1' },
      { min: '4', max: '4', width: '20', customWidth: '1' },
      { min: '5', max: '5', width: '255', customWidth: '1' },
    ]);
    expect(sheetOf(encode('XLSX', [column('String')], [])).columns).toEqual([]);
  });

  test('gives each column its number format, the header none', () => {
    const columns: Column[] = [
      column('Decimal', { numberFormat: '#,##0.00 "<€>";[Red]-#,##0.00' }),
      column('Date'),
      column('Timestamp'),
      column('Timestamp', { numberFormat: 'dd.mm.yyyy hh:mm' }),
      column('Integer'),
      column('Date', { numberFormat: 'dd.mm.yyyy hh:mm' }),
    ];
    const workbook = readWorkbook(encode('XLSX', columns, [['1.5', '2026-10-01', 0n, 0n, 1, '2026-10-01']]));
    const [header = [], row = []] = workbook.sheets[0]?.cells ?? [];
    expect(header.map((cell) => cell?.style)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(row.map((cell) => workbook.numberFormats[cell?.style ?? -1])).toEqual([
      '#,##0.00 "<€>";[Red]-#,##0.00',
      'yyyy-mm-dd',
      'yyyy-mm-dd hh:mm:ss',
      'dd.mm.yyyy hh:mm',
      undefined,
      'dd.mm.yyyy hh:mm',
    ]);
    expect(workbook.numberFormats).toHaveLength(5);
  });

  test('tells nothing of the machine it was written on', () => {
    const properties = readZip(encode('XLSX', [column('Integer')], [])).filter(({ name }) => name.startsWith('docProps/'));
    expect(properties.map(({ name }) => name)).toEqual(['docProps/app.xml']);
    expect(
      properties[0]?.content
        .toString()
        .replace(/<[^>]*>/g, '')
        .trim(),
    ).toBe('Dossier');
  });
});

function text(value: string, style = 0): ReadCell {
  return { kind: 'text', value, style };
}

function number(value: number, style = 0): ReadCell {
  return { kind: 'number', value, style };
}

function instantOf(iso: string): bigint {
  return Temporal.Instant.from(iso).epochNanoseconds;
}

describe('values in XLSX', () => {
  test.each<[string, ColumnType, Cell, ReadCell | undefined]>([
    ['null is no cell', 'String', null, undefined],
    ['an empty text is one', 'String', '', text('')],
    ['text that looks like a formula', 'String', '=1+1', text('=1+1')],
    ['text that looks like a number', 'String', '007', text('007')],
    ['spaces at the ends', 'String', ' a ', text(' a ')],
    ['line breaks of all kinds', 'String', '\na\r\nb\rc\t', text('\na\r\nb\rc\t')],
    ['control characters', 'String', '\u0000\u0007\u001F\u007F', text('\u0000\u0007\u001F\u007F')],
    ['text that looks like an escape', 'String', '_x0041_ _x005F_x0041_ _x00e4_', text('_x0041_ _x005F_x0041_ _x00e4_')],
    ['an escape that the next character completes', 'String', '_x0041\u0001 _x0041_x0042_', text('_x0041\u0001 _x0041_x0042_')],
    ['characters that XML does not have', 'String', 'a\uFFFE\uFFFFb', text('a\uFFFE\uFFFFb')],
    ['half a character', 'String', 'a\uD83D', text('a\uFFFD')],
    ['markup', 'String', '<b>&amp; ]]> "\'', text('<b>&amp; ]]> "\'')],
    ['the longest text', 'String', '\u{1F600}'.repeat(16_383) + 'x', text('\u{1F600}'.repeat(16_383) + 'x')],
    ['JSON', 'JSON', '{"a": [1, "<"]}', text('{"a": [1, "<"]}')],
    ['an integer of 15 digits', 'Integer', -999_999_999_999_999, number(-999_999_999_999_999)],
    ['an integer of 16 digits', 'Integer', 1_000_000_000_000_000, text('1000000000000000')],
    ['an integer of 64 bits', 'Integer', -9_223_372_036_854_775_808n, text('-9223372036854775808')],
    ['a decimal', 'Decimal', '-12.50', number(-12.5)],
    ['a quantity', 'Quantity', '0.5', number(0.5)],
    ['a decimal of 15 digits', 'Decimal', '-0001234567890123.4500', number(-1_234_567_890_123.45)],
    ['a decimal of 16 digits', 'Decimal', '12345678901234.56', text('12345678901234.56')],
    ['a whole decimal of 16 digits', 'Decimal', '1000000000000000', text('1000000000000000')],
    ['a tiny decimal', 'Decimal', `0.${'0'.repeat(40)}125`, number(1.25e-41)],
    ['a decimal with many zeros at its end', 'Decimal', `1.5${'0'.repeat(400)}`, number(1.5)],
    ['a decimal smaller than any double', 'Decimal', `0.${'0'.repeat(400)}1`, text(`0.${'0'.repeat(400)}1`)],
    ['a decimal that is no number', 'Decimal', 'NaN', undefined],
    ['an infinite decimal', 'Decimal', '-Infinity', undefined],
    ['a double', 'Number', 0.1, number(0.1)],
    ['a large double', 'Number', 1.5e300, number(1.5e300)],
    ['not a number', 'Number', NaN, undefined],
    ['infinity', 'Number', -Infinity, undefined],
    ['true', 'Boolean', true, { kind: 'boolean', value: true, style: 0 }],
    ['false', 'Boolean', false, { kind: 'boolean', value: false, style: 0 }],
    ['the first date', 'Date', '1900-03-01', number(61, 1)],
    ['the day before it', 'Date', '1900-02-28', text('1900-02-28', 1)],
    ['the last date', 'Date', '9999-12-31', number(2_958_465, 1)],
    ['a later one', 'Date', '+010000-01-01', text('+010000-01-01', 1)],
    ['a day that no month has', 'Date', '2026-02-30', text('2026-02-30', 1)],
    ['an infinite date', 'Date', 'Infinity', undefined],
    ['noon', 'Timestamp', instantOf('2026-10-01T12:00Z'), number(46_296.5, 1)],
    ['milliseconds', 'Timestamp', instantOf('2026-10-01T06:00:00.001Z'), number(46_296.2500000116, 1)],
    ['what is smaller, cut', 'Timestamp', instantOf('2026-10-01T23:59:59.9999999Z'), number(46_296.9999999885, 1)],
    ['a time before 1970', 'Timestamp', instantOf('1969-12-31T12:00Z'), number(25_568.5, 1)],
    ['a time before 1900', 'Timestamp', instantOf('1900-02-28T23:59:59.5Z'), text('1900-02-28T23:59:59.5Z', 1)],
    ['a time after 9999', 'Timestamp', instantOf('+010000-01-01T00:00Z'), text('+010000-01-01T00:00:00Z', 1)],
    ['an infinite time', 'Timestamp', '-Infinity', undefined],
  ])('%s', (_, type, cell, expected) => {
    expect(cellOf(type, cell)).toEqual(expected);
  });

  test('times show the wall clock of the report’s zone', () => {
    const instant = instantOf('2026-10-01T22:30:00Z');
    expect(cellOf('Timestamp', instant, 'Europe/Berlin')).toEqual(number(46_297.0208333334, 1));
    // At the ends of the range, too, the wall clock decides.
    expect(cellOf('Timestamp', instantOf('9999-12-31T23:30:00Z'), 'Europe/Berlin')).toEqual(text('+010000-01-01T00:30:00+01:00', 1));
    expect(cellOf('Timestamp', instantOf('1900-03-01T02:00:00Z'), 'America/New_York')).toEqual(text('1900-02-28T21:00:00-05:00', 1));
  });
});

describe('what a sheet cannot hold', () => {
  const renderFailed = expect.objectContaining({ reason: 'RenderFailed', retryable: false }) as unknown;

  test.each<[ColumnType, Cell]>([
    ['String', 'x'.repeat(32_768)],
    ['JSON', `"${'\u{1F600}'.repeat(16_383)}"`],
    ['Decimal', '1'.repeat(32_768)],
  ])('a %s of 32,768 characters fails, naming row and column', (type, cell) => {
    const run = () =>
      encode(
        'XLSX',
        [column('Integer'), column(type, { name: 'note' })],
        [
          [1, null],
          [2, cell],
        ],
      );
    expect(run).toThrow(DossierError);
    expect(run).toThrow(renderFailed);
    expect(run).toThrow(/^row 2, column "note": a text of 32,768 characters; a cell of XLSX holds 32,767/);
  });

  test('a header of 32,768 characters fails, naming the column', () => {
    const run = () => encoderOf('XLSX').start([column('Integer', { name: 'note', header: 'x'.repeat(32_768) })]);
    expect(run).toThrow(renderFailed);
    expect(run).toThrow(/^the header of column "note" has 32,768 characters/);
  });

  test('16,384 columns are written, one more fails', () => {
    const columns = Array.from({ length: 16_385 }, (_, index) => column('Integer', { name: `c${index}` }));
    const most = columns.slice(0, 16_384);
    const sheet = sheetOf(encode('XLSX', most, [most.map((_, index) => index)]));
    expect(sheet.filter).toBe('A1:XFD2');
    expect(sheet.cells[1]?.at(-1)).toEqual(number(16_383));
    expect(() => encoderOf('XLSX').start(columns)).toThrow(renderFailed);
    expect(() => encoderOf('XLSX').start(columns)).toThrow(/16,385 columns/);
  });
});
