import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringifyExact } from '../../src/exact-json.ts';
import { JsonNumber } from '../../src/json-stream/json-number.ts';
import { JsonError, JsonTokenizer } from '../../src/json-stream/tokenizer.ts';
import { ValueBuilder } from '../../src/json-stream/value-builder.ts';
import { anyCuts, jsonText, pieces } from './arbitraries.ts';

function read(parts: readonly Buffer[]): unknown {
  const builder = new ValueBuilder();
  const tokenizer = new JsonTokenizer(builder);
  for (const part of parts) tokenizer.write(part);
  tokenizer.end();
  return builder.take();
}

function map(value: unknown, ofNumber: (number: number | JsonNumber) => unknown): unknown {
  if (value instanceof JsonNumber || typeof value === 'number') return ofNumber(value);
  if (Array.isArray(value)) return value.map((inner) => map(inner, ofNumber));
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).reduce<object>(
    (copy, [name, inner]) =>
      Object.defineProperty(copy, name, { value: map(inner, ofNumber), enumerable: true, configurable: true, writable: true }),
    {},
  );
}

/** As JSON.parse has it: every number a double. */
function doubles(value: unknown): unknown {
  return map(value, (number) => (number instanceof JsonNumber ? Number(number.source) : number));
}

function failure(text: string | Buffer): JsonError {
  const bytes = Buffer.from(text as string);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    try {
      read([bytes.subarray(0, cut), bytes.subarray(cut)]);
    } catch (error) {
      if (error instanceof JsonError && cut === bytes.length) return error;
      expect(error).toBeInstanceOf(JsonError);
      continue;
    }
    throw new Error(`read when cut at ${cut}`);
  }
  throw new Error('not reached');
}

