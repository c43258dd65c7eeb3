import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../../../src/json-stream/json-number.ts';
import { parseJson } from '../../../../src/json-stream/value-builder.ts';
import { isMisfit } from '../../../../src/runner/cells/misfit.ts';
import { WallTimes } from '../../../../src/runner/cells/wall-times.ts';
import type { ColumnType } from '../../../../src/runner/rows.ts';
import { fieldReader, readRow, wireReader } from '../../../../src/runner/sources/http/cells.ts';

const wall = new WallTimes('Europe/Berlin');

function cell(json: string, type: ColumnType): unknown {
  const read = wireReader(type, wall)(parseJson(Buffer.from(json)));
  return isMisfit(read) ? { misfit: read.clause } : read;
}

describe('JSON', () => {
  test.each<[json: string, type: ColumnType, expected: unknown]>([
    ['null', 'Decimal', null],
    ['12.50', 'Decimal', '12.50'],
    ['0.10', 'Decimal', '0.10'],
    ['-0.0', 'Decimal', '0.0'],
    ['1.5e3', 'Decimal', '1500'],
    ['0.30000000000000000001', 'Decimal', '0.30000000000000000001'],
    ['42', 'Decimal', '42'],
    ['123456789012345678901234567890', 'Decimal', '123456789012345678901234567890'],
    ['"12.50"', 'Decimal', '12.50'],
    ['42', 'Integer', 42],
    ['9007199254740993', 'Integer', 9007199254740993n],
    ['123456789012345678901234567890', 'Integer', 123456789012345678901234567890n],
    ['42.0', 'Integer', 42],
    ['1e3', 'Integer', 1000],
    ['"42"', 'Integer', 42],
    ['12.5', 'Number', 12.5],
    ['1e-3', 'Number', 0.001],
    ['9007199254740993', 'Number', 9007199254740992],
    ['2.50', 'Quantity', '2.50'],
    ['true', 'Boolean', true],
    ['"true"', 'Boolean', true],
    ['"text"', 'String', 'text'],
    ['""', 'String', ''],
    ['"2026-10-01"', 'Date', '2026-10-01'],
    ['"2026-10-01T00:00:00"', 'Timestamp', BigInt(Date.parse('2026-10-01T00:00:00+02:00')) * 1_000_000n],
    ['{"a":[12.50,9007199254740993,1e400,null]}', 'JSON', '{"a":[12.50,9007199254740993,1e400,null]}'],
    ['12.50', 'JSON', '12.50'],
  ])('%s as %s', (json, type, expected) => {
    expect(cell(json, type)).toEqual(expected);
  });

  test.each<[json: string, type: ColumnType, clause: string]>([
    ['42.5', 'Integer', 'is a Number with a fraction, which is not an Integer'],
    ['1e400', 'Number', 'is a Number beyond the range of a Number; let the column be a Decimal'],
    ['1e9999999', 'Decimal', 'is a Number with an exponent beyond all bounds, which is not a Decimal'],
    ['42', 'String', 'is an Integer, which is not a String'],
    ['9007199254740993', 'String', 'is an Integer, which is not a String'],
    ['4.2', 'String', 'is a Number, which is not a String'],
    ['true', 'String', 'is a Boolean, which is not a String'],
    ['4.2', 'Boolean', 'is a Number, which is not a Boolean'],
    ['4.2', 'Date', 'is a Number, which is not a Date'],
    ['1759276800', 'Timestamp', 'is an Integer, which is not a Timestamp'],
    ['"sentinel"', 'Decimal', 'is a String of 8 characters, which is not a Decimal'],
    ['[1]', 'Integer', 'is a list of 1, which is not an Integer'],
    ['{}', 'String', 'is an object, which is not a String'],
  ])('%s does not fit %s: %s', (json, type, clause) => {
    expect(cell(json, type)).toEqual({ misfit: clause });
  });

  test('what is not there is null', () => {
    expect(wireReader('String', wall)(undefined)).toBeNull();
  });
});

test.each<[field: string | null, type: ColumnType, expected: unknown]>([
  [null, 'String', null],
  [null, 'Decimal', null],
  ['', 'String', ''],
  ['12.50', 'Decimal', '12.50'],
  ['9007199254740993', 'Integer', 9007199254740993n],
  ['2026-10-01', 'Date', '2026-10-01'],
])('the field %j of CSV as %s', (field, type, expected) => {
  expect(fieldReader(type, wall)(field)).toEqual(expected);
});

test('a value that does not fit ends the source, with row and column and never the value', () => {
  const columns = ['a', 'b'].map((name) => ({ name, header: name, type: 'Integer' as const }));
  const readers = columns.map(({ type }) => wireReader(type, wall));
  const row: readonly JsonValue[] = [1, 'sentinel'];
  expect(() => readRow(columns, readers, 1204, (index) => row[index])).toThrow(
    expect.objectContaining({
      reason: 'SourceFailed',
      retryable: false,
      message: 'http: row 1,204: column "b" is a String of 8 characters, which is not an Integer',
    }),
  );
});
