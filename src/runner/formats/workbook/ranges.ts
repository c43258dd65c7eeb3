/**
 * References to the sheet that receives rows, from charts, names, tables and filters: a range that begins at the first row, or at the header above it, and covers that
 * row goes on to the last one. Any other stays as it is.
 */
import { unescaped } from './xml.ts';

/** Where rows are. */
export interface RowSpan {
  readonly sheet: string;
  readonly startRow: number;
  /** At least startRow. */
  readonly lastRow: number;
}

/** `A1:C2`, with or without `$`; undefined when it is not one that goes on. */
export function extendedRange(range: string, { startRow, lastRow }: RowSpan): string | undefined {
  const match = /^(\$?[A-Z]{1,3}\$?)(\d{1,7}):(\$?[A-Z]{1,3}\$?)(\d{1,7})$/.exec(range);
  if (match === null) return undefined;
  const [, from = '', first = '', to = '', last = ''] = match;
  const begins = Number(first) === startRow || Number(first) === startRow - 1;
  return begins && Number(last) >= startRow ? `${from}${first}:${to}${lastRow}` : undefined;
}

/** A list of cells and ranges of the sheet (`A4 C4:D4`), a cell of the first row being a range of one row. */
export function extendedCells(list: string, span: RowSpan): string {
  return list.replace(/[^ ]+/g, (range) => {
    const asRange = !range.includes(':') && Number(/\d+$/.exec(range)?.[0]) === span.startRow ? `${range}:${range}` : range;
    return extendedRange(asRange, span) ?? range;
  });
}

/** No spreadsheet program takes a longer formula; and a search in one of megabytes would take hours. */
const FORMULA_LIMIT = 8_192;

const REFERENCE =
  /((?:&apos;|')(?:[^']|'')*?(?:&apos;|')|[^'!,;:()=+*/ ]+)!(\$?[A-Z]{1,3}\$?\d{1,7}(?::\$?[A-Z]{1,3}\$?\d{1,7})?)(?![A-Z0-9(:])/g;

/**
 * A text that refers by formula (`Data!$A$2:$A$3`), escaped for XML, with the ranges on that sheet extended. `cells`: also a single cell of the first row, which is what
 * spreadsheet programs make of a range of one row.
 */
export function extendedFormula(escaped: string, span: RowSpan, cells: boolean): string {
  if (escaped.length > FORMULA_LIMIT) return escaped;
  return escaped.replace(REFERENCE, (whole, sheet: string, range: string) => {
    if (sheetOf(sheet) !== span.sheet.toLowerCase()) return whole;
    const isCell = !range.includes(':');
    const asRange = isCell && cells && Number(/\d+$/.exec(range)?.[0]) === span.startRow ? `${range}:${range}` : range;
    const extended = extendedRange(asRange, span);
    return extended === undefined ? whole : `${sheet}!${extended}`;
  });
}

/** An area to be printed, escaped for XML: one that has the first row has the last one, too, wherever it begins; it never becomes smaller. */
export function extendedPrintArea(escaped: string, { sheet: own, startRow, lastRow }: RowSpan): string {
  if (escaped.length > FORMULA_LIMIT) return escaped;
  return escaped.replace(REFERENCE, (whole, sheet: string, range: string) => {
    const [, head = '', first = '', middle = '', last = ''] = /^(\$?[A-Z]+\$?)(\d+)(:\$?[A-Z]+\$?)(\d+)$/.exec(range) ?? [];
    const holds = sheetOf(sheet) === own.toLowerCase() && first !== '' && Number(first) <= startRow && Number(last) >= startRow;
    return holds ? `${sheet}!${head}${first}${middle}${Math.max(lastRow, Number(last))}` : whole;
  });
}

function sheetOf(reference: string): string {
  const name = unescaped(reference);
  return (name.startsWith("'") && name.endsWith("'") ? name.slice(1, -1).replaceAll("''", "'") : name).toLowerCase();
}

/** 1 for `A7`; 0 when it is none. */
export function columnNumber(reference: string): number {
  const letters = /^[A-Z]{1,3}(?=\d)/.exec(reference)?.[0] ?? '';
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
}
