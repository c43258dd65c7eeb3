import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { embeddedJson } from '../../../src/runner/formats/embedded-json.ts';

describe('JSON inside of JSON', () => {
  test('loses the spaces between its tokens and nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(0, 1, '\t', '\r\n'), (value, space) => {
        const text = JSON.stringify(value);
        expect(embeddedJson(`\n${JSON.stringify(value, undefined, space)} `)).toBe(text);
        expect(embeddedJson(text)).toBe(text);
      }),
    );
  });

  test.each([
    [
      'digits that no double has',
      '[ 0.10000000000000000000001 , -1E+400, 9007199254740993 ]',
      '[0.10000000000000000000001,-1E+400,9007199254740993]',
    ],
    ['names that come twice, and their order', '{"b": 1, "a": 2, "b": 3}', '{"b":1,"a":2,"b":3}'],
    ['spaces in strings', '[" a\\tb ", "\\" , \\" "]', '[" a\\tb ","\\" , \\" "]'],
    ['a backslash before a closing quote', '["\\\\" , " "]', '["\\\\"," "]'],
    ['escapes as they are', '"\\u0041\\/\\ud83d\\ude00\\uD83D\\uDE00"', '"\\u0041\\/\\ud83d\\ude00\\uD83D\\uDE00"'],
    ['an escaped backslash before what only looks like an escape', '"\\\\ud800"', '"\\\\ud800"'],
  ])('keeps %s', (_, text, expected) => {
    expect(embeddedJson(text)).toBe(expected);
  });

  test.each([
    ['"\\ud83d"', '"\uFFFD"'],
    ['"\\ude00\\ud83d"', '"\uFFFD\uFFFD"'],
    ['"\\ud83d\\ud83d\\ude00"', '"\uFFFD\\ud83d\\ude00"'],
    ['"\\\\\\ud83d"', '"\\\\\uFFFD"'],
    ['{"\\uDBFF": "x\\uDC00y"}', '{"\uFFFD":"x\uFFFDy"}'],
  ])('%s: half of a character is U+FFFD', (text, expected) => {
    expect(embeddedJson(text)).toBe(expected);
  });

  test.each(['', ' ', '{', '{"a":1}}', '[1,]', "{'a':1}", 'NaN', '01', '"a\nb"', '[1] [2]', '\uFEFF[]', '{"a":\u00a01}', 'undefined'])(
    '%j is none',
    (text) => {
      expect(embeddedJson(text)).toBeUndefined();
    },
  );

  test('may be deep and large', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(embeddedJson(deep)).toBe(deep);
    const large = JSON.stringify('x"'.repeat(1_000_000));
    expect(embeddedJson(` ${large}`)).toBe(large);
  });
});
