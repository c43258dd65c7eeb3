/**
 * Kubernetes quantities (`500m`, `2Gi`, `1e3`, `100k`, `0.5`) as exact decimals in the base unit: cores, bytes, pieces.
 *
 * The grammar is that of k8s.io/apimachinery/pkg/api/resource: one sign, digits with at most one point, and a binary suffix, a decimal one or an exponent. What is
 * written is what counts: nothing is rounded up to a nano or capped at 2^63, as Kubernetes does when it stores one.
 */
import { formatDecimal, withoutTrailingZeros, type Decimal } from './decimal.ts';

const QUANTITY = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,4})?$/;
/** An exponent may not blow ten characters up into a megabyte. */
const EXPANDED_DIGITS_LIMIT = 1000;

const POWERS_OF_1024 = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

const POWERS_OF_10: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);

/**
 * A quantity as `-?digits[.digits]`, without zeros at the end of a fraction (`500m` = `0.5`, `1.50` = `1.5`, `2Ki` = `2048`).
 * Undefined for a text that is no quantity, and for one of more than 1,000 digits.
 */
export function readQuantity(text: string): string | undefined {
  if (text.length > EXPANDED_DIGITS_LIMIT) return undefined;
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  const unscaled = BigInt((sign ?? '').replace('+', '') + whole + fraction);
  const binary = POWERS_OF_1024.indexOf(suffix);
  if (binary > 0) return canonical({ unscaled: unscaled * 1024n ** BigInt(binary), scale: fraction.length });
  const exponent = POWERS_OF_10.get(suffix) ?? Number(suffix.slice(1));
  if (whole.length + fraction.length + Math.abs(exponent) > EXPANDED_DIGITS_LIMIT) return undefined;
  const scale = fraction.length - exponent;
  return canonical(scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 });
}

function canonical(decimal: Decimal): string {
  return formatDecimal(withoutTrailingZeros(decimal));
}
