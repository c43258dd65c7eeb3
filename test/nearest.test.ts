import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest } from '../src/nearest.ts';

const NAMES = ['month', 'region', 'customers', 'limit', 'paid'];

describe('the names nearest to', () => {
  test.each<[string, readonly string[]]>([
    ['regoin', ['region']],
    ['mounth', ['month']],
    ['REGION', ['region']],
    ['customer', ['customers']],
    ['limits', ['limit']],
    ['region', ['region']],
    ['pay', []],
    ['xyz', []],
    ['somethingelse', []],
    ['', []],
  ])('%s are %j', (word, expected) => {
    expect(nearest(word, NAMES, 3)).toEqual(expected);
  });

  test('a word come closest first, then by name, and no more than asked for', () => {
    expect(nearest('dat', ['dates', 'data', 'date', 'dot', 'day'], 3)).toEqual(['data', 'date', 'day']);
    expect(nearest('dat', ['date'], 0)).toEqual([]);
    expect(nearest('dat', [], 3)).toEqual([]);
  });
});

/** Edits by trying all of them, for words short enough. */
function editsByForce(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [first, second] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return editsByForce(first, second);
  return 1 + Math.min(editsByForce(first, second), editsByForce(a, second), editsByForce(first, b));
}

test('are those within a third of the word in edits', () => {
  const short = fc.stringMatching(/^[ab]{0,6}$/);
  fc.assert(
    fc.property(short, short, (word, candidate) => {
      const allowed = Math.max(1, Math.floor(word.length / 3));
      expect(nearest(word, [candidate], 1).length > 0).toBe(editsByForce(word, candidate) <= allowed);
    }),
    { numRuns: 500 },
  );
});

test('are found in bounded time in words of any length', () => {
  const long = 'x'.repeat(1_000_000);
  const started = performance.now();
  nearest(
    long,
    Array.from({ length: 64 }, () => long),
    3,
  );
  expect(performance.now() - started).toBeLessThan(1_000);
});
