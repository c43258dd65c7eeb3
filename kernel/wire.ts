/**
 * Rows of PostgreSQL's protocol, values as text, to a run of cells as the caller would make it (layout.ts): so their values never become objects of JavaScript.
 *
 * Only what has its column's usual shape goes this way; anything else is tagged odd and read by the caller, who knows all shapes and the words for what is none.
 * Text must be valid UTF-8, whoever sent it. A message: `D`, its length without the `D` as u32, the number of its fields as u16, and for each its length (-1 for null)
 * and its bytes, all big-endian.
 */
import { spanAt, spanHolds, spanHoldsLocal, spansKnown } from './columns';
import * as layout from './layout';
import { dayNumber, daysOf } from './numbers';

/** Decimals of so many digits are doubles that no shorter text has. */
const SAFE_DIGITS: u32 = 15;
/** No double needs more. */
const MOST_DIGITS: u32 = 17;
const NONE: u32 = 0xffff_ffff;
const MINUS: u32 = 0x2d;
const ZERO: u32 = 0x30;
const POINT: u32 = 0x2e;
const COLON: u32 = 0x3a;

/** Of each column: the number of its field, and from bit 16 on how it is read. */
const readings: usize = heap.alloc(layout.WIRE_COLUMNS * 4);
/** Of each field of the row: where it begins, and its length. */
const fields: usize = heap.alloc(layout.WIRE_COLUMNS * 8);
/** Numbers of the run that the caller must look at: the cell, and where its text begins, in units. */
const doubts: usize = heap.alloc(layout.CELLS * 8);
let doubtCount: u32 = 0;
let cellsRead: u32 = 0;
let width: u32 = 0;
let longestText: u32 = 0;
let longestDecimal: u32 = 0;
let takesBigints: bool = false;

/** Where the next text and the next value go. */
let unitsTo: usize = layout.units;
let valuesTo: usize = layout.values;
/** Bytes of the input whose rows have been read. */
let readTo: u32 = 0;
let lastSpan: u32 = 0;

/** At most WIRE_COLUMNS. The limits are those of the caller. */
export function setReadings(columns: u32, textLimit: u32, decimalLimit: u32, bigints: bool): void {
  width = columns;
  longestText = textLimit;
  longestDecimal = decimalLimit;
  takesBigints = bigints;
}
export function setReading(column: u32, field: u32, reading: u32): void {
  store<u32>(readings + (column << 2), field | (reading << 16));
}

export function inputAddress(): usize {
  return layout.input;
}
export function inputRead(): u32 {
  return readTo;
}

export function doubtsAddress(): usize {
  return doubts;
}
export function doubtsOfRun(): u32 {
  return doubtCount;
}

/** Reads whole rows until the input ends, the run is full, or a row is not what it should be; returns the cells of the run. */
export function readRows(length: u32): u32 {
  let at = layout.input;
  const end = at + length;
  cellsRead = 0;
  doubtCount = 0;
  unitsTo = layout.units;
  valuesTo = layout.values;
  while (at + 7 <= end && cellsRead + width <= layout.CELLS) {
    const messageBytes = <usize>bswap(load<u32>(at, 1)) + 1;
    // No byte becomes more than one unit.
    if (messageBytes > end - at || messageBytes > layout.UNITS - ((unitsTo - layout.units) >> 1)) break;
    if (!findFields(at + 5, at + messageBytes)) break;
    for (let column: u32 = 0; column < width; column += 1) {
      const reading = load<u32>(readings + (column << 2));
      const field = fields + ((reading & 0xffff) << 3);
      const tag = readField(reading >> 16, <usize>load<u32>(field), load<u32>(field, 4));
      store<u32>(layout.tags + (<usize>cellsRead << 2), tag);
      cellsRead += 1;
    }
    at += messageBytes;
  }
  readTo = <u32>(at - layout.input);
  return cellsRead;
}

