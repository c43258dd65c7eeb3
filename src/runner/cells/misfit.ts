/**
 * What a reader returns for a raw value that is no cell of its column, and the sentence a user gets for it.
 *
 * The sentence says which row, which column and what kind of value was there, never the value: statuses are read by people who may not read the data.
 */
import { foreignText } from '../../foreign-text.ts';
import type { Cell, ColumnType } from '../rows.ts';

export class Misfit {
  /** What follows `column "total" `: `is a Boolean, which is not a Decimal`. */
  readonly clause: string;

  constructor(clause: string) {
    this.clause = clause;
  }
}

/** Reads one raw value of a column; compiled once a column. Never throws. */
export type CellReader<Raw> = (raw: Raw) => Cell | Misfit;

/** No cell is an object, so this is the whole test. */
export function isMisfit(read: Cell | Misfit): read is Misfit {
  return typeof read === 'object' && read !== null;
}

/** `kind` with its article: `a String of 3 characters`. */
export function misfit(kind: string, wanted: ColumnType): Misfit {
  return new Misfit(`is ${kind}, which is not ${withArticle(wanted)}`);
}

export function withArticle(type: ColumnType): string {
  return type === 'Integer' ? 'an Integer' : `a ${type}`;
}

/** `a String of 1,204 characters`. */
export function stringKind(text: string): string {
  return `a String of ${count(text.length)} character${text.length === 1 ? '' : 's'}`;
}

/** `row 1,204: column "total" is …`. Rows count from 1. */
export function misfitMessage(row: number, column: string, { clause }: Misfit): string {
  return `row ${count(row)}: column "${foreignText(column, 64)}" ${clause}`;
}

/** A number for people: `1,204`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
