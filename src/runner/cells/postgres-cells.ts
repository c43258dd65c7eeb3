/**
 * PostgreSQL's text of a value to a cell, by the value's type and the column's.
 *
 * Which pairs go together is decided once a column, before the first row: a result that could only ever fail does so even when it is empty. The text is checked
 * against its type's shape although PostgreSQL wrote it: formats put numbers and dates into files unguarded, and whoever answers may only claim to be PostgreSQL.
 */
import { readQuantity } from '../../quantity/quantity.ts';
import type { Cell, ColumnType, TextReading } from '../rows.ts';
import { misfit, stringKind, type CellReader } from './misfit.ts';
import { integerOfDecimal, readDecimal, readInteger, readNumber } from './numbers.ts';
import { arrayJson, base64OfBytea, jsonToken } from './postgres-json.ts';
import type { PostgresType, ScalarFamily } from './postgres-types.ts';
import { textReader, timestampReader } from './text-cells.ts';
import { readDate } from './times.ts';
import type { WallTimes } from './wall-times.ts';

/** Undefined when no value of the type is ever one of the column's type. */
export function postgresReader(type: PostgresType, wanted: ColumnType, wall: WallTimes): CellReader<string> | undefined {
  if (type.kind === 'array') return arrayReader(type, wanted);
  const { family } = type;
  if (wanted === 'String') return stringReader(family);
  // Text that is declared as JSON must be JSON; any other type has one JSON form.
  if (wanted === 'JSON' && family !== 'text') return orMisfit(family, wanted, (text) => jsonToken(family, text));
  switch (family) {
    case 'text':
      return textReader(wanted, wall);
    case 'integer':
    case 'numeric':
    case 'float':
      return numberReader(family, wanted);
    case 'boolean':
      return wanted === 'Boolean' ? orMisfit(family, wanted, readBoolean) : undefined;
    case 'date':
      return wanted === 'Date' ? orInfinite(orMisfit(family, wanted, readDate)) : undefined;
    case 'timestamp':
      return wanted === 'Timestamp' ? orInfinite(timestampReader(wall, () => KINDS.timestamp)) : undefined;
    case 'json':
    case 'bytea':
      return undefined;
  }
}

/**
 * How an encoder may read the usual text of such values itself: what looks like its shape is the cell that `postgresReader` makes of it. Undefined where each text needs
 * that reader. kernel/wire.ts has the shapes.
 */
export function usualReading(type: PostgresType, wanted: ColumnType): TextReading | undefined {
  if (type.kind === 'array') return wanted === 'String' ? 'text' : undefined;
  const { family } = type;
  if (wanted === 'String') return family === 'boolean' || family === 'bytea' ? undefined : 'text';
  if (family === 'integer' && (wanted === 'Integer' || wanted === 'Decimal' || wanted === 'Number'))
    return wanted === 'Integer' ? 'integer' : wanted === 'Decimal' ? 'decimal' : 'number';
  if (family === 'numeric' || family === 'float') return wanted === 'Decimal' ? 'decimal' : wanted === 'Number' ? 'number' : undefined;
  if (family === 'boolean' && wanted === 'Boolean') return 'boolean';
  if (family === 'date' && wanted === 'Date') return 'date';
  return family === 'timestamp' && wanted === 'Timestamp' ? 'timestamp' : undefined;
}

function numberReader(family: 'integer' | 'numeric' | 'float', wanted: ColumnType): CellReader<string> | undefined {
  switch (wanted) {
    case 'Integer':
      return orMisfit(family, wanted, family === 'integer' ? readInteger : (text) => integerOfDecimal(readDecimal(text) ?? ''));
    case 'Decimal':
      return orMisfit(family, wanted, readDecimal);
    case 'Quantity':
      return orMisfit(family, wanted, readQuantity);
    case 'Number':
      return orMisfit(family, wanted, readNumber);
    default:
      return undefined;
  }
}

function stringReader(family: ScalarFamily): CellReader<string> {
  switch (family) {
    case 'boolean':
      return orMisfit(family, 'String', (text) => readBoolean(text)?.toString());
    case 'bytea':
      return orMisfit(family, 'String', base64OfBytea);
    default:
      return (text) => text;
  }
}

function arrayReader(type: Extract<PostgresType, { kind: 'array' }>, wanted: ColumnType): CellReader<string> | undefined {
  if (wanted === 'String') return (text) => text;
  if (wanted !== 'JSON') return undefined;
  return (text) => arrayJson(text, type.element, type.delimiter) ?? misfit('an array', wanted);
}

function readBoolean(text: string): boolean | undefined {
  return text === 't' ? true : text === 'f' ? false : undefined;
}

function orInfinite(read: CellReader<string>): CellReader<string> {
  return (text) => (text === 'infinity' ? 'Infinity' : text === '-infinity' ? '-Infinity' : read(text));
}

function orMisfit(family: ScalarFamily, wanted: ColumnType, read: (text: string) => Exclude<Cell, null> | undefined): CellReader<string> {
  return (text) => read(text) ?? misfit(family === 'text' ? stringKind(text) : KINDS[family], wanted);
}

/** By the names that users know from columns. */
const KINDS: Readonly<Record<Exclude<ScalarFamily, 'text'>, string>> = {
  integer: 'an Integer',
  numeric: 'a Decimal',
  float: 'a Number',
  boolean: 'a Boolean',
  date: 'a Date',
  timestamp: 'a Timestamp',
  json: 'a JSON',
  bytea: 'a bytea',
};
