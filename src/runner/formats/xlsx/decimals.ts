/**
 * Which decimals a spreadsheet can hold as a number without changing them.
 */

/** A double keeps every decimal of this many digits, and a spreadsheet shows no more. */
export const EXACT_DIGITS = 15;
/** Longer fractions come near the smallest doubles, which have fewer digits and which spreadsheets do not have. */
const FRACTION_DIGITS_LIMIT = 290;

/**
 * Whether `-?digits[.digits]` comes back from a spreadsheet as the same value: at most 15 digits, not counting zeros in front, nor those at the end of a
 * fraction. Zeros at the end of a whole number count, as they do for integers.
 */
export function fitsNumber(decimal: string): boolean {
  if (decimal.length <= EXACT_DIGITS) return true;
  const point = decimal.indexOf('.');
  let end = decimal.length;
  if (point >= 0) {
    while (decimal[end - 1] === '0') end -= 1;
    if (end - point - 1 > FRACTION_DIGITS_LIMIT) return false;
  }
  let first = 0;
  while (first < end && !isSignificant(decimal.charCodeAt(first))) first += 1;
  const digits = end - first - (point > first ? 1 : 0);
  return digits <= EXACT_DIGITS;
}

/** 1 to 9: no sign, point or zero. */
function isSignificant(code: number): boolean {
  return code > 0x30;
}
