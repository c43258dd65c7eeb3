import { expect, test } from 'vitest';
import { jsonReader } from '../../../src/runner/cells/json-cells.ts';
import { isMisfit } from '../../../src/runner/cells/misfit.ts';
import { WallTimes } from '../../../src/runner/cells/wall-times.ts';
import { COLUMN_TYPES, type Cell, type ColumnType } from '../../../src/runner/rows.ts';

const wall = new WallTimes('Europe/Berlin');

test.each<[type: ColumnType, value: unknown, cell: Cell]>([
  ['String', 'x', 'x'],
  ['String', '', ''],
  ['Integer', 5, 5],
  ['Integer', 9223372036854775807n, 9223372036854775807n],
  ['Integer', '18446744073709551616', 18446744073709551616n],
  ['Decimal', '12.50', '12.50'],
  ['Decimal', 12, '12'],
  ['Decimal', -9223372036854775808n, '-9223372036854775808'],
  ['Quantity', '500m', '0.5'],
  ['Quantity', '2Gi', '2147483648'],
  ['Quantity', 3, '3'],
  ['Number', 12.5, 12.5],
  ['Number', '1e3', 1000],
  ['Number', 9007199254740993n, 9007199254740992],
  ['Boolean', true, true],
  ['Boolean', 'false', false],
  ['Date', '2026-10-01', '2026-10-01'],
  ['Timestamp', '2026-10-01T08:30:00Z', 1790843400000000000n],
  ['Timestamp', '2026-10-01T10:30:00', 1790843400000000000n],
  ['JSON', { a: [1, 9007199254740993n, null] }, '{"a":[1,9007199254740993,null]}'],
  ['JSON', 'x', '"x"'],
  ['JSON', 1.5, '1.5'],
])('a %s of %o', (type, value, cell) => {
  expect(jsonReader(type, wall)(value)).toBe(cell);
});

test.each<[type: ColumnType, value: unknown, clause: string]>([
  ['String', 5, 'is an Integer, which is not a String; quote it'],
  ['String', true, 'is a Boolean, which is not a String; quote it'],
  ['String', ['x'], 'is a list of 1, which is not a String'],
  ['Integer', 1.5, 'is a Number with a fraction, which is not an Integer'],
  ['Integer', 1e20, 'is a Number beyond 2^53, which has been rounded on its way; quote it'],
  ['Integer', 9223372036854775808n, 'is an integer beyond 64 bits, which may have been rounded on its way; quote it'],
  ['Integer', 'abc', 'is a String of 3 characters, which is not an Integer'],
  ['Integer', true, 'is a Boolean, which is not an Integer'],
  ['Decimal', 12.5, 'is a Number with a fraction, which has already been rounded; quote it'],
  ['Decimal', 'a', 'is a String of 1 character, which is not a Decimal'],
  ['Decimal', {}, 'is an object, which is not a Decimal'],
  ['Quantity', 0.5, 'is a Number with a fraction, which has already been rounded; quote it'],
  ['Quantity', '2 GB', 'is a String of 4 characters, which is not a Quantity'],
  ['Number', false, 'is a Boolean, which is not a Number'],
  ['Number', '1e999', 'is a String of 5 characters, which is not a Number'],
  ['Boolean', 1, 'is an Integer, which is not a Boolean'],
  ['Boolean', 'yes', 'is a String of 3 characters, which is not a Boolean'],
  ['Date', 20261001, 'is an Integer, which is not a Date'],
  ['Date', '2026-02-30', 'is a String of 10 characters, which is not a Date'],
  ['Timestamp', '2026-10-01', 'is a String of 10 characters, which is not a Timestamp'],
  ['Timestamp', 1.5, 'is a Number, which is not a Timestamp'],
  [
    'Timestamp',
    '2026-03-29T02:30:00',
    "is a time that clocks in Europe/Berlin skipped; if it is kept in another zone, say so in the source (SQL: at time zone 'UTC')",
  ],
])('no %s of %o', (type, value, clause) => {
  const read = jsonReader(type, wall)(value);
  expect(isMisfit(read) ? read.clause : read).toBe(clause);
});

test.each(COLUMN_TYPES)('null is no value in a %s column', (type) => {
  expect(jsonReader(type, wall)(null)).toBeNull();
});