/** Whether the message has as many fields as there are columns, and they fill it. */
function findFields(at: usize, end: usize): bool {
  if (<u32>bswap(load<u16>(at)) !== width) return false;
  at += 2;
  for (let field: u32 = 0; field < width; field += 1) {
    if (at + 4 > end) return false;
    const length = bswap(load<u32>(at));
    at += 4;
    store<u32>(fields + (field << 3), <u32>at);
    store<u32>(fields + (field << 3), length, 4);
    if (length === NONE) continue;
    if (length > end - at) return false;
    at += length;
  }
  return at === end;
}

/** Returns the tag of the cell; its text or value has been put. */
function readField(reading: u32, from: usize, length: u32): u32 {
  if (length === NONE) return layout.TAG_NULL;
  const end = from + length;
  switch (reading) {
    case layout.READ_TEXT:
      return putText(from, end, longestText);
    case layout.READ_INTEGER:
      return readInteger(from, end);
    case layout.READ_DECIMAL:
      return isCanonicalDecimal(from, end) ? putText(from, end, longestDecimal) : layout.TAG_ODD;
    case layout.READ_NUMBER:
      return readNumber(from, end);
    case layout.READ_BOOLEAN:
      if (length !== 1) return layout.TAG_ODD;
      return load<u8>(from) === 0x74 ? layout.TAG_TRUE : load<u8>(from) === 0x66 ? layout.TAG_FALSE : layout.TAG_ODD;
    case layout.READ_DATE:
      return readDate(from, end);
    case layout.READ_TIME:
      return readTime(from, end);
    default:
      return layout.TAG_ODD;
  }
}

function putText(from: usize, end: usize, limit: u32): u32 {
  const to = putUnits(from, end, unitsTo);
  const length = <u32>((to - unitsTo) >> 1);
  if (to === 0 || length > limit) return layout.TAG_ODD;
  unitsTo = to;
  return length;
}

/** UTF-8 to UTF-16; returns where it ends, or 0 when it is no UTF-8. Reads up to 15 bytes more, and writes up to 32. */
function putUnits(from: usize, end: usize, to: usize): usize {
  while (from < end) {
    const bytes = v128.load(from);
    v128.store(to, i16x8.extend_low_i8x16_u(bytes));
    v128.store(to, i16x8.extend_high_i8x16_u(bytes), 16);
    const ascii = min(<usize>ctz(<u32>i8x16.bitmask(bytes) | 0x1_0000), end - from);
    from += ascii;
    to += ascii << 1;
    if (from === end || ascii === 16) continue;
    const length = wideLength(from, end);
    if (length === 0) return 0;
    to = putWideUnits(from, length, to);
    from += length;
  }
  return to;
}

/** Bytes of the character at `from`, which is not ASCII; 0 when it is no UTF-8 (RFC 3629). */
function wideLength(from: usize, end: usize): u32 {
  const first = <u32>load<u8>(from);
  const length: u32 = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || from + length > end) return 0;
  const second = <u32>load<u8>(from, 1);
  const least: u32 = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most: u32 = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let at: u32 = 2; at < length; at += 1) if ((<u32>load<u8>(from + at) & 0xc0) !== 0x80) return 0;
  return length;
}

function putWideUnits(from: usize, length: u32, to: usize): usize {
  let code = <u32>load<u8>(from) & (0xff >> (length + 1));
  for (let at: u32 = 1; at < length; at += 1) code = (code << 6) | (<u32>load<u8>(from + at) & 0x3f);
  if (code < 0x1_0000) {
    store<u16>(to, code);
    return to + 2;
  }
  store<u16>(to, 0xd7c0 + (code >> 10));
  store<u16>(to, 0xdc00 + (code & 0x3ff), 2);
  return to + 4;
}

@inline
function isDigit(byte: u32): bool {
  return byte - ZERO < 10;
}

/** Where digits end. */
@inline
function afterDigits(from: usize, end: usize): usize {
  while (from < end && isDigit(<u32>load<u8>(from))) from += 1;
  return from;
}

