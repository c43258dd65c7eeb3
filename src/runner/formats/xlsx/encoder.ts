/**
 * XLSX (ECMA-376) in one pass: sheets are written row by row into the archive, the parts that list them at the end, so memory does not grow with the rows.
 *
 * This is the reference: plain, and right by definition. The bytes depend on the rows and the options alone, not on how rows were batched.
 */
import { WallClock } from '../../../time/wall-clock.ts';
import type { XlsxOptions } from '../../plan.ts';
import type { Cell, Column, RowBatch, RowEncoder } from '../../rows.ts';
import { unfitRow } from '../failures.ts';
import { ZipWriter } from '../zip/writer.ts';
import { type CellWriter, cellWriter, columnLetters } from './cells.ts';
import { SHEET_ROWS_LIMIT, WorkbookFrame } from './frame.ts';
import type { InfoFacts } from './info.ts';

/** Markup is packed in pieces of about this many characters: large enough for few calls of deflate, small enough for memory. */
const PIECE_CHARACTERS = 256 * 1024;

export class XlsxEncoder implements RowEncoder {
  readonly #options: XlsxOptions;
  readonly #info: InfoFacts | undefined;
  readonly #clock: WallClock;
  readonly #zip = new ZipWriter();
  #frame: WorkbookFrame | undefined;
  #writers: readonly CellWriter[] = [];
  /** Markup that is not packed yet. */
  #markup = '';
  #rows = 0;

  /** @param timeZone IANA zone of the wall clock that date cells show. */
  constructor(options: XlsxOptions, timeZone: string, info?: InfoFacts) {
    this.#options = options;
    this.#info = info;
    this.#clock = new WallClock(timeZone);
  }

  get sheets(): number {
    return this.#frame?.sheets ?? 0;
  }

  start(columns: readonly Column[]): Uint8Array {
    const frame = new WorkbookFrame(this.#options, columns, this.#info);
    this.#frame = frame;
    this.#writers = columns.map((column, index) => cellWriter(column, columnLetters(index), frame.styles[index] ?? 0, this.#clock));
    frame.addFirstParts(this.#zip);
    this.#beginSheet(frame);
    return this.#zip.take();
  }

  encode(batch: RowBatch): Uint8Array {
    const frame = this.#started();
    for (const row of batch) {
      this.#rows += 1;
      if (row.length !== this.#writers.length) throw unfitRow(this.#rows, row.length, this.#writers.length);
      if (frame.sheetRows === SHEET_ROWS_LIMIT) {
        this.#endSheet(frame);
        this.#beginSheet(frame);
      }
      frame.addRows(1);
      this.#writeRow(row, frame.sheetRows);
    }
    return this.#zip.take();
  }

  end(): Uint8Array {
    const frame = this.#started();
    this.#endSheet(frame);
    frame.addLastParts(this.#zip);
    this.#zip.finish();
    return this.#zip.take();
  }

  #started(): WorkbookFrame {
    if (this.#frame === undefined) throw new Error('encode and end come after start');
    return this.#frame;
  }

  #beginSheet(frame: WorkbookFrame): void {
    const { path, text } = frame.beginSheet();
    this.#zip.open(path);
    this.#markup = text;
  }

  #writeRow(row: readonly Cell[], sheetRow: number): void {
    this.#markup += `<row r="${sheetRow}">`;
    this.#writers.forEach((write, index) => {
      const cell = row[index] ?? null;
      if (cell !== null) this.#markup += write(cell, sheetRow, this.#rows);
      // Looked at after each cell: the rows of a wide report can be larger than any string.
      if (this.#markup.length >= PIECE_CHARACTERS) this.#pack();
    });
    this.#markup += '</row>';
  }

  #endSheet(frame: WorkbookFrame): void {
    this.#markup += frame.endSheet();
    this.#pack();
    this.#zip.close();
  }

  #pack(): void {
    this.#zip.write(Buffer.from(this.#markup));
    this.#markup = '';
  }
}
