/**
 * The kernel: cells in, bytes of a file out, without an object or an allocation on the way.
 *
 * `run` writes cell after cell until the run ends, the page is full, or a cell is the caller's to write; the caller then takes the text, or writes the cell with
 * `raw` and goes on with `skip`. A row may be wider than any buffer: nothing here counts in rows. What the caller cannot prove to be simple it never sends, and what is
 * not of its column's shape the kernel does not write: the reference encoders say what becomes of it. docs/rendering.md has the whole picture.
 */
import { columnAt, columnCount, putBytes } from './columns';
import { putDelimitedCell } from './delimited';
import { putJsonCell } from './json';
import * as layout from './layout';
import * as state from './state';

export { setColumn, setColumns, setPiece, setSpan } from './columns';
export { setDelimited } from './delimited';

let format: u32 = layout.FORMAT_DELIMITED;
/** Bytes that any cell may need beside its text. */
let roomAround: u32 = 0;
let rowStart: usize = 0;
let rowStartLength: u32 = 0;
let rowEnd: usize = 0;
let rowEndLength: u32 = 0;
/** Nothing stands before the first row but what the caller has written. */
let started: bool = false;

export function setFormat(wanted: u32, around: u32): void {
  format = wanted;
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
    if (state.at + worst > pageEnd) return layout.STOPPED_FULL;
    let to = state.at;
    if (state.column === 0) {
      if (started) to = putBytes(rowStart, rowStartLength, to);
      started = true;
    }
    const column = columnAt(state.column);
    to = format === layout.FORMAT_DELIMITED ? putDelimitedCell(column, tag, to) : putJsonCell(column, tag, to);
    if (to === 0) return layout.STOPPED_ODD;
    endCell(to);
  }
  return layout.STOPPED_DONE;
}

/** After the caller has written the cell at the cursor, with what stands before it in its row. */
export function skip(): void {
  const length = textLength(load<u32>(layout.tags + (<usize>state.cell << 2)));
  state.setUnitsAt(state.unitsAt + (<usize>length << 1));
  endCell(state.at);
}

/** Room for so many bytes of text, at most RAW_BYTES, which the caller fills; the page must have been taken. */
export function raw(length: u32): usize {
  const from = state.at;
  state.setAt(from + length);
  return from;
}

/** The text up to `textEnd` has been taken. */
export function taken(): void {
  state.setAt(layout.page);
  state.setTakenTo(layout.page);
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
