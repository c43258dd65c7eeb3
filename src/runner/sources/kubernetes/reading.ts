/**
 * What a template asks of Kubernetes objects, checked and compiled: the same code for the operator, which refuses a template with its problems, and for the runner.
 *
 * Kinds come one after the other, as in a UNION ALL of SQL; each says by itself where a column's value stands in its objects. With groupBy the file has a row for each
 * group: every column is one of those that make the group, says how its values become one, or is worked out from the others.
 */
import { compileJsonPath, type JsonPath } from '../../../json-path/json-path.ts';
import { foreignText } from '../../../foreign-text.ts';
import { fieldSelectorProblem, labelSelectorProblem } from '../../../kube/selector-syntax.ts';
import type { ColumnType } from '../../rows.ts';
import { compileColumns, fieldOf, SOURCE, type DeclaredColumn, type DeclaredParameter, type ReadColumn } from './columns.ts';
import { conditionProblems } from './conditions.ts';
import type { FurtherKindPlan, KindPlan, KubernetesPlan } from './plan.ts';
import { isSecret, secretPathProblem } from './secrets.ts';

export type { ReadColumn } from './columns.ts';

type SourceFields = KindPlan & Pick<KubernetesPlan, 'also' | 'where' | 'groupBy'>;

/** Where the rows of one kind and their values stand. */
export interface KindReading {
  readonly plan: KindPlan;
  readonly forEach: JsonPath | undefined;
  /** Of each column; undefined for one that needs none. */
  readonly paths: readonly (JsonPath | undefined)[];
  /** Indexes of columns; undefined = its rows are rows of the file. */
  readonly joinOn: readonly number[] | undefined;
}

export interface Reading {
  readonly kinds: readonly KindReading[];
  readonly columns: readonly ReadColumn[];
  /** Whether rows become groups, by the columns without an aggregate. */
  readonly grouped: boolean;
}

export type CompiledReading =
  | { readonly ok: true; readonly reading: Reading }
  /** Every mistake as a sentence that begins with the field. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** `parameters`: those that the template declares. */
export function compileReading(
  source: SourceFields,
  declared: readonly (DeclaredColumn & { readonly type: ColumnType })[],
  parameters: readonly DeclaredParameter[] = [],
): CompiledReading {
  const problems: string[] = [];
  const paths = new Paths();
  const kinds = [source, ...(source.also ?? [])].map((kind, index) => kindReading(kind, index - 1, declared, paths, problems));
  const columns = compileColumns(declared, parameters);
  problems.push(
    ...columns.problems,
    ...groupProblems(source.groupBy, declared),
    ...conditionProblems(source.where ?? [], declared, parameters).map((problem) => `${SOURCE}.where${problem}`),
  );
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, reading: { kinds, columns: columns.columns, grouped: source.groupBy !== undefined } };
}

/** Columns have the same path in most kinds: each is compiled once. */
class Paths {
  readonly #compiled = new Map<string, ReturnType<typeof compileJsonPath>>();

