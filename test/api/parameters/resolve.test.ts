import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  PARAMETER_TYPES,
  type GivenParameter,
  type GivenScalar,
  type ParameterDeclaration,
  type ParameterType,
} from '../../../src/api/parameters/declaration.ts';
import { resolveParameters } from '../../../src/api/parameters/resolve.ts';
import type { ResolvedParameter } from '../../../src/runner/plan.ts';
import { anyText } from '../../support/arbitraries.ts';

type Value = ResolvedParameter['value'];

/** What one parameter `p` resolves to, or the sentence that says what is wrong. */
function resolve(
  declaration: Omit<ParameterDeclaration, 'name'>,
  given?: Omit<GivenParameter, 'name'>,
  zone = 'UTC',
): Value | { readonly problem: string } {
  const resolution = resolveParameters([{ name: 'p', ...declaration }], given === undefined ? [] : [{ name: 'p', ...given }], {
    zone,
    createdAt: 0,
  });
  if (!resolution.ok) {
    expect(resolution.problems).toHaveLength(1);
    return { problem: resolution.problems[0] ?? '' };
  }
  expect(resolution.parameters).toHaveLength(1);
  const [parameter] = resolution.parameters;
  expect(parameter).toMatchObject({ name: 'p', type: declaration.type });
  return parameter?.value ?? null;
}

type Row = readonly [given: GivenScalar, value: string | boolean];
type BadRow = readonly [given: GivenScalar, problem: string];

describe('a String', () => {
  test.each<Row>([
    ['emea', 'emea'],
    ['', ''],
    [' a ', ' a '],
    ['007', '007'],
    ['true', 'true'],
    ['é\u0301🧾', 'é\u0301🧾'],
    ['x'.repeat(1_024), 'x'.repeat(1_024)],
    ['🧾'.repeat(1_024), '🧾'.repeat(1_024)],
  ])('%j is taken as it stands', (given, value) => {
    expect(resolve({ type: 'String' }, { value: given })).toBe(value);
  });

  test.each<BadRow>([
    [
      7,
      'parameter "p": 7 is a number in the manifest, but the parameter is a String: put it in quotes ("7"), because YAML drops leading zeros of numbers',
    ],
    [
      12345678901234567890n,
      'parameter "p": 12345678901234567890 is a number in the manifest, but the parameter is a String: put it in quotes ("12345678901234567890"), because YAML drops leading zeros of numbers',
    ],
    ['x'.repeat(1_025), 'parameter "p": the value has 1025 characters; at most 1024 are allowed'],
    ['a\0b', 'parameter "p": "a\\u{0}b" has a NUL character, which no database takes'],
  ])('%s is refused', (given, problem) => {
    expect(resolve({ type: 'String' }, { value: given })).toEqual({ problem });
  });

  test.each<[Omit<ParameterDeclaration, 'name' | 'type'>, string, string | undefined]>([
    [{ minLength: 2 }, 'a', '"a" has 1 characters; at least 2 are needed'],
    [{ minLength: 2 }, 'ab', undefined],
    [{ minLength: 1 }, '', '"" has 0 characters; at least 1 are needed'],
    [{ maxLength: 2 }, 'ab', undefined],
    [{ maxLength: 2 }, '🧾🧾', undefined],
    [{ maxLength: 2 }, 'abc', 'the value has 3 characters; at most 2 are allowed'],
    [{ pattern: '[A-Z]{2}' }, 'DE', undefined],
    [{ pattern: '[A-Z]{2}' }, 'DEU', '"DEU" does not match the pattern [A-Z]{2}'],
    [{ pattern: '[A-Z]{2}' }, 'DE\n', '"DE\\u{a}" does not match the pattern [A-Z]{2}'],
    [{ pattern: '(' }, 'a', 'pattern is not valid RE2 syntax: error parsing regexp: missing closing ): `(`'],
  ])('with rules %o: %s', (rules, given, problem) => {
    const expected = problem === undefined ? given : { problem: `parameter "p": ${problem}` };
    expect(resolve({ type: 'String', ...rules }, { value: given })).toEqual(expected);
  });
});

