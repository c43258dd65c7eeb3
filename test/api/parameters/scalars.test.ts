import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GivenScalar, ParameterDeclaration } from '../../../src/api/parameters/declaration.ts';
import { resolve } from './resolve-one.ts';

type Row = readonly [given: GivenScalar, value: string | boolean];
type BadRow = readonly [given: GivenScalar, problem: string];

describe('a String', () => {
  test.each<Row>([
    ['emea', 'emea'],
    ['', ''],
    [' a ', ' a '],
    ['007', '007'],
    ['true', 'true'],
    ['é\u0301🧾', 'é\u0301🧾'],
    ['x'.repeat(1_024), 'x'.repeat(1_024)],
    ['🧾'.repeat(1_024), '🧾'.repeat(1_024)],
  ])('%j is taken as it stands', (given, value) => {
    expect(resolve({ type: 'String' }, { value: given })).toBe(value);
  });

  test.each<BadRow>([
    [
      7,
      'parameter "p": 7 is a number in the manifest, but the parameter is a String: put it in quotes ("7"), because YAML drops leading zeros of numbers',
    ],
    [
      12345678901234567890n,
      'parameter "p": 12345678901234567890 is a number in the manifest, but the parameter is a String: put it in quotes ("12345678901234567890"), because YAML drops leading zeros of numbers',
    ],
    ['x'.repeat(1_025), 'parameter "p": the value has 1025 characters; at most 1024 are allowed'],
    ['a\0b', 'parameter "p": "a\\u{0}b" has a NUL character, which no database takes'],
  ])('%s is refused', (given, problem) => {
    expect(resolve({ type: 'String' }, { value: given })).toEqual({ problem });
  });

  test.each<[Omit<ParameterDeclaration, 'name' | 'type'>, string, string | undefined]>([
    [{ minLength: 2 }, 'a', '"a" has 1 character; at least 2 must be there'],
    [{ minLength: 2 }, 'ab', undefined],
    [{ minLength: 1 }, '', '"" has 0 characters; at least 1 must be there'],
    [{ maxLength: 2 }, 'ab', undefined],
    [{ maxLength: 2 }, '🧾🧾', undefined],
    [{ maxLength: 2 }, 'abc', 'the value has 3 characters; at most 2 are allowed'],
    [{ pattern: '[A-Z]{2}' }, 'DE', undefined],
    [{ pattern: '[A-Z]{2}' }, 'DEU', '"DEU" does not match the pattern [A-Z]{2}'],
    [{ pattern: '[A-Z]{2}' }, 'DE\n', '"DE\\u{a}" does not match the pattern [A-Z]{2}'],
    [{ pattern: '(' }, 'a', 'pattern is not valid RE2 syntax: error parsing regexp: missing closing ): `(`'],
  ])('with rules %o: %s', (rules, given, problem) => {
    const expected = problem === undefined ? given : { problem: `parameter "p": ${problem}` };
    expect(resolve({ type: 'String', ...rules }, { value: given })).toEqual(expected);
  });
});

describe('an Integer', () => {
  test.each<Row>([
    [0, '0'],
    [-0, '0'],
    [42, '42'],
    [-42, '-42'],
    [9007199254740991, '9007199254740991'],
    [9007199254740993n, '9007199254740993'],
    ['42', '42'],
    ['+42', '42'],
    ['-0', '0'],
    ['007', '7'],
    ['-007', '-7'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    [-(2n ** 63n), '-9223372036854775808'],
  ])('%s is exactly %s', (given, value) => {
    expect(resolve({ type: 'Integer' }, { value: given })).toBe(value);
  });

  test.each<BadRow>([
    ['', '"" is not an integer; write digits only, e.g. 42'],
    [' 42', '" 42" is not an integer; write digits only, e.g. 42'],
    ['1.0', '"1.0" is not an integer; write digits only, e.g. 42'],
    ['1e3', '"1e3" is not an integer; write digits only, e.g. 42'],
    ['0x10', '"0x10" is not an integer; write digits only, e.g. 42'],
    ['0b1', '"0b1" is not an integer; write digits only, e.g. 42'],
    ['1_000', '"1_000" is not an integer; write digits only, e.g. 42'],
    ['1,000', '"1,000" is not an integer; write digits only, e.g. 42'],
    ['+-1', '"+-1" is not an integer; write digits only, e.g. 42'],
    ['--1', '"--1" is not an integer; write digits only, e.g. 42'],
    ['+', '"+" is not an integer; write digits only, e.g. 42'],
    ['４２', '"４２" is not an integer; write digits only, e.g. 42'],
    ['true', '"true" is not an integer; write digits only, e.g. 42'],
    [1.5, '1.5 is not an integer; write digits only, e.g. 42'],
    [1e21, '1e+21 is not an integer; write digits only, e.g. 42'],
    [NaN, 'NaN is not an integer; write digits only, e.g. 42'],
    [2n ** 63n, '9223372036854775808 does not fit 64 bits; it must be from -9223372036854775808 to 9223372036854775807'],
    ['9223372036854775808', '"9223372036854775808" does not fit 64 bits; it must be from -9223372036854775808 to 9223372036854775807'],
    ['-9223372036854775809', '"-9223372036854775809" does not fit 64 bits; it must be from -9223372036854775808 to 9223372036854775807'],
    ['9'.repeat(31), `"${'9'.repeat(31)}" is not an integer; write digits only, e.g. 42`],
    ['9'.repeat(1_024), `"${'9'.repeat(79)}…" is not an integer; write digits only, e.g. 42`],
  ])('%s is refused', (given, problem) => {
    expect(resolve({ type: 'Integer' }, { value: given })).toEqual({ problem: `parameter "p": ${problem}` });
  });

  test.each<[GivenScalar, GivenScalar, GivenScalar, string | undefined]>([
    [5, 5, 10, undefined],
    [10, 5, 10, undefined],
    [4, 5, 10, '4 is less than the minimum 5'],
    ['11', 5, 10, '11 is more than the maximum 10'],
    ['-1', '-0.5', 10, '-1 is less than the minimum -0.5'],
    ['9223372036854775807', 0, 9223372036854775806n, '9223372036854775807 is more than the maximum 9223372036854775806'],
  ])('%s between %s and %s', (given, minimum, maximum, problem) => {
    const expected = problem === undefined ? String(given) : { problem: `parameter "p": ${problem}` };
    expect(resolve({ type: 'Integer', minimum, maximum }, { value: given })).toEqual(expected);
  });

  test('any of 64 bits comes out as it was, as a number, a bigint or a text', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (integer) => {
        const asNumber = Number(integer);
        const forms = [integer, integer.toString(), ...(Number.isSafeInteger(asNumber) ? [asNumber] : [])];
        for (const form of forms) expect(resolve({ type: 'Integer' }, { value: form })).toBe(integer.toString());
      }),
    );
  });
});

