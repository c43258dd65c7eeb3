/**
 * Text on the page to tokens. What stands around a cell's value is the same in every row, so nothing is searched for: a column remembers where its markup
 * stood last, and where a value with the same beginning stood; the rest of a long text is looked up by four bytes at a time, one place each.
 *
 * Every match is compared byte by byte before it counts, so whatever the memory holds, it can only make a file larger, never wrong.
 */
import { addLiterals, addMatch, endsInMatch, lengthenMatch } from './deflate';
import { HISTORY, page } from './layout';

/** Places of texts, by a hash of four bytes. */
const TEXT_SLOTS: u32 = 4096;
const textPlaces: usize = heap.alloc(TEXT_SLOTS * 4);
/** A record a column: where its gap stood, where its value stood; then slots by the first four bytes of values. */
const SLOTS_AT: usize = 8;
/** Of all columns together. */
const SLOTS: u32 = 65_536;

let records: usize = 0;
let recordBytes: usize = 0;
let slotShift: u32 = 24;
let allBytes: usize = 0;
/** Of the page's first byte, modulo 2^32. */
let pagePosition: u32 = 0;
/** The last match: where it ends, how long it is and how far it goes back. */
let matchEnd: usize = 0;
let lastLength: u32 = 0;
let lastDistance: u32 = 0;
/** Text before it has become tokens. */
export let tokenizedTo: usize = page;

/** Bytes of a rest that is looked up. */
let shortestRest: u32 = 12;

export function setUpMatches(columns: u32, shortest: u32): void {
  shortestRest = shortest;
  let slotBits: u32 = 8;
  while (slotBits > 0 && columns << slotBits > SLOTS) slotBits -= 1;
  slotShift = 32 - slotBits;
  recordBytes = SLOTS_AT + (4 << slotBits);
  allBytes = recordBytes * <usize>columns;
  records = heap.alloc(allBytes);
}

/** Nothing that was before may be referred to. */
export function beginMatches(): void {
  memory.fill(records, 0xff, allBytes);
  memory.fill(textPlaces, 0xff, TEXT_SLOTS * 4);
  pagePosition = 0;
  tokenizedTo = page;
  matchEnd = 0;
}

/** The page's text has moved so many bytes towards its beginning. */
export function movedBy(bytes: usize): void {
  pagePosition += <u32>bytes;
  tokenizedTo -= bytes;
  matchEnd -= bytes;
}

@inline
function positionOf(address: usize): u32 {
  return pagePosition + <u32>(address - page);
}

/** How many bytes at `from` (at most `most`) also stand at `place`; 0 when that is out of reach. */
@inline
function matchLength(from: usize, most: u32, place: u32): u32 {
  const distance = positionOf(from) - place;
  if (distance - 1 >= HISTORY || <usize>distance > from - page) return 0;
  const before = from - distance;
  let length: u32 = 0;
  while (length < most) {
    const same = <u32>i8x16.bitmask(i8x16.eq(v128.load(from + length), v128.load(before + length)));
    if (same !== 0xffff) {
      length += ctz(~same);
      break;
    }
    length += 16;
  }
  return min(length, most);
}

/** A match of the text from `from` on with `place`, when it is worth its bits; returns where it ends. */
@inline
function tryMatch(from: usize, end: usize, place: u32): usize {
  const length = matchLength(from, min(<u32>(end - from), 258), place);
  if (length < 4) return from;
  putMatch(length, positionOf(from) - place, from + length);
  return from + length;
}

@inline
function putMatch(length: u32, distance: u32, end: usize): void {
  addMatch(length, distance);
  lastLength = length;
  lastDistance = distance;
  matchEnd = end;
}

/** Lets the match that ends at `from` go on as far as it can, at no cost; returns where it ends. */
@inline
function goOn(from: usize, end: usize): usize {
  if (from !== matchEnd || lastLength === 258 || !endsInMatch()) return from;
  const more = matchLength(from, min(<u32>(end - from), 258 - lastLength), positionOf(from) - lastDistance);
  if (more === 0) return from;
  lengthenMatch(lastLength, lastLength + more);
  lastLength += more;
  matchEnd = from + more;
  return from + more;
}

/**
 * A cell: the gap since the last value, its own markup from `open` on, its value from `value` to `end`. Markup that ends the cell may stand behind it, and
 * belongs to the next gap.
 */
export function tokenizeCell(column: u32, open: usize, value: usize, end: usize): void {
  const record = records + <usize>column * recordBytes;
  let from = tokenizedTo;
  tokenizedTo = end;
  const gap = load<u32>(record);
  store<u32>(record, positionOf(from));
  const length = <u32>(end - value);
  const first = length >= 4 ? load<u32>(value) : load<u32>(value) & ((1 << (length << 3)) - 1);
  const slot = record + SLOTS_AT + (slotShift === 32 ? 0 : ((first * 0x9e37_79b1) >> slotShift) << 2);
  const alike = load<u32>(slot);
  const last = load<u32>(record, 4);
  const position = positionOf(open);
  store<u32>(slot, position);
  store<u32>(record, position, 4);
  const start = from;
  from = goOn(from, end);
  if (from < open) {
    from = tryMatch(from, end, gap + <u32>(from - start));
    if (from < open) {
      addLiterals(from, open);
      from = open;
    }
  }
  const skipped = <u32>(from - open);
  let after = tryMatch(from, end, alike + skipped);
  if (after === from && last !== alike) after = tryMatch(from, end, last + skipped);
  tokenizeRest(after, end);
}

/** All text up to `end`, which is nobody's cell. */
export function tokenizeRaw(end: usize): void {
  const from = tokenizedTo;
  tokenizedTo = end;
  tokenizeRest(from, end);
}

/** Short rests are literals, long ones are looked up. */
function tokenizeRest(from: usize, end: usize): void {
  let literals = from;
  while (from + shortestRest <= end) {
    const slot = textPlaces + (((load<u32>(from) * 0x9e37_79b1) >> 20) << 2);
    const place = load<u32>(slot);
    store<u32>(slot, positionOf(from));
    const length = matchLength(from, min(<u32>(end - from), 258), place);
    if (length < 5) {
      from += 1;
      continue;
    }
    addLiterals(literals, from);
    putMatch(length, positionOf(from) - place, from + length);
    from += length;
    literals = from;
  }
  addLiterals(literals, end);
}
