/** What a template asks of texts: the one value of a String, each value of Strings. */
import { foreignText, quoted } from '../../foreign-text.ts';
import { bad, good, type ParameterDeclaration, type Read } from './declaration.ts';
import { compilePattern, PATTERN_LIMIT } from './pattern.ts';

/** Longest text of a value in characters (api.md Bounds). */
export const VALUE_LIMIT = 1024;

/** What is wrong with a text; undefined = nothing. */
export type TextRule = (text: string) => string | undefined;

/** Compiled once for all values of a parameter. */
export function textRule({ minLength = 0, maxLength = VALUE_LIMIT, pattern }: ParameterDeclaration): Read<TextRule> {
  const compiled = pattern === undefined ? undefined : compilePattern(pattern);
  if (compiled?.ok === false) return compiled;
  const shown = foreignText(pattern ?? '', PATTERN_LIMIT);
  return good((text) => {
    const length = [...text].length;
    if (length < minLength)
      return `${quoted(text)} has ${length} ${length === 1 ? 'character' : 'characters'}; at least ${minLength} must be there`;
    if (length > maxLength) return `the value has ${length} characters; at most ${maxLength} are allowed`;
    if (text.includes('\0')) return `${quoted(text)} has a NUL character, which no database takes`;
    return compiled?.value(text) === false ? `${quoted(text)} does not match the pattern ${shown}` : undefined;
  });
}

/** For types whose values are texts: YAML has made a number of what should be one. */
export function notText(given: number | bigint, type: string): ReturnType<typeof bad> {
  return bad(
    `${given} is a number in the manifest, but the parameter is a ${type}: put it in quotes ("${given}"), because YAML drops leading zeros of numbers`,
  );
}