/** `-?digits` without zeros in front. */
function readInteger(from: usize, end: usize): u32 {
  const negative = from < end && <u32>load<u8>(from) === MINUS;
  const start = negative ? from + 1 : from;
  const digits = <u32>(end - start);
  if (start >= end || afterDigits(start, end) !== end) return layout.TAG_ODD;
  if (<u32>load<u8>(start) === ZERO && (negative || digits > 1)) return layout.TAG_ODD;
  if (digits > SAFE_DIGITS) return takesBigints && <u32>(end - from) <= longestText ? layout.TAG_PLAIN + putText(from, end, longestText) : layout.TAG_ODD;
  let value: i64 = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + <i64>(<u32>load<u8>(at) - ZERO);
  store<f64>(valuesTo, <f64>(negative ? -value : value));
  valuesTo += 8;
  return layout.TAG_INTEGER;
}

/** `-?digits[.digits]` without zeros in front and without a sign of zero; its digits are looked at when it is written. */
function isCanonicalDecimal(from: usize, end: usize): bool {
  if (<u32>(end - from) > longestDecimal) return false;
  const negative = from < end && <u32>load<u8>(from) === MINUS;
  const start = negative ? from + 1 : from;
  if (start >= end || !isDigit(<u32>load<u8>(start))) return false;
  if (<u32>load<u8>(start) !== ZERO) return true;
  if (start + 1 < end && <u32>load<u8>(start, 1) !== POINT) return false;
  if (!negative) return true;
  for (let at = start + 1; at < end; at += 1) if (<u32>load<u8>(at) - 0x31 < 9) return true;
  return false;
}

/** A number as JavaScript writes it; of one with more digits than all doubles have, only the caller can tell. */
function readNumber(from: usize, end: usize): u32 {
  const digits = numberDigits(from, end);
  if (digits === 0 || digits > MOST_DIGITS) return layout.TAG_ODD;
  if (digits > SAFE_DIGITS) {
    store<u32>(doubts + (doubtCount << 3), cellsRead);
    store<u32>(doubts + (doubtCount << 3), <u32>((unitsTo - layout.units) >> 1), 4);
    doubtCount += 1;
  }
  return layout.TAG_PLAIN + putText(from, end, longestText);
}

/** Significant digits of `-?digits[.digits]` without zeros too many and not so small that JavaScript writes an exponent; 0 when it is none. */
function numberDigits(from: usize, end: usize): u32 {
  const negative = from < end && <u32>load<u8>(from) === MINUS;
  if (negative) from += 1;
  if (from >= end) return 0;
  const hasWhole = <u32>load<u8>(from) !== ZERO;
  const wholeEnd = hasWhole ? afterDigits(from, end) : from + 1;
  const wholeDigits = hasWhole ? <u32>(wholeEnd - from) : 0;
  if (wholeEnd === end) return hasWhole ? wholeDigits : negative ? 0 : 1;
  if (wholeEnd === from || <u32>load<u8>(wholeEnd) !== POINT) return 0;
  let significant = wholeEnd + 1;
  if (!hasWhole) while (significant < end && <u32>load<u8>(significant) === ZERO) significant += 1;
  // JavaScript writes 0.000001, but 1e-7.
  if (!hasWhole && significant - wholeEnd > 6) return 0;
  if (significant === end || afterDigits(significant, end) !== end || <u32>load<u8>(end - 1) === ZERO) return 0;
  return wholeDigits + <u32>(end - significant);
}

/** `YYYY-MM-DD`, a day of the calendar. */
function readDate(from: usize, end: usize): u32 {
  if (end - from !== 10) return layout.TAG_ODD;
  const to = putUnits(from, end, unitsTo);
  if (to !== unitsTo + 20 || daysOf(unitsTo, to) === i32.MIN_VALUE) return layout.TAG_ODD;
  unitsTo = to;
  return 10;
}

