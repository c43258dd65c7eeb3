import { describe, expect, test } from 'vitest';
import type { PostgresType } from '../../../../src/runner/cells/postgres-types.ts';
import { WallTimes } from '../../../../src/runner/cells/wall-times.ts';
import type { Column, ColumnType } from '../../../../src/runner/rows.ts';
import { columnReaders, type ResultColumn } from '../../../../src/runner/sources/postgres/columns.ts';

const wall = new WallTimes('UTC');
const TEXT: PostgresType = { kind: 'scalar', family: 'text' };
const BOOLEAN: PostgresType = { kind: 'scalar', family: 'boolean' };
const ARRAY: PostgresType = { kind: 'array', element: 'integer', delimiter: ',' };

function result(columns: Readonly<Record<string, PostgresType>>): readonly ResultColumn[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type }));
}

function declared(columns: Readonly<Record<string, ColumnType>>): readonly Column[] {
  return Object.entries(columns).map(([name, type]) => ({ name, header: name.toUpperCase(), type }));
}

function messageOf(columns: readonly ResultColumn[], template: readonly Column[] | undefined): string {
  try {
    columnReaders(columns, template, wall);
  } catch (error) {
    expect(error).toMatchObject({ reason: 'SourceFailed', retryable: false });
    return (error as Error).message;
  }
  throw new Error('the columns were accepted');
}

test('without declared columns the result has its own, under its own names', () => {
  const readers = columnReaders(result({ id: TEXT, '?column?': BOOLEAN, list: ARRAY }), undefined, wall);
  expect(readers.map(({ column }) => column)).toEqual([
    { name: 'id', header: 'id', type: 'String' },
    { name: '?column?', header: '?column?', type: 'Boolean' },
    { name: 'list', header: 'list', type: 'JSON' },
  ]);
});

test('declared columns are matched by name and keep their order, headers and types', () => {
  const readers = columnReaders(result({ a: TEXT, b: TEXT }), declared({ b: 'Decimal', a: 'String' }), wall);
  expect(readers.map(({ column, index }) => [column.name, column.header, column.type, index])).toEqual([
    ['b', 'B', 'Decimal', 1],
    ['a', 'A', 'String', 0],
  ]);
});

describe('columns that do not match are told all at once', () => {
  test.each<[what: string, columns: readonly ResultColumn[], template: readonly Column[] | undefined, message: string]>([
    [
      'twice the same name',
      [...result({ a: TEXT, b: TEXT }), ...result({ a: TEXT })],
      undefined,
      'postgres: the result has several columns named "a"; give each a name of its own (… as name)',
    ],
    [
      'missing and surplus',
      result({ id: TEXT, totl: TEXT }),
      declared({ id: 'String', total: 'Decimal' }),
      'postgres: column "total" is not in the result; did you mean "totl"?; the result has "totl", which the template does not declare; the result has the columns "id", "totl"',
    ],
    [
      'folded to lower case',
      result({ issuedat: TEXT }),
      declared({ issuedAt: 'String' }),
      'postgres: column "issuedAt" is not in the result, but "issuedat" is: names without quotes are lower case in PostgreSQL (as "issuedAt"); ' +
        'the result has "issuedat", which the template does not declare; the result has the columns "issuedat"',
    ],
    [
      'of a type that never fits',
      result({ ok: BOOLEAN, list: ARRAY }),
      declared({ ok: 'Date', list: 'Integer' }),
      'postgres: column "ok" is a boolean in the result, which is never a Date; cast it in the query; ' +
        'column "list" is an array in the result, which is never an Integer; cast it in the query; the result has the columns "ok", "list"',
    ],
  ])('%s', (_, columns, template, message) => {
    expect(messageOf(columns, template)).toBe(message);
  });

  test('names of a hostile result cannot write into a terminal, nor fill a status', () => {
    const names = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`\u001b[2J${index}`, TEXT]));
    const message = messageOf(result(names), declared({ id: 'String' }));
    expect(message).not.toContain('\u001b');
    expect(message.length).toBeLessThan(2000);
  });
});