describe('a Decimal', () => {
  test.each<Row>([
    ['12.50', '12.50'],
    ['+012.50', '12.50'],
    ['-0.00', '0.00'],
    ['0.30000000000000001', '0.30000000000000001'],
    [12, '12'],
    [-0, '0'],
    [12345678901234567890n, '12345678901234567890'],
    ['9'.repeat(100), '9'.repeat(100)],
  ])('%s is exactly %s', (given, value) => {
    expect(resolve({ type: 'Decimal' }, { value: given })).toBe(value);
  });

  const hint = 'is not a decimal; write digits with a point, in quotes, e.g. "12.50"';
  test.each<BadRow>([
    ['', `"" ${hint}`],
    ['1e3', `"1e3" ${hint}`],
    ['1,50', `"1,50" ${hint}`],
    ['.5', `".5" ${hint}`],
    ['5.', `"5." ${hint}`],
    ['NaN', `"NaN" ${hint}`],
    ['Infinity', `"Infinity" ${hint}`],
    ['0x1', `"0x1" ${hint}`],
    ['12.50 ', `"12.50 " ${hint}`],
    [1e21, `1e+21 ${hint}`],
    [1e-7, `1e-7 ${hint}`],
    ['9'.repeat(101), `"${'9'.repeat(79)}…" has 101 characters; a decimal has at most 100`],
  ])('%s is refused', (given, problem) => {
    expect(resolve({ type: 'Decimal' }, { value: given })).toEqual({ problem: `parameter "p": ${problem}` });
  });

  test('at a limit is compared by all its digits', () => {
    const declaration = { type: 'Decimal', minimum: '0.1', maximum: '0.3' } as const;
    expect(resolve(declaration, { value: '0.3' })).toBe('0.3');
    expect(resolve(declaration, { value: '0.300' })).toBe('0.300');
    expect(resolve(declaration, { value: '0.30000000000000001' })).toEqual({
      problem: 'parameter "p": 0.30000000000000001 is more than the maximum 0.3',
    });
    expect(resolve(declaration, { value: '0.09999999999999999' })).toEqual({
      problem: 'parameter "p": 0.09999999999999999 is less than the minimum 0.1',
    });
  });
});

describe('a Boolean', () => {
  test.each<Row>([
    ['true', true],
    ['false', false],
  ])('%s', (given, value) => {
    expect(resolve({ type: 'Boolean' }, { value: given })).toBe(value);
  });

  test.each<GivenScalar>(['', 'True', 'TRUE', 'yes', 'on', '1', 't', ' true', 1, 0, 1n])('%s is refused', (given) => {
    const shown = typeof given === 'string' ? `"${given}"` : String(given);
    expect(resolve({ type: 'Boolean' }, { value: given })).toEqual({
      problem: `parameter "p": ${shown} is not a Boolean; write "true" or "false", in quotes`,
    });
  });
});

describe('a Date', () => {
  test('is a day of the calendar', () => {
    expect(resolve({ type: 'Date' }, { value: '2024-02-29' })).toBe('2024-02-29');
  });

  test.each<BadRow>([
    ['2026-02-30', '"2026-02-30" is not a day of the calendar'],
    ['2026-10', '"2026-10" is not a date; write it as YYYY-MM-DD, e.g. 2026-10-01'],
    [2026, '2026 is not a date; write it as "YYYY-MM-DD", in quotes'],
    ['0000-12-31', '"0000-12-31" is not a day of the calendar'],
    ['\u202e2026-10-01', '"\\u{202e}2026-10-01" is not a date; write it as YYYY-MM-DD, e.g. 2026-10-01'],
  ])('%s is refused', (given, problem) => {
    expect(resolve({ type: 'Date' }, { value: given })).toEqual({ problem: `parameter "p": ${problem}` });
  });
});

describe('a Timestamp', () => {
  test('is an instant in UTC', () => {
    expect(resolve({ type: 'Timestamp' }, { value: '2026-10-01T08:00:00+02:00' }, 'Asia/Tokyo')).toBe('2026-10-01T06:00:00Z');
  });

  test('is not a number', () => {
    expect(resolve({ type: 'Timestamp' }, { value: 1790000000 })).toEqual({
      problem: 'parameter "p": 1790000000 is not an instant; write it as "2026-10-01T08:00:00+02:00", in quotes',
    });
  });
});
