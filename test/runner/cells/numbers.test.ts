import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { integerOfDecimal, readDecimal, readInteger, readNumber } from '../../../src/runner/cells/numbers.ts';

const THOUSAND_DIGITS = '1234567890'.repeat(100);

describe('decimals', () => {
  test.each<[text: string, decimal: string | undefined]>([
    ['0', '0'],
    ['12.50', '12.50'],
    ['-12.50', '-12.50'],
    ['+12.50', '12.50'],
    ['0012.50', '12.50'],
    ['-007', '-7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-0', '0'],
    ['-0.00', '0.00'],
    ['-0.01', '-0.01'],
    ['00', '0'],
    ['1.5e3', '1500'],
    ['1.50e1', '15.0'],
    ['1.50e2', '150'],
    ['1E-7', '0.0000001'],
    ['-12.5e-1', '-1.25'],
    ['0e5', '0'],
    ['1e0', '1'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['-Infinity', '-Infinity'],
    [THOUSAND_DIGITS, THOUSAND_DIGITS],
    [`0.${THOUSAND_DIGITS}`, `0.${THOUSAND_DIGITS}`],
    ['1e999', `1${'0'.repeat(999)}`],
    ['1e1000', undefined],
    ['1e-999', `0.${'0'.repeat(998)}1`],
    ['1e-1000', undefined],
    ['1e999999999', undefined],
    ['', undefined],
    ['.', undefined],
    ['-', undefined],
    ['e5', undefined],
    [' 1', undefined],
    ['1 ', undefined],
    ['1,5', undefined],
    ['1_000', undefined],
    ['0x1f', undefined],
    ['１２', undefined],
    ['+NaN', undefined],
    ['inf', undefined],
    ['=1', undefined],
  ])('%j', (text, decimal) => {
    expect(readDecimal(text)).toBe(decimal);
  });

  test('keep their value exactly, whatever point and exponent they are written with', () => {
    const digits = fc.stringMatching(/^\d{0,30}$/);
    fc.assert(
      fc.property(fc.constantFrom('', '+', '-'), digits, digits, fc.integer({ min: -50, max: 50 }), (sign, whole, fraction, exponent) => {
        fc.pre(whole + fraction !== '');
        const read = readDecimal(`${sign}${whole}.${fraction}e${exponent}`) ?? '';
        expect(read).toMatch(/^-?(0|[1-9]\d*)(\.\d+)?$/);
        const [readWhole = '', readFraction = ''] = read.split('.');
        // Both sides as integers of 10^-100.
        const given = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`) * 10n ** BigInt(100 - fraction.length + exponent);
        expect(BigInt(readWhole + readFraction) * 10n ** BigInt(100 - readFraction.length)).toBe(given);
        if (given !== 0n) expect(read.startsWith('-')).toBe(sign === '-');
      }),
    );
  });
});

test.each<[text: string, integer: number | bigint | undefined]>([
  ['0', 0],
  ['-1', -1],
  ['-0', 0],
  ['+007', 7],
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', 9007199254740992n],
  ['-9223372036854775808', -9223372036854775808n],
  ['18446744073709551616', 18446744073709551616n],
  ['00000000000000000000001', 1],
  ['', undefined],
  ['1.0', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['--1', undefined],
])('integer %j', (text, integer) => {
  expect(readInteger(text)).toBe(integer);
});

test.each<[decimal: string, integer: number | bigint | undefined]>([
  ['12', 12],
  ['12.00', 12],
  ['12.01', undefined],
  ['NaN', undefined],
  ['', undefined],
])('decimal %j as an integer', (decimal, integer) => {
  expect(integerOfDecimal(decimal)).toBe(integer);
});

test.each<[text: string, number: number | undefined]>([
  ['0.1', 0.1],
  ['1e+20', 1e20],
  ['NaN', NaN],
  ['-Infinity', -Infinity],
  ['1e400', undefined],
  [`1${'0'.repeat(400)}`, undefined],
  ['', undefined],
  ['0x10', undefined],
  [' 1', undefined],
])('number %j', (text, number) => {
  expect(readNumber(text)).toBe(number);
});
