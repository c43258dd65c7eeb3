/** JSON as a reader sees it that keeps the digits of numbers, and what such a reader must find, written anew from api.md "How values are written". */
import type { JsonOptions } from '../../../src/runner/plan.ts';
import type { Cell, ColumnType } from '../../../src/runner/rows.ts';
import type { Table } from './arbitraries.ts';

/** Numbers are `{digits: '12.50'}`. */
export type Value = null | boolean | string | { readonly digits: string } | readonly Value[] | { readonly [name: string]: Value };

/** What TypeScript's library does not declare yet. */
const json = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): Value;
};

export function parseDigits(text: string): Value {
  return json.parse(text, (_key, value, { source }) => (typeof value === 'number' ? { digits: source } : value));
}

/** The rows of a table as objects. */
export function expectedObjects({ columns, rows }: Table, options: JsonOptions, timeZone: string): readonly Value[] {
  return rows.map((row) =>
    Object.fromEntries(columns.map(({ name, type }, index) => [name, expectedValue(row[index] ?? null, type, options, timeZone)])),
  );
}

function expectedValue(cell: Cell, type: ColumnType, options: JsonOptions, timeZone: string): Value {
  if (cell === null || cell === 'NaN' || Number.isNaN(cell)) return type === 'String' ? (cell as string | null) : null;
  switch (type) {
    case 'Boolean':
      return Boolean(cell);
    case 'Integer':
      return options.integers === 'Number' ? { digits: String(cell) } : String(cell);
    case 'Decimal':
    case 'Quantity':
      if (options.decimals === 'String' || String(cell).endsWith('Infinity')) return String(cell);
      return { digits: String(cell).replace(/^(-?)0*(\d)/, '$1$2') };
    case 'Number':
      return Number.isFinite(cell) ? { digits: JSON.stringify(cell) } : String(cell);
    case 'Timestamp':
      if (typeof cell !== 'bigint') return String(cell);
      return new Temporal.Instant(cell).toString(timeZone === 'UTC' ? {} : { timeZone });
    case 'JSON':
      return wellFormed(parseDigits(String(cell).toWellFormed()));
    case 'String':
    case 'Date':
      return String(cell).toWellFormed();
  }
}

function wellFormed(value: Value): Value {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return (value as readonly Value[]).map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toWellFormed(), wellFormed(inner)]));
}
