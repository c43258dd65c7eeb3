import fc from 'fast-check';
import { RE2JS } from 're2js';
import { expect, test } from 'vitest';
import { patternSize } from '../../../src/api/parameters/pattern-size.ts';

/** Instructions that every program has: match, fail, and the captures of the whole. */
const ENDS = 4;

/** Patterns of RE2's whole grammar, as far as it can make them larger. */
const patterns = fc.letrec<{ piece: string; alternatives: string }>((tie) => {
  const atom = fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      'a',
      '.',
      '\\d',
      '\\pL',
      '\\p{Greek}',
      '\\x{1F9FE}',
      '\\{',
      '\\\\',
      '[a-z]',
      '[^a]',
      '[]a]',
      '[^]a]',
      '[[:alpha:]]',
      '[[:^digit:]]',
      '[\\]\\pN{2}]',
      '[({]',
      '\\Qa{9}(\\E',
      '^',
      '$',
      '\\b',
      '🧾',
      '{',
      '{a}',
      '{,3}',
    ),
    tie('alternatives').map((inner) => `(${inner})`),
    tie('alternatives').map((inner) => `(?:${inner})`),
    tie('alternatives').map((inner) => `(?i:${inner})`),
    tie('alternatives').map((inner) => `(?P<n>${inner})`),
  );
  const count = fc.integer({ min: 0, max: 9 });
  const repetition = fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom('*', '+', '?', '*?', '+?', '??') },
    { weight: 1, arbitrary: count.map((times) => `{${times}}`) },
    { weight: 1, arbitrary: count.map((times) => `{${times},}`) },
    { weight: 1, arbitrary: fc.tuple(count, count).map(([a, b]) => `{${Math.min(a, b)},${Math.max(a, b)}}`) },
    { weight: 1, arbitrary: count.map((times) => `{${times}}?`) },
  );
  return {
    piece: fc.tuple(atom, repetition).map(([of, times]) => of + times),
    alternatives: fc
      .array(tie('piece'), { maxLength: 4 })
      .map((pieces) => pieces.join(''))
      .chain((one) => fc.constantFrom(one, `${one}|b`, `|${one}`)),
  };
}).alternatives;

test('is never less than what the engine makes of the pattern', () => {
  let compiled = 0;
  fc.assert(
    fc.property(patterns, (source) => {
      let instructions: number;
      try {
        instructions = RE2JS.compile(source).programSize();
      } catch {
        return; // Two groups of one name, a thousand repetitions: an error has no size.
      }
      compiled += 1;
      expect(patternSize(source) + ENDS).toBeGreaterThanOrEqual(instructions);
    }),
    { numRuns: 3_000 },
  );
  expect(compiled).toBeGreaterThan(1_000);
});

test.each<[string, number]>([
  ['', 0],
  ['abc', 3],
  ['[a-z]{3}-[0-9]{4}', 20],
  ['[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 60],
  ['[\\w.+-]{1,64}@[\\w-]{1,63}(\\.[\\w-]{1,63}){1,4}', 900],
  ['\\Q(a{1000}){1000}\\E', 20],
  ['[(a){1000}]', 10],
  ['\\d{1000}', 1_100],
])('of what people write is not far more: %s', (source, most) => {
  expect(patternSize(source)).toBeLessThanOrEqual(most);
});

test.each(['(', ')', '())', '[', '[a', '\\', '{3}', 'a{3', '\\p{', '\\Q', '(?'])('exists for what does not compile, too: %s', (source) => {
  expect(patternSize(source)).toBeGreaterThanOrEqual(0);
});
