/** Quantities as Kubernetes writes and users write them, and sums of them, to the last digit. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDecimals,
  compareDecimals,
  formatDecimal,
  parseDecimal,
  withoutTrailingZeros,
  type Decimal,
} from '../../src/quantity/decimal.ts';
import { readQuantity } from '../../src/quantity/quantity.ts';

describe('a quantity', () => {
  test.each<readonly [text: string, decimal: string]>([
    ['0', '0'],
    ['1', '1'],
    ['007', '7'],
    ['+5', '5'],
    ['-5', '-5'],
    ['-0', '0'],
    ['-0.0m', '0'],
    ['500m', '0.5'],
    ['1500m', '1.5'],
    ['1000m', '1'],
    ['1u', '0.000001'],
    ['1n', '0.000000001'],
    ['0.1n', '0.0000000001'],
    ['0.5', '0.5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1.50', '1.5'],
    ['100', '100'],
    ['100k', '100000'],
    ['1M', '1000000'],
    ['1.5G', '1500000000'],
    ['2T', '2000000000000'],
    ['1P', '1000000000000000'],
    ['1E', '1000000000000000000'],
    ['1Ki', '1024'],
    ['128974848', '128974848'],
    ['129e6', '129000000'],
    ['129M', '129000000'],
    ['123Mi', '128974848'],
    ['2Gi', '2147483648'],
    ['1.5Gi', '1610612736'],
    ['0.1Ki', '102.4'],
    ['-2Ki', '-2048'],
    ['1Ti', '1099511627776'],
    ['1Pi', '1125899906842624'],
    ['8Ei', '9223372036854775808'],
    ['1e3', '1000'],
    ['1E3', '1000'],
    ['1e+3', '1000'],
    ['12345e-3', '12.345'],
    ['1e-2', '0.01'],
    ['9223372036854775807', '9223372036854775807'],
    ['123456789012345678901234567890m', '123456789012345678901234567.89'],
  ])('%s is %s', (text, decimal) => {
    expect(readQuantity(text)).toBe(decimal);
  });

  const words = ' |.|-|+|m|Ki|1 | 1|1 Gi|1K|1ki|1mi|1GB|1gi|1kk|1.2.3|--1|+-1|1e|1e1.5|1e1Ki|0x10|1,5|NaN|Infinity|1Zi|١|1\n'.split('|');
  test.each(['', ...words])('is not %j', (text) => {
    expect(readQuantity(text)).toBeUndefined();
  });

  test('has at most 1,000 digits, however short its text is', () => {
    expect(readQuantity('9'.repeat(1000))).toHaveLength(1000);
    expect(readQuantity('9'.repeat(1001))).toBeUndefined();
    expect(readQuantity('1e999')).toHaveLength(1000);
    expect(readQuantity('1e1000')).toBeUndefined();
    expect(readQuantity('1e-999')).toHaveLength(1001);
    expect(readQuantity('1e-9999')).toBeUndefined();
  });

  test('is what its digits and suffix say, for every number and suffix', () => {
    const suffixes: readonly (readonly [suffix: string, numerator: bigint, denominator: bigint])[] = [
      ...['n', 'u', 'm'].map((suffix, index): [string, bigint, bigint] => [suffix, 1n, 1000n ** BigInt(3 - index)]),
      ...['', 'k', 'M', 'G', 'T', 'P', 'E'].map((suffix, index): [string, bigint, bigint] => [suffix, 1000n ** BigInt(index), 1n]),
      ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, index): [string, bigint, bigint] => [suffix, 1024n ** BigInt(index + 1), 1n]),
    ];
    const digits = fc.stringMatching(/^\d{1,30}$/);
    fc.assert(
      fc.property(
        fc.constantFrom('', '-', '+'),
        digits,
        fc.stringMatching(/^\d{0,12}$/),
        fc.constantFrom(...suffixes),
        (sign, whole, fraction, [suffix, numerator, denominator]) => {
          const read = parseDecimal(readQuantity(`${sign}${whole}.${fraction}${suffix}`) ?? '');
          if (read === undefined) throw new Error('it was not read');
          const given = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`) * numerator;
          expect(read.unscaled * denominator * 10n ** BigInt(fraction.length)).toBe(given * 10n ** BigInt(read.scale));
        },
      ),
    );
  });
});

describe('decimals', () => {
  const decimal: fc.Arbitrary<Decimal> = fc.record({
    unscaled: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
    scale: fc.integer({ min: 0, max: 30 }),
  });
  /** As an integer of 10^-100. */
  const exact = ({ unscaled, scale }: Decimal): bigint => unscaled * 10n ** BigInt(100 - scale);

  test('come back from their text', () => {
    fc.assert(
      fc.property(decimal, (value) => {
        expect(parseDecimal(formatDecimal(value))).toEqual(value);
      }),
    );
  });

  test('are added and compared exactly', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(exact(addDecimals(a, b))).toBe(exact(a) + exact(b));
        expect(Math.sign(compareDecimals(a, b))).toBe(exact(a) < exact(b) ? -1 : exact(a) > exact(b) ? 1 : 0);
        expect(compareDecimals(a, withoutTrailingZeros(a))).toBe(0);
        expect(formatDecimal(withoutTrailingZeros(a))).not.toMatch(/\.\d*0$/);
      }),
    );
  });

  test.each<readonly [a: string, b: string, sum: string]>([
    ['0.1', '0.2', '0.3'],
    ['1.50', '2', '3.50'],
    ['-0.5', '0.5', '0.0'],
    ['9007199254740993', '1', '9007199254740994'],
    ['-0.05', '0.01', '-0.04'],
  ])('%s + %s = %s', (a, b, sum) => {
    expect(formatDecimal(addDecimals(parseDecimal(a)!, parseDecimal(b)!))).toBe(sum);
  });

  test.each(['', 'NaN', 'Infinity', '1e3', '+1', '.5', '5.', '0x1', '1_000'])('%j is none', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });
});
