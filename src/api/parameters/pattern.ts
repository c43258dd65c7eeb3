/**
 * Patterns of users, matched in linear time.
 *
 * V8's engine backtracks: one pattern and one string can hold the operator's thread for years. RE2 cannot; so `new RegExp` on a user's text is a lint error and this is
 * the one way (security.md 6). Syntax: https://github.com/google/re2/wiki/Syntax
 */
import { RE2JS } from 're2js';
import { foreignText } from '../../foreign-text.ts';
import { bad, good, type Read } from './declaration.ts';

/** Longest pattern in characters. */
export const PATTERN_LIMIT = 256;

/** Tells whether a whole text matches. */
export type Pattern = (text: string) => boolean;

export function compilePattern(source: string): Read<Pattern> {
  if (source.length > PATTERN_LIMIT) return bad(`pattern has ${source.length} characters; at most ${PATTERN_LIMIT} are allowed`);
  try {
    const compiled = RE2JS.compile(source);
    return good((text) => compiled.matches(text));
  } catch (error) {
    // The engine's message holds the pattern itself, which the template shows anyway.
    return bad(`pattern is not valid RE2 syntax: ${foreignText(error instanceof Error ? error.message : 'unknown error', 200)}`);
  }
}
