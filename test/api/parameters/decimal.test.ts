import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalDecimal, compareDecimals, DECIMAL_LIMIT } from '../../../src/api/parameters/decimal.ts';

/** A decimal as someone may write it: signs, leading zeros, any scale. */
const written = fc
  .tuple(
    fc.constantFrom('', '+', '-'),
    fc.stringMatching(/^[0-9]{1,40}$/),
    fc.option(fc.stringMatching(/^[0-9]{1,40}$/), { nil: undefined }),
  )
  .map(([sign, digits, fraction]) => `${sign}${digits}${fraction === undefined ? '' : `.${fraction}`}`);

/** Its value as a fraction of two integers. */
function rational(text: string): { readonly over: bigint; readonly under: bigint } {
  const [digits = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const over = BigInt(digits + fraction);
  return { over: text.startsWith('-') ? -over : over, under: 10n ** BigInt(fraction.length) };
}

function compareRationals(a: string, b: string): number {
  const [left, right] = [rational(a), rational(b)];
  const difference = left.over * right.under - right.over * left.under;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function canonical(text: string): string {
  return canonicalDecimal(text) ?? expect.fail(`${text} is a decimal`);
}

describe('the canonical form', () => {
  test.each([
    ['12.50', '12.50'],
    ['+012.50', '12.50'],
    ['0', '0'],
    ['-0', '0'],
    ['-0.00', '0.00'],
    ['+0', '0'],
    ['000', '0'],
    ['00.10', '0.10'],
    ['-007', '-7'],
    ['9'.repeat(DECIMAL_LIMIT), '9'.repeat(DECIMAL_LIMIT)],
  ])('of %s is %s', (text, expected) => {
    expect(canonicalDecimal(text)).toBe(expected);
  });

  test.each([
    '',
    ' ',
    '.',
    '.5',
    '5.',
    '1e3',
    '1E-3',
    '0x10',
    '1_000',
    '1,5',
    '1 000',
    '--1',
    '+-1',
    '1.2.3',
    'NaN',
    'Infinity',
    '１２',
    '1\n',
    ' 1',
    '9'.repeat(DECIMAL_LIMIT + 1),
  ])('does not exist for %j', (text) => {
    expect(canonicalDecimal(text)).toBeUndefined();
  });

  test('has the same value and the same scale, and is its own canonical form', () => {
    fc.assert(
      fc.property(written, (text) => {
        const form = canonical(text);
        expect(compareRationals(form, text)).toBe(0);
        expect(form.split('.')[1]?.length).toBe(text.split('.')[1]?.length);
        expect(canonicalDecimal(form)).toBe(form);
        expect(form).toMatch(/^-?(0|[1-9]\d*)(\.\d+)?$/);
        expect(form).not.toMatch(/^-0(\.0*)?$/);
      }),
    );
  });
});

test('two decimals compare as the fractions they are', () => {
  // Near neighbours, and any two.
  const neighbours = fc
    .tuple(written, fc.constantFrom('0', '1', '00', '01'))
    .map(([text, more]) => [text, text.includes('.') ? text + more : `${text}.${more}`] as const);
  fc.assert(
    fc.property(fc.oneof(fc.tuple(written, written), neighbours), ([a, b]) => {
      const result = compareDecimals(canonical(a), canonical(b));
      expect(Math.sign(result)).toBe(compareRationals(a, b));
      expect(Math.sign(compareDecimals(canonical(b), canonical(a)))).toBe(-compareRationals(a, b) + 0);
    }),
    { numRuns: 1_000 },
  );
});

test('digits that a double would lose decide', () => {
  expect(compareDecimals('0.30000000000000001', '0.3')).toBeGreaterThan(0);
  expect(compareDecimals('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
  expect(compareDecimals('-0.1', '-0.10')).toBe(0);
});
