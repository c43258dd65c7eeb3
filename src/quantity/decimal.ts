/** Decimals of any length, exactly: what bills and capacity plans are summed from must not pass through doubles. */

/** The number `unscaled` / 10^`scale`. */
export interface Decimal {
  readonly unscaled: bigint;
  /** Digits after the point, 0 or more. */
  readonly scale: number;
}

export const ZERO: Decimal = { unscaled: 0n, scale: 0 };

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** Of `-?digits[.digits]`; undefined for any other text, such as NaN. */
export function parseDecimal(text: string): Decimal | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const point = text.indexOf('.');
  if (point < 0) return { unscaled: BigInt(text), scale: 0 };
  return { unscaled: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

/** `-?digits[.digits]` with `scale` digits after the point; no negative zero. */
export function formatDecimal({ unscaled, scale }: Decimal): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The scale of a sum is the larger of the two, as in SQL: 1.50 + 2 = 3.50. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { unscaled: atScale(a, scale) + atScale(b, scale), scale };
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`: 1.0 and 1.00 are equal. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const left = atScale(a, scale);
  const right = atScale(b, scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The same number without zeros at the end of its fraction. */
export function withoutTrailingZeros({ unscaled, scale }: Decimal): Decimal {
  const fraction = /0*$/.exec(String(unscaled))?.[0].length ?? 0;
  const dropped = unscaled === 0n ? scale : Math.min(fraction, scale);
  return { unscaled: unscaled / 10n ** BigInt(dropped), scale: scale - dropped };
}

function atScale({ unscaled, scale }: Decimal, wanted: number): bigint {
  return wanted === scale ? unscaled : unscaled * 10n ** BigInt(wanted - scale);
}
