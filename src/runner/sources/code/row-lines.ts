/** Lines of custom code to rows: an object by the names of the columns, or an array in their order. A message names line, row, column and kind of value, never the text. */
import { DossierError } from '../../../errors.ts';
import type { JsonValue } from '../../../json-stream/json-number.ts';
import { JsonNumber } from '../../../json-stream/json-number.ts';
import { JsonError } from '../../../json-stream/tokenizer.ts';
import { parseJson } from '../../../json-stream/value-builder.ts';
import { nearest } from '../../../nearest.ts';
import { count, isMisfit, misfitMessage, type CellReader } from '../../cells/misfit.ts';
import { WallTimes } from '../../cells/wall-times.ts';
import type { Cell, Column, RowBatch } from '../../rows.ts';
import { wireReader } from '../http/cells.ts';

interface ColumnReader {
  readonly name: string;
  readonly read: CellReader<JsonValue | undefined>;
}

export class RowLines {
  readonly #columns: readonly ColumnReader[];
  readonly #names: ReadonlySet<string>;
  #line = 0;
  #row = 0;

  /** `timeZone` must be a known zone. */
  constructor(columns: readonly Pick<Column, 'name' | 'type'>[], timeZone: string) {
    const wall = new WallTimes(timeZone);
    this.#columns = columns.map(({ name, type }) => ({ name, read: wireReader(type, wall) }));
    this.#names = new Set(columns.map(({ name }) => name));
  }

  /** The rows of the next lines; empty lines are none. A line that `next` finds too long is the one after those it gave before. @throws DossierError TemplateFailed */
  batch(next: () => readonly Buffer[]): RowBatch {
    const rows: (readonly Cell[])[] = [];
    for (const line of this.#named(this.#line + 1, next)) {
      this.#line += 1;
      if (line.every(isBlank)) continue;
      this.#row += 1;
      rows.push(this.#cells(this.#named(this.#line, () => parseJson(line))));
    }
    return rows;
  }

  #named<T>(line: number, read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof JsonError ? failed(`line ${count(line)} of the rows ${error.message}`) : error;
    }
  }

  #cells(value: JsonValue): readonly Cell[] {
    if (isList(value)) {
      if (value.length !== this.#columns.length)
        throw failed(`row ${count(this.#row)} is a list of ${count(value.length)} for ${count(this.#columns.length)} columns`);
      return this.#columns.map((column, index) => this.#cell(column, value[index]));
    }
    if (typeof value !== 'object' || value === null || value instanceof JsonNumber)
      throw failed(`row ${count(this.#row)} is neither an object nor a list`);
    const fields = value as Readonly<Record<string, JsonValue>>;
    const own = Object.keys(fields);
    // Looked up by own names only: a column may be called constructor.
    const unknown = own.find((name) => !this.#names.has(name));
    if (unknown !== undefined) throw failed(this.#unknownKey(unknown));
    return this.#columns.map((column) => this.#cell(column, Object.hasOwn(fields, column.name) ? fields[column.name] : undefined));
  }

  #cell({ name, read }: ColumnReader, value: JsonValue | undefined): Cell {
    const cell = read(value);
    if (isMisfit(cell)) throw failed(misfitMessage(this.#row, name, cell));
    return cell;
  }

  /** The key itself may be data; the column that it resembles is not. */
  #unknownKey(key: string): string {
    const near = nearest(key, [...this.#names], 1)[0];
    const hint = near === undefined ? 'list it under columns of the template, or leave it out' : `did it mean "${near}"?`;
    return `row ${count(this.#row)} has a key that is no column; ${hint}`;
  }
}

function failed(clause: string): DossierError {
  return new DossierError('TemplateFailed', `code: ${clause}`, { retryable: false });
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
