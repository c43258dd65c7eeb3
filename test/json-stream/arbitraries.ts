/** JSON documents as texts, with every form of number, string and white space that RFC 8259 allows, and pieces as a network cuts them. */
import fc from 'fast-check';
import { anyText } from '../support/arbitraries.ts';

const space = fc.oneof({ weight: 5, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom(' ', '\n', '\r\n', '\t', '  ') });

const number = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.constantFrom('0', '-0', '0.0', '12.50', '-0.10', '1e3', '1E+3', '2.50e-7', '9007199254740991', '9007199254740993', '1e400', '0.1e1'),
);

/** Written plainly, with escapes for all that needs them, or with escapes for everything. */
const string = fc.tuple(anyText(20), fc.constantFrom('plain', 'all')).map(([text, how]) => {
  const wellFormed = text.toWellFormed();
  if (how === 'plain') return JSON.stringify(wellFormed);
  return `"${[...text].map((character) => [...character].flatMap((one) => Array.from({ length: one.length }, (_, at) => escaped(one, at))).join('')).join('')}"`;
});

function escaped(text: string, at: number): string {
  return `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`;
}

const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc
    .tuple(space, fc.oneof({ maxDepth: 5 }, fc.constantFrom('null', 'true', 'false'), number, string, tie('list'), tie('object')), space)
    .map((parts) => parts.join('')),
  list: fc
    .tuple(space, fc.array(tie('value'), { maxLength: 4 }))
    .map(([inner, values]) => `[${values.length === 0 ? inner : values.join(',')}]`),
  object: fc
    .tuple(
      space,
      fc.array(fc.tuple(space, fc.oneof(string, fc.constantFrom('"a"', '"__proto__"', '""')), space, tie('value')), { maxLength: 4 }),
    )
    .map(
      ([inner, members]) =>
        `{${members.length === 0 ? inner : members.map(([before, name, after, of]) => `${before}${name}${after}:${of}`).join(',')}}`,
    ),
}));

/** A document's text. */
export const jsonText = value;

/** `bytes` in pieces, each boundary as likely as the next; the last list of cuts that shrinks is the empty one. */
export function pieces(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, index) => bytes.subarray(at[index - 1] ?? 0, end));
}

export const anyCuts = fc.array(fc.nat(5000), { maxLength: 30 });
