/**
 * Literals and matches to a deflate stream (RFC 1951): they gather until a block is full, then get codes made from their own counts.
 *
 * A block is kept as the bytes of all its literals, one after the other, and a step for each match: how many literals stand before it, and the match. So literals
 * are copied and counted many at a time. Where blocks end depends on the text and its matches alone, so the bytes do not depend on how rows were batched.
 */
import { makeCodes } from './huffman';

/** Of a block. */
const MATCHES: u32 = 32_768;
const LITERAL_BYTES: u32 = 65_536;
/** Literals before the match, and the match: its length - 3 from bit 16 on, its distance - 1 below. */
const STEP: usize = 8;
/** Bits go here; the caller takes whole bytes. */
const PACKED_BYTES: u32 = 2_097_152;
/** What a block and the tokens of one cell take at worst: 46 bits a match, 14 bits a byte of text. */
export const PACKED_ROOM: u32 = 1_441_792;

const LITERALS: u32 = 286;
const DISTANCES: u32 = 30;
const END: u32 = 256;
/** One less than the format allows: four literals, or a match, and the 7 bits that may wait go into 64 bits together. */
const LONGEST_CODE: u32 = 14;

const steps: usize = heap.alloc(<usize>MATCHES * STEP);
const literals: usize = heap.alloc(LITERAL_BYTES + 64);
const packed: usize = heap.alloc(PACKED_BYTES + 64);
const literalCounts: usize = heap.alloc(LITERALS * 4);
/** Counts of bytes in four tables by turns: the same byte twice in a row does not wait for itself. */
const byteCounts: usize = heap.alloc(4 * 1024);
const distanceCounts: usize = heap.alloc(DISTANCES * 4);
const literalCodes: usize = heap.alloc(LITERALS * 4);
const distanceCodes: usize = heap.alloc(DISTANCES * 4);
const lengthCounts: usize = heap.alloc(19 * 4);
const lengthCodes: usize = heap.alloc(19 * 4);
/** By length - 3: the symbol; and of the block: code with extra bits, with their number from bit 24 on. */
const lengthSymbols: usize = heap.alloc(256);
const lengthBits: usize = heap.alloc(256 * 4);
const lengthBases: usize = heap.alloc(29 * 4);
const lengthExtras: usize = heap.alloc(29);

let matchCount: u32 = 0;
/** Where the next literal goes, and where those after the last match begin. */
let literalsTo: usize = literals;
let runFrom: usize = literals;
let packedTo: usize = packed;
let bits: u64 = 0;
let bitCount: u32 = 0;

setUp();

function setUp(): void {
  let base: u32 = 0;
  for (let symbol: u32 = 0; symbol < 28; symbol += 1) {
    const extra: u32 = symbol < 8 ? 0 : (symbol >> 2) - 1;
    store<u32>(lengthBases + (symbol << 2), base);
    store<u8>(lengthExtras + symbol, extra);
    for (let length = base; length < base + (1 << extra) && length < 255; length += 1) store<u8>(lengthSymbols + length, symbol);
    base += 1 << extra;
  }
  // 258 has a symbol of its own.
  store<u32>(lengthBases + (28 << 2), 255);
  store<u8>(lengthExtras + 28, 0);
  store<u8>(lengthSymbols + 255, 28);
  beginStream();
}

export function beginStream(): void {
  beginBlock();
  packedTo = packed;
  bits = 0;
  bitCount = 0;
}

function beginBlock(): void {
  matchCount = 0;
  literalsTo = literals;
  runFrom = literals;
}

