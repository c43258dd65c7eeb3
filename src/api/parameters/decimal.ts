/** Exact comparison of decimal texts: a range check by doubles would let 0.30000000000000001 pass where 0.3 is the limit. */

/** `-?digits[.digits]`, as users write decimals; no exponent, because nobody reads 1e3 in a bill. */
const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;
/** Characters a decimal may have; more is a mistake, and databases stop here or earlier. */
export const DECIMAL_LIMIT = 100;

/** The decimal without plus sign, leading zeros and minus zero, scale kept (`+012.50` = `12.50`); undefined when it is none. */
export function canonicalDecimal(text: string): string | undefined {
  if (text.length > DECIMAL_LIMIT || !DECIMAL.test(text)) return undefined;
  const negative = text.startsWith('-');
  const unsigned = text.replace(/^[+-]/, '').replace(/^0+(?=\d)/, '');
  return negative && /[1-9]/.test(unsigned) ? `-${unsigned}` : unsigned;
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`; both canonical. */
export function compareDecimals(a: string, b: string): number {
  const scale = Math.max(scaleOf(a), scaleOf(b));
  const difference = scaled(a, scale) - scaled(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function scaleOf(decimal: string): number {
  const point = decimal.indexOf('.');
  return point < 0 ? 0 : decimal.length - point - 1;
}

function scaled(decimal: string, scale: number): bigint {
  return BigInt(decimal.replace('.', '') + '0'.repeat(scale - scaleOf(decimal)));
}
