import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResolvedParameter } from '../../../../src/runner/plan.ts';
import { checkQuery, encodeQuery, fillQuery } from '../../../../src/runner/sources/http/query.ts';
import { anyText } from '../../../support/arbitraries.ts';

const given: readonly ResolvedParameter[] = [
  { name: 'region', type: 'String', value: 'emea & more' },
  { name: 'limit', type: 'Integer', value: '9007199254740993' },
  { name: 'paid', type: 'Boolean', value: false },
  { name: 'rate', type: 'Decimal', value: '12.50' },
  { name: 'day', type: 'Date', value: '2026-10-01' },
  { name: 'at', type: 'Timestamp', value: '2026-10-01T06:00:00.25Z' },
  { name: 'state', type: 'Choice', value: 'open' },
  { name: 'customers', type: 'Strings', value: ['acme', 'a,b'] },
  { name: 'none', type: 'Strings', value: [] },
  { name: 'month', type: 'Period', value: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' } },
  { name: 'missing', type: 'String', value: null },
  { name: 'never', type: 'Period', value: null },
];

function values(value: string, timeZone = 'Europe/Berlin'): readonly string[] {
  return fillQuery([{ name: 'q', value }], given, timeZone).map((pair) => pair.value);
}

describe('a pair', () => {
  test.each([
    ['plain text', 'a=b', ['a=b']],
    ['a String', '{{region}}', ['emea & more']],
    ['an Integer beyond 2^53', '{{limit}}', ['9007199254740993']],
    ['a Boolean', '{{paid}}', ['false']],
    ['a Decimal with its zeros', '{{rate}}', ['12.50']],
    ['a Date', '{{day}}', ['2026-10-01']],
    ['a Choice', '{{state}}', ['open']],
    ['an instant on the clock of the zone', '{{at}}', ['2026-10-01T08:00:00.25+02:00']],
    [
      'the bounds of a Period, across a change of clocks',
      '{{month_from}}/{{month_to}}',
      ['2026-10-01T00:00:00+02:00/2026-11-01T00:00:00+01:00'],
    ],
    ['text around parameters', 'region:{{ region }} limit:{{limit}}', ['region:emea & more limit:9007199254740993']],
    ['a parameter used twice', '{{state}}-{{state}}', ['open-open']],
    ['a list, once for each of its values', 'c:{{customers}}', ['c:acme', 'c:a,b']],
    ['a parameter in braces', '{"c":{{{limit}}}}', ['{"c":{9007199254740993}}']],
    ['braces that are no parameter', '{"a":{"b":1}}', ['{"a":{"b":1}}']],
    ['a parameter without a value', '{{missing}}', []],
    ['a Period without a value', 'x{{never_from}}', []],
    ['one with and one without a value', '{{region}} {{missing}}', []],
  ])('with %s', (_, value, expected) => {
    expect(values(value)).toEqual(expected);
  });

  test('has Z in UTC, and stays in UTC where the zone is off by seconds', () => {
    expect(values('{{month_from}}', 'UTC')).toEqual(['2026-09-30T22:00:00Z']);
    const old: ResolvedParameter = { name: 'p', type: 'Timestamp', value: '1880-01-01T00:00:00Z' };
    expect(fillQuery([{ name: 'q', value: '{{p}}' }], [old], 'Europe/Berlin')).toEqual([{ name: 'q', value: '1880-01-01T00:00:00Z' }]);
  });

  test('with an empty list is refused: without it, the server would answer with everything', () => {
    expect(() => values('{{none}}')).toThrow(expect.objectContaining({ reason: 'InvalidParameters', retryable: false }));
    expect(() => values('{{none}}')).toThrow('parameter "none" is an empty list');
  });
});

test('values of parameters are text, whatever they hold: they add no pair and are no placeholder', () => {
  fc.assert(
    fc.property(anyText(30), anyText(10), (value, name) => {
      const parameters: readonly ResolvedParameter[] = [
        { name: 'a', type: 'String', value },
        { name: 'b', type: 'String', value: 'sentinel' },
      ];
      const filled = fillQuery([{ name, value: '{{a}}' }], parameters, 'UTC');
      const query = encodeQuery(filled);
      expect(query).toMatch(/^[A-Za-z0-9\-._~%]*=[A-Za-z0-9\-._~%]*$/);
      expect([...new URLSearchParams(query)]).toEqual([[name.toWellFormed(), value.toWellFormed()]]);
      expect(new URL(`http://a/?${query}`).search).toBe(`?${query}`);
    }),
  );
  expect(fillQuery([{ name: 'q', value: '{{a}}' }], [{ name: 'a', type: 'String', value: '{{b}} $& $1' }], 'UTC')).toEqual([
    { name: 'q', value: '{{b}} $& $1' },
  ]);
});

describe('a template with', () => {
  const declared = given.map(({ name, type }) => ({ name, type }));
  const check = (...pairs: string[]): readonly string[] =>
    checkQuery(
      pairs.map((value) => ({ name: 'q', value })),
      declared,
    );

  test('parameters that it declares is right', () => {
    expect(check('{{region}} {{month_from}}', '{{ customers }} {{rate}}', '{x}', '}}', 'plain')).toEqual([]);
  });

  test.each([
    ['{{regoin}}', 'pair "q": {{regoin}} is no parameter of the template; did you mean {{region}}?'],
    ['{{month}}', 'pair "q": parameter "month" is a Period; write {{month_from}} and {{month_to}} (half-open: from <= t < to)'],
    ['{{}}', 'pair "q": {{}} is no parameter of the template; it has: region'],
    ['{{region', 'pair "q": {{ without a name and }}; a parameter is written {{name}}'],
    ['{{customers}} {{none}}', 'pair "q": at most one of its parameters may be a list'],
  ])('%s is told', (value, problem) => {
    expect(check(value).join('; ')).toContain(problem);
  });

  test('several mistakes has all of them told', () => {
    expect(check('{{a}} {{b}}', '{{c}}')).toHaveLength(3);
  });
});