@inline
function increment(counts: usize, symbol: u32): void {
  const at = counts + (symbol << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** The bytes from `from` to `end` as they are; up to 15 bytes behind them may be read. */
export function addLiterals(from: usize, end: usize): void {
  while (from < end) {
    if (literalsTo === literals + LITERAL_BYTES) writeBlock(false);
    const count = min(end - from, literals + LITERAL_BYTES - literalsTo);
    for (let done: usize = 0; done < count; done += 16) v128.store(literalsTo + done, v128.load(from + done));
    literalsTo += count;
    from += count;
  }
}

/** `length` (3 to 258) bytes that stand `distance` (1 to 32,768) bytes before. */
export function addMatch(length: u32, distance: u32): void {
  if (matchCount === MATCHES) writeBlock(false);
  const step = steps + <usize>matchCount * STEP;
  store<u32>(step, <u32>(literalsTo - runFrom));
  store<u32>(step, ((length - 3) << 16) | (distance - 1), 4);
  runFrom = literalsTo;
  matchCount += 1;
}

/** Whether the last match can still be changed: no literal and no block has come after it. */
@inline
export function endsInMatch(): bool {
  return matchCount > 0 && runFrom === literalsTo;
}

/** Makes the last match, of `length` bytes, one of `longer`, at most 258. */
export function lengthenMatch(length: u32, longer: u32): void {
  const at = steps + <usize>(matchCount - 1) * STEP;
  store<u32>(at, load<u32>(at, 4) + ((longer - length) << 16), 4);
}

/** `beyond` = distance - 1. */
@inline
function distanceSymbol(beyond: u32): u32 {
  if (beyond < 4) return beyond;
  const power = 31 - clz(beyond);
  return (power << 1) + ((beyond >> (power - 1)) & 1);
}

/** The last block, and the bits that fill its last byte. */
export function endStream(): void {
  writeBlock(true);
  if (bitCount > 0) {
    store<u64>(packedTo, bits);
    packedTo += (bitCount + 7) >> 3;
    bits = 0;
    bitCount = 0;
  }
}

export function packedStart(): usize {
  return packed;
}
export function packedEnd(): usize {
  return packedTo;
}
/** The whole bytes up to `packedEnd` have been taken. */
export function packedTaken(): void {
  packedTo = packed;
}
@inline
export function hasPackedRoom(): bool {
  return packedTo - packed + PACKED_ROOM < PACKED_BYTES;
}

@inline
function putBits(value: u64, count: u32): void {
  bits |= value << bitCount;
  bitCount += count;
  store<u64>(packedTo, bits);
  const whole = bitCount >> 3;
  packedTo += whole;
  bits >>= whole << 3;
  bitCount &= 7;
}

function writeBlock(last: bool): void {
  countLiterals();
  countMatches();
  increment(literalCounts, END);
  // Codes of two symbols at least: some readers refuse others.
  if (load<u32>(literalCounts) === 0) increment(literalCounts, 0);
  for (let symbol: u32 = 0; symbol < 2; symbol += 1) if (load<u32>(distanceCounts + (symbol << 2)) === 0) increment(distanceCounts, symbol);
  makeCodes(literalCounts, LITERALS, LONGEST_CODE, literalCodes);
  makeCodes(distanceCounts, DISTANCES, LONGEST_CODE, distanceCodes);
  writeHead(last);
  writeSteps();
  putBits(load<u32>(literalCodes + (END << 2)) & 0xffff, load<u32>(literalCodes + (END << 2)) >> 16);
  beginBlock();
}

function countLiterals(): void {
  memory.fill(byteCounts, 0, 4 * 1024);
  let at = literals;
  for (; at + 4 <= literalsTo; at += 4) {
    const four = load<u32>(at);
    increment(byteCounts, four & 0xff);
    increment(byteCounts + 1024, (four >> 8) & 0xff);
    increment(byteCounts + 2048, (four >> 16) & 0xff);
    increment(byteCounts + 3072, four >> 24);
  }
  for (; at < literalsTo; at += 1) increment(byteCounts, <u32>load<u8>(at));
  for (let from: usize = 0; from < 1024; from += 16) {
    const halves = i32x4.add(v128.load(byteCounts + from), v128.load(byteCounts + from, 1024));
    const others = i32x4.add(v128.load(byteCounts + from, 2048), v128.load(byteCounts + from, 3072));
    v128.store(literalCounts + from, i32x4.add(halves, others));
  }
}

function countMatches(): void {
  memory.fill(literalCounts + (256 << 2), 0, (LITERALS - 256) << 2);
  memory.fill(distanceCounts, 0, DISTANCES * 4);
  const end = steps + <usize>matchCount * STEP;
  for (let step = steps; step < end; step += STEP) {
    const match = load<u32>(step, 4);
    increment(literalCounts, 257 + <u32>load<u8>(lengthSymbols + (match >> 16)));
    increment(distanceCounts, distanceSymbol(match & 0xffff));
  }
}

/** The lengths of the codes, as they are: repetitions would save a hundred bytes in a block of many thousand. */
function writeHead(last: bool): void {
  putBits(last ? 1 : 0, 1);
  putBits(2, 2);
  putBits(LITERALS - 257, 5);
  putBits(DISTANCES - 1, 5);
  putBits(19 - 4, 4);
  memory.fill(lengthCounts, 0, 19 * 4);
  // No block has all lengths alike, but two symbols must be there.
  increment(lengthCounts, 0);
  increment(lengthCounts, 1);
  for (let symbol: u32 = 0; symbol < LITERALS; symbol += 1) increment(lengthCounts, load<u32>(literalCodes + (symbol << 2)) >> 16);
  for (let symbol: u32 = 0; symbol < DISTANCES; symbol += 1) increment(lengthCounts, load<u32>(distanceCodes + (symbol << 2)) >> 16);
  makeCodes(lengthCounts, 19, 7, lengthCodes);
  for (let at: u32 = 0; at < 19; at += 1) putBits(load<u32>(lengthCodes + (lengthOrder(at) << 2)) >> 16, 3);
  for (let symbol: u32 = 0; symbol < LITERALS; symbol += 1) putLength(load<u32>(literalCodes + (symbol << 2)) >> 16);
  for (let symbol: u32 = 0; symbol < DISTANCES; symbol += 1) putLength(load<u32>(distanceCodes + (symbol << 2)) >> 16);
}

function putLength(length: u32): void {
  const code = load<u32>(lengthCodes + (length << 2));
  putBits(code & 0xffff, code >> 16);
}

/** 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 */
function lengthOrder(at: u32): u32 {
  if (at < 3) return 16 + at;
  if (at === 3) return 0;
  const step = (at - 3) >> 1;
  return (at & 1) === 0 ? 8 + step : 8 - step;
}

function writeSteps(): void {
  for (let beyond: u32 = 0; beyond < 256; beyond += 1) {
    const symbol = <u32>load<u8>(lengthSymbols + beyond);
    const code = load<u32>(literalCodes + ((257 + symbol) << 2));
    const codeLength = code >> 16;
    const extra = beyond - load<u32>(lengthBases + (symbol << 2));
    const all = codeLength + <u32>load<u8>(lengthExtras + symbol);
    store<u32>(lengthBits + (beyond << 2), (code & 0xffff) | (extra << codeLength) | (all << 24));
  }
  let held = bits;
  let count = bitCount;
  let to = packedTo;
  let from = literals;
  const end = steps + <usize>matchCount * STEP;
  for (let step = steps; ; step += STEP) {
    const runEnd = step === end ? literalsTo : from + load<u32>(step);
    while (from < runEnd) {
      const stop = min(from + 4, runEnd);
      do {
        const code = load<u32>(literalCodes + (<usize>load<u8>(from) << 2));
        held |= <u64>(code & 0xffff) << count;
        count += code >> 16;
        from += 1;
      } while (from < stop);
      store<u64>(to, held);
      to += count >> 3;
      held >>= count & 56;
      count &= 7;
    }
    if (step === end) break;
    const match = load<u32>(step, 4);
    const lengthCode = load<u32>(lengthBits + ((match >> 16) << 2));
    held |= <u64>(lengthCode & 0xff_ffff) << count;
    count += lengthCode >> 24;
    const beyond = match & 0xffff;
    const symbol = distanceSymbol(beyond);
    const code = load<u32>(distanceCodes + (symbol << 2));
    held |= <u64>(code & 0xffff) << count;
    count += code >> 16;
    if (beyond >= 4) {
      const extra = (symbol >> 1) - 1;
      held |= <u64>(beyond & ((1 << extra) - 1)) << count;
      count += extra;
    }
    store<u64>(to, held);
    to += count >> 3;
    held >>= count & 56;
    count &= 7;
  }
  bits = held;
  bitCount = count;
  packedTo = to;
}
