/** The order of a column's values, whatever the locale: for Min and Max, and for the order of groups in the file. */
import { compareDecimals, parseDecimal, withoutTrailingZeros, formatDecimal } from '../../../quantity/decimal.ts';
import type { Cell, ColumnType } from '../../rows.ts';

type Value = Exclude<Cell, null>;

/** Negative, zero or positive as `a` comes before, with or after `b`. Null comes last, as in PostgreSQL. */
export function compareCells(type: ColumnType, a: Cell, b: Cell): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  switch (type) {
    case 'String':
    case 'JSON':
      return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b))); // UTF-8 has the order of code points
    case 'Decimal':
    case 'Quantity':
      return byRank(a, b, (left, right) => {
        const first = parseDecimal(String(left));
        const second = parseDecimal(String(right));
        return first === undefined || second === undefined ? 0 : compareDecimals(first, second);
      });
    case 'Date':
      return byRank(a, b, (left, right) => byDay(String(left), String(right)));
    case 'Integer':
    case 'Number':
    case 'Boolean':
    case 'Timestamp':
      return byRank(a, b, (left, right) => (left < right ? -1 : left > right ? 1 : 0));
  }
}

/** A text that is the same for values that are equal: 1.0 and 1.00 are one group. */
export function groupKey(type: ColumnType, cell: Cell): string | null {
  if (cell === null) return null;
  const decimal = type === 'Decimal' ? parseDecimal(String(cell)) : undefined;
  return decimal === undefined ? String(cell) : formatDecimal(withoutTrailingZeros(decimal));
}

/** What is not finite comes first or last, NaN behind all. */
function byRank(a: Value, b: Value, finite: (a: Value, b: Value) => number): number {
  const left = rank(a);
  const right = rank(b);
  return left === right && left === 0 ? finite(a, b) : left - right;
}

function rank(value: Value): number {
  switch (String(value)) {
    case '-Infinity':
      return -1;
    case 'Infinity':
      return 1;
    case 'NaN':
      return 2;
    default:
      return 0;
  }
}

/** ISO 8601, with a sign and six digits for years beyond four. */
function byDay(a: string, b: string): number {
  const year = yearOf(a) - yearOf(b);
  // Month and day have two digits each in every year.
  return year !== 0 ? year : a.slice(-5) < b.slice(-5) ? -1 : a.slice(-5) > b.slice(-5) ? 1 : 0;
}

function yearOf(date: string): number {
  return Number(date.slice(0, -6));
}
