/** Parameters whose value is a list of texts. The order and, but for Choices, repetitions stay as they were given. */
import { quoted } from '../../foreign-text.ts';
import { atMostMistakes, MISTAKES_LIMIT } from '../../mistakes.ts';
import { Hints } from '../../nearest.ts';
import { bad, good, type Choice, type GivenScalar, type ParameterDeclaration, type Read } from './declaration.ts';
import { RESOLVED_LIMIT_BYTES } from './size.ts';
import { notText, textRule } from './text-rule.ts';

/** Most values of a list (api.md Bounds). */
export const ITEMS_LIMIT = 1000;
/** Among so many choices a misspelt one is looked for; comparing words is slow. */
const NEAREST_LIMIT = 50;

export function readStrings(values: readonly string[], declaration: ParameterDeclaration): Read<readonly string[]> {
  const { maxItems = ITEMS_LIMIT } = declaration;
  if (values.length > maxItems) return bad(`has ${values.length} values; at most ${maxItems} are allowed`);
  // Before patterns are tried: what they may cost was judged for no more text than this (check-declarations.ts).
  const bytes = values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  if (bytes > RESOLVED_LIMIT_BYTES) return bad(`its values have ${bytes} bytes; all parameters together may have ${RESOLVED_LIMIT_BYTES}`);
  const rule = textRule(declaration);
  if (!rule.ok) return rule;
  return judged(values, (value) => rule.value(value));
}

export function readChoice(given: GivenScalar, { choices = [] }: ParameterDeclaration, hints = new Hints()): Read<string> {
  if (typeof given !== 'string') return notText(given, 'Choice');
  if (choices.some(({ value }) => value === given)) return good(given);
  const near = choices.length > NEAREST_LIMIT ? undefined : hints.nearest(given, valuesOf(choices));
  return bad(`${quoted(given)} is not one of the choices; ${near === undefined ? offered(choices) : `did you mean ${quoted(near)}?`}`);
}

export function readChoices(values: readonly string[], { choices = [] }: ParameterDeclaration): Read<readonly string[]> {
  const left = new Set(valuesOf(choices));
  const known = new Set(left);
  const read = judged(values, (value) => {
    if (left.delete(value)) return undefined;
    return known.has(value) ? `${quoted(value)} is given twice` : `${quoted(value)} is not one of the choices`;
  });
  return read.ok || values.every((value) => known.has(value)) ? read : bad(`${read.problem}; ${offered(choices)}`);
}

function judged(values: readonly string[], problemOf: (value: string) => string | undefined): Read<readonly string[]> {
  const problems = values.flatMap((value, index) => {
    const problem = problemOf(value);
    return problem === undefined ? [] : [`values[${index}]: ${problem}`];
  });
  return problems.length === 0 ? good(values) : bad(atMostMistakes(problems).join(', '));
}

function valuesOf(choices: readonly Choice[]): readonly string[] {
  return choices.map(({ value }) => value);
}

function offered(choices: readonly Choice[]): string {
  const shown = valuesOf(choices).slice(0, MISTAKES_LIMIT).map(quoted).join(', ');
  return `it has: ${shown}${choices.length > MISTAKES_LIMIT ? `, and ${choices.length - MISTAKES_LIMIT} more` : ''}`;
}
