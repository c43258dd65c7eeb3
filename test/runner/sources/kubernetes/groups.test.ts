/** Groups as SQL makes them, with exact sums and in one order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cell, ColumnType } from '../../../../src/runner/rows.ts';
import { Groups, GROUPS_LIMIT } from '../../../../src/runner/sources/kubernetes/groups.ts';
import { compareCells } from '../../../../src/runner/sources/kubernetes/order.ts';
import type { Aggregate } from '../../../../src/runner/sources/kubernetes/plan.ts';
import type { ReadColumn } from '../../../../src/runner/sources/kubernetes/reading.ts';

function column(type: ColumnType, aggregate?: Aggregate): ReadColumn {
  return { name: 'c', type, aggregate, extract: undefined, default: undefined, formula: undefined, scale: undefined };
}

function grouped(columns: readonly ReadColumn[], rows: readonly (readonly (Cell | readonly Cell[])[])[]): readonly (readonly Cell[])[] {
  const groups = new Groups(columns);
  for (const row of rows) groups.add(row);
  return groups.rows();
}

describe('an aggregate', () => {
  test.each<readonly [aggregate: Aggregate, type: ColumnType, values: readonly Cell[], result: Cell]>([
    ['Count', 'Integer', [], 0],
    ['Count', 'Integer', [1, null, 1], 2],
    ['Sum', 'Integer', [1, -3, 5], 3],
    ['Sum', 'Integer', [Number.MAX_SAFE_INTEGER, 2], 9007199254740993n],
    ['Sum', 'Integer', [2n ** 70n, -(2n ** 70n), 1], 1],
    ['Sum', 'Integer', [], null],
    ['Sum', 'Integer', [null, null], null],
    ['Sum', 'Integer', [null, 4], 4],
    ['Sum', 'Decimal', ['0.1', '0.2'], '0.3'],
    ['Sum', 'Decimal', ['12.50', '1'], '13.50'],
    ['Sum', 'Decimal', ['0.5', '-0.5'], '0.0'],
    ['Sum', 'Quantity', ['0.5', '0.5'], '1'],
    ['Sum', 'Quantity', ['0.000000001', '9223372036854775808'], '9223372036854775808.000000001'],
    ['Min', 'Integer', [3, null, 2n ** 60n, -1], -1],
    ['Max', 'Integer', [3, null, 2n ** 60n, -1], 2n ** 60n],
    ['Min', 'Decimal', ['10', '9.5', '-0.1'], '-0.1'],
    ['Max', 'Decimal', ['10', '9.5', '10.00', '-0.1'], '10'],
    ['Max', 'Quantity', ['0.5', '1024', '999.999'], '1024'],
    ['List', 'JSON', ['"b"', null, '"a"', '"b"'], '["b","a"]'],
    ['List', 'JSON', [], '[]'],
    ['Max', 'Number', [1.5, -Infinity, 2.5], 2.5],
    ['Min', 'Number', [1.5, NaN, 2.5], 1.5],
    ['Min', 'Date', ['2026-10-01', '2025-12-31', '+010000-01-01'], '2025-12-31'],
    ['Max', 'Date', ['2026-10-01', '9999-12-31', '+010000-01-01'], '+010000-01-01'],
    ['Min', 'Date', ['-000001-12-31', '0001-01-01', '-000002-01-01'], '-000002-01-01'],
    ['Max', 'Date', ['2026-10-02', '2026-10-10', '2026-09-30'], '2026-10-10'],
    ['Min', 'Timestamp', [5n, -7n, 'Infinity'], -7n],
    ['Max', 'Timestamp', [5n, -7n, '-Infinity'], 5n],
    ['Min', 'String', ['b', 'a', 'B', ''], ''],
    ['Max', 'String', ['\uff01', '\u{1f600}', 'z'], '\u{1f600}'],
    ['Max', 'String', [null], null],
  ])('%s of %s %o is %o', (aggregate, type, values, result) => {
    const columns = [column('String'), column(type, aggregate)];
    const oneByOne = values.map((value) => ['g', value]);
    expect(grouped(columns, [['g', []], ...oneByOne])).toEqual([['g', result]]);
    expect(grouped(columns, [['g', values]])).toEqual([['g', result]]);
  });
});

describe('groups', () => {
  test('are as many as there are different keys, null being one', () => {
    const columns = [column('String'), column('String'), column('Integer', 'Count')];
    const rows = [
      ['a', 'b'],
      ['a', null],
      ['ab', ''],
      ['a', 'b'],
      [null, 'a'],
      ['a', null],
      ['', 'ab'],
      ['null', null],
    ];
    expect(
      grouped(
        columns,
        rows.map((row) => [...row, 1]),
      ),
    ).toEqual([
      ['', 'ab', 1],
      ['a', 'b', 2],
      ['a', null, 2],
      ['ab', '', 1],
      ['null', null, 1],
      [null, 'a', 1],
    ]);
  });

  test('are made of equal values, however they are written', () => {
    expect(
      grouped(
        [column('Decimal'), column('Integer', 'Count')],
        [
          ['1.0', 1],
          ['1.00', 1],
          ['1', 1],
          ['-0.0', 1],
          ['0', 1],
        ],
      ),
    ).toEqual([
      ['-0.0', 2],
      ['1.0', 3],
    ]);
    expect(
      grouped(
        [column('Number'), column('Integer', 'Count')],
        [
          [0, 1],
          [-0, 1],
        ],
      ),
    ).toEqual([[0, 2]]);
  });

  test('come in the order of their keys: numbers by size, dates by day, text by code point, null last', () => {
    const keys = (type: ColumnType, values: readonly Cell[]): readonly Cell[] =>
      grouped(
        [column(type)],
        values.map((value) => [value]),
      ).map(([key]) => key ?? null);
    expect(keys('Integer', [10, 9, null, -1, 2n ** 60n])).toEqual([-1, 9, 10, 2n ** 60n, null]);
    expect(keys('Quantity', ['10', '9.5', '0.25'])).toEqual(['0.25', '9.5', '10']);
    expect(keys('Decimal', ['NaN', 'Infinity', '1', '-Infinity'])).toEqual(['-Infinity', '1', 'Infinity', 'NaN']);
    expect(keys('Date', ['2026-10-01', '0999-01-01', '+010000-01-01'])).toEqual(['0999-01-01', '2026-10-01', '+010000-01-01']);
    expect(keys('Boolean', [true, null, false])).toEqual([false, true, null]);
    expect(keys('String', ['ä', 'b', 'B', '\u{1f600}', '\uff01'])).toEqual(['B', 'b', 'ä', '\uff01', '\u{1f600}']);
  });

  test('are the same whatever the order of the rows', () => {
    const row = fc.tuple(
      fc.constantFrom('a', 'b', null),
      fc.constantFrom(1, 2, null),
      fc.option(fc.constantFrom('0.1', '20', '-3.75'), { nil: null }),
    );
    const columns = [column('String'), column('Integer'), column('Quantity', 'Sum'), column('Quantity', 'Min')];
    const rows = (given: readonly (readonly [Cell, Cell, Cell])[]): readonly (readonly Cell[])[] => given.map(([a, b, c]) => [a, b, c, c]);
    fc.assert(
      fc.property(
        fc.array(row).chain((given) => fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length }))),
        ([given, shuffled]) => {
          expect(grouped(columns, rows(shuffled))).toEqual(grouped(columns, rows(given)));
        },
      ),
    );
  });

  test('are at most 100,000', () => {
    const groups = new Groups([column('Integer')]);
    for (let key = 0; key < GROUPS_LIMIT; key += 1) groups.add([key]);
    groups.add([0]);
    expect(() => {
      groups.add([-1]);
    }).toThrow(/more than 100,000 groups/);
    expect(groups.rows()).toHaveLength(GROUPS_LIMIT);
  });
});

test('the order of decimals is that of their values', () => {
  const decimal = fc.tuple(fc.bigInt({ min: -1000n, max: 1000n }), fc.integer({ min: 0, max: 3 }));
  const text = ([unscaled, scale]: readonly [bigint, number]): string => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
    return `${unscaled < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
  };
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      expect(Math.sign(compareCells('Decimal', text(a), text(b)))).toBe(Math.sign(Number(text(a)) - Number(text(b))));
    }),
  );
});
