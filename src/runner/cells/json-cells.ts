/**
 * Values of JSON to cells: rows of a manifest now, bodies and files of other sources with them.
 *
 * A number with a fraction is not taken for a Decimal: whoever wrote the JSON had 12.50 in mind, and what arrives is the double nearest to it, often rewritten
 * on its way (Kubernetes keeps 12.5). Integers are exact as far as 64 bits go; larger ones are not, for the same reason, unless they are quoted.
 */
import { stringifyExact } from '../../exact-json.ts';
import type { Cell, ColumnType } from '../rows.ts';
import { count, misfit, Misfit, stringKind, withArticle, type CellReader } from './misfit.ts';
import { textReader } from './text-cells.ts';
import type { WallTimes } from './wall-times.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Values come from parseExact: integers outside the safe range are bigints. Null and undefined are null. */
export function jsonReader(type: ColumnType, wall: WallTimes): CellReader<unknown> {
  const ofText = textReader(type, wall);
  return (value) => {
    if (value === null || value === undefined) return null;
    if (type === 'JSON') return stringifyExact(value);
    if (typeof value === 'string') return ofText(value);
    return readScalar(value, type) ?? misfit(kindOf(value), type);
  };
}

function readScalar(value: unknown, type: Exclude<ColumnType, 'JSON'>): Cell | Misfit | undefined {
  switch (type) {
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'Integer':
      return readInteger(value, type);
    case 'Decimal':
    case 'Quantity': {
      const integer = readInteger(value, type);
      return typeof integer === 'number' || typeof integer === 'bigint' ? String(integer) : integer;
    }
    case 'Number':
      return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined;
    case 'String':
      return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
        ? new Misfit(`is ${kindOf(value)}, which is not a String; quote it`)
        : undefined;
    case 'Date':
    case 'Timestamp':
      return undefined;
  }
}

function readInteger(value: unknown, type: 'Integer' | 'Decimal' | 'Quantity'): number | bigint | Misfit | undefined {
  if (typeof value === 'bigint') {
    return value >= INT64_MIN && value <= INT64_MAX
      ? value
      : new Misfit('is an integer beyond 64 bits, which may have been rounded on its way; quote it');
  }
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return typeof value === 'number' ? value : undefined;
  return Number.isInteger(value)
    ? new Misfit(`is a Number beyond 2^53, which has been rounded on its way; quote it`)
    : new Misfit(
        `is a Number with a fraction, which ${type !== 'Integer' ? 'has already been rounded; quote it' : `is not ${withArticle(type)}`}`,
      );
}

function kindOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return stringKind(value);
    case 'bigint':
      return 'an Integer';
    case 'number':
      return Number.isInteger(value) ? 'an Integer' : 'a Number';
    case 'boolean':
      return 'a Boolean';
    default:
      return Array.isArray(value) ? `a list of ${count(value.length)}` : 'an object';
  }
}
