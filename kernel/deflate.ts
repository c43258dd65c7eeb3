/**
 * Tokens to a deflate stream (RFC 1951): literals and matches gather until a block is full, then get codes made from their own counts.
 *
 * Where blocks end depends on the tokens alone, so the bytes do not depend on how rows were batched.
 */
import { makeCodes } from './huffman';

/** Tokens of a block. */
const TOKENS: u32 = 65_536;
/** Bits go here; the caller takes whole bytes. */
const PACKED_BYTES: u32 = 2_097_152;
/** What a block of matches and the tokens of one cell take at worst: 48 bits a match, 16 bits a byte of text. */
export const PACKED_ROOM: u32 = 1_441_792;

const LITERALS: u32 = 286;
const DISTANCES: u32 = 30;
const END: u32 = 256;
const LONGEST_CODE: u32 = 15;

const tokens: usize = heap.alloc(TOKENS * 4);
const packed: usize = heap.alloc(PACKED_BYTES + 64);
const literalCounts: usize = heap.alloc(LITERALS * 4);
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

let tokenCount: u32 = 0;
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
  tokenCount = 0;
  packedTo = packed;
  bits = 0;
  bitCount = 0;
  clearCounts();
}

function clearCounts(): void {
  memory.fill(literalCounts, 0, LITERALS * 4);
  memory.fill(distanceCounts, 0, DISTANCES * 4);
}

@inline
function increment(counts: usize, symbol: u32): void {
  const at = counts + (symbol << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** The bytes from `from` to `end` as they are. */
export function addLiterals(from: usize, end: usize): void {
  while (from < end) {
    if (tokenCount === TOKENS) writeBlock(false);
    const stop = min(end, from + (TOKENS - tokenCount));
    let to = tokens + (<usize>tokenCount << 2);
    tokenCount += <u32>(stop - from);
    for (; from < stop; from += 1) {
      const byte = <u32>load<u8>(from);
      increment(literalCounts, byte);
      store<u32>(to, byte);
      to += 4;
    }
  }
}

/** `length` (3 to 258) bytes that stand `distance` (1 to 32,768) bytes before. */
export function addMatch(length: u32, distance: u32): void {
  if (tokenCount === TOKENS) writeBlock(false);
  store<u32>(tokens + (<usize>tokenCount << 2), 0x8000_0000 | ((length - 3) << 16) | (distance - 1));
  tokenCount += 1;
  increment(literalCounts, 257 + <u32>load<u8>(lengthSymbols + (length - 3)));
  increment(distanceCounts, distanceSymbol(distance - 1));
}

/** Whether the last token can still be changed. */
@inline
export function hasLastToken(): bool {
  return tokenCount > 0;
}

/** Makes the last token, a match of `length` bytes, one of `longer`, at most 258. */
export function lengthenMatch(length: u32, longer: u32): void {
  const at = tokens + (<usize>(tokenCount - 1) << 2);
  store<u32>(at, load<u32>(at) + ((longer - length) << 16));
  const before = literalCounts + ((257 + <u32>load<u8>(lengthSymbols + (length - 3))) << 2);
  store<u32>(before, load<u32>(before) - 1);
  increment(literalCounts, 257 + <u32>load<u8>(lengthSymbols + (longer - 3)));
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
  increment(literalCounts, END);
  // Codes of two symbols at least: some readers refuse others.
  if (load<u32>(literalCounts) === 0) increment(literalCounts, 0);
  for (let symbol: u32 = 0; symbol < 2; symbol += 1) if (load<u32>(distanceCounts + (symbol << 2)) === 0) increment(distanceCounts, symbol);
  makeCodes(literalCounts, LITERALS, LONGEST_CODE, literalCodes);
  makeCodes(distanceCounts, DISTANCES, LONGEST_CODE, distanceCodes);
  writeHead(last);
  writeTokens();
  putBits(load<u32>(literalCodes + (END << 2)) & 0xffff, load<u32>(literalCodes + (END << 2)) >> 16);
  tokenCount = 0;
  clearCounts();
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

function writeTokens(): void {
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
  const end = tokens + (<usize>tokenCount << 2);
  for (let at = tokens; at < end; at += 4) {
    const token = load<u32>(at);
    if (token < 256) {
      const code = load<u32>(literalCodes + (token << 2));
      held |= <u64>(code & 0xffff) << count;
      count += code >> 16;
    } else {
      const lengthCode = load<u32>(lengthBits + (((token >> 16) & 0xff) << 2));
      held |= <u64>(lengthCode & 0xff_ffff) << count;
      count += lengthCode >> 24;
      const beyond = token & 0x7fff;
      const symbol = distanceSymbol(beyond);
      const code = load<u32>(distanceCodes + (symbol << 2));
      held |= <u64>(code & 0xffff) << count;
      count += code >> 16;
      if (beyond >= 4) {
        const extra = (symbol >> 1) - 1;
        held |= <u64>(beyond & ((1 << extra) - 1)) << count;
        count += extra;
      }
    }
    // The next token may take 48 bits.
    if (count < 16) continue;
    store<u64>(to, held);
    const whole = count >> 3;
    to += whole;
    held >>= whole << 3;
    count &= 7;
  }
  bits = held;
  bitCount = count;
  packedTo = to;
  putBits(0, 0);
}
