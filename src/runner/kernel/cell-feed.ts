/**
 * Rows into the kernel: each cell becomes a tag and, where it has one, a value; all texts of a run become one string that is copied once.
 *
 * Only what is provably simple goes this way. A cell that is odd in any way (a long text, an infinity, a year beyond 2262, a type that does not fit) is written by
 * the reference encoder's own function for its column, which also throws what the reference throws. The kernel stops where such a cell stands, so odd cells cost
 * time and nothing else.
 */
import { ZoneOffsets, type OffsetSpan } from '../../time/zone-offsets.ts';
import { unfitRow } from '../formats/failures.ts';
import type { Cell, RowBatch, WireRows } from '../rows.ts';
import {
  CELLS,
  INPUT_BYTES,
  LONGEST_TEXT,
  putText,
  RAW_BYTES,
  SPANS,
  STOPPED_DONE,
  STOPPED_FULL,
  TAG_CENTS,
  TAG_FALSE,
  TAG_INTEGER,
  TAG_NULL,
  TAG_ODD,
  TAG_PLAIN,
  TAG_TIME,
  TAG_TRUE,
  UNITS,
  WIRE_COLUMNS,
  type KernelExports,
} from './kernel.ts';
import { nextMessage, readingCode, wireCells } from './wire-cells.ts';

/**
 * How cells of a column reach the kernel: `text` and `decimal` as they are, `ready` as the text that the format makes of them, the others as values.
 */
export type Feeding = 'text' | 'date' | 'decimal' | 'integer' | 'number' | 'boolean' | 'time' | 'ready';

/** What a format takes from the kernel; any other cell is odd. */
export interface FeedLimits {
  /** UTF-16 units of a text, and of a decimal; at most LONGEST_TEXT. */
  readonly text: number;
  readonly decimal: number;
  /** Integers are between this and its negative. */
  readonly integer: number;
  /** Whether bigints are written as their digits. */
  readonly bigints: boolean;
  /** Times that the wall clock shows from the first to before the second: seconds since 1970 on that clock. */
  readonly times: readonly [from: number, to: number];
}

/** What a format does itself. */
export interface CellWriting {
  readonly feedings: readonly Feeding[];
  readonly limits: FeedLimits;
  /** IANA zone of times. */
  readonly timeZone: string;
  /** The text of a `ready` cell that is not null. `row` counts from 1. Throws for what the format cannot hold. */
  readyText(cell: Cell, column: number, row: number): string;
  /** The text of any cell, with what stands before it in its row. Throws as `readyText`. */
  oddText(cell: Cell, column: number, row: number): string;
}

const TEXT = 0;
const DATE = 1;
const DECIMAL = 2;
const INTEGER = 3;
const NUMBER = 4;
const BOOLEAN = 5;
const TIME = 6;
const READY = 7;
const CODES: Readonly<Record<Feeding, number>> = {
  text: TEXT,
  date: DATE,
  decimal: DECIMAL,
  integer: INTEGER,
  number: NUMBER,
  boolean: BOOLEAN,
  time: TIME,
  ready: READY,
};

const NANOSECONDS_PER_SECOND = 1_000_000_000n;
/** Hundredths below it have at most 15 digits: no two of them are the same double, so the shortest text of the double is that of the hundredths. */
const CENTS_LIMIT = 1e15;
/** Nanoseconds since 1970 that fit 64 bits, in seconds, rounded towards zero. */
const INSTANT_SECONDS_LIMIT = 9_223_372_036;
/** A bigint as a double is off by less. */
const MARGIN_NS = 1e9;

