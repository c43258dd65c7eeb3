/**
 * Names of sheets that Excel accepts: a workbook with any other is "repaired" at opening, or refused.
 */

/** In UTF-16 units. */
const NAME_LIMIT = 31;
const FORBIDDEN = /[[\]:*?/\\\u0000-\u001F\uFFFE\uFFFF]/g;

/**
 * The name of the next sheet: `Invoices`, then `Invoices (2)`, `Invoices (3)`, cut so that the number stays within 31 characters.
 *
 * Forbidden characters become `_`. Names differ in more than case, also when the wanted name itself ends like `(2)`.
 */
export function nextSheetName(wanted: string, taken: readonly string[]): string {
  const base = allowedName(wanted);
  const used = new Set(taken.map((name) => name.toLowerCase()));
  for (let number = taken.length + 1; ; number += 1) {
    const suffix = number === 1 ? '' : ` (${number})`;
    const name = cut(base, NAME_LIMIT - suffix.length) + suffix;
    if (!used.has(name.toLowerCase())) return name;
  }
}

function allowedName(wanted: string): string {
  const name = cut(wanted.toWellFormed().replace(FORBIDDEN, '_').replace(/^'+/, ''), NAME_LIMIT);
  if (name.trim() === '') return 'Report';
  // Excel keeps this name for its log of shared changes.
  return name.toLowerCase() === 'history' ? `${name}_` : name;
}

/** At most `length` units, without half a character or an apostrophe at the end. */
function cut(name: string, length: number): string {
  return name
    .slice(0, length)
    .replace(/[\uD800-\uDBFF]$/, '')
    .replace(/'+$/, '');
}
