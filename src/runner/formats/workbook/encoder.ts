/**
 * Rows into a user's own workbook, in one pass: the parts that stay come first, the sheet is written row by row, and those that must know how many rows there are come last.
 * Memory holds the workbook as it was, and does not grow with the rows.
 */
import { WallClock } from '../../../time/wall-clock.ts';
import type { WorkbookPlan } from '../../plan.ts';
import type { Column, RowBatch, RowEncoder } from '../../rows.ts';
import { count, renderFailed, requireColumns, unfitRow } from '../failures.ts';
import { cellWriter, columnLetters, numberFormatOf, type CellWriter } from '../xlsx/cells.ts';
import { SHEET_ROWS_LIMIT } from '../xlsx/frame.ts';
import type { InfoFacts } from '../xlsx/info.ts';
import { ZipWriter } from '../zip/writer.ts';
import type { ArchiveEntry } from './archive.ts';
import { UserWorkbook } from './book.ts';
import { WorkbookStyles } from './styles.ts';
import { targetSheet } from './target-sheet.ts';

const PIECE_CHARACTERS = 256 * 1024;
const COLUMNS_LIMIT = 16_384;

export interface WorkbookOptions {
  readonly bytes: Buffer;
  readonly place: Pick<WorkbookPlan, 'sheet' | 'startRow' | 'startColumn'>;
  readonly info: InfoFacts | undefined;
  readonly timeZone: string;
}

export class WorkbookEncoder implements RowEncoder {
  /** Those that receive rows. */
  readonly sheets = 1;
  readonly #options: WorkbookOptions;
  readonly #book: UserWorkbook;
  readonly #zip = new ZipWriter();
  #writers: readonly CellWriter[] = [];
  #foot = '';
  #markup = '';
  #rows = 0;

  /** @throws DossierError TemplateFailed when the workbook is not one that can be used */
  constructor(options: WorkbookOptions) {
    this.#options = options;
    this.#book = new UserWorkbook(options.bytes, options.place.sheet);
  }

  start(columns: readonly Column[]): Uint8Array {
    requireColumns(columns);
    const { place, timeZone } = this.#options;
    const { startRow, startColumn } = place;
    if (startColumn - 1 + columns.length > COLUMNS_LIMIT)
      throw renderFailed(
        `${count(columns.length)} columns from column ${count(startColumn)} on are more than a sheet of XLSX holds (${count(COLUMNS_LIMIT)})`,
      );
    const book = this.#book;
    const sheet = targetSheet(book.sheetText(), place.sheet, { startRow, startColumn, columns: columns.length });
    const styles = new WorkbookStyles(book.text(book.stylesPath));
    const clock = new WallClock(timeZone);
    this.#writers = columns.map((column, index) => {
      const style = styles.styleOf(sheet.styles[index] ?? 0, numberFormatOf(column), column.numberFormat !== undefined);
      return cellWriter(column, columnLetters(startColumn - 1 + index), style, clock);
    });
    // Which parts change does not depend on how many rows there are.
    const changing = book.changedParts({ startRow, lastRow: startRow }, 0, this.#options.info);
    for (const entry of book.entries.values()) {
      if (entry.name === book.sheetPath || entry.name === book.stylesPath || changing.has(entry.name)) continue;
      const text = book.otherSheetText(entry);
      if (text === undefined) this.#copy(entry);
      else this.#zip.add(entry.name, text);
    }
    this.#zip.add(book.stylesPath, styles.xml());
    this.#zip.open(book.sheetPath);
    this.#markup = sheet.head;
    this.#foot = sheet.foot;
    return this.#zip.take();
  }

  encode(batch: RowBatch): Uint8Array {
    const { sheet, startRow } = this.#options.place;
    for (const row of batch) {
      const sheetRow = startRow + this.#rows;
      if (sheetRow > SHEET_ROWS_LIMIT)
        throw renderFailed(
          `sheet "${sheet}" of the workbook holds ${count(SHEET_ROWS_LIMIT - startRow + 1)} rows from row ${count(startRow)} on, and there are more; ask for a shorter period, or for CSV`,
        );
      this.#rows += 1;
      if (row.length !== this.#writers.length) throw unfitRow(this.#rows, row.length, this.#writers.length);
      this.#markup += `<row r="${sheetRow}">`;
      this.#writers.forEach((write, index) => {
        const cell = row[index] ?? null;
        if (cell !== null) this.#markup += write(cell, sheetRow, this.#rows);
        if (this.#markup.length >= PIECE_CHARACTERS) this.#pack();
      });
      this.#markup += '</row>';
    }
    return this.#zip.take();
  }

  end(): Uint8Array {
    const { place, info } = this.#options;
    const { startRow } = place;
    const span = { startRow, lastRow: Math.max(startRow, startRow + this.#rows - 1) };
    this.#markup += this.#book.foot(this.#foot, { ...span, sheet: place.sheet });
    this.#pack();
    this.#zip.close();
    for (const [path, text] of this.#book.changedParts(span, this.#rows, info)) if (text !== null) this.#zip.add(path, text);
    this.#zip.finish();
    return this.#zip.take();
  }

  #copy({ name, deflated, content, crc32, size }: ArchiveEntry): void {
    if (deflated === undefined) {
      this.#zip.open(name);
      this.#zip.write(content);
      this.#zip.close();
      return;
    }
    this.#zip.openDeflated(name);
    this.#zip.writeDeflated(deflated);
    this.#zip.closeDeflated({ crc32, size });
  }

  #pack(): void {
    this.#zip.write(Buffer.from(this.#markup));
    this.#markup = '';
  }
}
