/**
 * XLSX (ECMA-376) in one pass: sheets are written row by row into the archive, the parts that list them at the end, so memory does not grow with the rows.
 *
 * When a sheet is full, the next one begins with the same header, so that no row is lost and each sheet stands alone. The bytes depend on the rows and the
 * options alone, not on how rows were batched.
 */
import { foreignText } from '../../../foreign-text.ts';
import { WallClock } from '../../../time/wall-clock.ts';
import type { XlsxOptions } from '../../plan.ts';
import type { Cell, Column, RowBatch, RowEncoder } from '../../rows.ts';
import { count, renderFailed, requireColumns, unfitRow } from '../failures.ts';
import { ZipWriter } from '../zip/writer.ts';
import { type CellWriter, TEXT_LIMIT, cellWriter, columnLetters, numberFormatOf, textCell } from './cells.ts';
import {
  type SheetPart,
  applicationProperties,
  contentTypes,
  packageRelationships,
  sheetPath,
  workbook,
  workbookRelationships,
} from './parts.ts';
import { sheetFoot, sheetHead } from './sheet.ts';
import { nextSheetName } from './sheet-names.ts';
import { Styles } from './styles.ts';

const SHEET_ROWS_LIMIT = 1_048_576;
const COLUMNS_LIMIT = 16_384;

/** Markup is packed in pieces of about this many characters: large enough for few calls of deflate, small enough for memory. */
const PIECE_CHARACTERS = 256 * 1024;

interface Sheet {
  readonly name: string;
  /** So far, header included. */
  rows: number;
}

export class XlsxEncoder implements RowEncoder {
  readonly #options: XlsxOptions;
  readonly #clock: WallClock;
  readonly #zip = new ZipWriter();
  readonly #sheets: Sheet[] = [];
  #columns: readonly Column[] = [];
  #writers: readonly CellWriter[] = [];
  /** Markup that is not packed yet. */
  #markup = '';
  #rows = 0;

  /** @param timeZone IANA zone of the wall clock that date cells show. */
  constructor(options: XlsxOptions, timeZone: string) {
    this.#options = options;
    this.#clock = new WallClock(timeZone);
  }

  get sheets(): number {
    return this.#sheets.length;
  }

  start(columns: readonly Column[]): Uint8Array {
    requireColumns(columns);
    requireRoom(columns);
    const styles = new Styles();
    this.#columns = columns;
    this.#writers = columns.map((column, index) =>
      cellWriter(column, columnLetters(index), styles.indexOf(numberFormatOf(column)), this.#clock),
    );
    this.#zip.add('_rels/.rels', packageRelationships());
    this.#zip.add('docProps/app.xml', applicationProperties());
    this.#zip.add('xl/styles.xml', styles.xml());
    this.#beginSheet();
    return this.#zip.take();
  }

  encode(batch: RowBatch): Uint8Array {
    for (const row of batch) {
      this.#rows += 1;
      if (row.length !== this.#writers.length) throw unfitRow(this.#rows, row.length, this.#writers.length);
      let sheet = this.#currentSheet();
      if (sheet.rows === SHEET_ROWS_LIMIT) {
        this.#endSheet(sheet);
        sheet = this.#beginSheet();
      }
      sheet.rows += 1;
      this.#writeRow(row, sheet.rows);
    }
    return this.#zip.take();
  }

  end(): Uint8Array {
    this.#endSheet(this.#currentSheet());
    const parts = this.#sheets.map((sheet): SheetPart => {
      return this.#options.autoFilter ? { name: sheet.name, filterRange: this.#range(sheet, '$') } : { name: sheet.name };
    });
    this.#zip.add('xl/workbook.xml', workbook(parts));
    this.#zip.add('xl/_rels/workbook.xml.rels', workbookRelationships(parts));
    this.#zip.add('[Content_Types].xml', contentTypes(parts));
    this.#zip.finish();
    return this.#zip.take();
  }

  #currentSheet(): Sheet {
    const sheet = this.#sheets.at(-1);
    if (sheet === undefined) throw new Error('encode and end come after start');
    return sheet;
  }

  #beginSheet(): Sheet {
    const names = this.#sheets.map(({ name }) => name);
    const sheet: Sheet = { name: nextSheetName(this.#options.sheetName, names), rows: 1 };
    this.#sheets.push(sheet);
    this.#zip.open(sheetPath(this.#sheets.length));
    const header = this.#columns.map((column, index) => textCell(`${columnLetters(index)}1`, 0, column.header));
    this.#markup =
      sheetHead(this.#columns, { freezeHeader: this.#options.freezeHeader, first: this.#sheets.length === 1 }) +
      `<row r="1">${header.join('')}</row>`;
    return sheet;
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

  #endSheet(sheet: Sheet): void {
    this.#markup += sheetFoot(this.#options.autoFilter ? this.#range(sheet, '') : undefined);
    this.#pack();
    this.#zip.close();
  }

  #pack(): void {
    this.#zip.write(Buffer.from(this.#markup));
    this.#markup = '';
  }

  /** All cells of a sheet: `A1:C9`, or with `$` before each part. */
  #range(sheet: Sheet, mark: '' | '$'): string {
    return `${mark}A${mark}1:${mark}${columnLetters(this.#columns.length - 1)}${mark}${sheet.rows}`;
  }
}

function requireRoom(columns: readonly Column[]): void {
  if (columns.length > COLUMNS_LIMIT) {
    throw renderFailed(
      `the report has ${count(columns.length)} columns; a sheet of XLSX holds ${count(COLUMNS_LIMIT)}. Leave some out, or choose another format`,
    );
  }
  for (const { name, header } of columns) {
    if (header.length > TEXT_LIMIT) {
      throw renderFailed(
        `the header of column "${foreignText(name, 64)}" has ${count(header.length)} characters; a cell of XLSX holds ${count(TEXT_LIMIT)}. Shorten it`,
      );
    }
  }
}
