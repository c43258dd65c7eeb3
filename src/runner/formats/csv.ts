/**
 * CSV by RFC 4180, as a spreadsheet or a database would want to read it back: null and the empty text stay different, digits are exact, and text that a
 * spreadsheet would run as a formula is disarmed (security.md 18, after OWASP's "CSV Injection").
 *
 * A null in a report of one column is an empty line, as in every peer; readers that skip empty lines need `null` to be set.
 */
import { WallClock } from '../../time/wall-clock.ts';
import type { CsvOptions } from '../plan.ts';
import type { Cell, Column, RowBatch, RowEncoder } from '../rows.ts';
import { CsvFields } from './csv-fields.ts';
import { csvWriter, type CsvWriter } from './csv-values.ts';
import { requireColumns, unfitRow } from './failures.ts';
import { TextPieces } from './text-pieces.ts';

export class CsvEncoder implements RowEncoder {
  readonly sheets = 1;
  readonly #options: CsvOptions;
  readonly #fields: CsvFields;
  readonly #clock: WallClock;
  readonly #lineEnd: string;
  readonly #text = new TextPieces();
  #writers: readonly CsvWriter[] = [];
  #rows = 0;

  /** @param timeZone IANA zone of timestamps. */
  constructor(options: CsvOptions, timeZone: string) {
    this.#options = options;
    this.#fields = new CsvFields(options);
    this.#clock = new WallClock(timeZone);
    this.#lineEnd = lineEnd(options);
  }

  start(columns: readonly Column[]): Uint8Array {
    requireColumns(columns);
    this.#writers = columns.map((column) => csvWriter(column, this.#fields, this.#clock));
    return Buffer.from(csvHeader(columns, this.#options, this.#fields));
  }

  encode(batch: RowBatch): Uint8Array {
    for (const row of batch) {
      this.#rows += 1;
      if (row.length !== this.#writers.length) throw unfitRow(this.#rows, row.length, this.#writers.length);
      this.#text.add(this.#line(row));
    }
    return this.#text.take();
  }

  end(): Uint8Array {
    return new Uint8Array(0);
  }

  #line(row: readonly Cell[]): string {
    const { delimiter } = this.#options;
    let line = '';
    let before = '';
    this.#writers.forEach((write, index) => {
      const cell = row[index] ?? null;
      line += before + (cell === null ? this.#fields.null : write(cell, this.#rows));
      before = delimiter;
    });
    return line + this.#lineEnd;
  }
}

/** What stands before the first row. */
export function csvHeader(columns: readonly Column[], options: CsvOptions, fields: CsvFields): string {
  const bom = options.bom ? '\uFEFF' : '';
  return options.header ? bom + columns.map(({ header }) => fields.text(header)).join(options.delimiter) + lineEnd(options) : bom;
}

export function lineEnd({ lineEnding }: Pick<CsvOptions, 'lineEnding'>): string {
  return lineEnding === 'CRLF' ? '\r\n' : '\n';
}