export class CellFeed {
  readonly kernel: KernelExports;
  readonly #writing: CellWriting;
  readonly #codes: Uint8Array;
  readonly #offsets: ZoneOffsets;
  readonly #spanNumbers = new Map<number, number>();
  readonly #tags: Uint32Array;
  readonly #numbers: Float64Array;
  readonly #instants: BigInt64Array;
  readonly #memory: Buffer;
  readonly #units: Buffer;
  readonly #input: Uint8Array;
  readonly #doubts: Uint32Array;
  /** Takes what waits in the kernel. */
  readonly #take: () => void;
  /** Of the batch under way: a cell by its row there and its column. */
  #cellAt: (row: number, column: number) => Cell = () => null;
  /** Where the run under way began. */
  #firstCell = 0;
  #rowsBefore = 0;
  /** Whose readings the kernel knows. */
  #wireColumns: WireRows['columns'] | undefined;
  /** The span of the last time: nanoseconds from where to where, and its tag. */
  #spanFrom = Infinity;
  #spanTo = -Infinity;
  #spanTag = TAG_ODD;

  /** `kernel` is set up: it grows no more. */
  constructor(kernel: KernelExports, writing: CellWriting, take: () => void) {
    this.kernel = kernel;
    this.#writing = writing;
    this.#take = take;
    this.#codes = Uint8Array.from(writing.feedings, (feeding) => CODES[feeding]);
    this.#offsets = new ZoneOffsets(writing.timeZone);
    const { buffer } = kernel.memory;
    this.#memory = Buffer.from(buffer);
    this.#tags = new Uint32Array(buffer, kernel.tagsAddress(), CELLS);
    this.#numbers = new Float64Array(buffer, kernel.valuesAddress(), CELLS);
    this.#instants = new BigInt64Array(buffer, kernel.valuesAddress(), CELLS);
    this.#units = Buffer.from(buffer, kernel.unitsAddress(), UNITS * 2);
    this.#doubts = new Uint32Array(buffer, kernel.doubtsAddress(), CELLS * 2);
    this.#input = new Uint8Array(buffer, kernel.inputAddress(), INPUT_BYTES);
  }

  /** Hands all cells of the batch to the kernel; what it wrote last may still wait there. `rowsBefore` = rows before the batch. */
  add(batch: RowBatch | WireRows, rowsBefore: number): void {
    if ('cells' in batch) this.#addWire(batch, rowsBefore);
    else this.#addCells(batch, rowsBefore);
  }

