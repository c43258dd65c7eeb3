/** Where the kernel stands: in the run of cells, in the row, and on the page. */
import * as layout from './layout';

/** Cells of the run, and the one that comes next. */
export let cells: u32 = 0;
export let cell: u32 = 0;
/** The next text and the next value. */
export let unitsAt: usize = layout.units;
export let valuesAt: usize = layout.values;
/** The column of the next cell. */
export let column: u32 = 0;

/** Where the next byte of text goes; text from `takenTo` on is the caller's to take. */
export let at: usize = layout.page;
export let takenTo: usize = layout.page;

export function setAt(to: usize): void {
  at = to;
}
export function setTakenTo(to: usize): void {
  takenTo = to;
}
export function setUnitsAt(to: usize): void {
  unitsAt = to;
}

/** A new run of cells; it goes on in the column where the last one ended. */
export function begin(count: u32): void {
  cells = count;
  cell = 0;
  unitsAt = layout.units;
  valuesAt = layout.values;
}

@inline
export function nextCell(columnCount: u32): void {
  cell += 1;
  column += 1;
  if (column === columnCount) column = 0;
}

@inline
export function takeNumber(): f64 {
  const value = load<f64>(valuesAt);
  valuesAt += 8;
  return value;
}
@inline
export function takeInstant(): i64 {
  const value = load<i64>(valuesAt);
  valuesAt += 8;
  return value;
}
