/** Rows of a sheet, byte for byte as src/runner/formats/xlsx/cells.ts writes their markup; its comments tell why. */
import { kindOf, putBytes, putPiece, spanAt } from './columns';
import * as layout from './layout';
import { daysOf, floorDivide, putCents, putDecimal, putFraction, putInteger, putUnsigned } from './numbers';
import { setUnitsAt, takeInstant, takeNumber, unitsAt } from './state';
import { putRaw, putXml } from './text';

/** Pieces of a column: `<c r="A`; then, after the row's number, what opens a text, one with white space at its ends, a number, a boolean. */
const REFERENCE: u32 = 0;
const TEXT: u32 = 1;
const SPACED_TEXT: u32 = 2;
const NUMBER: u32 = 3;
const BOOLEAN: u32 = 4;

const SERIAL_OF_1970: i32 = 25_569;
/** 1900-03-01, in days since 1970. */
const FIRST_DAY: i32 = -25_508;

/** Markup that never changes. */
const textEnd: usize = heap.alloc(32);
const valueEnd: usize = heap.alloc(32);
const rowOpen: usize = heap.alloc(16);
putAscii('</t></is></c>', textEnd);
putAscii('</v></c>', valueEnd);
putAscii('<row r="', rowOpen);

function putAscii(text: string, to: usize): void {
  for (let index = 0; index < text.length; index += 1) store<u8>(to + index, text.charCodeAt(index));
}

/** Rows of the sheet so far, header included, and its digits. */
let row: u32 = 0;
const rowDigits: usize = heap.alloc(32);
let rowLength: u32 = 0;

/** Where the last cell's own markup and value began, and where the value ended. */
export let cellOpen: usize = 0;
export let cellValue: usize = 0;
export let cellEnd: usize = 0;

/** The sheet has so many rows, written by the caller. */
export function setSheetRows(rows: u32): void {
  row = rows;
}

/** `<row r="2">` of the next row. */
export function putRowStart(to: usize): usize {
  row += 1;
  rowLength = <u32>(putUnsigned(row, rowDigits) - rowDigits);
  store<u64>(to, load<u64>(rowOpen));
  to = putBytes(rowDigits, rowLength, to + 8);
  store<u16>(to, 0x3e22);
  return to + 2;
}

/** Returns where the cell ends, or 0 when it is odd; then nothing has been consumed. A cell that is null has no text. */
export function putSheetCell(column: usize, tag: u32, to: usize): usize {
  cellOpen = 0;
  if (tag === layout.TAG_NULL) return to;
  if (tag === layout.TAG_ODD) return 0;
  to = putBytes(rowDigits, rowLength, putPiece(column, REFERENCE, to));
  cellOpen = to;
  if (tag <= layout.LONGEST_TEXT) {
    const from = unitsAt;
    const end = from + (<usize>tag << 1);
    const after = putTextOfKind(column, from, end, to);
    if (after !== 0) setUnitsAt(end);
    return after;
  }
  if (tag === layout.TAG_TRUE || tag === layout.TAG_FALSE) {
    to = putPiece(column, BOOLEAN, to);
    cellValue = to;
    store<u8>(to, tag === layout.TAG_TRUE ? 0x31 : 0x30);
    return endValue(to + 1);
  }
  to = putPiece(column, NUMBER, to);
  cellValue = to;
  if (tag === layout.TAG_INTEGER) to = putInteger(takeNumber(), to);
  else if (tag === layout.TAG_CENTS) to = putCents(takeNumber(), to);
  else if (tag >= layout.TAG_TIME) to = putSerial(takeInstant(), tag - layout.TAG_TIME, to);
  else {
    const from = unitsAt;
    const end = from + (<usize>(tag - layout.TAG_PLAIN) << 1);
    setUnitsAt(end);
    to = putRaw(from, end, to);
  }
  return endValue(to);
}

function putTextOfKind(column: usize, from: usize, end: usize, to: usize): usize {
  const kind = kindOf(column);
  if (kind === layout.KIND_TEXT) {
    const spaced = from < end && (load<u16>(from) <= 0x20 || load<u16>(end - 2) <= 0x20);
    to = putPiece(column, spaced ? SPACED_TEXT : TEXT, to);
    cellValue = to;
    to = putXml(from, end, to);
    cellEnd = to;
    v128.store(to, v128.load(textEnd));
    return to + 13;
  }
  to = putPiece(column, NUMBER, to);
  cellValue = to;
  const after = kind === layout.KIND_DATE ? putDateSerial(from, end, to) : putDecimal(from, end, to);
  return after === 0 ? 0 : endValue(after);
}

@inline
function endValue(to: usize): usize {
  cellEnd = to;
  store<u64>(to, load<u64>(valueEnd));
  return to + 8;
}

/** The serial number of a day; 0 when it is none of the calendar, or before 1900-03-01. */
function putDateSerial(from: usize, end: usize, to: usize): usize {
  const day = daysOf(from, end);
  return day < FIRST_DAY ? 0 : putUnsigned(<u64>(day + SERIAL_OF_1970), to);
}

/** Days and their fraction in ten digits, of what the wall clock of a span shows. */
function putSerial(instant: i64, span: u32, to: usize): usize {
  const milliseconds = floorDivide(instant, 1_000_000) + load<i64>(spanAt(span)) * 1000;
  const day = floorDivide(milliseconds, 86_400_000);
  const ofDay = <u64>(milliseconds - day * 86_400_000);
  to = putUnsigned(<u64>(day + SERIAL_OF_1970), to);
  // Ten digits of ofDay / 86,400,000, rounded up.
  const fraction = (ofDay * 3125 + 26) / 27;
  return fraction === 0 ? to : putFraction(fraction, 10, to);
}
