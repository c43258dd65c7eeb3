/**
 * Values of an answer to cells. A number of JSON is read from its digits, so 12.50 in a Decimal column is 12.50 and an integer of thirty digits has all of them;
 * nothing is turned into another type silently, because a column is what its type says in every row.
 */
import { JsonNumber, type JsonValue } from '../../../json-stream/json-number.ts';
import { jsonReader } from '../../cells/json-cells.ts';
import { count, isMisfit, misfit, misfitMessage, Misfit, withArticle, type CellReader } from '../../cells/misfit.ts';
import { integerOfDecimal, readDecimal, readNumber } from '../../cells/numbers.ts';
import { textReader } from '../../cells/text-cells.ts';
import type { WallTimes } from '../../cells/wall-times.ts';
import type { Cell, Column, ColumnType } from '../../rows.ts';
import { failed, type Fail } from './errors.ts';

/** Values come from a tokenizer (json-stream); undefined = the path leads nowhere, which is null. */
export function wireReader(type: ColumnType, wall: WallTimes): CellReader<JsonValue | undefined> {
  const read = jsonReader(type, wall);
  if (type === 'JSON') return read;
  return (value) => {
    if (value instanceof JsonNumber) return readDigits(value.source, type);
    if (type === 'String' && (typeof value === 'number' || typeof value === 'boolean'))
      return misfit(typeof value === 'number' ? 'an Integer' : 'a Boolean', type);
    return read(value);
  };
}

/** `digits` is a number of JSON that is no safe integer. */
function readDigits(digits: string, type: Exclude<ColumnType, 'JSON'>): Cell | Misfit {
  switch (type) {
    case 'Integer':
      return integerOfDecimal(readDecimal(digits) ?? '') ?? misfit('a Number with a fraction', type);
    case 'Decimal':
    case 'Quantity':
      return readDecimal(digits) ?? misfit('a Number with an exponent beyond all bounds', type);
    case 'Number':
      return readNumber(digits) ?? new Misfit(`is a Number beyond the range of ${withArticle(type)}; let the column be a Decimal`);
    case 'String':
    case 'Boolean':
    case 'Date':
    case 'Timestamp':
      return misfit(/^-?\d+$/.test(digits) ? 'an Integer' : 'a Number', type);
  }
}

/** A field of CSV: nothing is null, any text is read by the column's type. */
export function fieldReader(type: ColumnType, wall: WallTimes): CellReader<string | null> {
  const read = textReader(type, wall);
  return (field) => (field === null ? null : read(field));
}

/** The cells of one row. `valueOf`: the raw value of the column with that index. @throws DossierError SourceFailed naming row and column */
export function readRow<Raw>(
  columns: readonly Column[],
  readers: readonly CellReader<Raw>[],
  row: number,
  valueOf: (index: number) => Raw,
  fail: Fail = failed,
): readonly Cell[] {
  return readers.map((read, index) => {
    const cell = read(valueOf(index));
    if (isMisfit(cell)) throw fail(misfitMessage(row, columns[index]?.name ?? count(index + 1), cell), false);
    return cell;
  });
}
