/**
 * Patterns of users, matched in linear time.
 *
 * V8's engine backtracks: one pattern and one string can hold the operator's thread for years. RE2 cannot; so `new RegExp` on a user's text is a lint error and this is
 * the one way (security.md 6). Syntax: https://github.com/google/re2/wiki/Syntax
 */
import { RE2JS } from 're2js';
import { foreignText } from '../../foreign-text.ts';
import { bad, good, type Read } from './declaration.ts';
import { patternSize } from './pattern-size.ts';

/** Longest pattern in characters, counted as the schema counts them. */
export const PATTERN_LIMIT = 256;

/** Instructions that a pattern may stand for: compiling them takes some 40 ms. */
export const PATTERN_SIZE_LIMIT = 10_000;

/** Whether a whole text matches. */
export type Pattern = (text: string) => boolean;

/** The text of the pattern's one group where it first matches; undefined when it does not. */
export type Extraction = (text: string) => string | undefined;

export function compilePattern(source: string): Read<Pattern> {
  const compiled = compile(source);
  return compiled.ok ? good((text) => compiled.value.matches(text)) : compiled;
}

export function compileExtraction(source: string): Read<Extraction> {
  const compiled = compile(source);
  if (!compiled.ok) return compiled;
  const groups = compiled.value.groupCount();
  if (groups !== 1) return bad(`pattern has ${groups} groups, where one says what is taken; others are written (?:...)`);
  return good((text) => {
    const matcher = compiled.value.matcher(text);
    return matcher.find() ? (matcher.group(1) ?? undefined) : undefined;
  });
}

function compile(source: string): Read<RE2JS> {
  const length = [...source].length;
  if (length > PATTERN_LIMIT) return bad(`pattern has ${length} characters; at most ${PATTERN_LIMIT} are allowed`);
  const size = patternSize(source);
  if (size > PATTERN_SIZE_LIMIT)
    return bad(`pattern with its repetitions multiplied out has ${size} parts; at most ${PATTERN_SIZE_LIMIT} are allowed`);
  try {
    return good(RE2JS.compile(source));
  } catch (error) {
    // The engine's message holds the pattern itself, which the template shows anyway.
    return bad(`pattern is not valid RE2 syntax: ${foreignText(error instanceof Error ? error.message : 'unknown error', 200)}`);
  }
}
