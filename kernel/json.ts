/** Values of a JSON file, byte for byte as src/runner/formats/json-values.ts writes them. */
import { flagsOf, kindOf, putPiece } from './columns';
import * as layout from './layout';
import { putCents, putDate, putDecimal, putInteger, putTime } from './numbers';
import { setUnitsAt, takeInstant, takeNumber, unitsAt } from './state';
import { putJsonString, putRaw } from './text';

/** The piece before a value: `,"name":`. */
const BEFORE: u32 = 0;
/** Flag: numbers of this column are strings. */
const IN_QUOTES: u32 = 1;

const QUOTE: u8 = 0x22;

/** Returns where the cell ends, or 0 when it is odd; then nothing has been consumed. */
export function putJsonCell(column: usize, tag: u32, to: usize): usize {
  to = putPiece(column, BEFORE, to);
  if (tag <= layout.LONGEST_TEXT) {
    const from = unitsAt;
    const end = from + (<usize>tag << 1);
    const after = putTextOfKind(column, from, end, to);
    if (after !== 0) setUnitsAt(end);
    return after;
  }
  switch (tag) {
    case layout.TAG_NULL:
      store<u32>(to, 0x6c6c_756e);
      return to + 4;
    case layout.TAG_TRUE:
      store<u32>(to, 0x6575_7274);
      return to + 4;
    case layout.TAG_FALSE:
      store<u64>(to, 0x65_736c_6166);
      return to + 5;
    case layout.TAG_ODD:
      return 0;
    default:
      if (tag >= layout.TAG_TIME && tag < layout.TAG_ODD) {
        store<u8>(to, QUOTE);
        return quoteAfter(putTime(takeInstant(), tag - layout.TAG_TIME, to + 1));
      }
      return putNumber(column, tag, to);
  }
}

function putNumber(column: usize, tag: u32, to: usize): usize {
  const quoted = (flagsOf(column) & IN_QUOTES) !== 0;
  if (quoted) {
    store<u8>(to, QUOTE);
    to += 1;
  }
  if (tag === layout.TAG_INTEGER) to = putInteger(takeNumber(), to);
  else if (tag === layout.TAG_CENTS) to = putCents(takeNumber(), to);
  else {
    const from = unitsAt;
    const end = from + (<usize>(tag - layout.TAG_PLAIN) << 1);
    setUnitsAt(end);
    to = putRaw(from, end, to);
  }
  return quoted ? quoteAfter(to) : to;
}

function putTextOfKind(column: usize, from: usize, end: usize, to: usize): usize {
  switch (kindOf(column)) {
    case layout.KIND_TEXT:
      store<u8>(to, QUOTE);
      return quoteAfter(putJsonString(from, end, to + 1));
    case layout.KIND_DATE: {
      store<u8>(to, QUOTE);
      const after = putDate(from, end, to + 1);
      return after === 0 ? 0 : quoteAfter(after);
    }
    case layout.KIND_DECIMAL:
      return (flagsOf(column) & IN_QUOTES) === 0 ? putDecimalNumber(from, end, to) : putDecimalString(from, end, to);
    default:
      return putRaw(from, end, to);
  }
}

function putDecimalString(from: usize, end: usize, to: usize): usize {
  store<u8>(to, QUOTE);
  const after = putDecimal(from, end, to + 1);
  return after === 0 ? 0 : quoteAfter(after);
}

/** A decimal may have leading zeros, a number of JSON may not. */
function putDecimalNumber(from: usize, end: usize, to: usize): usize {
  const after = putDecimal(from, end, to);
  if (after === 0) return 0;
  const digits = load<u8>(to) === 0x2d ? to + 1 : to;
  let first = digits;
  while (load<u8>(first) === 0x30 && first + 1 < after && <u32>load<u8>(first, 1) - 0x30 < 10) first += 1;
  if (first === digits) return after;
  memory.copy(digits, first, after - first);
  return after - (first - digits);
}

@inline
function quoteAfter(to: usize): usize {
  store<u8>(to, QUOTE);
  return to + 1;
}
