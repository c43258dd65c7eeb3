/** What a run is told of a kubernetes source: `spec.source.kubernetes` and what its columns say beyond their names and types. */

export const AGGREGATES = ['Sum', 'Count', 'Min', 'Max'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

export interface KubernetesPlan {
  readonly kind: 'kubernetes';
  /** As objects have it: `v1`, `apps/v1`. */
  readonly apiVersion: string;
  /** The kind of the objects, e.g. `Pod`. */
  readonly objectKind: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly allNamespaces: boolean;
  /** Of the pod, for messages. */
  readonly serviceAccountName: string;
  /** JSONPath from `$`: each node that it finds is a row, and `@` in the columns. */
  readonly forEach?: string;
  /** Names of columns: rows that are equal in them become one. */
  readonly groupBy?: readonly string[];
  /** Of each column, in order. */
  readonly columns: readonly ColumnPlan[];
}

export interface ColumnPlan {
  /** JSONPath from `$` (the object) or `@` (the element of forEach); absent only for Count, which then counts rows. */
  readonly path?: string;
  readonly aggregate?: Aggregate;
}
