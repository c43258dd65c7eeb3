/** Any parameters against any declarations, and the most of both that there may be: sentences or something small, and never 100 ms. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkDeclarations } from '../../src/api/parameters/check-declarations.ts';
import type { ParameterDeclaration } from '../../src/api/parameters/declaration.ts';
import { resolveParameters } from '../../src/api/parameters/resolve.ts';
import { anyText } from '../support/arbitraries.ts';
import { expectShort, held, HELD_LIMIT_MS } from '../support/held.ts';
import { filled } from './parsers.ts';

describe('parameters', () => {
  const name = fc.constantFrom('a', 'b', 'month', 'month_from', '__proto__', 'constructor', 'toString');
  const scalar = fc.oneof(
    anyText(40),
    fc.constantFrom('', '1e9', '-0', '12,50', '2026-02-30', 'true', 'NaN', '9'.repeat(1024)),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  );
  const instant = fc.oneof(
    anyText(35),
    fc.constantFrom('2026-10-01', '9999-12-31', '0001-01-01', '2026-10-25T02:30:00+02:00', '2026-03-29'),
  );
  const period = fc.oneof(
    fc.record({ from: instant, to: instant }),
    fc.record({ relative: fc.constantFrom('Today', 'LastQuarter', 'SincePreviousRun') }),
    fc.record({ lastDays: fc.integer({ min: 1, max: 36_600 }) }),
  );
  const declaration = fc.record(
    {
      name,
      type: fc.constantFrom('String', 'Strings', 'Integer', 'Decimal', 'Boolean', 'Date', 'Timestamp', 'Choice', 'Choices', 'Period'),
      required: fc.boolean(),
      description: anyText(40),
      default: scalar,
      defaultValues: fc.array(anyText(10), { maxLength: 5 }),
      defaultPeriod: period,
      pattern: fc.constantFrom('[a-z]+', '(', '(a?){200}', '\\d{4}', ''),
      minLength: fc.integer({ min: 0, max: 1024 }),
      maxLength: fc.integer({ min: 0, max: 1024 }),
      maxItems: fc.integer({ min: 1, max: 1000 }),
      choices: fc.array(fc.record({ value: anyText(10) }), { minLength: 1, maxLength: 5 }),
      minimum: scalar,
      maximum: scalar,
      maxDays: fc.integer({ min: 1, max: 36_600 }),
    },
    { requiredKeys: ['name', 'type'] },
  );
  const given = fc.record({ name, value: scalar, values: fc.array(anyText(20), { maxLength: 20 }), period }, { requiredKeys: ['name'] });
  const time = { zone: 'Europe/Berlin', createdAt: Date.UTC(2026, 9, 25) };

  test('of any kind and rule, given anything, resolve to something small or to sentences', () => {
    let worst = 0;
    fc.assert(
      fc.property(fc.array(declaration, { maxLength: 8 }), fc.array(given, { maxLength: 8 }), (declared, reported) => {
        const declarations = declared as readonly ParameterDeclaration[];
        const { ms, value } = held(() => ({
          mistakes: checkDeclarations(declarations),
          resolution: resolveParameters(declarations, reported, time),
        }));
        worst = Math.max(worst, ms);
        for (const sentence of [...value.mistakes, ...(value.resolution.ok ? [] : value.resolution.problems)])
          expectShort(sentence, 30_000);
        if (value.resolution.ok) expect(Buffer.byteLength(JSON.stringify(value.resolution.parameters))).toBeLessThanOrEqual(32 * 1024);
      }),
      { numRuns: 1_000 },
    );
    expect(worst).toBeLessThan(HELD_LIMIT_MS);
  });

  const many = (count: number, more: object): readonly ParameterDeclaration[] =>
    Array.from({ length: count }, (_, index) => ({ name: `p${index}`, type: 'Strings', ...more }));
  const lists = (count: number, values: readonly string[]): readonly { readonly name: string; readonly values: readonly string[] }[] =>
    Array.from({ length: count }, (_, index) => ({ name: `p${index}`, values }));

  test.each<[string, readonly ParameterDeclaration[], readonly { readonly name: string; readonly values: readonly string[] }[]]>([
    ['64 lists of 20 long texts', many(64, {}), lists(64, Array<string>(20).fill('x'.repeat(1024)))],
    ['64 lists of 1,000 texts', many(64, {}), lists(64, Array<string>(1000).fill('x'.repeat(12)))],
    [
      '64 lists of 1,000 texts that are no choices',
      many(64, { type: 'Choices', choices: [{ value: 'a' }] }),
      lists(64, Array<string>(1000).fill('\u202e')),
    ],
    ['1,000 unknown names', many(64, {}), Array.from({ length: 64 }, (_, index) => ({ name: `q${'x'.repeat(60)}${index}`, values: [] }))],
    ['a list that a pattern refuses in every text', many(1, { pattern: '[a-y]{3}' }), lists(1, Array<string>(1000).fill('zzz'))],
  ])('as many as there may be hold the loop for less than 100 ms: %s', (_, declared, reported) => {
    expect(held(() => checkDeclarations(declared)).ms).toBeLessThan(HELD_LIMIT_MS);
    expect(held(() => resolveParameters(declared, reported, time)).ms).toBeLessThan(HELD_LIMIT_MS);
  });

  test('patterns that cost more than the operator may spend are refused before they are compiled', () => {
    for (const pattern of ['(a?){1000}', '(((a{10}){10}){10}){9}', '(.{30}){30}', filled('\\pL?', 256)]) {
      const { ms, value } = held(() => checkDeclarations(many(64, { type: 'String', pattern })));
      expect(ms, pattern).toBeLessThan(HELD_LIMIT_MS);
      expect(value, pattern).not.toEqual([]);
    }
  });
});
