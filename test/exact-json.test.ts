import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringifyExact, JSON_DEPTH_LIMIT, parseExact } from '../src/exact-json.ts';

describe('exact JSON', () => {
  test.each<[text: string, value: unknown]>([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['{"a":[18446744073709551616,1.5,"9007199254740993"]}', { a: [18446744073709551616n, 1.5, '9007199254740993'] }],
    ['1e20', 1e20],
    ['"[[[{{{"', '[[[{{{'],
    ['"\\"[\\\\"', '"[\\'],
  ])('reads %s', (text, value) => {
    expect(parseExact(text)).toEqual(value);
  });

  test('what it writes it reads back, integers of any size included', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
      fc.bigInt().filter((value) => !Number.isSafeInteger(Number(value))),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('value')),
        fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (given) => {
        expect(parseExact(stringifyExact(given))).toEqual(given);
      }),
    );
  });

  test('a key named __proto__ is a key like any other', () => {
    expect(stringifyExact(parseExact('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });

  test('nesting at the limit is read, one level more is an error, a million levels too', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => parseExact(nested(JSON_DEPTH_LIMIT))).not.toThrow();
    expect(() => parseExact(nested(JSON_DEPTH_LIMIT + 1))).toThrow('deeper');
    expect(() => parseExact('{"a":'.repeat(1_000_000))).toThrow('deeper');
  });

  test('a number beyond a double is an error and never Infinity', () => {
    expect(() => parseExact('[1e400]')).toThrow('range');
  });

  test.each([[undefined], [NaN], [{ a: Infinity }]])('%j cannot be written', (value) => {
    expect(() => stringifyExact(value)).toThrow(TypeError);
  });
});
