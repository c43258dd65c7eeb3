/** Formulas of columns: exact, in the usual order of operations, and refused with the place of the mistake. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileFormula, FORMULA_LIMIT } from '../../src/formula/formula.ts';
import { parseDecimal } from '../../src/quantity/decimal.ts';
import { exactDecimal, rationalOf, roundedDecimal, type Rational } from '../../src/quantity/rational.ts';

const COLUMNS: Readonly<Record<string, string>> = { cpu: '0.5', memory: '1073741824', none: '', zero: '0', owed: '-2.50' };
const PARAMETERS: Readonly<Record<string, string>> = { price: '12.50', factor: '3' };

function rational(text: string | undefined): Rational | undefined {
  const decimal = parseDecimal(text ?? '');
  return decimal === undefined ? undefined : rationalOf(decimal);
}

/** With all digits, or rounded to `scale`. */
function result(text: string, scale?: number): string | undefined {
  const compiled = compileFormula(text);
  if (!compiled.ok) return expect.fail(compiled.problem);
  const value = compiled.formula.evaluate({ column: (name) => rational(COLUMNS[name]), parameter: (name) => rational(PARAMETERS[name]) });
  return value === undefined ? undefined : scale === undefined ? exactDecimal(value) : roundedDecimal(value, scale);
}

describe('a value', () => {
  test.each<[formula: string, value: string | undefined]>([
    ['1', '1'],
    ['1.50', '1.50'],
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['10 - 4 - 3', '3'],
    ['-2 * -3', '6'],
    ['--2', '2'],
    ['2-3', '-1'],
    ['1.5 + 2.25', '3.75'],
    ['0.1 + 0.2', '0.3'],
    ['cpu * :price', '6.250'],
    ['cpu*:price*:factor', '18.750'],
    ['memory * memory', '1152921504606846976'],
    ['owed + 2.50', '0.00'],
    ['none * 2', undefined],
    ['1 + none', undefined],
  ])('%s is %s', (formula, value) => expect(result(formula)).toBe(value));

  test.each<[formula: string, scale: number, value: string | undefined]>([
    ['memory / 1073741824 * :price', 2, '12.50'],
    ['1 / 3', 4, '0.3333'],
    ['1 / 3 * 3', 2, '1.00'],
    ['2 / 3', 0, '1'],
    ['0.125', 2, '0.13'],
    ['-0.125', 2, '-0.13'],
    ['0.124999999999', 2, '0.12'],
    ['-0.004', 2, '0.00'],
    ['1 / zero', 2, undefined],
    ['1 / (2 - 2)', 2, undefined],
    ['6 / -4', 1, '-1.5'],
    ['12 / 2 / 3', 1, '2.0'],
  ])('%s with %d digits is %s', (formula, scale, value) => expect(result(formula, scale)).toBe(value));

  test('agrees with whole numbers of JavaScript, whatever is added and multiplied', () => {
    const number = fc.integer({ min: -1_000, max: 1_000 });
    const sign = fc.constantFrom('+', '-', '*');
    fc.assert(
      fc.property(fc.array(fc.tuple(sign, number), { minLength: 1, maxLength: 8 }), (terms) => {
        const text = terms.map(([operator, value]) => `${operator} (${value})`).join(' ');
        // Products first, then from left to right.
        const products: bigint[] = [0n];
        for (const [operator, value] of terms) {
          const last = products.length - 1;
          if (operator === '*') products[last] = (products[last] ?? 0n) * BigInt(value);
          else products.push(operator === '-' ? -BigInt(value) : BigInt(value));
        }
        expect(result(`0 ${text}`)).toBe(String(products.reduce((sum, product) => sum + product, 0n)));
      }),
    );
  });
});

test('columns and parameters are known by name, each once', () => {
  const compiled = compileFormula('a + b * :p / (a - :q)');
  expect(compiled.ok && [compiled.formula.columns, compiled.formula.parameters, compiled.formula.divides]).toEqual([
    ['a', 'b'],
    ['p', 'q'],
    true,
  ]);
});

describe('a formula with a mistake', () => {
  test.each<[formula: string, says: string]>([
    ['', 'at character 1 stands the end'],
    ['   ', 'stands the end'],
    ['1 +', 'at character 4 stands the end'],
    ['1 2', 'at character 3 stands 2'],
    ['(1', 'where a closing parenthesis is wanted'],
    ['1)', 'at character 2 stands )'],
    ['a.b', 'at character 2 stands .'],
    ['sum(a)', 'at character 4 stands ('],
    ['a ** 2', 'at character 4 stands *'],
    ['a % 2', 'at character 3 stands %'],
    ['2cpu', 'at character 2 stands cpu'],
    [': price', 'at character 1 stands :'],
    ['1 +  $x', 'at character 6 stands $'],
    ['1e3', 'at character 2 stands e3'],
    ['+1', 'at character 1 stands +'],
    [`${'('.repeat(40)}1${')'.repeat(40)}`, 'within each other'],
    ['1'.repeat(FORMULA_LIMIT + 1), 'at most 256 characters'],
  ])('%s says: %s', (formula, says) => {
    const compiled = compileFormula(formula);
    expect(compiled.ok ? '' : compiled.problem).toContain(says);
  });

  test('never throws, whatever it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => void compileFormula(text)));
  });
});