  compile(text: string, roots: readonly ('$' | '@')[]): ReturnType<typeof compileJsonPath> {
    const key = `${roots.join('')} ${text}`;
    const compiled = this.#compiled.get(key) ?? compileJsonPath(text, roots);
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

/** `index` in `also`; -1 = the first kind, whose paths are those of the columns. */
function kindReading(
  kind: FurtherKindPlan,
  index: number,
  columns: readonly DeclaredColumn[],
  known: Paths,
  problems: string[],
): KindReading {
  const place = index < 0 ? SOURCE : `${SOURCE}.also[${index}]`;
  const compile = (field: string, text: string, roots: readonly ('$' | '@')[]): JsonPath | undefined => {
    const compiled = known.compile(text, roots);
    if (!compiled.ok) {
      const hint = text.startsWith('@') && !roots.includes('@') ? ' (only the element of forEach is @, and only in columns)' : '';
      problems.push(`${field}: ${compiled.problem}${hint}`);
      return undefined;
    }
    const problem = isSecret(kind.apiVersion, kind.objectKind) ? secretPathProblem(compiled.path) : undefined;
    if (problem !== undefined) problems.push(`${field}: ${problem}`);
    return compiled.path;
  };

  const selectors = [
    ['labelSelector', kind.labelSelector, labelSelectorProblem],
    ['fieldSelector', kind.fieldSelector, fieldSelectorProblem],
  ] as const;
  for (const [field, text, problemOf] of selectors) {
    const problem = text === undefined ? undefined : problemOf(text);
    if (problem !== undefined) problems.push(`${place}.${field}: ${problem}`);
  }

  const own = new Map(kind.paths?.map(({ column, path }) => [column, path]));
  for (const name of own.keys()) {
    const column = columns.find((each) => each.name === name);
    if (column === undefined) problems.push(`${place}.paths: "${foreignText(name, 64)}" is no column`);
    else if (column.formula !== undefined) problems.push(`${place}.paths "${name}": the column has a formula, so it stands nowhere`);
  }
  const forEach = kind.forEach === undefined ? undefined : compile(`${place}.forEach`, kind.forEach, ['$']);
  const roots = kind.forEach === undefined ? (['$'] as const) : (['$', '@'] as const);
  const paths = columns.map(({ name, path }) => {
    const elsewhere = own.get(name);
    if (elsewhere !== undefined) return compile(`${place}.paths "${foreignText(name, 64)}"`, elsewhere, roots);
    return path === undefined ? undefined : compile(index < 0 ? `${fieldOf(name)}.path` : `${place}: ${fieldOf(name)}.path`, path, roots);
  });
  return { plan: kind, forEach, paths, joinOn: joinColumns(kind, `${place}.joinOn`, columns, problems) };
}

/** Indexes of the columns that a kind is joined on. */
function joinColumns(
  { joinOn }: FurtherKindPlan,
  place: string,
  columns: readonly DeclaredColumn[],
  problems: string[],
): readonly number[] | undefined {
  return joinOn?.map((name) => {
    const index = columns.findIndex((each) => each.name === name);
    const { aggregate, formula } = columns[index] ?? {};
    if (index < 0) problems.push(`${place}: "${foreignText(name, 64)}" is no column`);
    else if (aggregate !== undefined || formula !== undefined)
      problems.push(`${place}: "${name}" has ${aggregate === undefined ? 'a formula' : 'an aggregate'}, so rows cannot be equal in it`);
    return index;
  });
}

function groupProblems(groupBy: readonly string[] | undefined, columns: readonly DeclaredColumn[]): readonly string[] {
  const aggregates = columns.filter(({ aggregate }) => aggregate !== undefined);
  if (groupBy === undefined) {
    return aggregates.map(
      ({ name }) => `${fieldOf(name)}: an aggregate needs ${SOURCE}.groupBy, which names the columns that make a group`,
    );
  }
  const known = new Map(columns.map((column) => [column.name, column]));
  const grouped = new Set(groupBy);
  return [
    ...groupBy.filter((name) => !known.has(name)).map((name) => `${SOURCE}.groupBy: "${foreignText(name, 64)}" is no column`),
    ...groupBy
      .filter((name) => known.get(name)?.formula !== undefined)
      .map(
        (name) =>
          `${fieldOf(name)}: stands in groupBy and has a formula, which is worked out when the groups are there; remove one of the two`,
      ),
    ...aggregates
      .filter(({ name }) => grouped.has(name))
      .map(({ name }) => `${fieldOf(name)}: stands in groupBy and has an aggregate; remove one of the two`),
    ...columns
      .filter(({ name, aggregate, formula }) => aggregate === undefined && formula === undefined && !grouped.has(name))
      .map(
        ({ name }) =>
          `${fieldOf(name)}: with groupBy, every column stands in groupBy or has an aggregate (Sum, Count, Min, Max or List) or a formula`,
      ),
  ];
}
