/**
 * Cells of a sheet: one writer a column, constant markup around the value.
 *
 * A spreadsheet's numbers are doubles of which it shows at most 15 digits, and its days begin in 1900 (with a 29 February that never was). What would not
 * come back as it was is written as text, where a person sees all of it: digits over silently different numbers.
 */
import { isoDate } from '../../../time/iso-date.ts';
import type { WallClock } from '../../../time/wall-clock.ts';
import type { Cell, Column } from '../../rows.ts';
import { isDate, isDecimal, isInfinite, isInteger } from '../cell-types.ts';
import { cellFailed, count, unfitCell } from '../failures.ts';
import { fitsNumber } from './decimals.ts';
import { escapeText } from './text.ts';

/** In UTF-16 units. */
export const TEXT_LIMIT = 32_767;

/** Integers from here on have 16 digits. */
export const INTEGER_LIMIT = 1e15;

const MILLISECONDS_PER_DAY = 86_400_000;
/** Serial number of 1970-01-01 in the 1900 date system. */
const SERIAL_OF_1970 = 25_569;
/** Up to February 1900 serial numbers are one day off, because Excel counts 1900 as a leap year. */
const FIRST_DATE = '1900-03-01';
const FIRST_MILLISECOND = Date.UTC(1900, 2, 1);
const END_MILLISECOND = Date.UTC(10_000, 0, 1);

/**
 * The markup of a cell that is not null, empty when its value has no form in a sheet. `sheetRow` counts from 1 with the header, `row` is the data row for
 * messages.
 */
export type CellWriter = (cell: Cell, sheetRow: number, row: number) => string;

/** The number format of a column's cells; undefined = the sheet's default. */
export function numberFormatOf(column: Column): string | undefined {
  if (column.numberFormat !== undefined) return column.numberFormat;
  if (column.type === 'Date') return 'yyyy-mm-dd';
  return column.type === 'Timestamp' ? 'yyyy-mm-dd hh:mm:ss' : undefined;
}

/** `A` for 0, `Z` for 25, `AA` for 26. */
export function columnLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnLetters(Math.floor(index / 26) - 1) + last;
}

/** A cell of text; always text, whatever it looks like. */
export function textCell(reference: string, style: number, text: string): string {
  return `<c r="${reference}"${styleAttribute(style)} t="inlineStr"><is>${textElement(text)}</is></c>`;
}

export function cellWriter(column: Column, letters: string, style: number, clock: WallClock): CellWriter {
  const start = `<c r="${letters}`;
  const styled = `"${styleAttribute(style)}`;
  const asNumber = (sheetRow: number, digits: string): string => `${start}${sheetRow}${styled}><v>${digits}</v></c>`;
  const asText = (sheetRow: number, text: string): string => textCell(`${letters}${sheetRow}`, style, text);

  switch (column.type) {
    case 'String':
    case 'JSON':
      return (cell, sheetRow, row) => {
        if (typeof cell !== 'string') throw unfitCell(column, row, cell);
        if (cell.length > TEXT_LIMIT) throw textTooLong(column, row, cell.length);
        return asText(sheetRow, cell);
      };
    case 'Integer':
      return (cell, sheetRow, row) => {
        if (!isInteger(cell)) throw unfitCell(column, row, cell);
        const digits = String(cell);
        return cell > -INTEGER_LIMIT && cell < INTEGER_LIMIT ? asNumber(sheetRow, digits) : asText(sheetRow, digits);
      };
    case 'Decimal':
    case 'Quantity':
      return (cell, sheetRow, row) => {
        if (cell === 'NaN' || isInfinite(cell)) return '';
        if (!isDecimal(cell)) throw unfitCell(column, row, cell);
        if (fitsNumber(cell)) return asNumber(sheetRow, cell.length <= 15 ? cell : String(Number(cell)));
        if (cell.length > TEXT_LIMIT) throw textTooLong(column, row, cell.length);
        return asText(sheetRow, cell);
      };
    case 'Number':
      return (cell, sheetRow, row) => {
        if (typeof cell !== 'number') throw unfitCell(column, row, cell);
        return Number.isFinite(cell) ? asNumber(sheetRow, String(cell)) : '';
      };
    case 'Boolean':
      return (cell, sheetRow, row) => {
        if (typeof cell !== 'boolean') throw unfitCell(column, row, cell);
        return `${start}${sheetRow}${styled} t="b"><v>${cell ? 1 : 0}</v></c>`;
      };
    case 'Date':
      return (cell, sheetRow, row) => {
        if (isInfinite(cell)) return '';
        if (!isDate(cell)) throw unfitCell(column, row, cell);
        const serial = dateSerial(cell);
        return serial === undefined ? asText(sheetRow, cell) : asNumber(sheetRow, String(serial));
      };
    case 'Timestamp':
      return (cell, sheetRow, row) => {
        if (isInfinite(cell)) return '';
        if (typeof cell !== 'bigint') throw unfitCell(column, row, cell);
        const serial = timestampSerial(clock.localMilliseconds(cell));
        return serial === undefined ? asText(sheetRow, clock.isoText(cell)) : asNumber(sheetRow, serial);
      };
  }
}

export function styleAttribute(style: number): string {
  return style === 0 ? '' : ` s="${style}"`;
}

/** Readers may drop white space at the ends unless they are told to keep it. */
function textElement(text: string): string {
  const open = text.charCodeAt(0) <= 0x20 || text.charCodeAt(text.length - 1) <= 0x20 ? '<t xml:space="preserve">' : '<t>';
  return `${open}${escapeText(text)}</t>`;
}

/** Days since the epoch of spreadsheets, or undefined for what only text can say. */
function dateSerial(date: string): number | undefined {
  if (date.length !== FIRST_DATE.length || date < FIRST_DATE) return undefined;
  const day = Date.parse(date) / MILLISECONDS_PER_DAY;
  // A day that no month has (30 February) must not become another one.
  return isoDate(day) === date ? day + SERIAL_OF_1970 : undefined;
}

/**
 * Days and their fraction, of a wall clock, in ten digits after the point, as many as spreadsheets show. Rounded up, by less than nine microseconds, so that readers
 * get the same millisecond back, whether they round or cut.
 */
function timestampSerial(localMilliseconds: number): string | undefined {
  if (localMilliseconds < FIRST_MILLISECOND || localMilliseconds >= END_MILLISECOND) return undefined;
  const day = Math.floor(localMilliseconds / MILLISECONDS_PER_DAY);
  // 10^10 / 86,400,000 is 3125 / 27.
  const fraction = Math.ceil(((localMilliseconds - day * MILLISECONDS_PER_DAY) * 3125) / 27);
  const days = String(day + SERIAL_OF_1970);
  return fraction === 0 ? days : `${days}.${String(fraction).padStart(10, '0').replace(/0+$/, '')}`;
}

function textTooLong(column: Column, row: number, length: number): Error {
  return cellFailed(
    column,
    row,
    `a text of ${count(length)} characters; a cell of XLSX holds ${count(TEXT_LIMIT)}. Shorten it at the source, or choose another format`,
  );
}
