/** Mistakes in a template's parameters that CEL cannot see: patterns that do not compile, ranges upside down, defaults that break the parameter's own rules. */
import { canonicalDecimal, compareDecimals } from './decimal.ts';
import type { ParameterDeclaration } from './declaration.ts';
import { compilePattern } from './pattern.ts';
import { resolveDefault } from './resolve.ts';

/** Every mistake as a sentence that begins with the field. */
export function checkDeclarations(declared: readonly ParameterDeclaration[]): readonly string[] {
  return [...declared.flatMap((declaration) => checkOne(declaration)), ...checkPeriodNames(declared)];
}

function checkOne(declaration: ParameterDeclaration): readonly string[] {
  const field = `spec.parameters "${declaration.name}"`;
  const problems: string[] = [];
  if (declaration.pattern !== undefined) {
    const compiled = compilePattern(declaration.pattern);
    if (!compiled.ok) problems.push(`${field}: ${compiled.problem}`);
  }
  const { minLength, maxLength } = declaration;
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
    problems.push(`${field}: minLength ${minLength} is more than maxLength ${maxLength}`);
  }
  problems.push(...checkRange(field, declaration));
  if (problems.length > 0) return problems; // A default cannot be judged by broken rules.
  const value = resolveDefault(declaration, 'UTC');
  if (!value.ok) problems.push(`${field}: default ${value.problem}`);
  return problems;
}

function checkRange(field: string, { minimum, maximum }: ParameterDeclaration): readonly string[] {
  const lowest = minimum === undefined ? undefined : canonicalDecimal(String(minimum));
  const highest = maximum === undefined ? undefined : canonicalDecimal(String(maximum));
  const problems: string[] = [];
  if (minimum !== undefined && lowest === undefined) problems.push(`${field}: minimum "${minimum}" is not a decimal`);
  if (maximum !== undefined && highest === undefined) problems.push(`${field}: maximum "${maximum}" is not a decimal`);
  if (lowest !== undefined && highest !== undefined && compareDecimals(lowest, highest) > 0) {
    problems.push(`${field}: minimum ${lowest} is more than maximum ${highest}`);
  }
  return problems;
}

/** A Period `month` is used as `:month_from` and `:month_to`; a parameter of that name beside it would make the query ambiguous (security.md 16). */
function checkPeriodNames(declared: readonly ParameterDeclaration[]): readonly string[] {
  const names = new Set(declared.map(({ name }) => name));
  return declared
    .filter(({ type }) => type === 'Period')
    .flatMap(({ name }) => [`${name}_from`, `${name}_to`].filter((bound) => names.has(bound)).map((bound) => ({ name, bound })))
    .map(({ name, bound }) => `spec.parameters "${bound}": the Period "${name}" already provides this name; rename one of them`);
}
