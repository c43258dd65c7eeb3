/**
 * One value of a JSON file, as its column's type says: digits are written as text and never pass through a double, and what JSON has no form for is null (NaN)
 * or a string (infinities, dates, timestamps).
 */
import type { WallClock } from '../../time/wall-clock.ts';
import type { JsonOptions } from '../plan.ts';
import type { Cell, Column } from '../rows.ts';
import { isDate, isDecimal, isInfinite, isInteger } from './cell-types.ts';
import { embeddedJson } from './embedded-json.ts';
import { unfitCell } from './failures.ts';

/** Writes a cell that is not null. `row` is only for messages. */
export type JsonWriter = (cell: Cell, row: number) => string;

export function jsonWriter(column: Column, options: JsonOptions, clock: WallClock): JsonWriter {
  switch (column.type) {
    case 'String':
      return (cell, row) => {
        if (typeof cell !== 'string') throw unfitCell(column, row, cell);
        return jsonString(cell);
      };
    case 'Integer': {
      const write = options.integers === 'String' ? quoted : String;
      return (cell, row) => {
        if (!isInteger(cell)) throw unfitCell(column, row, cell);
        return write(cell);
      };
    }
    case 'Decimal':
    case 'Quantity': {
      const write = options.decimals === 'String' ? quoted : numberOfDecimal;
      return (cell, row) => {
        if (cell === 'NaN') return 'null';
        if (isInfinite(cell)) return quoted(cell);
        if (!isDecimal(cell)) throw unfitCell(column, row, cell);
        return write(cell);
      };
    }
    case 'Number':
      return (cell, row) => {
        if (typeof cell !== 'number') throw unfitCell(column, row, cell);
        if (Number.isNaN(cell)) return 'null';
        return Number.isFinite(cell) ? String(cell) : quoted(cell);
      };
    case 'Boolean':
      return (cell, row) => {
        if (typeof cell !== 'boolean') throw unfitCell(column, row, cell);
        return String(cell);
      };
    case 'Date':
      return (cell, row) => {
        if (!isDate(cell) && !isInfinite(cell)) throw unfitCell(column, row, cell);
        return quoted(cell);
      };
    case 'Timestamp':
      return (cell, row) => {
        if (typeof cell === 'bigint') return quoted(clock.isoText(cell));
        if (isInfinite(cell)) return quoted(cell);
        throw unfitCell(column, row, cell);
      };
    case 'JSON':
      return (cell, row) => {
        const json = typeof cell === 'string' ? embeddedJson(cell) : undefined;
        if (json === undefined) throw unfitCell(column, row, cell);
        return json;
      };
  }
}

/** Any text; controls are escaped, lone surrogates are U+FFFD. */
export function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** Text of our own making, without anything that JSON escapes. */
function quoted(text: string | number | bigint): string {
  return `"${text}"`;
}

/** A decimal may have leading zeros, a number of JSON may not. */
function numberOfDecimal(decimal: string): string {
  return decimal.replace(/^(-?)0+(?=\d)/, '$1');
}
