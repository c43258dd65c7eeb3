/**
 * CSV by RFC 4180, as a spreadsheet or a database would want to read it back: null and the empty text stay different, digits are exact, and text that a
 * spreadsheet would run as a formula is disarmed (security.md 18, after OWASP's "CSV Injection").
 *
 * A null in a report of one column is an empty line, as in every peer; readers that skip empty lines need `null` to be set.
 */
import { WallClock } from '../../time/wall-clock.ts';
import type { CsvOptions } from '../plan.ts';
import type { Cell, Column, RowBatch, RowEncoder } from '../rows.ts';
import { isDate, isDecimal, isInfinite, isInteger } from './cell-types.ts';
import { CsvFields } from './csv-fields.ts';
import { requireColumns, unfitCell, unfitRow } from './failures.ts';
import { TextPieces } from './text-pieces.ts';

/** Writes a cell that is not null. `row` is only for messages. */
type FieldWriter = (cell: Cell, row: number) => string;

export class CsvEncoder implements RowEncoder {
  readonly sheets = 1;
  readonly #options: CsvOptions;
  readonly #fields: CsvFields;
  readonly #clock: WallClock;
  readonly #lineEnd: string;
  readonly #text = new TextPieces();
  #writers: readonly FieldWriter[] = [];
  #rows = 0;

  /** @param timeZone IANA zone of timestamps. */
  constructor(options: CsvOptions, timeZone: string) {
    this.#options = options;
    this.#fields = new CsvFields(options);
    this.#clock = new WallClock(timeZone);
    this.#lineEnd = options.lineEnding === 'CRLF' ? '\r\n' : '\n';
  }

  start(columns: readonly Column[]): Uint8Array {
    requireColumns(columns);
    this.#writers = columns.map((column) => this.#writer(column));
    const bom = this.#options.bom ? '\uFEFF' : '';
    const header = this.#options.header
      ? columns.map((column) => this.#fields.text(column.header)).join(this.#options.delimiter) + this.#lineEnd
      : '';
    return Buffer.from(bom + header);
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

  #writer(column: Column): FieldWriter {
    const fields = this.#fields;
    switch (column.type) {
      case 'String':
      case 'JSON':
        return (cell, row) => {
          if (typeof cell !== 'string') throw unfitCell(column, row, cell);
          return fields.text(cell);
        };
      case 'Integer':
        return (cell, row) => {
          if (!isInteger(cell)) throw unfitCell(column, row, cell);
          return fields.plain(String(cell));
        };
      case 'Decimal':
      case 'Quantity':
        return (cell, row) => {
          if (cell === 'NaN') return '';
          if (!isDecimal(cell) && !isInfinite(cell)) throw unfitCell(column, row, cell);
          return fields.plain(cell);
        };
      case 'Number':
        return (cell, row) => {
          if (typeof cell !== 'number') throw unfitCell(column, row, cell);
          return Number.isNaN(cell) ? '' : fields.plain(String(cell));
        };
      case 'Boolean':
        return (cell, row) => {
          if (typeof cell !== 'boolean') throw unfitCell(column, row, cell);
          return fields.plain(String(cell));
        };
      case 'Date':
        return (cell, row) => {
          if (!isDate(cell) && !isInfinite(cell)) throw unfitCell(column, row, cell);
          return fields.plain(cell);
        };
      case 'Timestamp':
        return (cell, row) => {
          if (typeof cell === 'bigint') return fields.plain(this.#clock.isoText(cell));
          if (isInfinite(cell)) return fields.plain(cell);
          throw unfitCell(column, row, cell);
        };
    }
  }
}
