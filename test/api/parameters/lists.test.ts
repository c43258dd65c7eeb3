import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ParameterDeclaration } from '../../../src/api/parameters/declaration.ts';
import { readChoice, readChoices, readStrings } from '../../../src/api/parameters/lists.ts';
import { anyText } from '../../support/arbitraries.ts';

type Rules = Omit<ParameterDeclaration, 'name' | 'type'>;

const strings = (rules: Rules): ParameterDeclaration => ({ name: 'p', type: 'Strings', ...rules });
const regions: Rules = { choices: [{ value: 'emea', label: 'EMEA' }, { value: 'amer' }, { value: 'apac' }] };
const choice = (rules: Rules = regions): ParameterDeclaration => ({ name: 'p', type: 'Choice', ...rules });
const choices = (rules: Rules = regions): ParameterDeclaration => ({ name: 'p', type: 'Choices', ...rules });
const many = (count: number, text = 'x'): readonly string[] => Array<string>(count).fill(text);

describe('Strings', () => {
  test.each<[story: string, values: readonly string[]]>([
    ['none', []],
    ['one that is empty', ['']],
    ['what looks like nothing', ['NULL', 'null', '{}', ',', '"', '\\']],
    ['the same twice, in their order', ['b', 'a', 'b']],
    ['1,000', many(1_000)],
    ['one of 1,024 characters outside of the basic plane', ['🧾'.repeat(1_024)]],
  ])('may be %s', (_, values) => {
    expect(readStrings(values, strings({}))).toEqual({ ok: true, value: values });
  });

  test.each<[story: string, rules: Rules, values: readonly string[], problem: string]>([
    ['1,001', {}, many(1_001), 'has 1001 values; at most 1000 are allowed'],
    ['more than maxItems', { maxItems: 2 }, many(3), 'has 3 values; at most 2 are allowed'],
    ['one that is too long', {}, ['a', 'x'.repeat(1_025)], 'values[1]: the value has 1025 characters; at most 1024 are allowed'],
    ['one that is longer than maxLength', { maxLength: 2 }, ['abc'], 'values[0]: the value has 3 characters; at most 2 are allowed'],
    ['one that is too short', { minLength: 2 }, ['ab', 'a'], 'values[1]: "a" has 1 character; at least 2 must be there'],
    ['one with NUL', {}, ['a\0b'], 'values[0]: "a\\u{0}b" has a NUL character, which no database takes'],
    [
      'those that do not match',
      { pattern: '[a-z]+' },
      ['a', 'B', 'c', 'D'],
      'values[1]: "B" does not match the pattern [a-z]+, values[3]: "D" does not match the pattern [a-z]+',
    ],
    [
      'any, when the pattern is broken',
      { pattern: '(' },
      ['a'],
      'pattern is not valid RE2 syntax: error parsing regexp: missing closing ): `(`',
    ],
    [
      'more than all parameters may have',
      {},
      many(33, 'x'.repeat(1_000)),
      'its values have 33000 bytes; all parameters together may have 32768',
    ],
  ])('may not be %s', (_, rules, values, problem) => {
    expect(readStrings(values, strings(rules))).toEqual({ ok: false, problem });
  });

  test('that all break a rule are told as far as a person reads', () => {
    const read = readStrings(many(1_000, 'A'), strings({ pattern: '[a-z]+' }));
    expect(read).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/^values\[0\]: .*, values\[19\]: [^,]*, and 980 more$/) as string,
    });
  });

  test('come out as they went in', () => {
    fc.assert(
      fc.property(fc.array(anyText(30), { maxLength: 50 }), (values) => {
        const read = readStrings(values, strings({}));
        if (values.some((value) => value.includes('\0'))) expect(read.ok).toBe(false);
        else expect(read).toEqual({ ok: true, value: values });
      }),
    );
  });

  test('of 32 KiB with a pattern do not hold the operator up', () => {
    const values = many(1_000, `${'a'.repeat(31)}!`);
    const started = performance.now();
    expect(readStrings(values, strings({ pattern: '(a|b|ab)*c{0,8}' })).ok).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('a Choice', () => {
  test.each(['emea', 'amer', 'apac'])('may be %s', (value) => {
    expect(readChoice(value, choice())).toEqual({ ok: true, value });
  });

  test.each<[given: string | number | bigint, problem: string]>([
    ['EMEA', '"EMEA" is not one of the choices; did you mean "emea"?'],
    ['ema', '"ema" is not one of the choices; did you mean "emea"?'],
    ['', '"" is not one of the choices; it has: "emea", "amer", "apac"'],
    ['europe', '"europe" is not one of the choices; it has: "emea", "amer", "apac"'],
    [' emea\u202e', '" emea\\u{202e}" is not one of the choices; did you mean "emea"?'],
    [
      7,
      '7 is a number in the manifest, but the parameter is a Choice: put it in quotes ("7"), because YAML drops leading zeros of numbers',
    ],
  ])('may not be %j', (given, problem) => {
    expect(readChoice(given, choice())).toEqual({ ok: false, problem });
  });

  test('of a thousand is told with twenty of them', () => {
    const declaration = choice({ choices: many(1_000).map((_, index) => ({ value: `c${index}` })) });
    expect(readChoice('c999', declaration)).toEqual({ ok: true, value: 'c999' });
    expect(readChoice('d999', declaration)).toMatchObject({
      problem: expect.stringMatching(/^"d999" is not one of the choices; it has: "c0", .*"c19", and 980 more$/) as string,
    });
  });

  test.each(['constructor', '__proto__', 'length'])('is not what every object has: %s', (value) => {
    expect(readChoice(value, choice())).toMatchObject({ ok: false });
  });
});

describe('Choices', () => {
  test.each<[readonly string[]]>([[[]], [['apac']], [['apac', 'emea', 'amer']]])('may be %j', (values) => {
    expect(readChoices(values, choices())).toEqual({ ok: true, value: values });
  });

  test.each<[values: readonly string[], problem: string]>([
    [['emea', 'asia'], 'values[1]: "asia" is not one of the choices; it has: "emea", "amer", "apac"'],
    [['emea', 'amer', 'emea'], 'values[2]: "emea" is given twice'],
    [['emea', 'emea', 'x'], 'values[1]: "emea" is given twice, values[2]: "x" is not one of the choices; it has: "emea", "amer", "apac"'],
  ])('may not be %j', (values, problem) => {
    expect(readChoices(values, choices())).toEqual({ ok: false, problem });
  });

  test('a thousand wrong ones of a thousand are told quickly', () => {
    const declaration = choices({ choices: many(1_000).map((_, index) => ({ value: `choice-${index}` })) });
    const started = performance.now();
    expect(readChoices(many(1_000, 'another'), declaration)).toMatchObject({ ok: false });
    expect(performance.now() - started).toBeLessThan(500);
  });
});
