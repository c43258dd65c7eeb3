/**
 * UTF-16 to the UTF-8 of each format, eight units at a time; lone surrogates are U+FFFD.
 *
 * Each function reads units from `from` to `end` and returns where its bytes end. Up to 8 units behind `end` may be read and 8 bytes behind the result written.
 */

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;

/** The first unit of these eight that `mask` marks; 8 for none. */
@inline
function first(mask: v128): u32 {
  return ctz(<u32>i16x8.bitmask(mask) | 0x100);
}
@inline
function above(units: v128): v128 {
  return i16x8.gt_u(units, i16x8.splat(0x7f));
}
@inline
function control(units: v128): v128 {
  return i16x8.lt_u(units, i16x8.splat(0x20));
}
@inline
function equal(units: v128, unit: u32): v128 {
  return i16x8.eq(units, i16x8.splat(<i16>unit));
}
@inline
function putEight(to: usize, units: v128): void {
  v128.store_lane<u64>(to, i8x16.narrow_i16x8_u(units, units), 0);
}

/** The character at `from`, which is not ASCII. It took two units when it became four bytes. */
export function putWide(from: usize, end: usize, to: usize): usize {
  let code = <u32>load<u16>(from);
  if (code < 0x800) {
    store<u8>(to, 0xc0 | (code >> 6));
    store<u8>(to, 0x80 | (code & 0x3f), 1);
    return to + 2;
  }
  if (code >= 0xd800 && code < 0xe000) {
    const low = from + 2 < end ? <u32>load<u16>(from, 2) : 0;
    if (code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
      store<u8>(to, 0xf0 | (code >> 18));
      store<u8>(to, 0x80 | ((code >> 12) & 0x3f), 1);
      store<u8>(to, 0x80 | ((code >> 6) & 0x3f), 2);
      store<u8>(to, 0x80 | (code & 0x3f), 3);
      return to + 4;
    }
    code = 0xfffd;
  }
  store<u8>(to, 0xe0 | (code >> 12));
  store<u8>(to, 0x80 | ((code >> 6) & 0x3f), 1);
  store<u8>(to, 0x80 | (code & 0x3f), 2);
  return to + 3;
}

/** As it is. */
export function putRaw(from: usize, end: usize, to: usize): usize {
  while (from < end) {
    const eight = v128.load(from);
    putEight(to, eight);
    const plain = first(above(eight));
    const rest = <u32>(end - from) >> 1;
    if (plain >= rest) return to + rest;
    from += plain << 1;
    to += plain;
    if (plain === 8) continue;
    const wide = putWide(from, end, to);
    from += wide - to === 4 ? 4 : 2;
    to = wide;
  }
  return to;
}

/** A field without quotes, or 0 when it needs them. */
export function putField(from: usize, end: usize, to: usize, delimiter: u32): usize {
  while (from < end) {
    const eight = v128.load(from);
    putEight(to, eight);
    const breaks = v128.or(equal(eight, 0x0a), equal(eight, 0x0d));
    const special = v128.or(v128.or(equal(eight, QUOTE), equal(eight, delimiter)), breaks);
    const plain = first(v128.or(above(eight), special));
    const rest = <u32>(end - from) >> 1;
    if (plain >= rest) return to + rest;
    from += plain << 1;
    to += plain;
    if (plain === 8) continue;
    if (load<u16>(from) < 0x80) return 0;
    const wide = putWide(from, end, to);
    from += wide - to === 4 ? 4 : 2;
    to = wide;
  }
  return to;
}

/** The inside of a field in quotes. */
export function putQuotedField(from: usize, end: usize, to: usize): usize {
  while (from < end) {
    const eight = v128.load(from);
    putEight(to, eight);
    const plain = first(v128.or(above(eight), equal(eight, QUOTE)));
    const rest = <u32>(end - from) >> 1;
    if (plain >= rest) return to + rest;
    from += plain << 1;
    to += plain;
    if (plain === 8) continue;
    if (load<u16>(from) === QUOTE) {
      store<u16>(to, 0x2222);
      to += 2;
      from += 2;
      continue;
    }
    const wide = putWide(from, end, to);
    from += wide - to === 4 ? 4 : 2;
    to = wide;
  }
  return to;
}