describe('an Integer', () => {
  test.each<Row>([
    [0, '0'],
    [-0, '0'],
    [42, '42'],
    [-42, '-42'],
    [9007199254740991, '9007199254740991'],
    [9007199254740993n, '9007199254740993'],
    ['42', '42'],
    ['+42', '42'],
    ['-0', '0'],
    ['007', '7'],
    ['-007', '-7'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    [-(2n ** 63n), '-9223372036854775808'],
  ])('%s is exactly %s', (given, value) => {
    expect(resolve({ type: 'Integer' }, { value: given })).toBe(value);
  });

  test.each<BadRow>([
    ['', '"" is not an integer'],
    [' 42', '" 42" is not an integer'],
    ['1.0', '"1.0" is not an integer'],
    ['1e3', '"1e3" is not an integer'],
    ['0x10', '"0x10" is not an integer'],
    ['0b1', '"0b1" is not an integer'],
    ['1_000', '"1_000" is not an integer'],
    ['1,000', '"1,000" is not an integer'],
    ['+-1', '"+-1" is not an integer'],
    ['--1', '"--1" is not an integer'],
    ['+', '"+" is not an integer'],
    ['４２', '"４２" is not an integer'],
    ['true', '"true" is not an integer'],
    [1.5, '1.5 is not an integer'],
    [1e21, '1e+21 is not an integer'],
    [NaN, 'NaN is not an integer'],
    [2n ** 63n, '9223372036854775808 does not fit 64 bits'],
    ['9223372036854775808', '"9223372036854775808" does not fit 64 bits'],
    ['-9223372036854775809', '"-9223372036854775809" does not fit 64 bits'],
    ['9'.repeat(31), `"${'9'.repeat(31)}" is not an integer`],
    ['9'.repeat(1_024), `"${'9'.repeat(79)}…" is not an integer`],
  ])('%s is refused', (given, problem) => {
    expect(resolve({ type: 'Integer' }, { value: given })).toEqual({ problem: `parameter "p": ${problem}` });
  });

  test.each<[GivenScalar, GivenScalar, GivenScalar, string | undefined]>([
    [5, 5, 10, undefined],
    [10, 5, 10, undefined],
    [4, 5, 10, '4 is less than the minimum 5'],
    ['11', 5, 10, '11 is more than the maximum 10'],
    ['-1', '-0.5', 10, '-1 is less than the minimum -0.5'],
    ['9223372036854775807', 0, 9223372036854775806n, '9223372036854775807 is more than the maximum 9223372036854775806'],
  ])('%s between %s and %s', (given, minimum, maximum, problem) => {
    const expected = problem === undefined ? String(given) : { problem: `parameter "p": ${problem}` };
    expect(resolve({ type: 'Integer', minimum, maximum }, { value: given })).toEqual(expected);
  });

  test('any of 64 bits comes out as it was, as a number, a bigint or a text', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (integer) => {
        const asNumber = Number(integer);
        const forms = [integer, integer.toString(), ...(Number.isSafeInteger(asNumber) ? [asNumber] : [])];
        for (const form of forms) expect(resolve({ type: 'Integer' }, { value: form })).toBe(integer.toString());
      }),
    );
  });
});

describe('a Decimal', () => {
  test.each<Row>([
    ['12.50', '12.50'],
    ['+012.50', '12.50'],
    ['-0.00', '0.00'],
    ['0.30000000000000001', '0.30000000000000001'],
    [12, '12'],
    [-0, '0'],
    [12345678901234567890n, '12345678901234567890'],
    ['9'.repeat(100), '9'.repeat(100)],
  ])('%s is exactly %s', (given, value) => {
    expect(resolve({ type: 'Decimal' }, { value: given })).toBe(value);
  });

  const hint = 'is not a decimal; write digits with a point, in quotes, e.g. "12.50"';
  test.each<BadRow>([
    ['', `"" ${hint}`],
    ['1e3', `"1e3" ${hint}`],
    ['1,50', `"1,50" ${hint}`],
    ['.5', `".5" ${hint}`],
    ['5.', `"5." ${hint}`],
    ['NaN', `"NaN" ${hint}`],
    ['Infinity', `"Infinity" ${hint}`],
    ['0x1', `"0x1" ${hint}`],
    ['12.50 ', `"12.50 " ${hint}`],
    [1e21, `1e+21 ${hint}`],
    [1e-7, `1e-7 ${hint}`],
    ['9'.repeat(101), `"${'9'.repeat(79)}…" has 101 characters; a decimal has at most 100`],
  ])('%s is refused', (given, problem) => {
    expect(resolve({ type: 'Decimal' }, { value: given })).toEqual({ problem: `parameter "p": ${problem}` });
  });

  test('at a limit is compared by all its digits', () => {
    const declaration = { type: 'Decimal', minimum: '0.1', maximum: '0.3' } as const;
    expect(resolve(declaration, { value: '0.3' })).toBe('0.3');
    expect(resolve(declaration, { value: '0.300' })).toBe('0.300');
    expect(resolve(declaration, { value: '0.30000000000000001' })).toEqual({
      problem: 'parameter "p": 0.30000000000000001 is more than the maximum 0.3',
    });
    expect(resolve(declaration, { value: '0.09999999999999999' })).toEqual({
      problem: 'parameter "p": 0.09999999999999999 is less than the minimum 0.1',
    });
  });
});