test('a document cut into any pieces reads as JSON.parse reads the whole', () => {
  fc.assert(
    fc.property(jsonText, anyCuts, (text, cuts) => {
      expect(doubles(read(pieces(Buffer.from(text), cuts)))).toStrictEqual(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test('a document with a byte changed, lost or slipped in is read exactly when JSON.parse reads it, and as it does', () => {
  const edit = fc.record({
    at: fc.nat(200),
    remove: fc.nat(2),
    insert: fc.constantFrom('', ',', ':', '"', '\\', '[', ']', '{', '}', '0', '-', '.', 'e', 't', ' ', '\n', 'ü'),
  });
  const verdict = (parse: () => unknown): unknown => {
    try {
      return { value: parse() };
    } catch (error) {
      if (error instanceof JsonError || error instanceof SyntaxError) return 'refused';
      throw error;
    }
  };
  fc.assert(
    fc.property(jsonText, edit, anyCuts, (text, { at, remove, insert }, cuts) => {
      const start = at % (text.length + 1);
      const edited = `${text.slice(0, start)}${insert}${text.slice(start + remove)}`.toWellFormed();
      expect(verdict(() => doubles(read(pieces(Buffer.from(edited), cuts))))).toStrictEqual(verdict(() => JSON.parse(edited) as unknown));
    }),
    { numRuns: 2000 },
  );
});

/** V8 tells a reviver the digits of each number. */
function digitsByEngine(text: string): unknown {
  const parse = JSON.parse as (
    text: string,
    reviver: (name: string, value: unknown, context: { readonly source: string }) => unknown,
  ) => unknown;
  return parse(text, (_name, value, { source }) => (typeof value === 'number' ? `number ${source}` : value));
}

test('every number of a document keeps its digits', () => {
  fc.assert(
    fc.property(jsonText, anyCuts, (text, cuts) => {
      const value = read(pieces(Buffer.from(text), cuts));
      expect(
        map(value, (number) => `number ${Object.is(number, -0) ? '-0' : number instanceof JsonNumber ? number.source : number}`),
      ).toStrictEqual(digitsByEngine(text));
    }),
    { numRuns: 500 },
  );
});

test.each(['12.50', '-0.10', '1e3', '0.0', '9007199254740993', '-123456789012345678901234567890', '2.5E-7', '1e400'])(
  'the number %s keeps its digits',
  (digits) => {
    const value = read([Buffer.from(digits)]);
    expect(value).toBeInstanceOf(JsonNumber);
    expect((value as JsonNumber).source).toBe(digits);
    expect(stringifyExact([value])).toBe(`[${digits}]`);
    expect(Object.keys(value as object)).toEqual([]);
  },
);

test.each([
  ['0', 0],
  ['-7', -7],
  ['999999999999999', 999_999_999_999_999],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
])('the safe integer %s is a number', (digits, expected) => {
  expect(read([Buffer.from(digits)])).toBe(expected);
});

test.each([
  ['9007199254740993', 9007199254740993n],
  ['12.5', 12.5],
  ['1e400', Infinity],
])('%s compares as %s', (digits, expected) => {
  expect((read([Buffer.from(digits)]) as JsonNumber).valueOf()).toBe(expected);
});

test.each([
  '',
  ' ',
  '[',
  '{',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '[1',
  '[1,',
  '"abc',
  '"abc\\',
  '"abc\\u12',
  'tru',
  '[12',
  '-'.repeat(0) + '[[]',
])('a document that stops after %j is cut, not broken', (text) => {
  expect(failure(text)).toMatchObject({ cut: true });
});

test.each([
  ['[1 2]', 'a comma or the end of the list or object is expected at byte 4'],
  ['{a:1}', 'a name in quotes or "}" is expected at byte 2'],
  ['{"a" 1}', 'a colon is expected at byte 6'],
  ['[1,]', 'a value is expected at byte 4'],
  ['{"a":1,}', 'a name in quotes is expected at byte 8'],
  ['[}', 'a value or "]" is expected at byte 2'],
  ['{"a":1]', 'a comma or the end of the list or object is expected at byte 7'],
  ['{} {}', 'the end of the document is expected at byte 4'],
  ['<!DOCTYPE html>', 'a value is expected at byte 1'],
  ['nul!', 'a value is expected at byte 4'],
  ['[01]', 'a number is malformed'],
  ['[1.]', 'a number is malformed'],
  ['[-]', 'a number is malformed'],
  ['"a\nb"', 'a control character stands in a string at byte 3'],
  ['"\\x"', 'an escape is wrong'],
  ['"\\ud83"', 'an escape is wrong'],
  ['\ufeff{}', 'a value is expected at byte 1'],
])('%j is not JSON: %s', (text, clause) => {
  expect(failure(text)).toMatchObject({ message: expect.stringContaining(clause) as string, cut: false });
});

test('no error quotes the document', () => {
  for (const text of ['["sentinel" "x"]', '{"sentinel"}', '["sentinel\\q"]', '[12345678.sentinel]', 'sentinel'])
    expect(failure(text).message).not.toContain('sentinel');
});

test.each([
  ['a byte that no character begins with', [0x22, 0xff, 0x22]],
  ['a character cut short', [0x22, 0xe2, 0x82, 0x22]],
  ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
  ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['a character cut by a backslash', [0x22, 0xc3, 0x5c, 0x6e, 0x22]],
])('%s in a string is refused, not repaired', (_, bytes) => {
  expect(failure(Buffer.from(bytes))).toMatchObject({ message: expect.stringContaining('is not UTF-8') as string, cut: false });
});

test('64 levels are read and 65 are refused, however they are made', () => {
  const nested = (levels: number): Buffer => Buffer.from('[{"a":'.repeat(levels / 2) + (levels % 2 === 1 ? '[' : '1'));
  expect(() => new JsonTokenizer(new ValueBuilder()).write(nested(64))).not.toThrow();
  expect(() => new JsonTokenizer(new ValueBuilder()).write(nested(65))).toThrow('nested deeper than 64 levels');
});

test('a string that never ends is refused at 8 MiB', () => {
  const tokenizer = new JsonTokenizer(new ValueBuilder());
  tokenizer.write(Buffer.from('["'));
  const piece = Buffer.alloc(1024 * 1024, 'x');
  for (let written = 0; written < 8; written += 1) tokenizer.write(piece);
  expect(() => tokenizer.write(Buffer.from('x'))).toThrow('a string of more than 8 MiB');
});

test('a number of 1,000 characters is read and a longer one is refused, also in pieces', () => {
  const digits = '9'.repeat(1000);
  expect((read([Buffer.from(`[${digits}]`)]) as JsonNumber[])[0]?.source).toBe(digits);
  expect(failure(`[${digits}9]`).message).toContain('a number of more than 1,000 characters');
});
