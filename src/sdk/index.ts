/**
 * Types for templates in TypeScript or JavaScript: what a module is given, and what it may yield.
 *
 * ```ts
 * import type { Context, Row } from 'dossier/template';
 *
 * export default async function* (context: Context): AsyncGenerator<Row> {
 *   yield { customer: 'Acme', amount: '12.50' };
 * }
 * ```
 *
 * Importing the types costs nothing at run time: Node removes them, and the module needs no package in its repository.
 */

/** Half-open: from <= t < to; instants in UTC, e.g. `2026-09-30T22:00:00Z`. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/**
 * By type of the parameter: String, Decimal, Date, Timestamp and Choice are strings, Integer is a number (a string of digits beyond 2^53), Boolean a boolean, Strings and
 * Choices lists of strings, Period a Period. Null: not given, and no default.
 */
export type ParameterValue = null | string | number | boolean | readonly string[] | Period;

export interface Context {
  readonly report: { readonly name: string; readonly namespace: string; readonly uid: string };
  /** Name of the template. */
  readonly template: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** IANA zone of the Report, e.g. `Europe/Berlin`. */
  readonly timeZone: string;
  /** Aborts when the run is being stopped; give it to whatever waits. */
  readonly signal: AbortSignal;
  /** A line in the pod's log. */
  log(message: string): void;
  /** The user's mistake: fails the Report at once, with this message and no other try. */
  fail(message: string): never;
}

/**
 * A cell by its column's type: String text, Integer a number or bigint, Decimal a string such as `12.50` (or an integer), Number a number, Boolean a boolean, Date a string
 * `2026-10-01`, Timestamp a Date or a string with an offset, JSON anything that JSON can say. Null and undefined: no value.
 */
export type Value = null | undefined | string | number | bigint | boolean | Date | readonly unknown[] | object;

/** Values by the names of the columns, or in their order. */
export type Row = Readonly<Record<string, Value>> | readonly Value[];

export type Rows = AsyncIterable<Row> | Iterable<Row>;

/** What a module exports by default, or as `generate`. */
export type Generate = (context: Context) => Rows | Promise<Rows>;
