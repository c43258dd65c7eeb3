/**
 * What a JSONPath says, as a tree: the part of RFC 9535 that reports need, which is all of it but functions (security.md 6).
 *
 * One thing is added: a path may begin with `@`, where the surroundings give it a meaning (the element of a kubernetes source's `forEach`).
 */

/** What a path begins with: `$` = the document, `@` = the current element of it. Within a filter, `@` is always the node that is being tested. */
export type Root = '$' | '@';

export interface Query {
  readonly root: Root;
  readonly segments: readonly Segment[];
}

/** `child`: of each node so far. `descendant`: of each node and of everything below it, parents first. */
export interface Segment {
  readonly kind: 'child' | 'descendant';
  readonly selectors: readonly Selector[];
}

export type Selector =
  | { readonly kind: 'name'; readonly name: string }
  /** Negative counts from the end. */
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly start: number | undefined; readonly end: number | undefined; readonly step: number }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'filter'; readonly condition: Condition };

export type Condition =
  | { readonly kind: 'or' | 'and'; readonly operands: readonly Condition[] }
  | { readonly kind: 'not'; readonly operand: Condition }
  | { readonly kind: 'exists'; readonly query: Query }
  | { readonly kind: 'comparison'; readonly operator: ComparisonOperator; readonly left: Operand; readonly right: Operand };

export const COMPARISON_OPERATORS = ['==', '!=', '<=', '>=', '<', '>'] as const;
export type ComparisonOperator = (typeof COMPARISON_OPERATORS)[number];

export type Operand =
  | { readonly kind: 'literal'; readonly value: null | boolean | string | number | bigint }
  /** Singular: finds at most one node. */
  | { readonly kind: 'query'; readonly query: Query };

/** Whether a query can find at most one node whatever the document is: names and indexes only. */
export function isSingular({ segments }: Query): boolean {
  return segments.every(({ kind, selectors: [selector, ...others] }) => {
    return kind === 'child' && others.length === 0 && (selector?.kind === 'name' || selector?.kind === 'index');
  });
}