/** The inside of a string of JSON, escaped as JSON.stringify does it. */
export function putJsonString(from: usize, end: usize, to: usize): usize {
  while (from < end) {
    const eight = v128.load(from);
    putEight(to, eight);
    const special = v128.or(v128.or(equal(eight, QUOTE), equal(eight, BACKSLASH)), control(eight));
    const plain = first(v128.or(above(eight), special));
    const rest = <u32>(end - from) >> 1;
    if (plain >= rest) return to + rest;
    from += plain << 1;
    to += plain;
    if (plain === 8) continue;
    const code = <u32>load<u16>(from);
    if (code < 0x80) {
      to = putJsonEscape(code, to);
      from += 2;
      continue;
    }
    const wide = putWide(from, end, to);
    from += wide - to === 4 ? 4 : 2;
    to = wide;
  }
  return to;
}

function putJsonEscape(code: u32, to: usize): usize {
  let letter: u32 = 0;
  switch (code) {
    case QUOTE:
    case BACKSLASH:
      letter = code;
      break;
    case 0x08:
      letter = 0x62; // b
      break;
    case 0x09:
      letter = 0x74; // t
      break;
    case 0x0a:
      letter = 0x6e; // n
      break;
    case 0x0c:
      letter = 0x66; // f
      break;
    case 0x0d:
      letter = 0x72; // r
      break;
    default:
  }
  store<u8>(to, BACKSLASH);
  if (letter !== 0) {
    store<u8>(to, letter, 1);
    return to + 2;
  }
  store<u32>(to, 0x30_30_75, 1); // u00
  store<u8>(to, hexDigit(code >> 4, 0x61), 4);
  store<u8>(to, hexDigit(code & 15, 0x61), 5);
  return to + 6;
}

/** `letters` is the code of the digit ten. */
@inline
function hexDigit(value: u32, letters: u32): u8 {
  return <u8>(value < 10 ? 0x30 + value : letters + value - 10);
}

/** The content of an element in a workbook: markup, and what XML cannot hold, as ECMA-376 escapes it (ST_Xstring). */
export function putXml(from: usize, end: usize, to: usize): usize {
  while (from < end) {
    const eight = v128.load(from);
    putEight(to, eight);
    const markup = v128.or(v128.or(equal(eight, 0x26), equal(eight, 0x3c)), v128.or(equal(eight, 0x3e), equal(eight, 0x5f)));
    const plain = first(v128.or(v128.or(above(eight), control(eight)), markup));
    const rest = <u32>(end - from) >> 1;
    if (plain >= rest) return to + rest;
    from += plain << 1;
    to += plain;
    if (plain === 8) continue;
    const code = <u32>load<u16>(from);
    if (code < 0x80 || code >= 0xfffe) {
      to = putXmlSpecial(code, from, end, to);
      from += 2;
      continue;
    }
    const wide = putWide(from, end, to);
    from += wide - to === 4 ? 4 : 2;
    to = wide;
  }
  return to;
}

function putXmlSpecial(code: u32, from: usize, end: usize, to: usize): usize {
  switch (code) {
    case 0x26: // &amp;
      store<u32>(to, 0x706d_6126);
      store<u8>(to, 0x3b, 4);
      return to + 5;
    case 0x3c: // &lt;
      store<u32>(to, 0x3b74_6c26);
      return to + 4;
    case 0x3e: // &gt;
      store<u32>(to, 0x3b74_6726);
      return to + 4;
    case 0x5f:
      if (beginsEscape(from, end)) return putXmlEscape(code, to);
      store<u8>(to, 0x5f);
      return to + 1;
    case 0x09:
    case 0x0a:
      store<u8>(to, code);
      return to + 1;
    default:
      return putXmlEscape(code, to);
  }
}

/** `_xHHHH_` */
function putXmlEscape(code: u32, to: usize): usize {
  store<u16>(to, 0x785f);
  for (let digit: u32 = 0; digit < 4; digit += 1) store<u8>(to + digit, hexDigit((code >> (12 - 4 * digit)) & 15, 0x41), 2);
  store<u8>(to, 0x5f, 6);
  return to + 7;
}

/** Whether an underscore, with what follows it, would be read as an escape: `x`, four digits, and an underscore or what will begin with one. */
function beginsEscape(from: usize, end: usize): bool {
  if (end - from < 14 || load<u16>(from, 2) !== 0x78) return false;
  for (let digit: u32 = 0; digit < 4; digit += 1) if (!isHexDigit(<u32>load<u16>(from + (digit << 1), 4))) return false;
  const last = <u32>load<u16>(from, 12);
  return last === 0x5f || last >= 0xfffe || (last < 0x20 && last !== 0x09 && last !== 0x0a);
}

@inline
function isHexDigit(code: u32): bool {
  return code - 0x30 < 10 || (code | 0x20) - 0x61 < 6;
}
