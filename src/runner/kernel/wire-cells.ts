/** Rows in PostgreSQL's messages for the kernel: how it reads their columns, and the cells that it leaves to its caller. */
import type { Cell, TextReading, WireRows } from '../rows.ts';
import { READ_BOOLEAN, READ_BY_CALLER, READ_DATE, READ_DECIMAL, READ_INTEGER, READ_NUMBER, READ_TEXT, READ_TIME } from './kernel.ts';

const READINGS: Readonly<Record<TextReading, number>> = {
  text: READ_TEXT,
  integer: READ_INTEGER,
  decimal: READ_DECIMAL,
  number: READ_NUMBER,
  boolean: READ_BOOLEAN,
  date: READ_DATE,
  timestamp: READ_TIME,
};
/** Where a message has the length of all but its type. */
const LENGTH_AT = 1;

/** As kernel/layout.ts has it. */
export function readingCode(reading: TextReading | undefined): number {
  return reading === undefined ? READ_BY_CALLER : READINGS[reading];
}

/** The cells of a run that begins at `offset`, with the `index`th of the rows; asked for in order. */
export function wireCells(rows: WireRows, offset: number, index: number): (row: number, column: number) => Cell {
  let at = offset;
  let atRow = 0;
  return (row, column) => {
    for (; atRow < row; atRow += 1) at = nextMessage(rows.bytes, at);
    return rows.cell(at, index + row, column);
  };
}

/** Where the message at `at` ends. */
export function nextMessage(bytes: Uint8Array, at: number): number {
  return at + LENGTH_AT + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readInt32BE(at + LENGTH_AT);
}
