/**
 * What may be read of Secrets: enough to list, count and age them, and nothing that could hold one (security.md 2).
 *
 * They are asked for as metadata only, so that the apiserver sends no data; but annotations may hold the last applied manifest and managedFields the names of its
 * keys. So the same list is held twice: a path that leads elsewhere is refused before anything is asked, and what is read is cut down before any path sees it.
 */
import type { JsonValue } from '../../../json-stream/json-number.ts';
import type { Condition, Operand, Query, Segment } from '../../../json-path/syntax.ts';

const READABLE = ['name', 'namespace', 'labels', 'uid', 'creationTimestamp', 'ownerReferences'];

export function isSecret(apiVersion: string, kind: string): boolean {
  return apiVersion === 'v1' && kind === 'Secret';
}

/** Why a path may not be used on Secrets; undefined when it may. Paths from `@` begin where forEach led, which is checked itself. */
export function secretPathProblem(query: Query): string | undefined {
  if (allQueries(query).every(isReadable)) return undefined;
  return `of Secrets only ${READABLE.map((name) => `$.metadata.${name}`).join(', ')} can be read`;
}

function isReadable({ root, segments: [first, second] }: Query): boolean {
  if (root === '@') return true;
  const names = namesOf(second);
  return namesOf(first)?.join() === 'metadata' && names !== undefined && names.every((name) => READABLE.includes(name));
}

/** Undefined when a segment is not made of names only. */
function namesOf(segment: Segment | undefined): readonly string[] | undefined {
  if (segment?.kind !== 'child') return undefined;
  const names = segment.selectors.flatMap((selector) => (selector.kind === 'name' ? [selector.name] : []));
  return names.length === segment.selectors.length ? names : undefined;
}

/** The query and every one in its filters. */
function allQueries(query: Query): readonly Query[] {
  const selectors = query.segments.flatMap((segment) => segment.selectors);
  return [query, ...selectors.flatMap((selector) => (selector.kind === 'filter' ? queriesOf(selector.condition) : []))];
}

function queriesOf(condition: Condition): readonly Query[] {
  switch (condition.kind) {
    case 'or':
    case 'and':
      return condition.operands.flatMap(queriesOf);
    case 'not':
      return queriesOf(condition.operand);
    case 'exists':
      return allQueries(condition.query);
    case 'comparison':
      return [condition.left, condition.right].flatMap((operand: Operand) => (operand.kind === 'query' ? allQueries(operand.query) : []));
  }
}

/** The part of a Secret that paths may see. */
export function readableSecret(item: JsonValue): JsonValue {
  const metadata = membersOf(membersOf(item).get('metadata'));
  return { metadata: Object.fromEntries(READABLE.flatMap((name) => (metadata.has(name) ? [[name, metadata.get(name) ?? null]] : []))) };
}

function membersOf(value: JsonValue | undefined): ReadonlyMap<string, JsonValue> {
  return new Map(typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []);
}
