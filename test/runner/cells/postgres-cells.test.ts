import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMisfit } from '../../../src/runner/cells/misfit.ts';
import { postgresReader } from '../../../src/runner/cells/postgres-cells.ts';
import { arrayJson } from '../../../src/runner/cells/postgres-json.ts';
import { arrayType, OTHER_TYPE, type PostgresType, type ScalarFamily } from '../../../src/runner/cells/postgres-types.ts';
import { WallTimes } from '../../../src/runner/cells/wall-times.ts';
import { COLUMN_TYPES, type Cell, type ColumnType } from '../../../src/runner/rows.ts';

const wall = new WallTimes('Europe/Berlin');
const scalar = (family: ScalarFamily): PostgresType => ({ kind: 'scalar', family });

function read(type: PostgresType, wanted: ColumnType, text: string): Cell | { readonly clause: string } {
  const reader = postgresReader(type, wanted, wall);
  if (reader === undefined) throw new Error(`no ${wanted} from ${JSON.stringify(type)}`);
  return reader(text);
}

test.each<[family: ScalarFamily, wanted: ColumnType, text: string, cell: Cell]>([
  ['integer', 'Integer', '-32768', -32768],
  ['integer', 'Integer', '9223372036854775807', 9223372036854775807n],
  ['integer', 'Decimal', '9223372036854775807', '9223372036854775807'],
  ['integer', 'Number', '7', 7],
  ['integer', 'String', '7', '7'],
  ['integer', 'JSON', '9223372036854775807', '9223372036854775807'],
  ['numeric', 'Decimal', '12.50', '12.50'],
  ['numeric', 'Decimal', 'NaN', 'NaN'],
  ['numeric', 'Decimal', '-Infinity', '-Infinity'],
  ['numeric', 'Integer', '184467440737095516160.00', 184467440737095516160n],
  ['numeric', 'Number', '0.1', 0.1],
  ['numeric', 'JSON', 'NaN', '"NaN"'],
  ['float', 'Number', '1e-07', 1e-7],
  ['float', 'Number', 'NaN', NaN],
  ['float', 'Number', '-0', -0],
  ['float', 'Decimal', '1e-07', '0.0000001'],
  ['float', 'Decimal', '1.7976931348623157e+308', `17976931348623157${'0'.repeat(292)}`],
  ['float', 'Integer', '1e+20', 100000000000000000000n],
  ['float', 'JSON', '1e+20', '1e+20'],
  ['float', 'JSON', '-Infinity', '"-Infinity"'],
  ['boolean', 'Boolean', 't', true],
  ['boolean', 'Boolean', 'f', false],
  ['boolean', 'String', 't', 'true'],
  ['boolean', 'JSON', 'f', 'false'],
  ['date', 'Date', '2026-10-01', '2026-10-01'],
  ['date', 'Date', '-infinity', '-Infinity'],
  ['date', 'JSON', '2026-10-01', '"2026-10-01"'],
  ['timestamp', 'Timestamp', '2026-10-01 10:30:00+02', 1790843400000000000n],
  ['timestamp', 'Timestamp', '2026-10-01 10:30:00', 1790843400000000000n],
  ['timestamp', 'Timestamp', 'infinity', 'Infinity'],
  ['timestamp', 'String', '2026-10-01 10:30:00', '2026-10-01 10:30:00'],
  ['json', 'JSON', '{"a": 1,\n "b": [2]}', '{"a": 1,  "b": [2]}'],
  ['json', 'String', '{"a": 1}', '{"a": 1}'],
  ['bytea', 'String', '\\xdeadbeef', '3q2+7w=='],
  ['bytea', 'String', '\\x', ''],
  ['bytea', 'JSON', '\\x00', '"AA=="'],
  ['text', 'String', '=1+1', '=1+1'],
  ['text', 'Decimal', '12.50', '12.50'],
  ['text', 'Quantity', '1.5Gi', '1610612736'],
  ['numeric', 'Quantity', '12.50', '12.5'],
  ['text', 'Timestamp', '2026-10-01T08:30:00Z', 1790843400000000000n],
  ['text', 'JSON', '[1]', '[1]'],
])('%s to %s: %j', (family, wanted, text, cell) => {
  expect(read(scalar(family), wanted, text)).toBe(cell);
});

test.each<[family: ScalarFamily, wanted: ColumnType, text: string, clause: string]>([
  ['numeric', 'Integer', '12.5', 'is a Decimal, which is not an Integer'],
  ['numeric', 'Quantity', 'NaN', 'is a Decimal, which is not a Quantity'],
  ['numeric', 'Number', `1${'0'.repeat(400)}`, 'is a Decimal, which is not a Number'],
  ['float', 'Integer', 'NaN', 'is a Number, which is not an Integer'],
  ['text', 'Decimal', 'abc', 'is a String of 3 characters, which is not a Decimal'],
  ['text', 'JSON', '{', 'is a String of 1 character, which is not a JSON'],
  ['text', 'Boolean', 't', 'is a String of 1 character, which is not a Boolean'],
])('%s is no %s: %j', (family, wanted, text, clause) => {
  expect(read(scalar(family), wanted, text)).toMatchObject({ clause });
});

