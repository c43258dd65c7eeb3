import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FOREIGN_TEXT_LIMIT, foreignText, quoted } from '../src/foreign-text.ts';
import { anyText } from './support/arbitraries.ts';

/** Controls, line separators and everything that changes the direction of text, by Unicode's own properties, and the byte order mark. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/u;

test.each([
  ['plain text', 'no connection to "db" (ECONNREFUSED)'],
  ['letters of any script', 'Zürich, Αθήνα, القاهرة, 東京, 🧾'],
  ['joiners, which make one emoji of several', '👩‍💻'],
  ['nothing', ''],
])('%s passes as it is', (_, text) => {
  expect(foreignText(text)).toBe(text);
});

test.each([
  ['a newline', 'a\nb', 'a\\u{a}b'],
  ['an escape sequence', '\u001b[2Jok', '\\u{1b}[2Jok'],
  ['a C1 control', 'a\u009bb', 'a\\u{9b}b'],
  ['DEL', '\u007f', '\\u{7f}'],
  ['NUL', '\0', '\\u{0}'],
  ['an override that turns text round', 'file\u202etxt.exe', 'file\\u{202e}txt.exe'],
  ['an isolate', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['a byte order mark', '\ufeffa', '\\u{feff}a'],
  ['half a character', 'a\ud83e', 'a\ufffd'],
])('%s is shown', (_, text, shown) => {
  expect(foreignText(text)).toBe(shown);
});

test('every unsafe character of Unicode is escaped, and no other', () => {
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    const expected = UNSAFE.test(character) ? `\\u{${code.toString(16)}}` : character;
    if (foreignText(character) !== expected) expect.fail(`U+${code.toString(16)}: ${foreignText(character)}`);
  }
});

describe('a long text', () => {
  test.each([
    ['of letters', 'x'],
    ['of emoji', '🧾'],
    ['of controls', '\u0001'],
    ['of lone surrogates', '\ud800'],
  ])('%s is cut to the limit between two characters, and says so', (_, character) => {
    for (const shift of ['', 'a']) {
      const cut = foreignText(shift + character.repeat(2_000));
      expect(cut.length).toBeLessThanOrEqual(FOREIGN_TEXT_LIMIT);
      expect(cut.length).toBeGreaterThanOrEqual(FOREIGN_TEXT_LIMIT - 1);
      expect(cut.endsWith('…')).toBe(true);
      expect(cut.isWellFormed()).toBe(true);
      if (character === '🧾') expect(cut).not.toContain('\ufffd');
    }
  });

  test('of exactly the limit is whole', () => {
    expect(foreignText('x'.repeat(FOREIGN_TEXT_LIMIT))).toBe('x'.repeat(FOREIGN_TEXT_LIMIT));
  });

  test('of a hundred megabytes costs no more than a short one', () => {
    // As it comes from a socket: one made by repeat() is only put together when somebody looks into it.
    const text = Buffer.alloc(100_000_000, 1).toString('latin1');
    const started = performance.now();
    foreignText(text);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

test('whatever comes, what passes is bounded, printable and well-formed', () => {
  fc.assert(
    fc.property(anyText(300), fc.integer({ min: 2, max: 200 }), (text, limit) => {
      const passed = foreignText(text, limit);
      expect(passed.length).toBeLessThanOrEqual(limit);
      expect(passed).not.toMatch(UNSAFE);
      expect(passed.isWellFormed()).toBe(true);
      // Once is enough: what has passed passes as it is.
      expect(foreignText(passed, limit)).toBe(passed);
    }),
    { numRuns: 500 },
  );
});

test('quoted values show their type and at most eighty characters', () => {
  expect(quoted('emea')).toBe('"emea"');
  expect(quoted('a\nb')).toBe('"a\\u{a}b"');
  expect(quoted('x'.repeat(81))).toBe(`"${'x'.repeat(79)}…"`);
  expect(quoted(7)).toBe('7');
  expect(quoted(12345678901234567890n)).toBe('12345678901234567890');
  expect(quoted(true)).toBe('true');
});
