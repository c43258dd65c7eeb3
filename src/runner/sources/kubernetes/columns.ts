/** What a template says of each column of a kubernetes source beside its path, checked and compiled: extract, default, aggregate, formula and scale. */
import type { ParameterDeclaration } from '../../../api/parameters/declaration.ts';
import { compileExtraction, PATTERN_SIZE_LIMIT, type Extraction } from '../../../api/parameters/pattern.ts';
import { patternSize } from '../../../api/parameters/pattern-size.ts';
import { foreignText } from '../../../foreign-text.ts';
import { compileFormula, type Formula } from '../../../formula/formula.ts';
import { Hints } from '../../../nearest.ts';
import { isMisfit } from '../../cells/misfit.ts';
import { textReader } from '../../cells/text-cells.ts';
import { WallTimes } from '../../cells/wall-times.ts';
import type { ColumnType } from '../../rows.ts';
import { closeTo } from './close-to.ts';
import type { Aggregate, ColumnPlan } from './plan.ts';

export type DeclaredColumn = ColumnPlan & { readonly name: string; readonly type: ColumnType };
export type DeclaredParameter = Pick<ParameterDeclaration, 'name' | 'type'>;

export interface ReadColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly extract: Extraction | undefined;
  /** As text, which the column's type can read. */
  readonly default: string | undefined;
  /** Undefined: the cell is the value itself. */
  readonly aggregate: Aggregate | undefined;
  readonly formula: Formula | undefined;
  /** Undefined: all digits. */
  readonly scale: number | undefined;
}

export const SOURCE = 'spec.source.kubernetes';

/** Number has no exact sum; booleans and documents have no order. */
const AGGREGATED_TYPES: Readonly<Record<Aggregate, readonly ColumnType[]>> = {
  Sum: ['Integer', 'Decimal', 'Quantity'],
  Count: ['Integer'],
  Min: ['Integer', 'Decimal', 'Quantity', 'Number', 'Date', 'Timestamp', 'String'],
  Max: ['Integer', 'Decimal', 'Quantity', 'Number', 'Date', 'Timestamp', 'String'],
  List: ['JSON'],
};
const EXACT_TYPES: readonly ColumnType[] = ['Integer', 'Decimal', 'Quantity'];

export function fieldOf(column: string): string {
  return `spec.columns "${foreignText(column, 64)}"`;
}

export function compileColumns(
  columns: readonly DeclaredColumn[],
  parameters: readonly DeclaredParameter[],
): { readonly columns: readonly ReadColumn[]; readonly problems: readonly string[] } {
  const extracts = columns.reduce((sum, { extract = '' }) => sum + patternSize(extract), 0);
  const tooMuch = extracts > PATTERN_SIZE_LIMIT;
  const problems: string[] = tooMuch
    ? [
        `spec.columns: the patterns of all columns together (extract) with their repetitions multiplied out have ${extracts} parts; ` +
          `at most ${PATTERN_SIZE_LIMIT} are allowed`,
      ]
    : [];
  const hints = new Hints();
  const compiled = columns.map((column, index): ReadColumn => {
    const { name, type, aggregate, scale } = column;
    const field = fieldOf(name);
    problems.push(
      ...[placeProblem(column), typeProblem(column), defaultProblem(column)].flatMap((problem) =>
        problem === undefined ? [] : [`${field}${problem}`],
      ),
    );
    const extract = column.extract === undefined || tooMuch ? undefined : compileExtraction(column.extract);
    if (extract !== undefined && !extract.ok) problems.push(`${field}.extract: ${extract.problem}`);
    const formula = column.formula === undefined ? undefined : compileFormula(column.formula);
    const formulaProblems =
      formula === undefined
        ? []
        : formula.ok
          ? operandProblems(formula.formula, column, columns.slice(0, index), parameters, hints)
          : [formula.problem];
    problems.push(...formulaProblems.map((problem) => `${field}.formula: ${problem}`));
    return {
      name,
      type,
      aggregate,
      scale,
      default: column.default,
      extract: extract?.ok === true ? extract.value : undefined,
      formula: formula?.ok === true ? formula.formula : undefined,
    };
  });
  return { columns: compiled, problems };
}

function placeProblem({ path, extract, aggregate, formula, scale }: DeclaredColumn): string | undefined {
  if (formula !== undefined) {
    const other = Object.entries({ path, extract, aggregate }).find(([, value]) => value !== undefined)?.[0];
    return other === undefined ? undefined : `: has a formula and ${other}; remove one of the two`;
  }
  if (scale !== undefined) return ': has a scale without a formula; scale is what a formula is rounded to';
  if (path !== undefined || aggregate === 'Count') return undefined;
  return ': has no path; say where its value stands, e.g. $.metadata.name (only the aggregate Count needs none, and counts rows)';
}

function typeProblem({ type, extract, aggregate, formula }: DeclaredColumn): string | undefined {
  if (formula !== undefined && type !== 'Decimal') return `: a formula makes a Decimal, not a ${type}`;
  if (extract !== undefined && type !== 'String') return `: extract takes a part of a text, so its type is String, not ${type}`;
  if (aggregate === undefined || AGGREGATED_TYPES[aggregate].includes(type)) return undefined;
  return `: ${aggregate} makes no ${type}; its type can be ${AGGREGATED_TYPES[aggregate].join(', ')}`;
}

function defaultProblem({ type, default: text }: DeclaredColumn): string | undefined {
  return text !== undefined && isMisfit(textReader(type, new WallTimes('UTC'))(text)) ? `.default: is no ${type}` : undefined;
}

function operandProblems(
  { columns: used, parameters: asked, divides }: Formula,
  { name: own, scale }: DeclaredColumn,
  before: readonly DeclaredColumn[],
  parameters: readonly DeclaredParameter[],
  hints: Hints,
): readonly string[] {
  const ofColumns = used.flatMap((name) => {
    if (name === own) return [`"${name}" is the column itself`];
    const column = before.find((each) => each.name === name);
    if (column === undefined) return [`"${foreignText(name, 64)}" is no column before this one${closeTo(name, before, hints)}`];
    return EXACT_TYPES.includes(column.type) ? [] : [`column "${name}" is a ${column.type}; a formula is of ${EXACT_TYPES.join(', ')}`];
  });
  const ofParameters = asked.flatMap((name) => {
    const parameter = parameters.find((each) => each.name === name);
    if (parameter === undefined) return [`:${foreignText(name, 64)} is no parameter${closeTo(name, parameters, hints)}`];
    return parameter.type === 'Integer' || parameter.type === 'Decimal'
      ? []
      : [`parameter "${name}" is a ${parameter.type}; a formula is of Integer and Decimal`];
  });
  const unending = divides && scale === undefined ? ['divides, so the column needs a scale, the digits that it is rounded to'] : [];
  return [...ofColumns, ...ofParameters, ...unending];
}
