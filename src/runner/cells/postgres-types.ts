/**
 * PostgreSQL's types, sorted by how their text is read.
 *
 * OIDs of built-in types never change (src/include/catalog/pg_type.dat). A domain arrives as its base type. What is not listed here is an array of something, or
 * a type of the user's; the catalog says which (`ARRAY_TYPES_QUERY`).
 */
import type { ColumnType } from '../rows.ts';

/** How a type's text is read. `text` is every type without a meaning of its own here: strings, enums, uuid, interval, ranges, composites, network addresses. */
export type ScalarFamily = 'integer' | 'numeric' | 'float' | 'boolean' | 'date' | 'timestamp' | 'json' | 'bytea' | 'text';

export type PostgresType =
  | { readonly kind: 'scalar'; readonly family: ScalarFamily }
  | { readonly kind: 'array'; readonly element: ScalarFamily; readonly delimiter: string };

const SCALARS: ReadonlyMap<number, ScalarFamily> = new Map<number, ScalarFamily>([
  [16, 'boolean'],
  [17, 'bytea'],
  [20, 'integer'], // int8
  [21, 'integer'], // int2
  [23, 'integer'], // int4
  [26, 'integer'], // oid
  [114, 'json'],
  [3802, 'json'], // jsonb
  [700, 'float'], // float4
  [701, 'float'], // float8
  [1082, 'date'],
  [1114, 'timestamp'],
  [1184, 'timestamp'], // with time zone
  [1700, 'numeric'],
  ...[18, 19, 25, 142, 650, 705, 790, 829, 869, 1042, 1043, 1083, 1186, 1266, 1560, 1562, 2249, 2950].map((oid): [number, ScalarFamily] => [
    oid,
    'text',
  ]),
]);

/** The type of an OID, or undefined when the catalog must say what it is. */
export function builtInType(oid: number): PostgresType | undefined {
  const family = SCALARS.get(oid);
  return family === undefined ? undefined : { kind: 'scalar', family };
}

/**
 * One parameter, an array of OIDs; one row for each that is a true array: its OID, its element's OID (a domain's base), its delimiter.
 * int2vector and oidvector (22, 30) call themselves arrays and are written otherwise.
 */
export const ARRAY_TYPES_QUERY = `
  select a.oid, case e.typtype when 'd' then e.typbasetype else e.oid end, e.typdelim
  from pg_catalog.pg_type a join pg_catalog.pg_type e on e.oid = a.typelem
  where a.oid = any ($1::pg_catalog.oid[]) and a.typcategory = 'A' and a.typlen = -1 and a.oid not in (22, 30)`;

export function arrayType(elementOid: number, delimiter: string): PostgresType {
  return { kind: 'array', element: SCALARS.get(elementOid) ?? 'text', delimiter };
}

export const OTHER_TYPE: PostgresType = { kind: 'scalar', family: 'text' };

/** The column type of a result's column when the template declares none. */
export function ownColumnType(type: PostgresType): ColumnType {
  if (type.kind === 'array') return 'JSON';
  switch (type.family) {
    case 'integer':
      return 'Integer';
    case 'numeric':
      return 'Decimal';
    case 'float':
      return 'Number';
    case 'boolean':
      return 'Boolean';
    case 'date':
      return 'Date';
    case 'timestamp':
      return 'Timestamp';
    case 'json':
      return 'JSON';
    case 'bytea':
    case 'text':
      return 'String';
  }
}

/** A type's name for messages. */
export function typeName(type: PostgresType): string {
  return type.kind === 'array' ? 'array' : type.family;
}
