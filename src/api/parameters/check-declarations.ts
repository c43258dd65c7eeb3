/** Mistakes in a template's parameters that CEL cannot see: patterns that do not compile, ranges upside down, defaults that break the parameter's own rules. */
import { quoted } from '../../foreign-text.ts';
import { Hints } from '../../nearest.ts';
import { canonicalDecimal, compareDecimals } from './decimal.ts';
import type { ParameterDeclaration, ReportTime } from './declaration.ts';
import { compilePattern } from './pattern.ts';
import { patternSize } from './pattern-size.ts';
import { ITEMS_LIMIT } from './lists.ts';
import { longestDays } from './period.ts';
import { resolveDefault } from './resolve.ts';
import { RESOLVED_LIMIT_BYTES } from './size.ts';
import { VALUE_LIMIT } from './text-rule.ts';

/** What the patterns of one template may cost: some 50 ms a Report, in which the operator does nothing else (security.md 6). */
const PATTERN_COST_LIMIT = 1_000_000;
/** Compiling costs as much as matching so many characters. */
const COMPILE_COST = 100;
/** Defaults are tried as of this time; that of a relative period is also judged for all times. */
const ANY_TIME: ReportTime = { zone: 'UTC', createdAt: 0 };

/** Every mistake as a sentence that begins with the field. */
export function checkDeclarations(declared: readonly ParameterDeclaration[]): readonly string[] {
  const costly = checkPatternCost(declared);
  const hints = new Hints();
  const each = declared.flatMap((declaration) => checkOne(declaration, costly.length === 0, hints));
  return [...costly, ...each, ...checkPeriodNames(declared)];
}

/** `affordable`: whether its pattern may be compiled. */
function checkOne(declaration: ParameterDeclaration, affordable: boolean, hints: Hints): readonly string[] {
  const field = `spec.parameters "${declaration.name}"`;
  const problems: string[] = [];
  if (declaration.pattern !== undefined && affordable) {
    const compiled = compilePattern(declaration.pattern);
    if (!compiled.ok) problems.push(`${field}: ${compiled.problem}`);
  }
  const { minLength, maxLength } = declaration;
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
    problems.push(`${field}: minLength ${minLength} is more than maxLength ${maxLength}`);
  }
  problems.push(...checkRange(field, declaration));
  if (problems.length > 0 || !affordable) return problems; // A default cannot be judged by broken rules.
  const tooLong = relativeDefaultProblem(declaration);
  if (tooLong !== undefined) return [`${field}: ${tooLong}`];
  const value = resolveDefault(declaration, ANY_TIME, hints);
  return value.ok ? [] : [`${field}: default ${value.problem}`];
}

/** LastMonth has 31 days in seven months of twelve: a template that allows 30 would fail in those, and nobody would know before. */
function relativeDefaultProblem({ defaultPeriod, maxDays }: ParameterDeclaration): string | undefined {
  const longest = defaultPeriod === undefined ? undefined : longestDays(defaultPeriod);
  if (longest === undefined || maxDays === undefined || longest <= maxDays) return undefined;
  return `default period can have ${longest} days; maxDays allows ${maxDays}`;
}

/** Linear time is not little time: `(a?){1000}` on a thousand characters takes 0.1 s, and a template may have 64 of them. */
function checkPatternCost(declared: readonly ParameterDeclaration[]): readonly string[] {
  const costs = declared.map((declaration) => ({
    name: declaration.name,
    cost: patternSize(declaration.pattern ?? '') * (longestText(declaration) + COMPILE_COST),
  }));
  const total = costs.reduce((sum, { cost }) => sum + cost, 0);
  if (total <= PATTERN_COST_LIMIT) return [];
  const dearest = costs.reduce((most, each) => (each.cost > most.cost ? each : most));
  return [
    `spec.parameters "${dearest.name}": the patterns of the template take too long to match, and this one longest: ` +
      'make it shorter, with fewer repetitions, or give it a smaller maxLength or maxItems',
  ];
}

/** Characters that a value can have, all texts of a list together. */
function longestText({ type, maxLength = VALUE_LIMIT, maxItems = ITEMS_LIMIT }: ParameterDeclaration): number {
  return type === 'Strings' ? Math.min(maxItems * maxLength, RESOLVED_LIMIT_BYTES) : maxLength;
}

function checkRange(field: string, { minimum, maximum }: ParameterDeclaration): readonly string[] {
  const lowest = minimum === undefined ? undefined : canonicalDecimal(String(minimum));
  const highest = maximum === undefined ? undefined : canonicalDecimal(String(maximum));
  const problems: string[] = [];
  if (minimum !== undefined && lowest === undefined) problems.push(`${field}: minimum ${quoted(minimum)} is not a decimal`);
  if (maximum !== undefined && highest === undefined) problems.push(`${field}: maximum ${quoted(maximum)} is not a decimal`);
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
