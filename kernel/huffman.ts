/**
 * Prefix codes of bounded length from counts (RFC 1951, 3.2.2): Huffman's by two queues over the sorted symbols; where a code gets too long, the counts are
 * flattened and it begins again, which costs some bits in a thousand and always ends.
 */

const SYMBOLS: u32 = 288;
const sorted: usize = heap.alloc(SYMBOLS * 4);
const flat: usize = heap.alloc(SYMBOLS * 4);
const weights: usize = heap.alloc(2 * SYMBOLS * 4);
const parents: usize = heap.alloc(2 * SYMBOLS * 4);
const depths: usize = heap.alloc(2 * SYMBOLS * 4);
const nextCodes: usize = heap.alloc(16 * 4);

/**
 * Counts to codes: `codes[s]` = bits of the code, the first to be sent lowest, with its length from bit 16 on; 0 for a symbol that does not occur.
 * At least two symbols must occur, and no more than `2^limit`.
 */
export function makeCodes(counts: usize, symbols: u32, limit: u32, codes: usize): void {
  memory.copy(flat, counts, symbols << 2);
  while (lengthsOf(symbols, codes) > limit) {
    for (let at: u32 = 0; at < symbols; at += 1) {
      const count = load<u32>(flat + (at << 2));
      if (count > 0) store<u32>(flat + (at << 2), (count >> 1) + 1);
    }
  }
  numberCodes(symbols, codes);
}

/** Writes the length of each symbol's code, and returns the longest. */
function lengthsOf(symbols: u32, lengths: usize): u32 {
  let used: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbols; symbol += 1) {
    store<u32>(lengths + (symbol << 2), 0);
    if (load<u32>(flat + (symbol << 2)) > 0) {
      store<u32>(sorted + (used << 2), symbol);
      used += 1;
    }
  }
  sort(used);
  for (let at: u32 = 0; at < used; at += 1) store<u32>(weights + (at << 2), countOf(at));
  let leaf: u32 = 0;
  let node = used;
  const nodes: u32 = 2 * used - 1;
  for (let made = used; made < nodes; made += 1) {
    let weight: u32 = 0;
    for (let half: u32 = 0; half < 2; half += 1) {
      const takesLeaf = node >= made || (leaf < used && load<u32>(weights + (leaf << 2)) <= load<u32>(weights + (node << 2)));
      const taken = takesLeaf ? leaf++ : node++;
      weight += load<u32>(weights + (taken << 2));
      store<u32>(parents + (taken << 2), made);
    }
    store<u32>(weights + (made << 2), weight);
  }
  let longest: u32 = 0;
  store<u32>(depths + ((nodes - 1) << 2), 0);
  for (let at = <i32>nodes - 2; at >= 0; at -= 1) {
    const depth = load<u32>(depths + (load<u32>(parents + (at << 2)) << 2)) + 1;
    store<u32>(depths + (at << 2), depth);
    if (<u32>at < used) {
      store<u32>(lengths + (load<u32>(sorted + (at << 2)) << 2), depth);
      longest = max(longest, depth);
    }
  }
  return longest;
}

@inline
function countOf(at: u32): u32 {
  return load<u32>(flat + (load<u32>(sorted + (at << 2)) << 2));
}

/** Shell sort by count. */
function sort(used: u32): void {
  for (let gap = used >> 1; gap > 0; gap >>= 1) {
    for (let at = gap; at < used; at += 1) {
      const symbol = load<u32>(sorted + (at << 2));
      const count = load<u32>(flat + (symbol << 2));
      let to = at;
      while (to >= gap && countOf(to - gap) > count) {
        store<u32>(sorted + (to << 2), load<u32>(sorted + ((to - gap) << 2)));
        to -= gap;
      }
      store<u32>(sorted + (to << 2), symbol);
    }
  }
}

/** Lengths to codes, in place. */
function numberCodes(symbols: u32, codes: usize): void {
  memory.fill(nextCodes, 0, 64);
  for (let symbol: u32 = 0; symbol < symbols; symbol += 1) {
    const at = nextCodes + (load<u32>(codes + (symbol << 2)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let code: u32 = 0;
  let before: u32 = 0;
  for (let length: u32 = 1; length < 16; length += 1) {
    code = (code + before) << 1;
    before = load<u32>(nextCodes + (length << 2));
    store<u32>(nextCodes + (length << 2), code);
  }
  for (let symbol: u32 = 0; symbol < symbols; symbol += 1) {
    const length = load<u32>(codes + (symbol << 2));
    if (length === 0) continue;
    const next = nextCodes + (length << 2);
    const value = load<u32>(next);
    store<u32>(next, value + 1);
    store<u32>(codes + (symbol << 2), reversed(value, length) | (length << 16));
  }
}

function reversed(code: u32, length: u32): u32 {
  let result: u32 = 0;
  for (let bit: u32 = 0; bit < length; bit += 1) result |= ((code >> bit) & 1) << (length - 1 - bit);
  return result;
}
