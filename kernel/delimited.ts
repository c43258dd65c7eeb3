/** Cells of a CSV file, byte for byte as src/runner/formats/csv.ts writes them; its comments tell why. */
import { kindOf, pieceAt, pieceLength, putPiece } from './columns';
import * as layout from './layout';
import { putCents, putDate, putDecimal, putInteger, putTime } from './numbers';
import { setUnitsAt, takeInstant, takeNumber, unitsAt } from './state';
import { putField, putQuotedField, putRaw } from './text';

/** Pieces of a column. */
const BEFORE: u32 = 0;
const NULL_FIELD: u32 = 1;

const QUOTE: u8 = 0x22;
const APOSTROPHE: u8 = 0x27;

let delimiter: u32 = 0x2c;
let quoteAll: bool = false;
let guarded: bool = true;

export function setDelimited(delimiterUnit: u32, quotesAll: bool, guardsFormulas: bool): void {
  delimiter = delimiterUnit;
  quoteAll = quotesAll;
  guarded = guardsFormulas;
}

/** Returns where the cell ends, or 0 when it is odd; then nothing has been consumed. */
export function putDelimitedCell(column: usize, tag: u32, to: usize): usize {
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
      return putPiece(column, NULL_FIELD, to);
    case layout.TAG_INTEGER:
      return plainField(column, to, putInteger(takeNumber(), to));
    case layout.TAG_CENTS:
      return plainField(column, to, putCents(takeNumber(), to));
    case layout.TAG_TRUE:
      store<u32>(to, 0x6575_7274);
      return plainField(column, to, to + 4);
    case layout.TAG_FALSE:
      store<u64>(to, 0x65_736c_6166);
      return plainField(column, to, to + 5);
    case layout.TAG_ODD:
      return 0;
    default:
      if (tag >= layout.TAG_TIME) return plainField(column, to, putTime(takeInstant(), tag - layout.TAG_TIME, to));
      const from = unitsAt;
      const end = from + (<usize>(tag - layout.TAG_PLAIN) << 1);
      setUnitsAt(end);
      return plainField(column, to, putRaw(from, end, to));
  }
}

function putTextOfKind(column: usize, from: usize, end: usize, to: usize): usize {
  switch (kindOf(column)) {
    case layout.KIND_DECIMAL: {
      const after = putDecimal(from, end, to);
      return after === 0 ? 0 : plainField(column, to, after);
    }
    case layout.KIND_DATE: {
      const after = putDate(from, end, to);
      return after === 0 ? 0 : plainField(column, to, after);
    }
    default:
      return putTextField(column, from, end, to);
  }
}

function putTextField(column: usize, from: usize, end: usize, to: usize): usize {
  const start = to;
  const firstUnit = from < end ? <u32>load<u16>(from) : 0x61;
  const disarmed = guarded && startsFormula(firstUnit);
  if (disarmed) {
    store<u8>(to, APOSTROPHE);
    to += 1;
  }
  if (!quoteAll && (firstUnit !== 0xfeff || disarmed)) {
    const after = putField(from, end, to, delimiter);
    if (after !== 0 && !isNullField(column, start, after)) return after;
  }
  store<u8>(start, QUOTE);
  to = start + 1;
  if (disarmed) {
    store<u8>(to, APOSTROPHE);
    to += 1;
  }
  to = putQuotedField(from, end, to);
  store<u8>(to, QUOTE);
  return to + 1;
}

/** `= + - @ TAB LF CR` and the full-width forms of the first four. */
@inline
function startsFormula(unit: u32): bool {
  if (unit >= 0x41 && unit < 0xff0b) return false;
  if (unit === 0x3d || unit === 0x2d || unit === 0x2b || unit === 0x40 || unit === 0x09 || unit === 0x0a || unit === 0x0d) return true;
  return unit === 0xff1d || unit === 0xff0b || unit === 0xff0d || unit === 0xff20;
}

/** Text of our own making from `start` to `end`: in quotes when all fields are, or when it would pass for the null field. */
@inline
function plainField(column: usize, start: usize, end: usize): usize {
  return quoteAll || isNullField(column, start, end) ? inQuotes(start, end) : end;
}

function inQuotes(start: usize, end: usize): usize {
  memory.copy(start + 1, start, end - start);
  store<u8>(start, QUOTE);
  store<u8>(end, QUOTE, 1);
  return end + 2;
}

@inline
function isNullField(column: usize, start: usize, end: usize): bool {
  return <u32>(end - start) === pieceLength(column, NULL_FIELD) && memory.compare(start, pieceAt(column, NULL_FIELD), end - start) === 0;
}
