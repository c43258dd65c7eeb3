import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CsvError, CsvRecordReader, RFC_4180, type CsvDialect, type Field } from '../../src/csv-read/record-reader.ts';
import { anyCuts, pieces } from '../json-stream/arbitraries.ts';
import { anyText } from '../support/arbitraries.ts';

function read(text: string | Buffer, cuts: readonly number[] = [], dialect?: CsvDialect): readonly (readonly Field[])[] {
  const reader = new CsvRecordReader(dialect);
  const records = pieces(Buffer.from(text as string), cuts).flatMap((piece) => reader.write(piece));
  return [...records, ...reader.end()];
}

function failure(text: string | Buffer): CsvError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof CsvError) return error;
    throw error;
  }
  throw new Error('it was read');
}

const field = anyText(12).map((text) => text.toWellFormed());

test('what csv-stringify writes is read back as it was, wherever it is cut', () => {
  const written = fc.record({
    records: fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }),
    quoted: fc.boolean(),
    lineEnding: fc.constantFrom('\n', '\r\n'),
  });
  fc.assert(
    fc.property(written, anyCuts, ({ records, quoted, lineEnding }, cuts) => {
      // csv-stringify itself quotes only its own line ending.
      const text = stringify(records, { quoted, quoted_match: /[\r\n]/, quoted_empty: true, record_delimiter: lineEnding });
      expect(read(text, cuts)).toEqual(records);
    }),
    { numRuns: 500 },
  );
});

test('whatever both read, csv-parse reads the same', () => {
  const text = fc.array(fc.constantFrom('a', 'é', ',', '"', '""', '\n', '\r\n', ' '), { maxLength: 20 }).map((parts) => parts.join(''));
  let both = 0;
  fc.assert(
    fc.property(text, anyCuts, (given, cuts) => {
      let ours: readonly (readonly Field[])[];
      let theirs: string[][];
      try {
        ours = read(given, cuts);
        theirs = parse(given, { relax_column_count: true, record_delimiter: ['\n', '\r\n'] });
      } catch {
        return;
      }
      both += 1;
      expect(ours.map((record) => record.map((value) => value ?? ''))).toEqual(theirs);
    }),
    { numRuns: 2000 },
  );
  expect(both).toBeGreaterThan(200);
});

test.each<[story: string, text: string, expected: readonly (readonly Field[])[]]>([
  ['nothing', '', []],
  ['one record without a line break behind it', 'a,b', [['a', 'b']]],
  ['line feeds', 'a\nb\n', [['a'], ['b']]],
  ['carriage returns with line feeds', 'a,b\r\nc,d\r\n', [['a', 'b'], ['c', 'd']]], // prettier-ignore
  ['nothing between commas is null', ',a,,', [[null, 'a', null, null]]],
  ['an empty text is not null', '"",a,""', [['', 'a', '']]],
  ['an empty line is one null', 'a\n\nb', [['a'], [null], ['b']]],
  ['doubled quotes', '"a ""b"" c",""""', [['a "b" c', '"']]],
  ['line breaks and commas in quotes', '"a\r\nb\n,c",d\ne', [['a\r\nb\n,c', 'd'], ['e']]], // prettier-ignore
  ['spaces belong to the value', ' a ,b', [[' a ', 'b']]],
])('%s', (_, text, expected) => {
  expect(read(text)).toEqual(expected);
});

test.each([
  ['a"b,c\n', 'a quote stands within a field that does not begin with one', false],
  [' "a"\n', 'a quote stands within a field that does not begin with one', false],
  ['a\n5" pipe,1\nb\n', 'record 2 a quote stands within', false],
  ['"a"b,c\n', 'text stands behind the closing quote', false],
  ['a\rb\n', 'a carriage return stands without a line feed', false],
  ['a,"b"\r,c\n', 'text stands behind the closing quote', false],
  ['a\n"b', 'ends within a quoted field of record 2', true],
  ['a\n"b""', 'ends within a quoted field of record 2', true],
  ['a\n"b\nc\n', 'ends within a quoted field of record 2', true],
])('%j is refused: %s', (text, clause, cut) => {
  expect(failure(text)).toMatchObject({ message: expect.stringContaining(clause) as string, cut });
});

test('bytes that are not UTF-8 are refused, not repaired, and no error quotes the text', () => {
  expect(failure(Buffer.from('a,b\nsentinel,\xe9\n', 'latin1'))).toMatchObject({ message: 'is not UTF-8 in record 2', cut: false });
  expect(failure('a\nsentinel"x\n').message).not.toContain('sentinel');
});

test.each([
  ['a line', 'x'],
  ['a quoted field of many lines', '"\n'],
])('%s that never ends is refused at 8 MiB', (_, begin) => {
  const reader = new CsvRecordReader();
  reader.write(Buffer.from(begin));
  const piece = Buffer.from(`${'x'.repeat(1023)}${begin === 'x' ? 'x' : '\n'}`.repeat(1024));
  for (let written = 0; written < 7; written += 1) reader.write(piece);
  expect(() => {
    for (let written = 0; written < 2; written += 1) reader.write(piece);
  }).toThrow('has a record of more than 8 MiB');
});

test('a record comes with the piece that ends it', () => {
  const reader = new CsvRecordReader();
  expect(reader.write(Buffer.from('a,b\nc,'))).toEqual([['a', 'b']]);
  expect(reader.write(Buffer.from('d'))).toEqual([]);
  expect(reader.write(Buffer.from('\n'))).toEqual([['c', 'd']]);
  expect(reader.end()).toEqual([]);
});

test.each<[string, Partial<CsvDialect>, string, readonly Field[]]>([
  ['a semicolon', { delimiter: ';' }, 'a,b;;"";"c;d";"e"', ['a,b', null, '', 'c;d', 'e']],
  ['a tab', { delimiter: '\t' }, 'a\t"b\tc"\t', ['a', 'b\tc', null]],
  ['a text for null', { nulls: ['NULL'] }, 'NULL,"NULL",,""', [null, 'NULL', '', '']],
  ['both, in a record with quotes and one without', { delimiter: '|', nulls: ['-', "'-"] }, '-|"-"|x|\'-', [null, '-', 'x', null]],
])('%s of a dialect is heeded', (_, change, text, record) => {
  expect(read(text, [], { ...RFC_4180, ...change })).toEqual([record]);
});

test('an empty line and a line of a null text are two things', () => {
  const reader = new CsvRecordReader({ delimiter: ',', nulls: ['NULL'] });
  const records = reader.write(Buffer.from('\r\nNULL\n\n'));
  expect(records).toEqual([[''], [null], ['']]);
  expect(records.map((record) => record === reader.emptyLine)).toEqual([true, false, true]);
});