/** Two digits; more than 99 when they are none. */
@inline
function two(at: usize): u32 {
  const tens = <u32>load<u8>(at) - ZERO;
  const ones = <u32>load<u8>(at, 1) - ZERO;
  return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

/** `YYYY-MM-DD hh:mm:ss[.f…][+hh[:mm[:ss]]]` in a span that is known. */
function readTime(from: usize, end: usize): u32 {
  if (end - from < 19) return layout.TAG_ODD;
  const marks = load<u8>(from, 4) === 0x2d && load<u8>(from, 7) === 0x2d && load<u8>(from, 10) === 0x20;
  if (!marks || <u32>load<u8>(from, 13) !== COLON || <u32>load<u8>(from, 16) !== COLON) return layout.TAG_ODD;
  const century = two(from);
  const year = two(from + 2);
  const month = two(from + 5);
  const dayOfMonth = two(from + 8);
  const hour = two(from + 11);
  const minute = two(from + 14);
  const second = two(from + 17);
  if (century > 99 || year > 99 || hour > 23 || minute > 59 || second > 59) return layout.TAG_ODD;
  const day = dayNumber(century * 100 + year, month, dayOfMonth);
  if (day === i32.MIN_VALUE) return layout.TAG_ODD;
  const local = <i64>day * 86_400 + <i64>(hour * 3600 + minute * 60 + second);

  let at = from + 19;
  let nanoseconds: i64 = 0;
  if (at < end && <u32>load<u8>(at) === POINT) {
    const start = at + 1;
    at = afterDigits(start, end);
    const digits = <u32>(at - start);
    if (digits === 0 || digits > 9) return layout.TAG_ODD;
    for (let digit = start; digit < at; digit += 1) nanoseconds = nanoseconds * 10 + <i64>(<u32>load<u8>(digit) - ZERO);
    for (let digit = digits; digit < 9; digit += 1) nanoseconds *= 10;
  }
  const zoned = at < end;
  const offset = zoned ? readOffset(at, end) : 0;
  if (offset === i32.MIN_VALUE) return layout.TAG_ODD;
  const span = zoned ? spanOf(local - <i64>offset) : spanOfLocal(local);
  if (span === NONE) return layout.TAG_ODD;
  lastSpan = span;
  const seconds = zoned ? local - <i64>offset : local - load<i64>(spanAt(span));
  store<i64>(valuesTo, seconds * 1_000_000_000 + nanoseconds);
  valuesTo += 8;
  return layout.TAG_TIME + span;
}

/** `+hh`, `-hh:mm` or `+hh:mm:ss` in seconds; i32.MIN_VALUE when it is none. */
function readOffset(at: usize, end: usize): i32 {
  const sign = <u32>load<u8>(at);
  const length = end - at;
  if ((sign !== 0x2b && sign !== MINUS) || (length !== 3 && length !== 6 && length !== 9)) return i32.MIN_VALUE;
  let seconds: u32 = 0;
  let unit: u32 = 3600;
  for (let part: usize = 0; part < length; part += 3) {
    const value = two(at + part + 1);
    if (value > (part === 0 ? 23 : 59) || (part > 0 && <u32>load<u8>(at + part) !== COLON)) return i32.MIN_VALUE;
    seconds += value * unit;
    unit /= 60;
  }
  return sign === MINUS ? -(<i32>seconds) : <i32>seconds;
}

function spanOf(second: i64): u32 {
  if (spanHolds(lastSpan, second)) return lastSpan;
  for (let span: u32 = 0; span < spansKnown; span += 1) if (spanHolds(span, second)) return span;
  return NONE;
}

/** By the wall clock, where that is beyond doubt. */
function spanOfLocal(local: i64): u32 {
  if (spanHoldsLocal(lastSpan, local)) return lastSpan;
  for (let span: u32 = 0; span < spansKnown; span += 1) if (spanHoldsLocal(span, local)) return span;
  return NONE;
}
