/** One reader a scalar type: the given value to its canonical form, or the clause that says what is wrong with it and how to write it. */
import { quoted } from '../../foreign-text.ts';
import { bad, good, type GivenScalar, type ParameterDeclaration, type Read } from './declaration.ts';
import { canonicalDecimal, compareDecimals, DECIMAL_LIMIT } from './decimal.ts';
import { notText, textRule } from './text-rule.ts';

/** The range of PostgreSQL's bigint and of every other 64-bit integer. */
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export function readString(given: GivenScalar, declaration: ParameterDeclaration): Read<string> {
  if (typeof given !== 'string') return notText(given, 'String');
  const rule = textRule(declaration);
  if (!rule.ok) return rule;
  const problem = rule.value(given);
  return problem === undefined ? good(given) : bad(problem);
}

export function readInteger(given: GivenScalar, declaration: ParameterDeclaration): Read<string> {
  const integer = toInteger(given);
  if (integer === undefined) return bad(`${quoted(given)} is not an integer; write digits only, e.g. 42`);
  if (integer < INT64_MIN || integer > INT64_MAX)
    return bad(`${quoted(given)} does not fit 64 bits; it must be from ${INT64_MIN} to ${INT64_MAX}`);
  const digits = integer.toString();
  const outside = rangeProblem(digits, declaration);
  return outside === undefined ? good(digits) : bad(outside);
}

export function readDecimal(given: GivenScalar, declaration: ParameterDeclaration): Read<string> {
  const text = String(given);
  if (text.length > DECIMAL_LIMIT) return bad(`${quoted(text)} has ${text.length} characters; a decimal has at most ${DECIMAL_LIMIT}`);
  const decimal = canonicalDecimal(text);
  if (decimal === undefined) return bad(`${quoted(given)} is not a decimal; write digits with a point, in quotes, e.g. "12.50"`);
  const outside = rangeProblem(decimal, declaration);
  return outside === undefined ? good(decimal) : bad(outside);
}

export function readBoolean(given: GivenScalar): Read<boolean> {
  if (given === 'true') return good(true);
  if (given === 'false') return good(false);
  return bad(`${quoted(given)} is not a Boolean; write "true" or "false", in quotes`);
}

function toInteger(given: GivenScalar): bigint | undefined {
  if (typeof given === 'bigint') return given;
  if (typeof given === 'number') return Number.isSafeInteger(given) ? BigInt(given) : undefined;
  return /^[+-]?\d{1,30}$/.test(given) ? BigInt(given.replace(/^\+/, '')) : undefined;
}

function rangeProblem(value: string, { minimum, maximum }: ParameterDeclaration): string | undefined {
  const lowest = minimum === undefined ? undefined : canonicalDecimal(String(minimum));
  const highest = maximum === undefined ? undefined : canonicalDecimal(String(maximum));
  if (lowest !== undefined && compareDecimals(value, lowest) < 0) return `${value} is less than the minimum ${lowest}`;
  if (highest !== undefined && compareDecimals(value, highest) > 0) return `${value} is more than the maximum ${highest}`;
  return undefined;
}
