import { describe, expect, test } from 'vitest';
import type { ReportSpecParameter } from '../../src/api/generated/report.ts';
import type { ReportTemplateSpecParameter } from '../../src/api/generated/reporttemplate.ts';
import { UsageError } from '../../src/cli/command.ts';
import { parametersOf } from '../../src/cli/parameters.ts';

const declared = [
  { name: 'month', type: 'Period' },
  { name: 'region', type: 'Choice' },
  { name: 'customers', type: 'Strings' },
  { name: 'tags', type: 'Choices' },
  { name: 'limit', type: 'Integer' },
  { name: 'paid', type: 'Boolean' },
] as unknown as readonly ReportTemplateSpecParameter[];

test.each<[story: string, given: readonly string[], expected: readonly ReportSpecParameter[]]>([
  ['nothing is nothing', [], []],
  [
    'a value is a text, as the operator reads every type',
    ['limit=5', 'paid=true'],
    [
      { name: 'limit', value: '5' },
      { name: 'paid', value: 'true' },
    ],
  ],
  ['an equals sign may be part of a value', ['region=a=b='], [{ name: 'region', value: 'a=b=' }]],
  ['a value may be empty', ['region='], [{ name: 'region', value: '' }]],
  [
    'a list is given piece by piece, commas and all',
    ['customers=acme, inc', 'limit=1', 'customers=b'],
    [
      { name: 'customers', values: ['acme, inc', 'b'] },
      { name: 'limit', value: '1' },
    ],
  ],
  ['one piece is a list of one', ['tags=x'], [{ name: 'tags', values: ['x'] }]],
  ['a period has two ends', ['month=2026-10-01..2026-11-01'], [{ name: 'month', period: { from: '2026-10-01', to: '2026-11-01' } }]],
  [
    'a period may be of instants',
    ['month=2026-10-01T00:00:00Z..2026-10-01T12:00:00.5Z'],
    [{ name: 'month', period: { from: '2026-10-01T00:00:00Z', to: '2026-10-01T12:00:00.5Z' } }],
  ],
  ['a period may have a name', ['month=LastMonth'], [{ name: 'month', period: { relative: 'LastMonth' } }]],
  ['a period may be days', ['month=7d'], [{ name: 'month', period: { lastDays: 7 } }]],
])('%s', (_, given, expected) => expect(parametersOf(given, declared)).toEqual(expected));

describe('refuses', () => {
  test.each([
    ['what is no pair', ['region'], 'must be NAME=VALUE'],
    ['a pair without a name', ['=x'], 'must be NAME=VALUE'],
    ['a misspelt name', ['regoin=x'], 'did you mean "region"?'],
    ['a name that is not near any', ['zzzzzz=x'], 'it has month, region'],
    ['two values for one', ['region=a', 'region=b'], 'given 2 times'],
    ['half a period', ['month=2026-10-01..'], 'FROM..TO'],
    ['a period of three', ['month=a..b..c'], 'FROM..TO'],
    ['a day alone', ['month=2026-10-01'], 'FROM..TO'],
  ])('%s', (_, given, says) => {
    const read = (): unknown => parametersOf(given, declared);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(says);
  });

  test('any parameter of a template that has none', () => {
    expect(() => parametersOf(['a=b'], [])).toThrow('it has none');
  });
});
