import { describe, expect, test } from 'vitest';
import { checkDeclarations } from '../../../src/api/parameters/check-declarations.ts';
import { resolveParameters } from '../../../src/api/parameters/resolve.ts';
import type { ParameterDeclaration } from '../../../src/api/parameters/declaration.ts';

function check(...declared: readonly ParameterDeclaration[]): readonly string[] {
  return checkDeclarations(declared);
}

test.each<[string, ParameterDeclaration]>([
  ['without rules', { name: 'p', type: 'String' }],
  [
    'with rules and a default that keeps them',
    { name: 'p', type: 'String', pattern: '[a-z]+', minLength: 2, maxLength: 4, default: 'abc' },
  ],
  ['with a range of one', { name: 'p', type: 'Decimal', minimum: '0.5', maximum: '0.50', default: '0.5' }],
  ['required, with a default', { name: 'p', type: 'Integer', required: true, default: 7 }],
  ['required, without', { name: 'p', type: 'Period', required: true }],
  ['with a default period', { name: 'p', type: 'Period', maxDays: 31, defaultPeriod: { from: '2026-10-01', to: '2026-11-01' } }],
  ['with a relative default that is never too long', { name: 'p', type: 'Period', maxDays: 31, defaultPeriod: { relative: 'LastMonth' } }],
  ['with a list as default', { name: 'p', type: 'Strings', maxItems: 2, pattern: '[a-z]+', defaultValues: ['a', 'b'] }],
  ['with choices', { name: 'p', type: 'Choice', choices: [{ value: 'a' }, { value: 'b' }], default: 'b' }],
  ['with some choices', { name: 'p', type: 'Choices', choices: [{ value: 'a' }, { value: 'b' }], defaultValues: ['b', 'a'] }],
  ['with an instant', { name: 'p', type: 'Timestamp', default: '2026-10-01T08:00:00+02:00' }],
])('a parameter %s is sound', (_, declaration) => {
  expect(check(declaration)).toEqual([]);
});

test.each<[string, ParameterDeclaration, string]>([
  [
    'a pattern that does not compile',
    { name: 'p', type: 'String', pattern: '[a' },
    'spec.parameters "p": pattern is not valid RE2 syntax: error parsing regexp: missing closing ]: `[a`',
  ],
  [
    'a pattern that is too long',
    { name: 'p', type: 'String', pattern: 'a'.repeat(257) },
    'spec.parameters "p": pattern has 257 characters; at most 256 are allowed',
  ],
  [
    'lengths upside down',
    { name: 'p', type: 'String', minLength: 3, maxLength: 2 },
    'spec.parameters "p": minLength 3 is more than maxLength 2',
  ],
  [
    'a range upside down',
    { name: 'p', type: 'Decimal', minimum: '0.30000000000000001', maximum: '0.3' },
    'spec.parameters "p": minimum 0.30000000000000001 is more than maximum 0.3',
  ],
  ['a minimum that is no decimal', { name: 'p', type: 'Decimal', minimum: '1e3' }, 'spec.parameters "p": minimum "1e3" is not a decimal'],
  ['a maximum that is no decimal', { name: 'p', type: 'Integer', maximum: 'ten' }, 'spec.parameters "p": maximum "ten" is not a decimal'],
  [
    'a default against its pattern',
    { name: 'p', type: 'String', pattern: '[a-z]+', default: 'A' },
    'spec.parameters "p": default "A" does not match the pattern [a-z]+',
  ],
  [
    'a default out of range',
    { name: 'p', type: 'Integer', maximum: 10, default: 11 },
    'spec.parameters "p": default 11 is more than the maximum 10',
  ],
  [
    'a default of another type',
    { name: 'p', type: 'Boolean', default: 'yes' },
    'spec.parameters "p": default "yes" is not a Boolean; write "true" or "false", in quotes',
  ],
  [
    'a default date that does not exist',
    { name: 'p', type: 'Date', default: '2026-02-30' },
    'spec.parameters "p": default "2026-02-30" is not a day of the calendar',
  ],
  [
    'a default period that is too long',
    { name: 'p', type: 'Period', maxDays: 30, defaultPeriod: { from: '2026-10-01', to: '2026-11-01' } },
    'spec.parameters "p": default the period from 2026-10-01 to 2026-11-01 is longer than 30 days',
  ],
  [
    'a relative default that can be too long',
    { name: 'p', type: 'Period', maxDays: 30, defaultPeriod: { relative: 'LastMonth' } },
    'spec.parameters "p": default period can have 31 days; maxDays allows 30',
  ],
  [
    'a default of more days than maxDays',
    { name: 'p', type: 'Period', maxDays: 7, defaultPeriod: { lastDays: 8 } },
    'spec.parameters "p": default period can have 8 days; maxDays allows 7',
  ],
  [
    'a default that is no choice',
    { name: 'p', type: 'Choice', choices: [{ value: 'emea' }], default: 'ema' },
    'spec.parameters "p": default "ema" is not one of the choices; did you mean "emea"?',
  ],
  [
    'defaults that are no choices',
    { name: 'p', type: 'Choices', choices: [{ value: 'emea' }], defaultValues: ['emea', 'asia'] },
    'spec.parameters "p": default values[1]: "asia" is not one of the choices; it has: "emea"',
  ],
  [
    'more defaults than maxItems',
    { name: 'p', type: 'Strings', maxItems: 1, defaultValues: ['a', 'b'] },
    'spec.parameters "p": default has 2 values; at most 1 are allowed',
  ],
  [
    'a default instant without a zone',
    { name: 'p', type: 'Timestamp', default: '2026-10-01T08:00' },
    'spec.parameters "p": default "2026-10-01T08:00" has no zone, so that nobody knows which instant is meant; write it with Z or an offset, e.g. 2026-10-01T08:00:00+02:00',
  ],
  [
    'a bidirectional mark in a minimum',
    { name: 'p', type: 'Decimal', minimum: '\u202e1' },
    'spec.parameters "p": minimum "\\u{202e}1" is not a decimal',
  ],
])('%s is told', (_, declaration, problem) => {
  expect(check(declaration)).toEqual([problem]);
});

