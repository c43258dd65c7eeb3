/**
 * A workbook but for the rows of its sheets: its parts, the sheets' names, heads and feet, and how many rows each sheet has.
 *
 * When a sheet is full, the next one begins with the same header, so that no row is lost and each sheet stands alone.
 */
import { foreignText } from '../../../foreign-text.ts';
import type { XlsxOptions } from '../../plan.ts';
import type { Column } from '../../rows.ts';
import { count, renderFailed, requireColumns } from '../failures.ts';
import type { ZipWriter } from '../zip/writer.ts';
import { TEXT_LIMIT, columnLetters, numberFormatOf, textCell } from './cells.ts';
import { infoSheet, infoSheetName, type InfoFacts } from './info.ts';
import {
  type SheetPart,
  applicationProperties,
  contentTypes,
  packageRelationships,
  sheetPath,
  workbook,
  workbookRelationships,
} from './parts.ts';
import { nextSheetName } from './sheet-names.ts';
import { sheetFoot, sheetHead } from './sheet.ts';
import { Styles } from './styles.ts';

/** Header included. */
export const SHEET_ROWS_LIMIT = 1_048_576;
const COLUMNS_LIMIT = 16_384;

interface Sheet {
  readonly name: string;
  /** So far, header included. */
  rows: number;
}

export class WorkbookFrame {
  /** The index of each column's style (`s` of a cell). */
  readonly styles: readonly number[];
  readonly #options: XlsxOptions;
  readonly #columns: readonly Column[];
  readonly #info: InfoFacts | undefined;
  readonly #stylesPart: string;
  readonly #sheets: Sheet[] = [];

  /** @throws DossierError RenderFailed when a sheet cannot hold the columns. */
  constructor(options: XlsxOptions, columns: readonly Column[], info?: InfoFacts) {
    requireColumns(columns);
    requireRoom(columns);
    this.#options = options;
    this.#columns = columns;
    this.#info = info;
    const styles = new Styles();
    this.styles = columns.map((column) => styles.indexOf(numberFormatOf(column)));
    this.#stylesPart = styles.xml();
  }

  /** That have rows. */
  get sheets(): number {
    return this.#sheets.length;
  }

  /** Of the sheet that is open. */
  get sheetRows(): number {
    return this.#current.rows;
  }

  addRows(rows: number): void {
    this.#current.rows += rows;
  }

  addFirstParts(zip: ZipWriter): void {
    zip.add('_rels/.rels', packageRelationships());
    zip.add('docProps/app.xml', applicationProperties());
    zip.add('xl/styles.xml', this.#stylesPart);
  }

  /** A new sheet: its path in the archive, and its text up to and with the header. */
  beginSheet(): { readonly path: string; readonly text: string } {
    const names = this.#sheets.map(({ name }) => name);
    this.#sheets.push({ name: nextSheetName(this.#options.sheetName, names), rows: 1 });
    const header = this.#columns.map((column, index) => textCell(`${columnLetters(index)}1`, 0, column.header));
    const head = sheetHead(this.#columns, { freezeHeader: this.#options.freezeHeader, first: this.#sheets.length === 1 });
    return { path: sheetPath(this.#sheets.length), text: `${head}<row r="1">${header.join('')}</row>` };
  }

  /** What ends the sheet. */
  endSheet(): string {
    return sheetFoot(this.#options.autoFilter ? this.#range(this.#current, '') : undefined);
  }

  addLastParts(zip: ZipWriter): void {
    const parts = this.#sheets.map((sheet): SheetPart => {
      return this.#options.autoFilter ? { name: sheet.name, filterRange: this.#range(sheet, '$') } : { name: sheet.name };
    });
    const all = this.#info === undefined ? parts : [...parts, { name: infoSheetName(parts.map(({ name }) => name)) }];
    if (this.#info !== undefined) zip.add(sheetPath(all.length), infoSheet(this.#info, this.#dataRows));
    zip.add('xl/workbook.xml', workbook(all));
    zip.add('xl/_rels/workbook.xml.rels', workbookRelationships(all));
    zip.add('[Content_Types].xml', contentTypes(all));
  }

  /** Each sheet has a header. */
  get #dataRows(): number {
    return this.#sheets.reduce((sum, { rows }) => sum + rows - 1, 0);
  }

  get #current(): Sheet {
    const sheet = this.#sheets.at(-1);
    if (sheet === undefined) throw new Error('no sheet is open');
    return sheet;
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
