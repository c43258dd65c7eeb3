/** `where`: which rows stay, and which conditions make no sense. */
import { describe, expect, test } from 'vitest';
import type { ParameterType } from '../../../../src/api/parameters/declaration.ts';
import { WallTimes } from '../../../../src/runner/cells/wall-times.ts';
import type { ResolvedParameter } from '../../../../src/runner/plan.ts';
import type { Cell, ColumnType } from '../../../../src/runner/rows.ts';
import { compileConditions, conditionProblems } from '../../../../src/runner/sources/kubernetes/conditions.ts';
import type { ConditionPlan } from '../../../../src/runner/sources/kubernetes/plan.ts';

const TIME = Date.parse('2026-11-01T00:00:00Z');

/** Nanoseconds, as timestamps are. */
function at(time: string): bigint {
  return BigInt(Date.parse(time)) * 1_000_000n;
}

function keeps(
  type: ColumnType,
  condition: Omit<ConditionPlan, 'column'>,
  cell: Cell,
  ...parameters: readonly ResolvedParameter[]
): boolean {
  const facts = { parameters, time: TIME, wall: new WallTimes('Europe/Berlin') };
  const conditions = compileConditions([{ column: 'c', ...condition }], [{ name: 'c', type }], facts);
  return conditions.every(({ holds }) => holds(cell));
}

describe('with values of the template', () => {
  test.each<[type: ColumnType, condition: Omit<ConditionPlan, 'column'>, kept: readonly Cell[], left: readonly Cell[]]>([
    ['String', { operator: 'In', values: ['a', 'b'] }, ['a', 'b'], ['A', '', null]],
    ['String', { operator: 'NotIn', values: ['a'] }, ['b', null], ['a']],
    ['Boolean', { operator: 'In', values: ['true'] }, [true], [false, null]],
    ['Integer', { operator: 'AtLeast', values: ['3'] }, [3, 2n ** 60n], [2, null]],
    ['Integer', { operator: 'In', values: ['9007199254740993'] }, [9007199254740993n], [9007199254740992n]],
    ['Decimal', { operator: 'In', values: ['1.5'] }, ['1.50'], ['1.51', 'NaN', null]],
    ['Quantity', { operator: 'AtMost', values: ['1Gi'] }, ['1073741824', '0'], ['1073741825', null]],
    ['Date', { operator: 'AtLeast', values: ['2026-11-01'] }, ['2026-11-01'], ['2026-10-31', null]],
    [
      'Timestamp',
      { operator: 'WithinDays', values: ['30'] },
      [at('2026-11-30T23:59:59Z'), at('2020-01-01T00:00:00Z')],
      [at('2026-12-01T00:00:00Z'), null],
    ],
  ])('a %s that is %j', (type, condition, kept, left) => {
    expect(kept.filter((cell) => !keeps(type, condition, cell))).toEqual([]);
    expect(left.filter((cell) => keeps(type, condition, cell))).toEqual([]);
  });
});

