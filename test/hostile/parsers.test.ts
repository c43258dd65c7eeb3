/**
 * What the operator reads that others wrote, against every parser of it: nothing throws, what comes out is bounded, and no single input holds the event loop for 100 ms
 * (security.md 6 and 13).
 *
 * The operator serves a whole cluster on one thread: an annotation that throws would stop it, and a path or pattern that takes a second would stop everybody for it.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '../support/arbitraries.ts';
import { held, HELD_LIMIT_MS } from '../support/held.ts';
import { filled, PARSERS, type Parser } from './parsers.ts';

function textFor({ pieces, longest }: Parser): fc.Arbitrary<string> {
  const mixed = fc.array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: anyText(4) }), {
    maxLength: 40,
  });
  const repeated = fc.tuple(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: longest }));
  return fc.oneof(
    { weight: 6, arbitrary: mixed.map((parts) => parts.join('').slice(0, longest)) },
    { weight: 1, arbitrary: repeated.map(([parts, length]) => filled(parts.join(''), length)) },
    { weight: 2, arbitrary: anyText(Math.min(longest, 300)) },
  );
}

describe.each(Object.entries(PARSERS))('%s', (_, parser) => {
  test('never throws, gives little, and takes no time, whatever it is', () => {
    let worst = { ms: 0, text: '' };
    const judge = (text: string): void => {
      const { ms } = held(() => parser.parse(text));
      if (ms > worst.ms) worst = { ms, text };
    };
    for (const text of parser.worst ?? []) judge(text);
    fc.assert(fc.property(textFor(parser), judge), { numRuns: 200 });
    expect(worst.ms, `for ${JSON.stringify(worst.text.slice(0, 200))}`).toBeLessThan(HELD_LIMIT_MS);
  });
});
