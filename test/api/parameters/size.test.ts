import { expect, test } from 'vitest';
import type { ParameterDeclaration } from '../../../src/api/parameters/declaration.ts';
import { resolveParameters, type Resolution } from '../../../src/api/parameters/resolve.ts';
import { RESOLVED_LIMIT_BYTES } from '../../../src/api/parameters/size.ts';

const declared: readonly ParameterDeclaration[] = [
  { name: 'region', type: 'String' },
  { name: 'customers', type: 'Strings' },
];

/** 32,000 characters in texts of 1,000, and one text more. */
function withTail(characters: number, thousand = 'x'.repeat(1_000)): Resolution {
  const values = [...Array<string>(32).fill(thousand), 'y'.repeat(characters)];
  const given = [
    { name: 'region', value: 'ü' },
    { name: 'customers', values },
  ];
  return resolveParameters(declared, given, { zone: 'UTC', createdAt: 0 });
}

function bytesOf(resolution: Resolution): number {
  return resolution.ok ? Buffer.byteLength(JSON.stringify(resolution.parameters)) : NaN;
}

test('all parameters together have at most 32 KiB of JSON, and the largest is named when they have more', () => {
  const longest = RESOLVED_LIMIT_BYTES - bytesOf(withTail(0));
  expect(bytesOf(withTail(longest))).toBe(32_768);
  expect(withTail(longest + 1)).toEqual({
    ok: false,
    problems: [
      expect.stringMatching(
        /^the parameters have 32769 bytes of JSON together; at most 32768 are allowed; the largest is "customers" \(32\d{3} bytes\)$/,
      ),
    ],
  });
});

test('what JSON must escape counts as it is written', () => {
  expect(withTail(0, '"'.repeat(1_000)).ok).toBe(false);
});

test('defaults count, too', () => {
  const defaults = declared.map((declaration): ParameterDeclaration =>
    declaration.type === 'Strings' ? { ...declaration, defaultValues: Array<string>(32).fill('x'.repeat(1_018)) } : declaration,
  );
  expect(resolveParameters(defaults, [], { zone: 'UTC', createdAt: 0 }).ok).toBe(true);
  expect(resolveParameters(defaults, [{ name: 'region', value: 'x'.repeat(100) }], { zone: 'UTC', createdAt: 0 }).ok).toBe(false);
});

test('64 values of 1,024 characters are too much together, though each is short enough', () => {
  const many = Array.from({ length: 64 }, (_, index): ParameterDeclaration => ({ name: `p${index}`, type: 'String' }));
  const given = many.map(({ name }) => ({ name, value: 'x'.repeat(1_024) }));
  expect(resolveParameters(many, given, { zone: 'UTC', createdAt: 0 })).toMatchObject({
    ok: false,
    problems: [expect.stringMatching(/the largest is "p\d+" \(1065 bytes\)$/)],
  });
});
