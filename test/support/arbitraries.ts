/** Values that tests of more than one area draw from. */
import fc from 'fast-check';

/** Any UTF-16 text, with much of what goes wrong: controls, bidirectional marks, emoji, lone surrogates. fast-check's `unit: 'binary'` needs a second to begin. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
    { weight: 1, arbitrary: fc.integer({ min: 0x10000, max: 0x10ffff }).map((code) => String.fromCodePoint(code)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '\0',
        '\n',
        '\r',
        '\t',
        '\u001b',
        '\u007f',
        '\u0085',
        '\u200f',
        '\u202e',
        '\u2028',
        '\u2066',
        '\ufeff',
        '"',
        '\\',
        '\ud800',
        '\udfff',
        'é',
      ),
    },
  );
  return fc.array(piece, { maxLength, size: 'max' }).map((pieces) => pieces.join('').slice(0, maxLength));
}
