/**
 * Comparisons of filters, by RFC 9535, section 2.3.5.2.2: numbers with numbers and strings with strings have an order; anything may be equal to anything, deeply.
 *
 * Nothing recurses: how deep a document nests is its author's choice.
 */
import { JsonNumber } from '../json-stream/json-number.ts';
import type { ComparisonOperator } from './syntax.ts';

/** A path that leads nowhere; equal only to another one. */
export const NOTHING = Symbol('nothing');

/** `visit` is told how many pairs of values each step looks at, and may throw to end it. */
export function compare(operator: ComparisonOperator, left: unknown, right: unknown, visit: (count: number) => void): boolean {
  switch (operator) {
    case '==':
      return isEqual(left, right, visit);
    case '!=':
      return !isEqual(left, right, visit);
    case '<':
      return isLess(left, right);
    case '>':
      return isLess(right, left);
    case '<=':
      return isLess(left, right) || isEqual(left, right, visit);
    case '>=':
      return isLess(right, left) || isEqual(left, right, visit);
  }
}

function isLess(left: unknown, right: unknown): boolean {
  if (typeof left === 'string' && typeof right === 'string') return isBefore(left, right);
  const a = numberOf(left);
  const b = numberOf(right);
  return a !== undefined && b !== undefined && a < b;
}

/** By code points; JavaScript's own order is that of UTF-16 units, which puts U+1F600 before U+FF01. */
function isBefore(left: string, right: string): boolean {
  let at = 0;
  while (at < left.length && left.charCodeAt(at) === right.charCodeAt(at)) at += 1;
  const a = left.charCodeAt(at);
  const b = right.charCodeAt(at);
  // One of them ended: the shorter comes first.
  if (Number.isNaN(a) || Number.isNaN(b)) return left.length < right.length;
  return isSurrogate(a) === isSurrogate(b) ? a < b : isSurrogate(b);
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function isEqual(left: unknown, right: unknown, visit: (count: number) => void): boolean {
  const open: (readonly [left: unknown, right: unknown])[] = [[left, right]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    const number = numberOf(a);
    const other = numberOf(b);
    if (number !== undefined && other !== undefined) {
      if (number < other || number > other) return false;
      continue;
    }
    const pairs = pairsOf(a, b);
    if (pairs === undefined) return false;
    visit(pairs.length);
    for (const inner of pairs) open.push(inner);
  }
  return true;
}

/** Members that must be equal for two lists or two objects to be so; undefined when they differ already. */
function pairsOf(left: unknown, right: unknown): readonly (readonly [left: unknown, right: unknown])[] | undefined {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length ? left.map((item, index) => [item, right[index] as unknown]) : undefined;
  }
  if (!isObject(left) || !isObject(right)) return undefined;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length || !names.every((name) => Object.hasOwn(right, name))) return undefined;
  return names.map((name) => [left[name], right[name]]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && numberOf(value) === undefined;
}

function numberOf(value: unknown): number | bigint | undefined {
  if (value instanceof JsonNumber) return value.valueOf();
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}
