import { describe, expect, test } from 'vitest';
import { compileExtraction, compilePattern, PATTERN_LIMIT } from '../../../src/api/parameters/pattern.ts';

function matches(source: string, text: string): boolean {
  const compiled = compilePattern(source);
  return compiled.ok ? compiled.value(text) : expect.fail(compiled.problem);
}

test.each<[string, string, boolean]>([
  ['[a-z]{2}', 'ab', true],
  ['[a-z]{2}', 'abc', false],
  ['[a-z]{2}', 'xab', false],
  ['^a$', 'a', true],
  ['a|bc', 'bc', true],
  ['a|bc', 'abc', false],
  ['a', 'a\n', false],
  ['a.b', 'a\nb', false],
  ['(?s)a.b', 'a\nb', true],
  ['(?i)straße', 'STRAßE', true],
  ['\\p{Greek}+', 'αβγ', true],
  ['.', '🧾', true],
  ['', '', true],
  ['', 'a', false],
])('%s and %j: %s, because the whole text must match', (source, text, expected) => {
  expect(matches(source, text)).toBe(expected);
});

describe('a pattern that does not compile says why', () => {
  test.each(['(', '[a', 'a**', '(?<=a)b', '(?=a)', '(a)\\1', 'a{2,1}', 'a{1001}', '\\pX', '(?P<n', '\\', '(?i', 'x{99999999}', '*'])(
    '%s',
    (source) => {
      const compiled = compilePattern(source);
      expect(compiled).toEqual({ ok: false, problem: expect.stringMatching(/^pattern is not valid RE2 syntax: ./) as string });
    },
  );
});

describe('256 characters', () => {
  test.each([
    ['of ASCII', 'a'.repeat(PATTERN_LIMIT)],
    ['of two UTF-16 units each, which the schema counts as one', '🧾'.repeat(PATTERN_LIMIT)],
  ])('%s compile', (_, source) => {
    expect(matches(source, source)).toBe(true);
  });

  test('and one more do not', () => {
    expect(compilePattern('a'.repeat(PATTERN_LIMIT + 1))).toEqual({
      ok: false,
      problem: 'pattern has 257 characters; at most 256 are allowed',
    });
  });
});

describe('time', () => {
  test.each(['(x+x+)+y', '(x*)*y', '(x|x)*y', '(x|xx)+y', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*)(.*)(.*)(.*)(.*)y'])(
    'is linear in the text, where a backtracking engine needs years: %s',
    (source) => {
      const compiled = compilePattern(source);
      const match = compiled.ok ? compiled.value : expect.fail(compiled.problem);
      match('x'.repeat(1_000)); // Compiled, warm.
      const timeOf = (length: number): number => {
        const started = performance.now();
        expect(match('x'.repeat(length))).toBe(false);
        return performance.now() - started;
      };
      timeOf(100_000);
      expect(timeOf(100_000)).toBeLessThan(2_000);
    },
  );

  // Compiled, the last would have 90 million instructions, and the engine itself stops at 1.4 million, after seconds.
  test.each([
    'a{0,1000}'.repeat(28),
    `(${'(a|b)'.repeat(40)}){900}`,
    `(?:${'.'.repeat(200)}){1000}`,
    '((a{0,100}){0,10}){0,1000}',
    '((a{100}){100}){100}',
  ])('is not spent on a pattern that stands for a giant: %s', (source) => {
    const started = performance.now();
    const compiled = compilePattern(source);
    expect(performance.now() - started).toBeLessThan(100);
    expect(compiled).toEqual({
      ok: false,
      problem: expect.stringMatching(/^pattern with its repetitions multiplied out has \d+ parts; at most 10000 are allowed$/) as string,
    });
  });
});

describe('an extraction', () => {
  const image = 'registry.example.com:5000/team/app:1.27@sha256:0a1b';

  test.each<[source: string, text: string, found: string | undefined]>([
    ['@(sha256:[0-9a-f]+)$', image, 'sha256:0a1b'],
    ['^([^/]*[.:][^/]*|localhost)/', image, 'registry.example.com:5000'],
    ['^([^/]*[.:][^/]*|localhost)/', 'library/app:1', undefined],
    ['^[^@]*:([^/@:]+)(?:@|$)', image, '1.27'],
    ['a(b)?', 'a', undefined],
    ['(b)', 'abcb', 'b'],
  ])('%s takes from %s what its group matches first', (source, text, found) => {
    const compiled = compileExtraction(source);
    expect(compiled.ok && compiled.value(text)).toBe(found);
  });

  test.each(['a', '(a)(b)', '(?:a)', '(', '(a){1001}'])('%s is none', (source) => {
    expect(compileExtraction(source)).toMatchObject({ ok: false });
  });

  test('takes its time from the text, not from the pattern', () => {
    const compiled = compileExtraction('(?:a*)*(a*)*b'.replace('(a*)', '(?:a*)').replace('b', '(b)'));
    const began = performance.now();
    expect(compiled.ok && compiled.value('a'.repeat(20_000))).toBe(undefined);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
