import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nestsDeeperThan, stringifyExact, JSON_DEPTH_LIMIT, parseExact } from '../src/exact-json.ts';

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

describe('depth', () => {
  const nested = (levels: number): unknown => JSON.parse(`${'{"a":['.repeat(levels / 2)}1${']}'.repeat(levels / 2)}`);

  test.each<[value: unknown, levels: number]>([
    [1, 0],
    [null, 0],
    ['[[[', 0],
    [[], 1],
    [{ a: [] }, 2],
    [[1, { a: 1 }, []], 2],
    [nested(64), 64],
    [nested(10_000), 10_000],
  ])('is counted without recursion: %#', (value, levels) => {
    expect(nestsDeeperThan(value, levels)).toBe(false);
    if (levels > 0) expect(nestsDeeperThan(value, levels - 1)).toBe(true);
  });

  test('of what is read is that of what is written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat({ max: 8 }), (value, limit) => {
        const deepest = JSON.stringify(value).replace(/"(?:[^"\\]|\\.)*"/g, '');
        let depth = 0;
        let most = 0;
        for (const character of deepest) {
          if ('[{'.includes(character)) most = Math.max(most, (depth += 1));
          if (']}'.includes(character)) depth -= 1;
        }
        expect(nestsDeeperThan(value, limit)).toBe(most > limit);
      }),
    );
  });
});
