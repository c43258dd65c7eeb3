/**
 * JSON (RFC 8259): objects with the columns' names in the columns' order, one a line, either in one array or as newline-delimited JSON.
 *
 * Both hold every row in an object of its own with all its columns, null ones too, so that any line can be read without the others.
 */
import { WallClock } from '../../time/wall-clock.ts';
import type { JsonOptions } from '../plan.ts';
import type { Cell, Column, RowBatch, RowEncoder } from '../rows.ts';
import { requireColumns, unfitRow } from './failures.ts';
import { jsonString, jsonWriter, type JsonWriter } from './json-values.ts';
import { TextPieces } from './text-pieces.ts';

/** What stands around the objects. */
export interface Framing {
  readonly start: string;
  readonly beforeFirst: string;
  readonly beforeNext: string;
  readonly end: string;
  /** Instead of `end` when there are no rows. */
  readonly endOfNone: string;
}

export const FRAMINGS: Readonly<Record<'JSON' | 'NDJSON', Framing>> = {
  JSON: { start: '[', beforeFirst: '\n', beforeNext: ',\n', end: '\n]\n', endOfNone: ']\n' },
  NDJSON: { start: '', beforeFirst: '', beforeNext: '\n', end: '\n', endOfNone: '' },
};

export class JsonEncoder implements RowEncoder {
  readonly sheets = 1;
  readonly #framing: Framing;
  readonly #options: JsonOptions;
  readonly #clock: WallClock;
  readonly #text = new TextPieces();
  /** `"name":` of each column, with what stands before it. */
  #names: readonly string[] = [];
  #writers: readonly JsonWriter[] = [];
  #rows = 0;

  /** @param timeZone IANA zone of timestamps. */
  constructor(format: 'JSON' | 'NDJSON', options: JsonOptions, timeZone: string) {
    this.#framing = FRAMINGS[format];
    this.#options = options;
    this.#clock = new WallClock(timeZone);
  }

  start(columns: readonly Column[]): Uint8Array {
    requireColumns(columns);
    this.#names = columns.map(({ name }, index) => `${index === 0 ? '{' : ','}${jsonString(name)}:`);
    this.#writers = columns.map((column) => jsonWriter(column, this.#options, this.#clock));
    return Buffer.from(this.#framing.start);
  }

  encode(batch: RowBatch): Uint8Array {
    for (const row of batch) {
      this.#rows += 1;
      if (row.length !== this.#writers.length) throw unfitRow(this.#rows, row.length, this.#writers.length);
      this.#text.add(this.#object(row));
    }
    return this.#text.take();
  }

  end(): Uint8Array {
    return Buffer.from(this.#rows === 0 ? this.#framing.endOfNone : this.#framing.end);
  }

  #object(row: readonly Cell[]): string {
    let object = this.#rows === 1 ? this.#framing.beforeFirst : this.#framing.beforeNext;
    this.#writers.forEach((write, index) => {
      const cell = row[index] ?? null;
      object += (this.#names[index] ?? '') + (cell === null ? 'null' : write(cell, this.#rows));
    });
    return `${object}}`;
  }
}
