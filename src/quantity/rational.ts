/** Fractions of whole numbers: what formulas are worked out in, so that a division loses nothing before the one rounding at the end. */
import { formatDecimal, type Decimal } from './decimal.ts';

/** `numerator` / `denominator`; the denominator is positive. Not reduced: as long as nothing is divided, it is a power of ten. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export function rationalOf({ unscaled, scale }: Decimal): Rational {
  return { numerator: unscaled, denominator: 10n ** BigInt(scale) };
}

export function add(a: Rational, b: Rational): Rational {
  // Equal denominators are not multiplied, so that 1.50 + 2.25 has two digits.
  if (a.denominator === b.denominator) return { numerator: a.numerator + b.numerator, denominator: a.denominator };
  const [small, large] = a.denominator < b.denominator ? [a, b] : [b, a];
  if (large.denominator % small.denominator === 0n)
    return { numerator: large.numerator + small.numerator * (large.denominator / small.denominator), denominator: large.denominator };
  return { numerator: a.numerator * b.denominator + b.numerator * a.denominator, denominator: a.denominator * b.denominator };
}

export function negate({ numerator, denominator }: Rational): Rational {
  return { numerator: -numerator, denominator };
}

export function multiply(a: Rational, b: Rational): Rational {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

/** Undefined for a division by zero. */
export function divide(a: Rational, b: Rational): Rational | undefined {
  if (b.numerator === 0n) return undefined;
  const sign = b.numerator < 0n ? -1n : 1n;
  return { numerator: sign * a.numerator * b.denominator, denominator: sign * a.denominator * b.numerator };
}

/** With `scale` digits after the point; a half is rounded away from zero, as on invoices. */
export function roundedDecimal({ numerator, denominator }: Rational, scale: number): string {
  const shifted = (numerator < 0n ? -numerator : numerator) * 10n ** BigInt(scale);
  const units = (2n * shifted + denominator) / (2n * denominator);
  return formatDecimal({ unscaled: numerator < 0n ? -units : units, scale });
}

/** All digits. The denominator must be a power of ten. */
export function exactDecimal({ numerator, denominator }: Rational): string {
  return formatDecimal({ unscaled: numerator, scale: String(denominator).length - 1 });
}