test('every mistake of every parameter is told', () => {
  expect(
    check(
      { name: 'a', type: 'String', pattern: '(', minLength: 3, maxLength: 2 },
      { name: 'b', type: 'Decimal', minimum: 'x', maximum: 'y' },
    ),
  ).toHaveLength(4);
});

describe('names that a Period provides', () => {
  test('are not free for others', () => {
    expect(check({ name: 'month', type: 'Period' }, { name: 'month_from', type: 'Date' }, { name: 'month_to', type: 'Date' })).toEqual([
      'spec.parameters "month_from": the Period "month" already provides this name; rename one of them',
      'spec.parameters "month_to": the Period "month" already provides this name; rename one of them',
    ]);
  });

  test('are free when there is no such Period', () => {
    expect(check({ name: 'month', type: 'String' }, { name: 'month_from', type: 'Date' }, { name: 'week_to', type: 'Date' })).toEqual([]);
  });
});

describe('patterns that would keep the operator busy', () => {
  const label = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
  const several = (count: number, more: Partial<ParameterDeclaration> = {}): readonly ParameterDeclaration[] =>
    Array.from({ length: count }, (_, index) => ({ name: `p${index}`, type: 'String', pattern: label, ...more }));

  test('are refused, the dearest by name', () => {
    expect(check({ name: 'cheap', type: 'String', pattern: '[a-z]+' }, { name: 'dear', type: 'String', pattern: '(a?){900}' })).toEqual([
      'spec.parameters "dear": the patterns of the template take too long to match, and this one longest: make it shorter, with fewer repetitions, or give it a smaller maxLength or maxItems',
    ]);
  });

  test('count together', () => {
    expect(check(...several(5))).toEqual([]);
    expect(check(...several(64))).toHaveLength(1);
  });

  test('are fine on short values', () => {
    expect(check(...several(40, { maxLength: 63 }))).toEqual([]);
  });

  test('count for all texts of a list', () => {
    const list = (more: Partial<ParameterDeclaration>): ParameterDeclaration => ({ name: 'p', type: 'Strings', pattern: label, ...more });
    expect(check(list({}))).toHaveLength(1);
    expect(check(list({ maxLength: 63, maxItems: 100 }))).toEqual([]);
    expect(check(list({ pattern: '[a-z0-9-]+' }))).toEqual([]);
  });

  test('are neither compiled nor tried on a default', () => {
    const value = `${'a'.repeat(1_023)}!`;
    const giants = several(64, { pattern: 'a{0,1000}'.repeat(28), default: value });
    const started = performance.now();
    expect(check(...giants)).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(500);
  });

  test('that are as dear as may be hold a Report up for less than half a second', () => {
    const declared = several(8, { pattern: '(?:a?){60}', maxLength: 200 });
    expect(check(...declared)).toEqual([]);
    const given = declared.map(({ name }) => ({ name, value: `${'a'.repeat(199)}!` }));
    const started = performance.now();
    expect(resolveParameters(declared, given, { zone: 'UTC', createdAt: 0 }).ok).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
