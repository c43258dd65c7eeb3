import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeExact } from '../../src/kube/exact-decode.ts';
import { anyText } from '../support/arbitraries.ts';

describe('integers', () => {
  test.each<[string, unknown]>([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['123456789012345678901234567890', 123456789012345678901234567890n],
    ['1234567890123456.5', 1234567890123456.5],
    ['12345678901234567e2', 12345678901234567e2],
    ['"12345678901234567890"', '12345678901234567890'],
    ['"a \\"12345678901234567890\\" b"', 'a "12345678901234567890" b'],
    ['["\\\\",12345678901234567890]', ['\\', 12345678901234567890n]],
    ['{"12345678901234567890":12345678901234567890}', { '12345678901234567890': 12345678901234567890n }],
    [' [ 12345678901234567890 , 12345678901234567891 ] ', [12345678901234567890n, 12345678901234567891n]],
    ['[-0.0,1e-7,1234567890123456]', [-0, 1e-7, 1234567890123456]],
  ])('%s', (text, value) => {
    expect(decodeExact(text)).toEqual(value);
  });

  test('come out as they went in, wherever they stand and whatever stands around them', () => {
    const value = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        anyText(20).map((text) => text.toWellFormed()),
        fc.constantFrom(null, true, false, '12345678901234567890'),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(
          anyText(10).map((text) => text.toWellFormed()),
          tie('node'),
          { maxKeys: 4 },
        ),
      ),
    })).node;
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2), (original, indent) => {
        const rawJSON = (JSON as unknown as { rawJSON: (text: string) => object }).rawJSON;
        const text = JSON.stringify(
          original,
          (_, inner: unknown) => (typeof inner === 'bigint' ? rawJSON(inner.toString()) : inner),
          indent,
        );
        // Small integers are numbers, whatever they were; and JSON has no -0.
        const expected = plain(original);
        expect(decodeExact(text)).toStrictEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

test('nesting as deep as the apiserver takes it does not make a list unreadable', () => {
  const deep = `${'['.repeat(10_000)}12345678901234567890${']'.repeat(10_000)}`;
  const { items } = decodeExact(`{"items":[${deep},{"metadata":{"name":"a"}}]}`) as { readonly items: readonly unknown[] };
  expect(items[1]).toEqual({ metadata: { name: 'a' } });
  let [node] = items;
  while (Array.isArray(node)) node = node[0] as unknown;
  expect(node).toBe(12345678901234567890n);
});

test('a string as long as an object can be does not make a list unreadable', () => {
  const text = '\\\\'.repeat(1_500_000);
  expect(decodeExact(`{"id":12345678901234567890,"text":"${text}"}`)).toEqual({
    id: 12345678901234567890n,
    text: text.replaceAll('\\\\', '\\'),
  });
});

test.each(['', '{', '[1,]', '12345678901234567890x', '"12345678901234567890', '{"a":012345678901234567890}', 'NaN'])(
  'what is no JSON is refused: %s',
  (text) => {
    expect(() => decodeExact(text)).toThrow(SyntaxError);
  },
);

/** As `decodeExact` has it: bigint only where a number would lose digits. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === 'number') {
    const text = JSON.stringify(value);
    return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : Number(text);
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  return value;
}