describe('a Boolean', () => {
  test.each<Row>([
    ['true', true],
    ['false', false],
  ])('%s', (given, value) => {
    expect(resolve({ type: 'Boolean' }, { value: given })).toBe(value);
  });

  test.each<GivenScalar>(['', 'True', 'TRUE', 'yes', 'on', '1', 't', ' true', 1, 0, 1n])('%s is refused', (given) => {
    const shown = typeof given === 'string' ? `"${given}"` : String(given);
    expect(resolve({ type: 'Boolean' }, { value: given })).toEqual({
      problem: `parameter "p": ${shown} is not a Boolean; write "true" or "false", in quotes`,
    });
  });
});

describe('a Date', () => {
  test('is a day of the calendar', () => {
    expect(resolve({ type: 'Date' }, { value: '2024-02-29' })).toBe('2024-02-29');
  });

  test.each<BadRow>([
    ['2026-02-30', '"2026-02-30" is not a day of the calendar'],
    ['2026-10', '"2026-10" is not a date; write it as YYYY-MM-DD, e.g. 2026-10-01'],
    [2026, '2026 is not a date; write it as "YYYY-MM-DD", in quotes'],
    ['0000-12-31', '"0000-12-31" is not a day of the calendar'],
    ['\u202e2026-10-01', '"\\u{202e}2026-10-01" is not a date; write it as YYYY-MM-DD, e.g. 2026-10-01'],
  ])('%s is refused', (given, problem) => {
    expect(resolve({ type: 'Date' }, { value: given })).toEqual({ problem: `parameter "p": ${problem}` });
  });
});

describe('a Timestamp', () => {
  test('is an instant in UTC', () => {
    expect(resolve({ type: 'Timestamp' }, { value: '2026-10-01T08:00:00+02:00' }, 'Asia/Tokyo')).toBe('2026-10-01T06:00:00Z');
  });

  test('is not a number', () => {
    expect(resolve({ type: 'Timestamp' }, { value: 1790000000 })).toEqual({
      problem: 'parameter "p": 1790000000 is not an instant; write it as "2026-10-01T08:00:00+02:00", in quotes',
    });
  });
});

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

describe('a value in another field than its type has is refused', () => {
  const form = { value: 'a', values: ['a'], period: { from: '2026-10-01', to: '2026-10-02' } };
  const own = (type: ParameterType): string => {
    if (type === 'Period') return 'period: {from, to}';
    return type === 'Strings' || type === 'Choices' ? 'values: [...]' : 'value';
  };
  const cases = PARAMETER_TYPES.flatMap((type) =>
    (['value', 'values', 'period'] as const).filter((field) => own(type).split(':')[0] !== field).map((field) => [type, field] as const),
  );
  test.each(cases)('a %s as %s', (type, field) => {
    expect(resolve({ type, choices: [{ value: 'a' }] }, { [field]: form[field] })).toEqual({
      problem: `parameter "p": is a ${type}: give it as ${own(type)}, not as ${field}`,
    });
  });
});

describe('a parameter that is not given', () => {
  test.each(PARAMETER_TYPES)('is nothing when it is an optional %s', (type) => {
    expect(resolve({ type })).toBeNull();
    expect(resolve({ type, required: false })).toBeNull();
  });

  test.each(PARAMETER_TYPES)('is missed when it is a required %s', (type) => {
    expect(resolve({ type, required: true })).toEqual({ problem: `parameter "p": is required (${type})` });
  });

  test('is missed with its description, printable and short', () => {
    const description = `Month\u202e that is billed ${'x'.repeat(500)}`;
    const { problem } = resolve({ type: 'Period', required: true, description }) as { readonly problem: string };
    expect(problem).toMatch(/^parameter "p": is required \(Period: Month\\u\{202e\} that is billed x+…\)$/);
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
    const problem = 'parameter "p": is required (Strings: Customers), with at least one value';
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
        'parameter "customer": is required (String: Number of the customer)',
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
