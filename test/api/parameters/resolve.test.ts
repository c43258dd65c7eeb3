import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PARAMETER_TYPES, type ParameterDeclaration, type ParameterType } from '../../../src/api/parameters/declaration.ts';
import { resolveParameters } from '../../../src/api/parameters/resolve.ts';
import { anyText } from '../../support/arbitraries.ts';
import { resolve, type Value } from './resolve-one.ts';

describe('a Period', () => {
  test('is two instants by the Report’s zone', () => {
    const period = { from: '2026-10-01', to: '2026-11-01' };
    expect(resolve({ type: 'Period' }, { period }, 'Europe/Berlin')).toEqual({ from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' });
  });

  test('that is too long is refused', () => {
    const period = { from: '2026-10-01', to: '2026-11-01' };
    expect(resolve({ type: 'Period', maxDays: 30 }, { period })).toEqual({
      problem: 'parameter "p": the period from 2026-10-01 to 2026-11-01 is longer than 30 days',
    });
  });

  test('that is named is counted from the Report’s creation, in its zone', () => {
    const declaration: ParameterDeclaration = { name: 'month', type: 'Period' };
    const of = (zone: string): unknown =>
      resolveParameters([declaration], [{ name: 'month', period: { relative: 'LastMonth' } }], {
        zone,
        createdAt: Date.parse('2026-10-31T23:30:00Z'),
      });
    const value = (from: string, to: string): unknown => ({
      ok: true,
      parameters: [{ name: 'month', type: 'Period', value: { from, to } }],
    });
    expect(of('UTC')).toEqual(value('2026-09-01T00:00:00Z', '2026-10-01T00:00:00Z'));
    // In Berlin it is November already, and October ended in winter time.
    expect(of('Europe/Berlin')).toEqual(value('2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'));
  });
});

/** How a value of the type is given. */
function own(type: ParameterType): string {
  if (type === 'Period') return 'period: {from, to}';
  return type === 'Strings' || type === 'Choices' ? 'values: [...]' : 'value';
}

describe('a value in another field than its type has is refused', () => {
  const form = { value: 'a', values: ['a'], period: { from: '2026-10-01', to: '2026-10-02' } };
  const cases = PARAMETER_TYPES.flatMap((type) =>
    (['value', 'values', 'period'] as const).filter((field) => own(type).split(':')[0] !== field).map((field) => [type, field] as const),
  );
  test.each(cases)('a %s as %s', (type, field) => {
    expect(resolve({ type, choices: [{ value: 'a' }] }, { [field]: form[field] })).toEqual({
      problem: `parameter "p": is ${type === 'Integer' ? 'an' : 'a'} ${type}: give it as ${own(type)}, not as ${field}`,
    });
  });
});

describe('a parameter that is not given', () => {
  test.each(PARAMETER_TYPES)('is nothing when it is an optional %s', (type) => {
    expect(resolve({ type })).toBeNull();
    expect(resolve({ type, required: false })).toBeNull();
  });

  test.each(PARAMETER_TYPES)('is missed when it is a required %s', (type) => {
    expect(resolve({ type, required: true })).toEqual({ problem: `parameter "p": is required (${type}); give it as ${own(type)}` });
  });

  test('is missed with its description, printable and short', () => {
    const description = `Month\u202e that is billed ${'x'.repeat(500)}`;
    const { problem } = resolve({ type: 'Period', required: true, description }) as { readonly problem: string };
    expect(problem).toMatch(
      /^parameter "p": is required \(Period: Month\\u\{202e\} that is billed x+…\); give it as period: \{from, to\}$/,
    );
    expect(problem.length).toBeLessThan(200);
  });

  test.each<[Omit<ParameterDeclaration, 'name'>, Value]>([
    [{ type: 'String', default: 'emea' }, 'emea'],
    [{ type: 'String', default: '' }, ''],
    [{ type: 'Integer', default: 0 }, '0'],
    [{ type: 'Integer', default: 9007199254740993n }, '9007199254740993'],
    [{ type: 'Decimal', default: '12.50' }, '12.50'],
    [{ type: 'Boolean', default: 'false' }, false],
    [{ type: 'Date', default: '2026-10-01' }, '2026-10-01'],
    [{ type: 'Timestamp', default: '2026-10-01T08:00:00+02:00' }, '2026-10-01T06:00:00Z'],
    [{ type: 'Choice', choices: [{ value: 'emea' }], default: 'emea' }, 'emea'],
    [{ type: 'Strings', defaultValues: ['b', 'a'] }, ['b', 'a']],
    [{ type: 'Choices', choices: [{ value: 'emea' }], defaultValues: ['emea'] }, ['emea']],
    [
      { type: 'Period', defaultPeriod: { lastDays: 2 } },
      { from: '1969-12-30T00:00:00Z', to: '1970-01-01T00:00:00Z' },
    ],
    [
      { type: 'Period', defaultPeriod: { from: '2026-10-01', to: '2026-10-02' } },
      { from: '2026-10-01T00:00:00Z', to: '2026-10-02T00:00:00Z' },
    ],
  ])('is its default, required or not: %o', (declaration, value) => {
    expect(resolve(declaration)).toEqual(value);
    expect(resolve({ ...declaration, required: true })).toEqual(value);
  });

  test('is not its default when a given one is empty', () => {
    expect(resolve({ type: 'String', default: 'emea' }, { value: '' })).toBe('');
    expect(resolve({ type: 'Strings', defaultValues: ['emea'] }, { values: [] })).toEqual([]);
  });

  test('is missed in a list without values when it is required', () => {
    const problem = 'parameter "p": is required (Strings: Customers); give it at least one value';
    expect(resolve({ type: 'Strings', required: true, description: 'Customers' }, { values: [] })).toEqual({ problem });
    expect(resolve({ type: 'Strings', required: true, description: 'Customers', defaultValues: [] })).toEqual({ problem });
  });
});

describe('all at once', () => {
  const declared: readonly ParameterDeclaration[] = [
    { name: 'month', type: 'Period', required: true },
    { name: 'region', type: 'String', pattern: '[a-z]+' },
    { name: 'limit', type: 'Integer', maximum: 10 },
    { name: 'customer', type: 'String', required: true, description: 'Number of the customer' },
    { name: 'paid', type: 'Boolean', default: 'true' },
  ];

  test('come in the order of the template, whatever the order of the Report', () => {
    const given = [
      { name: 'customer', value: 'acme' },
      { name: 'limit', value: 3 },
      { name: 'month', period: { from: '2026-10-01', to: '2026-11-01' } },
    ];
    expect(resolveParameters(declared, given, { zone: 'UTC', createdAt: 0 })).toEqual({
      ok: true,
      parameters: [
        { name: 'month', type: 'Period', value: { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' } },
        { name: 'region', type: 'String', value: null },
        { name: 'limit', type: 'Integer', value: '3' },
        { name: 'customer', type: 'String', value: 'acme' },
        { name: 'paid', type: 'Boolean', value: true },
      ],
    });
  });

  test('mistakes are told, every one', () => {
    const given = [
      { name: 'regoin', value: 'emea' },
      { name: 'something', value: 'else' },
      { name: 'month', value: '2026-10' },
      { name: 'region', value: 'EMEA' },
      { name: 'limit', value: 11 },
      { name: 'paid', value: 'yes' },
    ];
    expect(resolveParameters(declared, given, { zone: 'UTC', createdAt: 0 })).toEqual({
      ok: false,
      problems: [
        'parameter "regoin" is not one of the template\'s; did you mean "region"?',
        'parameter "something" is not one of the template\'s; it has: month, region, limit, customer, paid',
        'parameter "month": is a Period: give it as period: {from, to}, not as value',
        'parameter "region": "EMEA" does not match the pattern [a-z]+',
        'parameter "limit": 11 is more than the maximum 10',
        'parameter "customer": is required (String: Number of the customer); give it as value',
        'parameter "paid": "yes" is not a Boolean; write "true" or "false", in quotes',
      ],
    });
  });

  test('unknown names of a template that has none, or very many', () => {
    const many = Array.from({ length: 64 }, (_, index): ParameterDeclaration => ({ name: `column_${index}_of_the_table`, type: 'String' }));
    expect(resolveParameters([], [{ name: 'month', value: '' }], { zone: 'UTC', createdAt: 0 })).toEqual({
      ok: false,
      problems: ['parameter "month" is not one of the template\'s; it has none'],
    });
    const resolution = resolveParameters(many, [{ name: 'x', value: '' }], { zone: 'UTC', createdAt: 0 });
    expect(resolution.ok ? '' : resolution.problems[0]).toMatch(/; it has: column_0_of_the_table, .*column_19_of_the_table, …$/);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a name that every object has is unknown all the same: %s',
    (name) => {
      expect(resolveParameters([{ name: 'month', type: 'String' }], [{ name, value: 'x' }], { zone: 'UTC', createdAt: 0 }).ok).toBe(false);
      expect(resolveParameters([{ name, type: 'String' }], [], { zone: 'UTC', createdAt: 0 })).toEqual({
        ok: true,
        parameters: [{ name, type: 'String', value: null }],
      });
    },
  );
});

test('only of the first twenty mistakes is told what may have been meant: nobody reads more, and to find it takes time', () => {
  const declared = Array.from({ length: 30 }, (_, index): ParameterDeclaration => ({
    name: `p${index}`,
    type: 'Choice',
    choices: [{ value: 'emea' }],
  }));
  const resolution = resolveParameters(
    declared,
    declared.map(({ name }) => ({ name, value: 'ema' })),
    { zone: 'UTC', createdAt: 0 },
  );
  const problems = resolution.ok ? [] : resolution.problems;
  expect(problems).toHaveLength(30);
  expect(problems.map((problem) => problem.includes('did you mean "emea"?'))).toEqual(problems.map((_, index) => index < 20));
});

test('whatever is given, there is an answer, and what is wrong is told in printable text of bounded length', () => {
  const scalar = fc.oneof(anyText(1_024), fc.integer(), fc.bigInt(), fc.double());
  const given = fc.oneof(
    fc.record({ name: fc.constantFrom('p', 'q'), value: scalar }),
    fc.record({ name: fc.constantFrom('p', 'q'), values: fc.array(anyText(1_024), { maxLength: 2 }) }),
    fc.record({ name: fc.constantFrom('p', 'q'), period: fc.record({ from: anyText(35), to: anyText(35) }) }),
    fc.record({ name: fc.constantFrom('p', 'q'), period: fc.record({ lastDays: fc.double() }) }),
    fc.record({ name: fc.constantFrom('p', 'q'), period: fc.record({ relative: anyText(35) as fc.Arbitrary<'Today'> }) }),
  );
  const type = fc.constantFrom(...PARAMETER_TYPES);
  fc.assert(
    fc.property(type, fc.option(anyText(40), { nil: undefined }), fc.array(given, { maxLength: 2 }), (of, pattern, parameters) => {
      const choices = [{ value: 'emea' }, { value: '\u202e' }];
      const declaration: ParameterDeclaration = {
        name: 'p',
        type: of,
        required: true,
        choices,
        ...(pattern === undefined ? {} : { pattern }),
      };
      const resolution = resolveParameters([declaration], parameters, { zone: 'Europe/Berlin', createdAt: 0 });
      if (resolution.ok) return;
      expect(resolution.problems.length).toBeGreaterThan(0);
      for (const problem of resolution.problems) {
        expect(problem).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]/);
        expect(problem.isWellFormed()).toBe(true);
        expect(problem.length).toBeLessThan(1_000);
      }
    }),
    { numRuns: 1_000 },
  );
});
