import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExact } from '../../src/exact-json.ts';
import { expand } from '../../src/local/node/environment.ts';
import { planJsonOf } from '../../src/operator/plan-json.ts';

const environment = new Map([['HOME', '/root']]);

test.each(['select $$it is$$', 'select $body$ $(HOME) $body$', '$(HOME)', '$$(HOME)', '$', '\\$', 'costs 5 $'])(
  'what the kubelet makes of a variable does not change %s',
  (query) => {
    expect(parseExact(expand(planJsonOf({ query }), environment))).toEqual({ query });
  },
);

test('nor any other plan', () => {
  const text = fc.string({ unit: fc.constantFrom('$', '(', ')', 'HOME', '\\', '"', 'ä', ' ') });
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))), (plan) => {
      const read = parseExact(expand(planJsonOf(plan), environment));
      expect(planJsonOf(read)).toBe(planJsonOf(plan));
    }),
  );
});
