/**
 * JSONPath (RFC 9535 without functions), for `path`, `forEach`, `rows` and `cursor` of templates: checked by the operator, run by the runner.
 *
 * A path is at most 256 characters, has no script, function or regular expression, and looks at a bounded number of nodes; so neither a path nor a document can make
 * a process think long (security.md 6).
 */
import { foreignText } from '../foreign-text.ts';
import { NOTHING } from './comparison.ts';
import { Evaluation, singleNode } from './evaluation.ts';
import { parsePath } from './parser.ts';
import { PathSyntaxError } from './scanner.ts';
import { isSingular, type Query, type Root, type Segment } from './syntax.ts';
import { Visits } from './visits.ts';

/** Longest path, in characters. */
export const PATH_LIMIT = 256;

/** What the roots stand for. */
export interface PathContext {
  readonly $: unknown;
  readonly '@'?: unknown;
}

export type CompiledPath =
  | { readonly ok: true; readonly path: JsonPath }
  /** Says what is wrong, where (characters count from 1) and what to write instead; follows the name of a field and a colon. */
  | { readonly ok: false; readonly problem: string };

/** `roots`: what a path may begin with here. */
export function compileJsonPath(text: string, roots: readonly Root[]): CompiledPath {
  try {
    if (text.length > PATH_LIMIT && [...text].length > PATH_LIMIT)
      return { ok: false, problem: `a path has at most ${PATH_LIMIT} characters; this one has ${[...text].length}` };
    const problem = beginning(text, roots);
    return problem === undefined ? { ok: true, path: new JsonPath(text, parsePath(text)) } : { ok: false, problem };
  } catch (error) {
    if (error instanceof PathSyntaxError) return { ok: false, problem: `${error.message} (in ${foreignText(text, PATH_LIMIT)})` };
    throw error;
  }
}

function beginning(text: string, roots: readonly Root[]): string | undefined {
  const allowed = roots.join(' or ');
  if (text === '') return `the path is empty; ${allowed} alone is the whole`;
  const [root] = text;
  if (roots.some((known) => known === root)) return undefined;
  if (root === '$' || root === '@') return `a path begins with ${allowed} here; ${root} stands for nothing`;
  // As kubectl writes it: {.metadata.name}, .metadata.name or metadata.name.
  const bare = text.replace(/^\{(.*)\}$/s, '$1').replace(/^\$/, '');
  const meant = `$${/^[.[]/.test(bare) ? '' : '.'}${bare}`;
  return `a path begins with ${allowed} and has no braces, e.g. ${foreignText(meant, 80)}`;
}

/** A path that has been understood. */
export class JsonPath {
  /** As it was written. */
  readonly text: string;
  /** Whether it finds at most one node in any document. */
  readonly singular: boolean;
  readonly #query: Query;

  constructor(text: string, query: Query) {
    this.text = text;
    this.singular = isSingular(query);
    this.#query = query;
  }

  get root(): Root {
    return this.#query.root;
  }

  get segments(): readonly Segment[] {
    return this.#query.segments;
  }

  /** All nodes, in order. `visits` is shared by the paths of one row. @throws VisitsError */
  find(context: PathContext, visits: Visits = new Visits()): readonly unknown[] {
    if (!this.singular) return new Evaluation(this.text, context.$, visits).find(this.#query, context['@']);
    const node = singleNode(this.#query, context.$, context['@']);
    return node === NOTHING ? [] : [node];
  }

  /** The first node, or undefined when there is none. @throws VisitsError */
  first(context: PathContext, visits?: Visits): unknown {
    return this.find(context, visits)[0];
  }
}