test('a server that claims a type and sends another text gets nothing into a file', () => {
  const families: ScalarFamily[] = ['integer', 'numeric', 'float', 'boolean', 'date', 'timestamp', 'json', 'bytea'];
  for (const family of families) {
    for (const wanted of COLUMN_TYPES) {
      const reader = postgresReader(scalar(family), wanted, wall);
      if (reader === undefined || (wanted === 'String' && family !== 'boolean' && family !== 'bytea')) continue;
      const cell = reader('=cmd()');
      if (!isMisfit(cell)) expect([family, wanted, cell]).toEqual([family, 'JSON', '"=cmd()"']);
    }
  }
});

test.each<[family: ScalarFamily, never: ColumnType[]]>([
  ['boolean', ['Integer', 'Decimal', 'Number', 'Date', 'Timestamp', 'Quantity']],
  ['date', ['Integer', 'Decimal', 'Number', 'Boolean', 'Timestamp', 'Quantity']],
  ['timestamp', ['Integer', 'Decimal', 'Number', 'Boolean', 'Date', 'Quantity']],
  ['integer', ['Boolean', 'Date', 'Timestamp']],
  ['json', ['Integer', 'Decimal', 'Number', 'Boolean', 'Date', 'Timestamp', 'Quantity']],
  ['bytea', ['Integer', 'Decimal', 'Number', 'Boolean', 'Date', 'Timestamp', 'Quantity']],
  ['text', []],
])('types that %s never is are known before the first row', (family, never) => {
  expect(COLUMN_TYPES.filter((wanted) => postgresReader(scalar(family), wanted, wall) === undefined)).toEqual(never);
});

describe('arrays', () => {
  const INT4 = 23;
  const TEXT = 25;
  const BOOL = 16;
  const NUMERIC = 1700;
  const JSONB = 3802;
  test.each<[element: number, text: string, json: string]>([
    [INT4, '{}', '[]'],
    [INT4, '{1,2,NULL}', '[1,2,null]'],
    [INT4, '{{1,2},{3,4}}', '[[1,2],[3,4]]'],
    [INT4, '[0:1]={1,2}', '[1,2]'],
    [INT4, '[-1:0][2:3]={{1,2},{3,4}}', '[[1,2],[3,4]]'],
    [NUMERIC, '{12.50,NaN}', '[12.50,"NaN"]'],
    [BOOL, '{t,f,NULL}', '[true,false,null]'],
    [TEXT, '{a,"b c","NULL",null,"","{}","a\\"b\\\\c"}', '["a","b c","NULL","null","","{}","a\\"b\\\\c"]'],
    [JSONB, '{"{\\"a\\": [1, 2]}",5}', '[{"a": [1, 2]},5]'],
    [99999, '{happy,sad}', '["happy","sad"]'],
  ])('of %i: %s', (element, text, json) => {
    expect(read(arrayType(element, ','), 'JSON', text)).toBe(json);
    expect(read(arrayType(element, ','), 'String', text)).toBe(text);
  });

  test('of boxes have another delimiter', () => {
    expect(read(arrayType(603, ';'), 'JSON', '{(1,1),(0,0);(2,2),(1,1)}')).toBe('["(1,1),(0,0)","(2,2),(1,1)"]');
  });

  test.each(['', '{', '{1', '{1,}', '{,1}', '{1}x', '{"a}', '1', '{{{{{{{1}}}}}}}', '{'.repeat(100_000)])('%j is none', (text) => {
    expect(arrayJson(text, 'integer', ',')).toBeUndefined();
  });

  test('of any text come back as JSON', () => {
    type Item = string | null | readonly Item[];
    const write = (value: Item): string =>
      typeof value === 'object' && value !== null
        ? `{${value.map(write).join(',')}}`
        : value === null
          ? 'NULL'
          : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
    const item = fc.option(fc.string({ unit: 'grapheme' }));
    const list = fc.oneof(fc.array(item), fc.array(fc.array(item), { minLength: 1 }));
    fc.assert(
      fc.property(list, (given) => {
        expect(JSON.parse(arrayJson(write(given), 'text', ',') ?? '')).toEqual(given);
      }),
    );
  });
});

test('any type that the catalog does not call an array is text', () => {
  expect(read(OTHER_TYPE, 'String', '(1,"a b",)')).toBe('(1,"a b",)');
});
