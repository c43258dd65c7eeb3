/** The columns of a file, and the spans of the zone's offsets, as the caller declares them once. */

/** Bytes of a column's record: kind u32, flags u32, and for each piece its address and length. */
const RECORD: usize = 64;
export const PIECES: u32 = 6;
/** A span: its offset in seconds as i64, the length of its text, the text, and from which second to before which it is used (i64). */
const SPAN_RECORD: usize = 40;
const SPAN_FROM: usize = 24;
const SPAN_TO: usize = 32;
export const SPANS: u32 = 1024;

const TWO_DAYS: i64 = 172_800;

export let columnCount: u32 = 0;
let columns: usize = 0;
/** Spans that have bounds. */
export let spansKnown: u32 = 0;
const spans: usize = heap.alloc(<usize>SPANS * SPAN_RECORD);

/** Before anything else, once. */
export function setColumns(count: u32): void {
  columnCount = count;
  columns = heap.alloc(<usize>count * RECORD);
  memory.fill(columns, 0, <usize>count * RECORD);
}

export function setColumn(index: u32, kind: u32, flags: u32): void {
  store<u32>(columnAt(index), kind);
  store<u32>(columnAt(index), flags, 4);
}

/** Room for constant text around a column's values; the caller fills it. */
export function setPiece(index: u32, piece: u32, length: u32): usize {
  const text = heap.alloc(length + 64);
  store<u32>(columnAt(index) + (piece << 3), <u32>text, 8);
  store<u32>(columnAt(index) + (piece << 3), length, 12);
  return text;
}

/** Returns where the caller puts the text of the offset, at most 8 bytes. */
export function setSpan(index: u32, offsetSeconds: i32, textLength: u32): usize {
  const span = spanAt(index);
  store<i64>(span, <i64>offsetSeconds);
  store<u32>(span, textLength, 8);
  return span + 12;
}

/** The span of this number, and all before it, can be looked up by time: seconds since 1970, from the first to before the second. */
export function setSpanBounds(index: u32, from: f64, to: f64): void {
  store<i64>(spanAt(index), <i64>from, SPAN_FROM);
  store<i64>(spanAt(index), <i64>to, SPAN_TO);
  spansKnown = max(spansKnown, index + 1);
}

@inline
export function spanHolds(index: u32, second: i64): bool {
  const span = spanAt(index);
  return index < spansKnown && second >= load<i64>(span, SPAN_FROM) && second < load<i64>(span, SPAN_TO);
}

/** Whether the span's wall clock, and that of no other span, shows the time: the clock of a zone is never set by two days. */
@inline
export function spanHoldsLocal(index: u32, local: i64): bool {
  const span = spanAt(index);
  const second = local - load<i64>(span);
  return index < spansKnown && second >= load<i64>(span, SPAN_FROM) + TWO_DAYS && second < load<i64>(span, SPAN_TO) - TWO_DAYS;
}

@inline
export function columnAt(index: u32): usize {
  return columns + <usize>index * RECORD;
}
@inline
export function kindOf(column: usize): u32 {
  return load<u32>(column);
}
@inline
export function flagsOf(column: usize): u32 {
  return load<u32>(column, 4);
}
@inline
export function pieceAt(column: usize, piece: u32): usize {
  return load<u32>(column + (piece << 3), 8);
}
@inline
export function pieceLength(column: usize, piece: u32): u32 {
  return load<u32>(column + (piece << 3), 12);
}
@inline
export function spanAt(index: u32): usize {
  return spans + <usize>index * SPAN_RECORD;
}

/** Copies a piece and returns where it ends; writes up to 15 bytes more. */
@inline
export function putPiece(column: usize, piece: u32, to: usize): usize {
  return putBytes(pieceAt(column, piece), pieceLength(column, piece), to);
}

/** Copies bytes, 16 at a time, and returns where they end. */
@inline
export function putBytes(from: usize, length: u32, to: usize): usize {
  v128.store(to, v128.load(from));
  for (let done: u32 = 16; done < length; done += 16) v128.store(to + done, v128.load(from + done));
  return to + length;
}
