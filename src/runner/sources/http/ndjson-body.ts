/** Rows of NDJSON bodies: a JSON value in every line, lines without one do not count. */
import { recordTooLarge, RECORD_LIMIT_BYTES } from '../../../json-stream/row-reader.ts';
import { JsonError } from '../../../json-stream/tokenizer.ts';
import { parseJson } from '../../../json-stream/value-builder.ts';
import { LineReader } from '../../../line-reader.ts';
import { count } from '../../cells/misfit.ts';
import type { Cell, RowBatch } from '../../rows.ts';
import type { BodyEnd, BodyReader, OpenBody } from './body.ts';
import type { ReadJsonRow } from './json-body.ts';

export function openNdjson(read: ReadJsonRow): OpenBody {
  return (rowsBefore) => new NdjsonBody(read, rowsBefore);
}

class NdjsonBody implements BodyReader {
  readonly #read: ReadJsonRow;
  readonly #lines = new LineReader(RECORD_LIMIT_BYTES, recordTooLarge);
  #rows: number;
  #line = 0;

  constructor(read: ReadJsonRow, rowsBefore: number) {
    this.#read = read;
    this.#rows = rowsBefore;
  }

  write(piece: Buffer): RowBatch {
    return this.#lines.write(piece).flatMap((line) => this.#row(line, false));
  }

  end(): BodyEnd {
    const last = this.#lines.end();
    return { rows: last === undefined ? [] : this.#row(last, true), cursor: undefined };
  }

  #row(line: Buffer, isLast: boolean): readonly (readonly Cell[])[] {
    this.#line += 1;
    if (line.every(isBlank)) return [];
    this.#rows += 1;
    return [this.#read(this.#value(line, isLast), this.#rows)];
  }

  #value(line: Buffer, isLast: boolean): ReturnType<typeof parseJson> {
    try {
      return parseJson(line);
    } catch (error) {
      // Only the last line can lack an end because nothing more came.
      throw error instanceof JsonError
        ? new JsonError(`has a line ${count(this.#line)} that ${error.message}`, error.cut && isLast)
        : error;
    }
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
