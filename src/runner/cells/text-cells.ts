/** Plain text to cells: what a String becomes where another type is declared. The same rules for text columns of databases and strings of JSON. */
import { readQuantity } from '../../quantity/quantity.ts';
import type { Cell, ColumnType } from '../rows.ts';
import { misfit, Misfit, stringKind, type CellReader } from './misfit.ts';
import { readDecimal, readInteger, readNumber } from './numbers.ts';
import { readDate, readTimestamp } from './times.ts';
import type { WallTimes } from './wall-times.ts';

/** Timestamps without an offset are on `wall`'s clock. */
export function textReader(type: ColumnType, wall: WallTimes): CellReader<string> {
  switch (type) {
    case 'String':
      return (text) => text;
    case 'Integer':
      return orMisfit(type, readInteger);
    case 'Decimal':
      return orMisfit(type, readDecimal);
    case 'Number':
      return orMisfit(type, readNumber);
    case 'Boolean':
      return orMisfit(type, (text) => (text === 'true' ? true : text === 'false' ? false : undefined));
    case 'Date':
      return orMisfit(type, readDate);
    case 'Timestamp':
      return timestampReader(wall, stringKind);
    case 'JSON':
      return orMisfit(type, readJson);
    case 'Quantity':
      return orMisfit(type, readQuantity);
  }
}

/** `kindOf` names what was there when the text is no timestamp. */
export function timestampReader(wall: WallTimes, kindOf: (text: string) => string): CellReader<string> {
  const skipped = new Misfit(
    `is a time that clocks in ${wall.timeZone} skipped; if it is kept in another zone, say so in the source (SQL: at time zone 'UTC')`,
  );
  return (text) => {
    const cell = readTimestamp(text, wall);
    if (cell === 'skipped') return skipped;
    return cell ?? misfit(kindOf(text), 'Timestamp');
  };
}

/** JSON text as it is, but for line breaks between its tokens, which would break a line of NDJSON; undefined when it is no JSON. */
export function readJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return /[\n\r]/.test(text) ? text.replace(/[\n\r]+/g, ' ') : text;
}

function orMisfit(type: ColumnType, read: (text: string) => Exclude<Cell, null> | undefined): CellReader<string> {
  return (text) => read(text) ?? misfit(stringKind(text), type);
}
