import { expect, test } from 'vitest';
import { base32 } from '../src/base32.ts';

// RFC 4648, section 10, without padding and in lower case.
test.each([
  ['', ''],
  ['f', 'my'],
  ['fo', 'mzxq'],
  ['foo', 'mzxw6'],
  ['foob', 'mzxw6yq'],
  ['fooba', 'mzxw6ytb'],
  ['foobar', 'mzxw6ytboi'],
])('"%s" is "%s"', (text, encoded) => {
  expect(base32(new TextEncoder().encode(text))).toBe(encoded);
});
