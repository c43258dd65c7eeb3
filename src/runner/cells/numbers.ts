/** Numbers as text, read without losing a digit: what a double would round never passes through one. */

const INTEGER = /^[+-]?\d+$/;
/** Integers of at most 15 digits are exact doubles. */
const SAFE_DIGITS = 15;
/** As rows.ts has it. */
const CANONICAL_DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;
/** An exponent may not blow ten characters up into a megabyte. */
const EXPANDED_DIGITS_LIMIT = 1000;

/** Any integer, with or without a sign; a number when it is safe, else a bigint; undefined when the text is no integer. */
export function readInteger(text: string): number | bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  // Adding zero turns -0 into 0.
  if (text.length <= SAFE_DIGITS) return Number(text) + 0;
  const integer = BigInt(text.startsWith('+') ? text.slice(1) : text);
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

/**
 * A decimal as rows.ts has it: no plus sign, no leading zeros, no negative zero, exponents written out, and the scale as given (`12.50` stays `12.50`,
 * `1.50e1` is `15.0`). `NaN`, `Infinity` and `-Infinity` stay. Undefined for anything else, and for an exponent that makes more than 1,000 digits.
 */
export function readDecimal(text: string): string | undefined {
  if (CANONICAL_DECIMAL.test(text) && !text.startsWith('-0')) return text;
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return text;
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponentText] = match;
  const exponent = Number(exponentText ?? '0');
  if (exponent !== 0 && whole.length + fraction.length + Math.abs(exponent) > EXPANDED_DIGITS_LIMIT) return undefined;

  const digits = whole + fraction;
  const scale = fraction.length - exponent;
  const padded = scale > 0 ? digits.padStart(scale + 1, '0') : digits + '0'.repeat(-scale);
  const point = padded.length - Math.max(scale, 0);
  const integerPart = padded.slice(0, point).replace(/^0+(?=\d)/, '');
  const unsigned = scale > 0 ? `${integerPart}.${padded.slice(point)}` : integerPart;
  return sign === '-' && /[1-9]/.test(unsigned) ? `-${unsigned}` : unsigned;
}

/** The nearest double; undefined when the text is no number or a finite number beyond the range of doubles. */
export function readNumber(text: string): number | undefined {
  if (text === 'NaN') return NaN;
  if (text === 'Infinity' || text === '-Infinity') return Number(text);
  if (!DECIMAL.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** A decimal without a fraction, or with one of zeros only, as an integer. */
export function integerOfDecimal(decimal: string): number | bigint | undefined {
  return readInteger(decimal.replace(/\.0*$/, ''));
}
