/**
 * A path on a document: which nodes it finds, in the order of RFC 9535.
 *
 * Only own properties exist, so `constructor` or `__proto__` lead somewhere only if the document says so. Descending does not recurse, and every node that is looked
 * at is counted. Members of an object come in the order in which JavaScript keeps them: as in the document, but for names that are small integers, which come first.
 */
import { compare, NOTHING } from './comparison.ts';
import type { Condition, Operand, Query, Segment, Selector } from './syntax.ts';
import type { Visits } from './visits.ts';

type Slice = Extract<Selector, { kind: 'slice' }>;

export class Evaluation {
  readonly #path: string;
  readonly #document: unknown;
  readonly #visits: Visits;

  /** `path` as the user wrote it, for messages. */
  constructor(path: string, document: unknown, visits: Visits) {
    this.#path = path;
    this.#document = document;
    this.#visits = visits;
  }

  /** All nodes; `element` is what `@` stands for. @throws VisitsError */
  find({ root, segments }: Query, element: unknown): readonly unknown[] {
    let nodes: readonly unknown[] = [root === '$' ? this.#document : element];
    for (const segment of segments) nodes = this.#step(segment, nodes);
    return nodes;
  }

  #step({ kind, selectors }: Segment, nodes: readonly unknown[]): readonly unknown[] {
    const found: unknown[] = [];
    for (const node of nodes) {
      if (kind === 'child') this.#select(selectors, node, found);
      else for (const descendant of this.#withDescendants(node)) this.#select(selectors, descendant, found);
    }
    return found;
  }

  /** Parents before children, elements in order. */
  *#withDescendants(node: unknown): Generator<unknown> {
    const open = [node];
    while (open.length > 0) {
      const next = open.pop();
      yield next;
      for (const child of this.#children(next).toReversed()) open.push(child);
    }
  }

  #select(selectors: readonly Selector[], node: unknown, found: unknown[]): void {
    for (const selector of selectors) {
      switch (selector.kind) {
        case 'name':
        case 'index': {
          const child = childOf(node, selector);
          if (child === NOTHING) break;
          this.#visit(1);
          found.push(child);
          break;
        }
        case 'slice':
          if (Array.isArray(node)) {
            for (const index of sliceIndexes(selector, node.length)) {
              this.#visit(1);
              found.push(node[index]);
            }
          }
          break;
        case 'wildcard':
          for (const child of this.#children(node)) found.push(child);
          break;
        case 'filter':
          for (const child of this.#children(node)) if (this.#holds(selector.condition, child)) found.push(child);
      }
    }
  }

  #children(node: unknown): readonly unknown[] {
    if (typeof node !== 'object' || node === null) return [];
    const children: readonly unknown[] = Array.isArray(node) ? node : Object.values(node);
    this.#visit(children.length);
    return children;
  }

  #holds(condition: Condition, node: unknown): boolean {
    switch (condition.kind) {
      case 'or':
        return condition.operands.some((operand) => this.#holds(operand, node));
      case 'and':
        return condition.operands.every((operand) => this.#holds(operand, node));
      case 'not':
        return !this.#holds(condition.operand, node);
      case 'exists':
        return this.find(condition.query, node).length > 0;
      case 'comparison':
        return compare(condition.operator, this.#value(condition.left, node), this.#value(condition.right, node), (count) => {
          this.#visit(count);
        });
    }
  }

  #value(operand: Operand, node: unknown): unknown {
    if (operand.kind === 'literal') return operand.value;
    const found = this.find(operand.query, node);
    return found.length === 0 ? NOTHING : found[0];
  }

  #visit(count: number): void {
    this.#visits.spend(count, this.#path);
  }
}

/** The one node of a singular query, or NOTHING; what most columns are, without lists on the way. */
export function singleNode(query: Query, document: unknown, element: unknown): unknown {
  let node = query.root === '$' ? document : element;
  for (const { selectors } of query.segments) {
    const [selector] = selectors;
    if (selector === undefined || (selector.kind !== 'name' && selector.kind !== 'index')) throw new TypeError('the query is not singular');
    node = childOf(node, selector);
    if (node === NOTHING) return NOTHING;
  }
  return node;
}

function childOf(node: unknown, selector: Extract<Selector, { kind: 'name' | 'index' }>): unknown {
  if (typeof node !== 'object' || node === null) return NOTHING;
  if (selector.kind === 'name') {
    if (Array.isArray(node) || !Object.hasOwn(node, selector.name)) return NOTHING;
    return (node as Readonly<Record<string, unknown>>)[selector.name];
  }
  if (!Array.isArray(node)) return NOTHING;
  const index = selector.index < 0 ? node.length + selector.index : selector.index;
  return index >= 0 && index < node.length ? (node[index] as unknown) : NOTHING;
}

/** RFC 9535, section 2.3.4.2.2. */
function* sliceIndexes({ start, end, step }: Slice, length: number): Generator<number> {
  const within = (bound: number, lowest: number, highest: number): number =>
    Math.min(Math.max(bound < 0 ? length + bound : bound, lowest), highest);
  if (step > 0) {
    const stop = within(end ?? length, 0, length);
    for (let index = within(start ?? 0, 0, length); index < stop; index += step) yield index;
  } else if (step < 0) {
    // Left out, the end lies before the first element.
    const stop = end === undefined ? -1 : within(end, -1, length - 1);
    for (let index = within(start ?? length - 1, -1, length - 1); index > stop; index += step) yield index;
  }
}
