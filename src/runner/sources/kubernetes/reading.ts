/**
 * What a template asks of Kubernetes objects, checked and compiled: the same code for the operator, which refuses a template with its problems, and for the runner.
 *
 * With groupBy the file has a row for each group, as in SQL: every column is either one of those that make the group, or says how its values become one.
 */
import { compileJsonPath, type JsonPath } from '../../../json-path/json-path.ts';
import { foreignText } from '../../../foreign-text.ts';
import type { ColumnType } from '../../rows.ts';
import type { Aggregate, ColumnPlan, KubernetesPlan } from './plan.ts';
import { isSecret, secretPathProblem } from './secrets.ts';

type DeclaredColumn = ColumnPlan & { readonly name: string; readonly type: ColumnType };
type SourceFields = Pick<KubernetesPlan, 'apiVersion' | 'objectKind' | 'forEach' | 'groupBy'>;

export interface ReadColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Undefined: a Count of rows. */
  readonly path: JsonPath | undefined;
  /** Undefined: the cell is the value itself. */
  readonly aggregate: Aggregate | undefined;
}

export interface Reading {
  readonly forEach: JsonPath | undefined;
  readonly columns: readonly ReadColumn[];
  /** Whether rows become groups, by the columns without an aggregate. */
  readonly grouped: boolean;
}

export type CompiledReading =
  | { readonly ok: true; readonly reading: Reading }
  /** Every mistake as a sentence that begins with the field. */
  | { readonly ok: false; readonly problems: readonly string[] };

export function compileReading(source: SourceFields, columns: readonly DeclaredColumn[]): CompiledReading {
  const problems: string[] = [];
  const compile = (field: string, text: string, roots: readonly ('$' | '@')[]): JsonPath | undefined => {
    const compiled = compileJsonPath(text, roots);
    if (!compiled.ok) {
      const hint = text.startsWith('@') && !roots.includes('@') ? ' (only the element of forEach is @, and only in columns)' : '';
      problems.push(`${field}: ${compiled.problem}${hint}`);
      return undefined;
    }
    const problem = isSecret(source.apiVersion, source.objectKind) ? secretPathProblem(compiled.path) : undefined;
    if (problem !== undefined) problems.push(`${field}: ${problem}`);
    return compiled.path;
  };

  const forEach = source.forEach === undefined ? undefined : compile(`${SOURCE}.forEach`, source.forEach, ['$']);
  const read = columns.map(({ name, type, path, aggregate }) => ({
    name,
    type,
    path: path === undefined ? undefined : compile(`${fieldOf(name)}.path`, path, source.forEach === undefined ? ['$'] : ['$', '@']),
    aggregate,
  }));
  problems.push(...columns.flatMap(columnProblems), ...groupProblems(source.groupBy, columns));
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, reading: { forEach, columns: read, grouped: source.groupBy !== undefined } };
}

const SOURCE = 'spec.source.kubernetes';

function fieldOf(column: string): string {
  return `spec.columns "${foreignText(column, 64)}"`;
}

function columnProblems({ name, type, path, aggregate }: DeclaredColumn): readonly string[] {
  const field = fieldOf(name);
  if (path === undefined && aggregate !== 'Count') {
    return [
      `${field}: has no path; say where its value stands, e.g. $.metadata.name (only the aggregate Count needs none, and counts rows)`,
    ];
  }
  if (aggregate === undefined || AGGREGATED_TYPES[aggregate].includes(type)) return [];
  return [`${field}: ${aggregate} makes no ${type}; its type can be ${AGGREGATED_TYPES[aggregate].join(', ')}`];
}

/** Number has no exact sum; booleans and documents have no order. */
const AGGREGATED_TYPES: Readonly<Record<Aggregate, readonly ColumnType[]>> = {
  Sum: ['Integer', 'Decimal', 'Quantity'],
  Count: ['Integer'],
  Min: ['Integer', 'Decimal', 'Quantity', 'Number', 'Date', 'Timestamp', 'String'],
  Max: ['Integer', 'Decimal', 'Quantity', 'Number', 'Date', 'Timestamp', 'String'],
};

function groupProblems(groupBy: readonly string[] | undefined, columns: readonly DeclaredColumn[]): readonly string[] {
  const aggregates = columns.filter(({ aggregate }) => aggregate !== undefined);
  if (groupBy === undefined) {
    return aggregates.map(
      ({ name }) => `${fieldOf(name)}: an aggregate needs ${SOURCE}.groupBy, which names the columns that make a group`,
    );
  }
  const names = new Set(columns.map(({ name }) => name));
  const grouped = new Set(groupBy);
  return [
    ...groupBy.filter((name) => !names.has(name)).map((name) => `${SOURCE}.groupBy: "${foreignText(name, 64)}" is no column`),
    ...aggregates
      .filter(({ name }) => grouped.has(name))
      .map(({ name }) => `${fieldOf(name)}: stands in groupBy and has an aggregate; remove one of the two`),
    ...columns
      .filter(({ name, aggregate }) => aggregate === undefined && !grouped.has(name))
      .map(({ name }) => `${fieldOf(name)}: with groupBy, every column stands in groupBy or has an aggregate (Sum, Count, Min or Max)`),
  ];
}
