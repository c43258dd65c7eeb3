/**
 * Values of MySQL's binary protocol, as the driver gives them, to the texts that readers of SQL values take; by the type of their column.
 *
 * Geometry and vectors have no text of their own here and are refused: what they are in a file is the query's to say.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
 */
import type { PostgresType, ScalarFamily } from './postgres-types.ts';

/** What the driver says of a column of a result. */
export interface MysqlField {
  readonly name: string;
  readonly columnType?: number | undefined;
  readonly characterSet?: number | undefined;
  /** MariaDB's word for what is only text in the protocol. */
  readonly extendedFormat?: string | undefined;
}

export interface MysqlType {
  readonly type: PostgresType;
  /** The value as text; undefined when the driver gave something that such a column does not hold. */
  readonly text: (value: unknown) => string | undefined;
  /** It is an instant that the server shows on the clock of the session's zone. */
  readonly isInstant: boolean;
}

const BINARY_CHARSET = 63;

const FAMILIES: ReadonlyMap<number, ScalarFamily> = new Map<number, ScalarFamily>([
  [0, 'numeric'], // decimal
  [1, 'integer'], // tinyint
  [2, 'integer'], // smallint
  [3, 'integer'], // int
  [4, 'float'],
  [5, 'float'], // double
  [6, 'text'], // null
  [7, 'timestamp'],
  [8, 'integer'], // bigint
  [9, 'integer'], // mediumint
  [10, 'date'],
  [11, 'text'], // time
  [12, 'timestamp'], // datetime
  [13, 'integer'], // year
  [14, 'date'],
  [16, 'integer'], // bit
  [245, 'json'],
  [246, 'numeric'],
]);
const FLOAT = 4;
const TIMESTAMP = 7;
const BIT = 16;
const VECTOR = 242;
const GEOMETRY = 255;

/** Undefined when the column must be turned into something else by the query. */
export function mysqlType({ columnType = -1, characterSet, extendedFormat }: MysqlField): MysqlType | undefined {
  if (columnType === GEOMETRY || columnType === VECTOR) return undefined;
  const family = extendedFormat === 'json' ? 'json' : FAMILIES.get(columnType);
  if (family !== undefined)
    return { type: { kind: 'scalar', family }, text: textOf(columnType, family), isInstant: columnType === TIMESTAMP };
  const isBinary = characterSet === BINARY_CHARSET;
  return {
    type: { kind: 'scalar', family: isBinary ? 'bytea' : 'text' },
    text: isBinary ? (value) => (Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : undefined) : plain,
    isInstant: false,
  };
}

function textOf(columnType: number, family: ScalarFamily): (value: unknown) => string | undefined {
  if (columnType === BIT)
    return (value) => (Buffer.isBuffer(value) && value.length > 0 ? String(BigInt(`0x${value.toString('hex')}`)) : undefined);
  if (columnType === FLOAT) return (value) => (typeof value === 'number' ? shortestFloat(value) : undefined);
  if (family === 'integer' || family === 'float') return (value) => (typeof value === 'number' ? String(value) : plain(value));
  return plain;
}

function plain(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The shortest digits that give the same single precision number: 0.1, and not the 0.10000000149011612 that a double makes of it. */
function shortestFloat(value: number): string {
  for (let digits = 6; digits < 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
