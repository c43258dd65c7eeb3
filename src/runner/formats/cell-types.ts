/**
 * What a cell must be to be written as its column's type (the table in rows.ts), checked once more where it is written.
 *
 * Sources check what they read. Here it is cheap, and it is what the formats' safety rests on: numbers and dates are neither quoted nor guarded against
 * formulas, so nothing but numbers and dates may pass as such.
 */
import type { Cell } from '../rows.ts';

/** Decimals, dates and timestamps that are no finite value. */
export type Infinite = 'Infinity' | '-Infinity';

export function isInfinite(cell: Cell): cell is Infinite {
  return cell === 'Infinity' || cell === '-Infinity';
}

export function isInteger(cell: Cell): cell is number | bigint {
  return typeof cell === 'bigint' || Number.isSafeInteger(cell);
}

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** A finite decimal: digits, exact. */
export function isDecimal(cell: Cell): cell is string {
  return typeof cell === 'string' && DECIMAL.test(cell);
}

const DATE = /^(?:\d{4}|[+-]\d{6,})-\d\d-\d\d$/;

export function isDate(cell: Cell): cell is string {
  return typeof cell === 'string' && DATE.test(cell);
}
