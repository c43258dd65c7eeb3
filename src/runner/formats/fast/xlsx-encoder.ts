/**
 * XLSX by the kernel: sheets with the same markup as the reference encoder's, packed by the kernel's own deflate (docs/rendering.md).
 */
import { WallClock } from '../../../time/wall-clock.ts';
import { CellFeed, type CellWriting, type Feeding, type FeedLimits } from '../../kernel/cell-feed.ts';
import { FORMAT_SHEET, KIND_DATE, KIND_DECIMAL, KIND_TEXT, newKernel, putText, type KernelExports } from '../../kernel/kernel.ts';
import type { XlsxOptions } from '../../plan.ts';
import type { Cell, Column, ColumnType, RowBatch, RowEncoder, WireRows } from '../../rows.ts';
import { cellWriter, columnLetters, INTEGER_LIMIT, styleAttribute, TEXT_LIMIT, type CellWriter } from '../xlsx/cells.ts';
import { EXACT_DIGITS } from '../xlsx/decimals.ts';
import { SHEET_ROWS_LIMIT, WorkbookFrame } from '../xlsx/frame.ts';
import type { InfoFacts } from '../xlsx/info.ts';
import { ZipWriter } from '../zip/writer.ts';
import { FEEDINGS } from './csv-format.ts';
import { KernelOrReference, type KernelFile } from './kernel-or-reference.ts';
import { PackedStream } from './packed-stream.ts';

/** Row numbers, references, styles and ends around any value, in bytes. */
const AROUND_BYTES = 256;

/** Rests of texts that are searched, in bytes. With 6, files are 3 % smaller and take a tenth more time. */
const SHORTEST_SEARCHED = 12;

/** What is not within them is text, or nothing, or an error: the reference's to say. Times are those that have serial numbers. */
const LIMITS: FeedLimits = {
  text: TEXT_LIMIT,
  decimal: EXACT_DIGITS,
  integer: INTEGER_LIMIT,
  bigints: false,
  times: [Date.UTC(1900, 2, 1) / 1000, Date.UTC(10_000, 0, 1) / 1000],
};

const KINDS: Readonly<Partial<Record<ColumnType, number>>> = { Decimal: KIND_DECIMAL, Quantity: KIND_DECIMAL, Date: KIND_DATE };
const REFERENCE = 0;
const TEXT = 1;
const SPACED_TEXT = 2;
const NUMBER = 3;
const BOOLEAN = 4;

/** `reference` writes the file where there is no kernel. */
export function fastXlsxEncoder(options: XlsxOptions, timeZone: string, reference: RowEncoder, info: InfoFacts | undefined): RowEncoder {
  return new KernelOrReference((columns) => {
    const frame = new WorkbookFrame(options, columns, info);
    const kernel = newKernel();
    return kernel === undefined ? undefined : new SwiftWorkbook(kernel, frame, columns, timeZone);
  }, reference);
}

class SwiftWorkbook implements CellWriting, KernelFile {
  readonly feedings: readonly Feeding[];
  readonly limits = LIMITS;
  readonly timeZone: string;
  readonly #kernel: KernelExports;
  readonly #frame: WorkbookFrame;
  readonly #writers: readonly CellWriter[];
  readonly #zip = new ZipWriter();
  readonly #feed: CellFeed;
  #stream: PackedStream | undefined;
  #rows = 0;
  /** In the sheets before this one. */
  #rowsBeforeSheet = 0;

  constructor(kernel: KernelExports, frame: WorkbookFrame, columns: readonly Column[], timeZone: string) {
    this.timeZone = timeZone;
    this.feedings = columns.map(({ type }) => FEEDINGS[type]);
    this.#kernel = kernel;
    this.#frame = frame;
    const clock = new WallClock(timeZone);
    this.#writers = columns.map((column, index) => cellWriter(column, columnLetters(index), frame.styles[index] ?? 0, clock));
    setUp(kernel, columns, frame.styles);
    this.#feed = new CellFeed(kernel, this, () => this.#stream?.take());
  }

  get sheets(): number {
    return this.#frame.sheets;
  }

  start(): Uint8Array {
    this.#frame.addFirstParts(this.#zip);
    this.#beginSheet();
    return this.#zip.take();
  }

  encode(batch: RowBatch | WireRows): Uint8Array {
    for (let from = 0; from < batch.length;) {
      if (this.#frame.sheetRows === SHEET_ROWS_LIMIT) {
        this.#endSheet();
        this.#beginSheet();
      }
      const rows = batch.slice(from, from + SHEET_ROWS_LIMIT - this.#frame.sheetRows);
      this.#feed.add(rows, this.#rows);
      this.#frame.addRows(rows.length);
      this.#rows += rows.length;
      from += rows.length;
    }
    this.#stream?.take();
    return this.#zip.take();
  }

  end(): Uint8Array {
    this.#endSheet();
    this.#frame.addLastParts(this.#zip);
    this.#zip.finish();
    return this.#zip.take();
  }

  readyText(): string {
    throw new Error('no text of XLSX is made ready');
  }

  oddText(cell: Cell, column: number, row: number): string {
    const sheetRow = row - this.#rowsBeforeSheet + 1;
    const before = column === 0 ? `<row r="${sheetRow}">` : '';
    return cell === null ? before : before + (this.#writers[column]?.(cell, sheetRow, row) ?? '');
  }

  #beginSheet(): void {
    const { path, text } = this.#frame.beginSheet();
    this.#rowsBeforeSheet = this.#rows;
    this.#zip.openDeflated(path);
    this.#stream = new PackedStream(this.#kernel, (bytes) => {
      this.#zip.writeDeflated(bytes);
    });
    this.#feed.addRaw(text);
    // The header is its first row.
    this.#kernel.setSheetRows(1);
  }

  #endSheet(): void {
    const stream = this.#stream;
    if (stream === undefined) throw new Error('no sheet is open');
    this.#feed.addRaw(this.#frame.endSheet());
    stream.end();
    this.#zip.closeDeflated(stream);
  }
}

function setUp(kernel: KernelExports, columns: readonly Column[], styles: readonly number[]): void {
  kernel.setFormat(FORMAT_SHEET, AROUND_BYTES);
  kernel.setColumns(columns.length);
  columns.forEach(({ type }, index) => {
    const style = `"${styleAttribute(styles[index] ?? 0)}`;
    const pieces: readonly (readonly [piece: number, text: string])[] = [
      [REFERENCE, `<c r="${columnLetters(index)}`],
      [TEXT, `${style} t="inlineStr"><is><t>`],
      [SPACED_TEXT, `${style} t="inlineStr"><is><t xml:space="preserve">`],
      [NUMBER, `${style}><v>`],
      [BOOLEAN, `${style} t="b"><v>`],
    ];
    kernel.setColumn(index, KINDS[type] ?? KIND_TEXT, 0);
    for (const [piece, text] of pieces) putText(kernel, text, (length) => kernel.setPiece(index, piece, length));
  });
  putText(kernel, '</row>', (length) => kernel.setRowEnd(length));
  kernel.setPacked(SHORTEST_SEARCHED);
}
