/**
 * Rows as PostgreSQL sends them (messages DataRow, values as text), with the readers of their columns: what an encoder does not read where it lies is read here.
 *
 * https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW
 */
import { isUtf8 } from 'node:buffer';
import { isMisfit, Misfit, misfitMessage } from '../../cells/misfit.ts';
import type { Cell, RowBatch, WireColumn, WireRows } from '../../rows.ts';
import type { ColumnReader } from './columns.ts';
import { failed, notOfTheServer } from './errors.ts';
import { ProtocolError } from './socket.ts';

/** Type and length, then the number of fields. */
const COUNT_AT = 5;
const FIELDS_AT = 7;
const NULL_LENGTH = -1;
/** PostgreSQL checks what it sends, and others that speak its protocol may not: replaced, letters of another encoding would all be the same mark. */
const NOT_UTF_8 = new Misfit('holds bytes that are not UTF-8; convert them in the query, or correct them in the database');

/** What rows of one result have in common. */
export class RowReaders {
  readonly all: readonly ColumnReader[];
  readonly columns: readonly WireColumn[];

  constructor(all: readonly ColumnReader[]) {
    this.all = all;
    this.columns = all.map(({ index, reading }) => ({ field: index, reading }));
  }
}

export class DataRows implements WireRows {
  readonly length: number;
  readonly bytes: Buffer;
  readonly #readers: RowReaders;
  /** Rows of the result before these. */
  readonly #before: number;
  /** Of the row at `#foundAt`: where each field begins, and its length. */
  readonly #fields: number[] = [];
  #foundAt = -1;

  /** `bytes` are `length` whole messages. */
  constructor(bytes: Buffer, length: number, readers: RowReaders, before: number) {
    this.bytes = bytes;
    this.length = length;
    this.#readers = readers;
    this.#before = before;
  }

  get columns(): readonly WireColumn[] {
    return this.#readers.columns;
  }

  cell(offset: number, index: number, column: number): Cell {
    const reader = this.#readers.all[column];
    if (reader === undefined) throw new RangeError(`there is no column ${column}`);
    this.#findFields(offset);
    return this.#read(reader, index);
  }

  row(offset: number, index: number): readonly Cell[] {
    this.#findFields(offset);
    return this.#readers.all.map((reader) => this.#read(reader, index));
  }

  cells(): RowBatch {
    let at = 0;
    return Array.from({ length: this.length }, (_, index) => {
      const row = this.row(at, index);
      at = this.#end(at);
      return row;
    });
  }

  slice(from: number, to: number): DataRows {
    if (from === 0 && to >= this.length) return this;
    const end = Math.min(to, this.length);
    let start = 0;
    for (let row = 0; row < from; row += 1) start = this.#end(start);
    let stop = start;
    for (let row = from; row < end; row += 1) stop = this.#end(stop);
    return new DataRows(this.bytes.subarray(start, stop), end - from, this.#readers, this.#before + from);
  }

  #end(offset: number): number {
    return offset + 1 + this.bytes.readInt32BE(offset + 1);
  }

  /** Where the fields of a row are. @throws DossierError when it has not one for each column, or does not end where it says. */
  #findFields(offset: number): void {
    if (offset === this.#foundAt) return;
    const { bytes } = this;
    const end = this.#end(offset);
    let at = offset + FIELDS_AT;
    const count = at > end ? NaN : bytes.readUInt16BE(offset + COUNT_AT);
    // Each column of the result has its reader: a row of another width would be read as one with nulls.
    if (count !== this.#readers.all.length) throw broken();
    for (let field = 0; field < count; field += 1) {
      if (at + 4 > end) throw broken();
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < NULL_LENGTH || at + length > end) throw broken();
      this.#fields[2 * field] = at;
      this.#fields[2 * field + 1] = length;
      at += Math.max(length, 0);
    }
    if (at !== end) throw broken();
    this.#foundAt = offset;
  }

  #read({ column, index: field, read }: ColumnReader, index: number): Cell {
    const from = this.#fields[2 * field] ?? 0;
    const length = this.#fields[2 * field + 1] ?? NULL_LENGTH;
    if (length === NULL_LENGTH) return null;
    const text = this.bytes.toString('utf8', from, from + length);
    const isText = !text.includes('\uFFFD') || isUtf8(this.bytes.subarray(from, from + length));
    const cell = isText ? read(text) : NOT_UTF_8;
    if (isMisfit(cell)) throw failed(misfitMessage(this.#before + index + 1, column.name, cell), false);
    return cell;
  }
}

function broken(): Error {
  return notOfTheServer(new ProtocolError());
}
