/**
 * The kernel: cells in, bytes of a file out, without an object or an allocation on the way.
 *
 * `run` writes cell after cell until the run ends, the page is full, or a cell is the caller's to write; the caller then takes the text, or writes the cell with
 * `raw` and goes on with `skip`. A row may be wider than any buffer: nothing here counts in rows. What the caller cannot prove to be simple it never sends, and what is
 * not of its column's shape the kernel does not write: the reference encoders say what becomes of it. docs/rendering.md has the whole picture.
 */
import { columnAt, columnCount, pieceLength, putBytes } from './columns';
import { putDelimitedCell } from './delimited';
import { beginStream, endStream, hasPackedRoom } from './deflate';
import { putJsonCell } from './json';
import * as layout from './layout';
import { beginMatches, movedBy, setUpMatches, tokenizeCell, tokenizedTo, tokenizeRaw } from './matches';
import { cellEnd, cellOpen, cellValue, putRowStart, putSheetCell } from './sheet';
import * as state from './state';

export { setColumn, setColumns, setPiece, setSpan, setSpanBounds } from './columns';
export { packedEnd, packedStart, packedTaken } from './deflate';
export { setDelimited } from './delimited';
export { setSheetRows } from './sheet';
export { doubtsAddress, doubtsOfRun, inputAddress, inputRead, readRows, setReading, setReadings } from './wire';

/** Bytes between two values that wait for the second one; rows without values are more. */
const LONGEST_GAP: usize = 8192;

let format: u32 = layout.FORMAT_DELIMITED;
/** Bytes that any cell may need beside its text. */
let roomAround: u32 = 0;
let rowStart: usize = 0;
let rowStartLength: u32 = 0;
let rowEnd: usize = 0;
let rowEndLength: u32 = 0;
/** Whether the text becomes a deflate stream. */
let packs: bool = false;
/** Nothing stands before the first row but what the caller has written. */
let started: bool = false;
/** The quote before most values. */
let valueOffset: usize = 0;

export function setFormat(wanted: u32, around: u32): void {
  format = wanted;
  valueOffset = wanted === layout.FORMAT_JSON ? 1 : 0;
  roomAround = around + 256;
}
/** Text before each row; the caller fills it. */
export function setRowStart(length: u32): usize {
  rowStartLength = length;
  return (rowStart = heap.alloc(length + 64));
}
/** Text after each row; the caller fills it. */
export function setRowEnd(length: u32): usize {
  rowEndLength = length;
  return (rowEnd = heap.alloc(length + 64));
}

/** The text becomes deflate streams; after `setColumns`. What is left of a text is searched for repetitions when it has so many bytes, at least 4. */
export function setPacked(shortestSearched: u32): void {
  packs = true;
  setUpMatches(columnCount, shortestSearched);
}

/** A new deflate stream begins; all of the last one has been taken. */
export function beginPacked(): void {
  state.setAt(layout.page);
  state.setTakenTo(layout.page);
  beginMatches();
  beginStream();
}

/** All text becomes bytes of the stream, and the stream ends. */
export function endPacked(): void {
  tokenizeRaw(state.at);
  endStream();
}

export function tagsAddress(): usize {
  return layout.tags;
}
export function unitsAddress(): usize {
  return layout.units;
}
export function valuesAddress(): usize {
  return layout.values;
}
/** Text that waits to be taken: from here … */
export function textStart(): usize {
  return state.takenTo;
}
/** … to here. */
export function textEnd(): usize {
  return state.at;
}
/** The cell of the run that comes next. */
export function cursor(): u32 {
  return state.cell;
}

export function begin(cells: u32): void {
  state.begin(cells);
}

/** Writes on; returns why it stopped (layout.ts). */
export function run(): u32 {
  const pageEnd = layout.page + layout.PAGE_BYTES;
  while (state.cell < state.cells) {
    const tag = load<u32>(layout.tags + (<usize>state.cell << 2));
    const worst = textLength(tag) * layout.BYTES_PER_UNIT + roomAround;
    if (state.at + worst > pageEnd || (packs && !hasPackedRoom())) return layout.STOPPED_FULL;
    const start = state.column === 0 ? startRow(state.at) : state.at;
    const column = columnAt(state.column);
    const to = putCell(column, tag, start);
    if (to === 0) return layout.STOPPED_ODD;
    if (packs) {
      if (format !== layout.FORMAT_SHEET) tokenizeCell(state.column, start, min(start + pieceLength(column, 0) + valueOffset, to), to);
      else if (cellOpen !== 0) tokenizeCell(state.column, cellOpen, cellValue, cellEnd);
      else if (to - tokenizedTo > LONGEST_GAP) tokenizeRaw(to);
    }
    endCell(to);
  }
  return layout.STOPPED_DONE;
}

@inline
function startRow(to: usize): usize {
  if (format === layout.FORMAT_SHEET) return putRowStart(to);
  if (!started) {
    started = true;
    return to;
  }
  return putBytes(rowStart, rowStartLength, to);
}

@inline
function putCell(column: usize, tag: u32, to: usize): usize {
  if (format === layout.FORMAT_SHEET) return putSheetCell(column, tag, to);
  return format === layout.FORMAT_DELIMITED ? putDelimitedCell(column, tag, to) : putJsonCell(column, tag, to);
}

/** After the caller has written the cell at the cursor, with what stands before it in its row. */
export function skip(): void {
  const length = textLength(load<u32>(layout.tags + (<usize>state.cell << 2)));
  state.setUnitsAt(state.unitsAt + (<usize>length << 1));
  endCell(state.at);
}

/** Room for so many bytes of text, at most RAW_BYTES, which the caller fills before `rawFilled`; 0 when the page must be taken first. */
export function raw(length: u32): usize {
  const from = state.at;
  if (from + length + roomAround > layout.page + layout.PAGE_BYTES || (packs && !hasPackedRoom())) return 0;
  state.setAt(from + length);
  return from;
}
export function rawFilled(): void {
  if (packs) tokenizeRaw(state.at);
}

/** The text up to `textEnd` has been taken, and what has been packed. */
export function taken(): void {
  if (!packs) state.setAt(layout.page);
  else if (state.at > layout.page + layout.PAGE_BYTES / 4) keepHistory();
  state.setTakenTo(state.at);
}

/** Makes room on the page, but for what matches may refer to. */
function keepHistory(): void {
  const gone = state.at - layout.page - layout.HISTORY - (state.at - tokenizedTo);
  memory.copy(layout.page, layout.page + gone, state.at - layout.page - gone);
  state.setAt(state.at - gone);
  movedBy(gone);
}

@inline
function endCell(to: usize): void {
  if (state.column + 1 === columnCount) to = putBytes(rowEnd, rowEndLength, to);
  state.setAt(to);
  state.nextCell(columnCount);
}

@inline
function textLength(tag: u32): u32 {
  return tag < layout.TAG_TIME ? tag & (layout.TAG_PLAIN - 1) : 0;
}