describe('with a parameter', () => {
  test('a period is half open', () => {
    const month: ResolvedParameter = { name: 'p', type: 'Period', value: { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' } };
    const within = { operator: 'In', parameter: 'p' } as const;
    expect(keeps('Timestamp', within, at('2026-10-01T00:00:00Z'), month)).toBe(true);
    expect(keeps('Timestamp', within, at('2026-10-31T23:59:59.999Z'), month)).toBe(true);
    expect(keeps('Timestamp', within, at('2026-11-01T00:00:00Z'), month)).toBe(false);
    expect(keeps('Timestamp', within, at('2026-09-30T23:59:59Z'), month)).toBe(false);
    expect(keeps('Timestamp', within, null, month)).toBe(false);
    expect(keeps('Timestamp', { operator: 'NotIn', parameter: 'p' }, at('2026-11-01T00:00:00Z'), month)).toBe(true);
  });

  test('a list has each of its values, and an empty one has none', () => {
    const list = (value: readonly string[]): ResolvedParameter => ({ name: 'p', type: 'Strings', value });
    expect(keeps('String', { operator: 'In', parameter: 'p' }, 'b', list(['a', 'b']))).toBe(true);
    expect(keeps('String', { operator: 'In', parameter: 'p' }, 'b', list([]))).toBe(false);
  });

  test('a decimal bounds quantities', () => {
    const half: ResolvedParameter = { name: 'p', type: 'Decimal', value: '0.5' };
    expect(keeps('Quantity', { operator: 'AtLeast', parameter: 'p' }, '0.5', half)).toBe(true);
    expect(keeps('Quantity', { operator: 'AtLeast', parameter: 'p' }, '0.499', half)).toBe(false);
  });

  test('that was left out, everything is kept', () => {
    const none: ResolvedParameter = { name: 'p', type: 'Strings', value: null };
    expect(keeps('String', { operator: 'In', parameter: 'p' }, null, none)).toBe(true);
    expect(keeps('Integer', { operator: 'AtLeast', parameter: 'p' }, 1)).toBe(true);
  });
});

describe('a condition that makes no sense', () => {
  const columns = [
    { name: 'namespace', type: 'String' },
    { name: 'created', type: 'Timestamp' },
    { name: 'pods', type: 'Integer' },
    { name: 'labels', type: 'JSON' },
    { name: 'load', type: 'Number' },
  ] as const;
  const parameters: readonly { readonly name: string; readonly type: ParameterType }[] = [
    { name: 'month', type: 'Period' },
    { name: 'least', type: 'Decimal' },
  ];

  test.each<[story: string, condition: ConditionPlan, says: readonly string[]]>([
    ['on no column', { column: 'namespaces', operator: 'In', values: ['a'] }, ['"namespaces" is no column', 'did you mean "namespace"?']],
    [
      'with no parameter',
      { column: 'created', operator: 'In', parameter: 'months' },
      ['"months" is no parameter', 'did you mean "month"?'],
    ],
    ['with a parameter of another type', { column: 'namespace', operator: 'In', parameter: 'month' }, ['is a Period', 'String or Strings']],
    ['with a fraction for a whole number', { column: 'pods', operator: 'AtLeast', parameter: 'least' }, ['is a Decimal', 'needs Integer']],
    [
      'that has no order',
      { column: 'namespace', operator: 'AtLeast', values: ['a'] },
      ['AtLeast is not for a column of type String', 'In, NotIn'],
    ],
    ['on a document', { column: 'labels', operator: 'In', values: ['{}'] }, ['In is not for a column of type JSON']],
    ['on a double', { column: 'load', operator: 'In', values: ['1'] }, ['In is not for a column of type Number', 'AtLeast, AtMost']],
    ['on instants', { column: 'created', operator: 'In', values: ['2026-10-01T00:00:00Z'] }, ['needs a parameter of type Period']],
    ['with a value of another type', { column: 'pods', operator: 'In', values: ['1', 'x'] }, ['values[1] is no Integer']],
    ['with two bounds', { column: 'pods', operator: 'AtMost', values: ['1', '2'] }, ['exactly one value']],
    ['with no whole number of days', { column: 'created', operator: 'WithinDays', values: ['1.5'] }, ['values[0] is no Integer']],
  ])('%s', (_, condition, says) => {
    const problems = conditionProblems([condition], columns, parameters);
    expect(problems).toHaveLength(1);
    for (const said of ['[0]: ', ...says]) expect(problems[0]).toContain(said);
  });

  test('is the only one that is told of', () => {
    const sound: readonly ConditionPlan[] = [
      { column: 'created', operator: 'In', parameter: 'month' },
      { column: 'load', operator: 'AtMost', parameter: 'least' },
      { column: 'namespace', operator: 'NotIn', values: ['kube-system'] },
      { column: 'created', operator: 'WithinDays', values: ['30'] },
    ];
    expect(conditionProblems(sound, columns, parameters)).toEqual([]);
  });
});
