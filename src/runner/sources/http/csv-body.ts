/**
 * Rows of CSV bodies: columns by the text of their header, in whatever order it has them, and other columns ignored.
 *
 * A record of another length than the header is an error, because nobody knows which of its values is missing; so is a header that names a wanted column twice or not at all.
 */
import { CsvError, CsvRecordReader, RFC_4180, type CsvDialect, type Field } from '../../../csv-read/record-reader.ts';
import { foreignText } from '../../../foreign-text.ts';
import { atMostMistakes } from '../../../mistakes.ts';
import { didYouMean } from '../../../nearest.ts';
import { count, type CellReader } from '../../cells/misfit.ts';
import type { WallTimes } from '../../cells/wall-times.ts';
import type { Cell, Column, RowBatch } from '../../rows.ts';
import type { BodyEnd, BodyReader, OpenBody } from './body.ts';
import { fieldReader, readRow } from './cells.ts';
import { failed, type Fail } from './errors.ts';

/** How a body of CSV is read, where it is not as RFC 4180 has it. */
export interface CsvReading {
  readonly dialect: CsvDialect;
  /** What was done to texts and headers when they were written is undone by this. */
  readonly textOf: (field: string) => string;
  readonly fail: Fail;
}

const PLAIN: CsvReading = { dialect: RFC_4180, textOf: (field) => field, fail: failed };

/** `headers`: of each column. */
export function openCsv(columns: readonly Column[], headers: readonly string[], wall: WallTimes, reading: CsvReading = PLAIN): OpenBody {
  const readers = columns.map(({ type }) => {
    const read = fieldReader(type, wall);
    const isText = type === 'String' || type === 'JSON';
    return isText ? (field: Field) => read(field === null ? null : reading.textOf(field)) : read;
  });
  return (rowsBefore) => new CsvBody(columns, headers, readers, reading, rowsBefore);
}

class CsvBody implements BodyReader {
  readonly #columns: readonly Column[];
  readonly #headers: readonly string[];
  readonly #readers: readonly CellReader<Field>[];
  readonly #reading: CsvReading;
  readonly #records: CsvRecordReader;
  #header: { readonly length: number; readonly indexes: readonly number[] } | undefined;
  #rows: number;

  constructor(
    columns: readonly Column[],
    headers: readonly string[],
    readers: readonly CellReader<Field>[],
    reading: CsvReading,
    rowsBefore: number,
  ) {
    this.#columns = columns;
    this.#headers = headers;
    this.#readers = readers;
    this.#reading = reading;
    this.#records = new CsvRecordReader(reading.dialect);
    this.#rows = rowsBefore;
  }

  write(piece: Buffer): RowBatch {
    return this.#records.write(piece).flatMap((record) => this.#row(record));
  }

  end(): BodyEnd {
    const rows = this.#records.end().flatMap((record) => this.#row(record));
    if (this.#header === undefined) throw new CsvError('is empty; CSV begins with a header, also when there are no rows');
    return { rows, cursor: undefined };
  }

  #row(record: readonly Field[]): readonly (readonly Cell[])[] {
    if (this.#header === undefined) {
      this.#header = { length: record.length, indexes: this.#indexesOf(record) };
      return [];
    }
    const { length, indexes } = this.#header;
    // An empty line; in a file of one column it is an empty value.
    if (record === this.#records.emptyLine && length > 1) return [];
    this.#rows += 1;
    if (record.length !== length)
      throw this.#reading.fail(`row ${count(this.#rows)} has ${fields(record.length)}, and the header has ${fields(length)}`, false);
    return [readRow(this.#columns, this.#readers, this.#rows, (index) => record[indexes[index] ?? -1] ?? null, this.#reading.fail)];
  }

  #indexesOf(header: readonly Field[]): readonly number[] {
    const mistakes: string[] = [];
    const names = header.map((field) => this.#reading.textOf(field ?? ''));
    const indexes = this.#headers.map((text, index) => {
      const at = names.indexOf(text);
      const column = `column "${this.#columns[index]?.name ?? ''}"`;
      if (at < 0) mistakes.push(`${column}: the header has no ${JSON.stringify(foreignText(text, 64))}${didYouMean(text, names)}`);
      else if (names.includes(text, at + 1)) mistakes.push(`${column}: the header has ${JSON.stringify(foreignText(text, 64))} twice`);
      return at;
    });
    if (mistakes.length > 0) throw this.#reading.fail(atMostMistakes(mistakes).join('; '), false);
    return indexes;
  }
}

function fields(length: number): string {
  return `${count(length)} field${length === 1 ? '' : 's'}`;
}
