/** What a run is told of a kubernetes source: `spec.source.kubernetes` and what its columns say beyond their names and types. */

export const AGGREGATES = ['Sum', 'Count', 'Min', 'Max', 'List'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

export const OPERATORS = ['In', 'NotIn', 'AtLeast', 'AtMost', 'WithinDays'] as const;
export type Operator = (typeof OPERATORS)[number];

/** Objects of one kind, and the rows that they make. */
export interface KindPlan {
  /** As objects have it: `v1`, `apps/v1`. */
  readonly apiVersion: string;
  /** The kind of the objects, e.g. `Pod`. */
  readonly objectKind: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** JSONPath from `$`: each node that it finds is a row, and `@` in the columns. */
  readonly forEach?: string;
}

export interface KubernetesPlan extends KindPlan {
  readonly kind: 'kubernetes';
  readonly allNamespaces: boolean;
  /** Of the pod, for messages. */
  readonly serviceAccountName: string;
  /** Kinds whose rows follow those of the first. */
  readonly also?: readonly FurtherKindPlan[];
  /** Which rows are kept: those for which all conditions hold. */
  readonly where?: readonly ConditionPlan[];
  /** Names of columns: rows that are equal in them become one. */
  readonly groupBy?: readonly string[];
  /** Of each column, in order. */
  readonly columns: readonly ColumnPlan[];
}

export interface FurtherKindPlan extends KindPlan {
  /** Names of columns: rows of this kind are not rows of the file, but fill the empty cells of those that are equal in these columns. */
  readonly joinOn?: readonly string[];
  /** Columns whose values stand elsewhere in objects of this kind. */
  readonly paths?: readonly { readonly column: string; readonly path: string }[];
}

export interface ConditionPlan {
  readonly column: string;
  readonly operator: Operator;
  /** Exactly one of the two. */
  readonly parameter?: string;
  readonly values?: readonly string[];
}

export interface ColumnPlan {
  /** JSONPath from `$` (the object) or `@` (the element of forEach); absent only for Count, which then counts rows, and beside a formula. */
  readonly path?: string;
  /** RE2 with one group, which is the cell: for String. */
  readonly extract?: string;
  /** What an empty cell holds instead. */
  readonly default?: string;
  readonly aggregate?: Aggregate;
  /** Works the cell out from columns before it and from parameters. */
  readonly formula?: string;
  /** Digits behind the point of a formula's value. */
  readonly scale?: number;
}