  #addCells(batch: RowBatch, rowsBefore: number): void {
    const codes = this.#codes;
    const tags = this.#tags;
    const numbers = this.#numbers;
    const { limits } = this.#writing;
    const width = codes.length;
    this.#begin(rowsBefore, (row, column) => batch[row]?.[column] ?? null);
    let text = '';
    let cells = 0;
    let values = 0;
    for (let index = 0; index < batch.length; index += 1) {
      const row = batch[index] as readonly Cell[];
      if (row.length !== width) throw unfitRow(rowsBefore + index + 1, row.length, width);
      for (let column = 0; column < width; column += 1) {
        if (cells === CELLS || text.length > UNITS - LONGEST_TEXT) {
          this.#units.write(text, 0, 'utf16le');
          this.#run(cells);
          text = '';
          cells = 0;
          values = 0;
        }
        const cell = row[column] as Cell;
        let tag = TAG_ODD;
        if (cell === null) tag = TAG_NULL;
        else
          switch (codes[column]) {
            case TEXT:
              if (typeof cell === 'string' && cell.length <= limits.text) {
                text += cell;
                tag = cell.length;
              }
              break;
            case NUMBER:
              if (typeof cell !== 'number') break;
              if (Number.isSafeInteger(cell)) {
                numbers[values++] = cell;
                tag = TAG_INTEGER;
              } else {
                const cents = Math.round(cell * 100);
                if (cents / 100 === cell && cents < CENTS_LIMIT && cents > -CENTS_LIMIT) {
                  numbers[values++] = cents;
                  tag = TAG_CENTS;
                } else if (Number.isFinite(cell)) {
                  const digits = String(cell);
                  text += digits;
                  tag = TAG_PLAIN + digits.length;
                }
              }
              break;
            case INTEGER:
              if (typeof cell === 'number') {
                if (Number.isSafeInteger(cell) && cell < limits.integer && cell > -limits.integer) {
                  numbers[values++] = cell;
                  tag = TAG_INTEGER;
                }
              } else if (typeof cell === 'bigint' && limits.bigints) {
                const digits = String(cell);
                if (digits.length > limits.text) break;
                text += digits;
                tag = TAG_PLAIN + digits.length;
              }
              break;
            case DECIMAL:
              if (typeof cell === 'string' && cell.length <= limits.decimal && endsInDigit(cell)) {
                text += cell;
                tag = cell.length;
              }
              break;
            case DATE:
              if (typeof cell === 'string' && cell.length === 10) {
                text += cell;
                tag = 10;
              }
              break;
            case TIME:
              if (typeof cell !== 'bigint') break;
              tag = this.#timeTag(cell);
              if (tag !== TAG_ODD) this.#instants[values++] = cell;
              break;
            case BOOLEAN:
              if (typeof cell === 'boolean') tag = cell ? TAG_TRUE : TAG_FALSE;
              break;
            default: {
              const ready = this.#writing.readyText(cell, column, rowsBefore + index + 1);
              if (ready.length > limits.text) break;
              text += ready;
              tag = ready.length;
            }
          }
        tags[cells++] = tag;
      }
    }
    this.#units.write(text, 0, 'utf16le');
    this.#run(cells);
  }

  /** Rows that the kernel reads itself. @throws what `rows.cell` does, too. */
  #addWire(rows: WireRows, rowsBefore: number): void {
    if (!this.#knows(rows.columns)) {
      this.#addCells(rows.cells(), rowsBefore);
      return;
    }
    const { kernel } = this;
    const width = this.#codes.length;
    const { bytes } = rows;
    let row = 0;
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + INPUT_BYTES);
      this.#input.set(piece);
      const cells = kernel.readRows(piece.length);
      if (cells === 0) {
        // A row that is none, which throws here, or one that is longer than what the kernel reads at once.
        this.#addCells([rows.row(at, row)], rowsBefore + row);
        at = nextMessage(bytes, at);
        row += 1;
        continue;
      }
      const end = row + cells / width;
      if (this.#isBeyondDoubt()) {
        this.#begin(rowsBefore + row, wireCells(rows, at, row));
        this.#run(cells);
      } else this.#addCells(rows.slice(row, end).cells(), rowsBefore + row);
      at += kernel.inputRead();
      row = end;
    }
  }

  /** Whether each number with many digits is what JavaScript writes: a server may write another text that is the same double. */
  #isBeyondDoubt(): boolean {
    const count = this.kernel.doubtsOfRun();
    for (let doubt = 0; doubt < count; doubt += 1) {
      const from = (this.#doubts[2 * doubt + 1] ?? 0) * 2;
      const length = (this.#tags[this.#doubts[2 * doubt] ?? 0] ?? TAG_PLAIN) - TAG_PLAIN;
      const text = this.#units.toString('utf16le', from, from + length * 2);
      if (String(Number(text)) !== text) return false;
    }
    return true;
  }

  /** Tells the kernel once how the columns are read; false when it has no room for them. */
  #knows(columns: WireRows['columns']): boolean {
    if (columns.length > WIRE_COLUMNS) return false;
    if (this.#wireColumns === columns) return true;
    const { text, decimal, bigints } = this.#writing.limits;
    if (columns.length !== this.#codes.length) throw unfitRow(1, columns.length, this.#codes.length);
    this.kernel.setReadings(columns.length, text, decimal, bigints);
    columns.forEach(({ field, reading }, index) => this.kernel.setReading(index, field, readingCode(reading)));
    this.#wireColumns = columns;
    return true;
  }

  #begin(rowsBefore: number, cellAt: (row: number, column: number) => Cell): void {
    this.#cellAt = cellAt;
    this.#firstCell = 0;
    this.#rowsBefore = rowsBefore;
  }

  /** Text that stands between the cells, written as if it were one of them. */
  addRaw(text: string): void {
    const length = Buffer.byteLength(text);
    if (length <= RAW_BYTES) {
      this.#memory.write(text, this.#raw(length));
      this.kernel.rawFilled();
      return;
    }
    const bytes = Buffer.from(text);
    for (let from = 0; from < length; from += RAW_BYTES) {
      const piece = bytes.subarray(from, from + RAW_BYTES);
      this.#memory.set(piece, this.#raw(piece.length));
      this.kernel.rawFilled();
    }
  }

  /** Where so many bytes of text go; takes what waits when there is no room before. */
  #raw(length: number): number {
    const at = this.kernel.raw(length);
    if (at !== 0) return at;
    this.#take();
    return this.kernel.raw(length);
  }

  /** Writes the cells of the run, whose tags, units and values stand in the buffers. */
  #run(cells: number): void {
    const { kernel } = this;
    kernel.begin(cells);
    let waitingAt = -1;
    for (;;) {
      const stopped = kernel.run();
      if (stopped === STOPPED_DONE) break;
      const cell = kernel.cursor();
      if (stopped !== STOPPED_FULL) this.#addOdd(cell);
      else if (cell === waitingAt) throw new Error('the kernel has no room for a cell');
      else {
        waitingAt = cell;
        this.#take();
      }
    }
    this.#firstCell += cells;
  }

  /** Writes the cell at which the kernel stopped. */
  #addOdd(cellOfRun: number): void {
    const width = this.#codes.length;
    const cell = this.#firstCell + cellOfRun;
    const [row, column] = [Math.floor(cell / width), cell % width];
    const value = this.#cellAt(row, column);
    // The kernel looks times up among the spans that it knows; it knows this one then.
    if (this.#codes[column] === TIME && typeof value === 'bigint') this.#timeTag(value);
    this.addRaw(this.#writing.oddText(value, column, this.#rowsBefore + row + 1));
    this.kernel.skip();
  }

  #timeTag(instant: bigint): number {
    const approximate = Number(instant);
    return approximate >= this.#spanFrom && approximate < this.#spanTo ? this.#spanTag : this.#exactTimeTag(instant);
  }

  #exactTimeTag(instant: bigint): number {
    const second = epochSecond(instant);
    const span = this.#offsets.at(second);
    const number = this.#numberOf(span);
    const [first, end] = this.#writing.limits.times;
    const from = Math.max(span.start, first - span.offsetSeconds, -INSTANT_SECONDS_LIMIT);
    const to = Math.min(span.end, end - span.offsetSeconds, INSTANT_SECONDS_LIMIT);
    if (number === undefined || second < from || second >= to) return TAG_ODD;
    this.#spanFrom = from * 1e9 + MARGIN_NS;
    this.#spanTo = to * 1e9 - MARGIN_NS;
    this.#spanTag = TAG_TIME + number;
    this.kernel.setSpanBounds(number, from, to);
    return this.#spanTag;
  }

  /** The span's number in the kernel; undefined when that has no room for more. */
  #numberOf(span: OffsetSpan): number | undefined {
    const known = this.#spanNumbers.get(span.start);
    if (known !== undefined || this.#spanNumbers.size === SPANS) return known;
    const number = this.#spanNumbers.size;
    this.#spanNumbers.set(span.start, number);
    putText(this.kernel, span.text, (length) => this.kernel.setSpan(number, span.offsetSeconds, length));
    return number;
  }
}

/** The whole second at or before an instant. */
function epochSecond(instant: bigint): number {
  const seconds = Number(instant / NANOSECONDS_PER_SECOND);
  return instant < 0n && instant % NANOSECONDS_PER_SECOND !== 0n ? seconds - 1 : seconds;
}

/** What a finite decimal does, and NaN and the infinities do not. */
function endsInDigit(text: string): boolean {
  const code = text.charCodeAt(text.length - 1);
  return code >= 0x30 && code <= 0x39;
}
