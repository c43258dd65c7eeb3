import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonOptions } from '../../../src/runner/plan.ts';
import type { Cell, ColumnType } from '../../../src/runner/rows.ts';
import { tableOf } from './arbitraries.ts';
import { JSON_DEFAULTS, column, encode } from './encode.ts';
import { expectedObjects, parseDigits } from './read-json.ts';

const options: fc.Arbitrary<JsonOptions> = fc.record({
  decimals: fc.constantFrom<JsonOptions['decimals'][]>('String', 'Number'),
  integers: fc.constantFrom<JsonOptions['integers'][]>('String', 'Number'),
});

describe('JSON', () => {
  test('is one array with an object for each row, every value as it was, every digit of every number', () => {
    fc.assert(
      fc.property(tableOf(), options, fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu'), (table, json, timeZone) => {
        const file = encode('JSON', table.columns, table.rows, { json, timeZone }).toString();
        expect(parseDigits(file)).toEqual(expectedObjects(table, json, timeZone));
      }),
      { numRuns: 1000 },
    );
  });

  test('without rows is an empty array', () => {
    expect(encode('JSON', [column('String')], []).toString()).toBe('[]\n');
  });

  test('has one row a line', () => {
    const columns = [column('Integer', { name: 'id' }), column('String', { name: 'note' })];
    const rows = [
      [1, 'a\nb'],
      [2, null],
    ];
    expect(encode('JSON', columns, rows).toString()).toBe('[\n{"id":1,"note":"a\\nb"},\n{"id":2,"note":null}\n]\n');
  });
});

describe('NDJSON', () => {
  test('is one object a line, every value as it was, every digit of every number', () => {
    fc.assert(
      fc.property(tableOf(), options, (table, json) => {
        const lines = encode('NDJSON', table.columns, table.rows, { json }).toString().split('\n');
        expect(lines.pop()).toBe('');
        expect(lines.map(parseDigits)).toEqual(expectedObjects(table, json, 'UTC'));
      }),
      { numRuns: 1000 },
    );
  });

  test('without rows is an empty file', () => {
    expect(encode('NDJSON', [column('String')], [])).toHaveLength(0);
  });
});

describe('both', () => {
  test.each(['JSON', 'NDJSON'] as const)('%s is the same bytes however its rows are batched', (format) => {
    fc.assert(
      fc.property(tableOf(), options, fc.integer({ min: 1, max: 13 }), ({ columns, rows }, json, batchSize) => {
        expect(encode(format, columns, rows, { json, batchSize }).toString()).toBe(
          encode(format, columns, rows, { json, batchSize: 1 }).toString(),
        );
      }),
    );
    const wide = Array.from({ length: 60 }, (_, index): Cell[] => [`${index}`.repeat(10_000)]);
    const inOne = encode(format, [column('String')], wide, { batchSize: 60 });
    expect(encode(format, [column('String')], wide, { batchSize: 7 }).toString()).toBe(inOne.toString());
  });

  test.each(['JSON', 'NDJSON'] as const)('%s uses names, not headers, in the order of the columns', (format) => {
    const names = ['b', 'a', '2', '1', 'total "net"', '__proto__'];
    const file = encode(
      format,
      names.map((name) => column('Integer', { name, header: 'Header' })),
      [[1, 2, 3, 4, 5, 6]],
    );
    expect(file.toString()).toContain('{"b":1,"a":2,"2":3,"1":4,"total \\"net\\"":5,"__proto__":6}');
  });
});

/** What stands for a cell in a line of NDJSON. */
function written(type: ColumnType, cell: Cell, json: Partial<JsonOptions> = {}): string {
  const line = encode('NDJSON', [column(type, { name: 'v' })], [[cell]], { json, timeZone: 'Europe/Berlin' }).toString();
  return /^\{"v":(.*)\}\n$/s.exec(line)?.[1] ?? line;
}

describe('values in JSON', () => {
  test.each<[ColumnType, Cell, string]>([
    ['Integer', 42, '42'],
    ['Integer', -0, '0'],
    ['Integer', 9_223_372_036_854_775_807n, '9223372036854775807'],
    ['Decimal', '12.50', '"12.50"'],
    ['Decimal', '12345678901234567890.12345678901234567890', '"12345678901234567890.12345678901234567890"'],
    ['Decimal', 'NaN', 'null'],
    ['Decimal', '-Infinity', '"-Infinity"'],
    ['Quantity', '0.5', '"0.5"'],
    ['Number', 0.1, '0.1'],
    ['Number', 1e21, '1e+21'],
    ['Number', -0, '0'],
    ['Number', NaN, 'null'],
    ['Number', Infinity, '"Infinity"'],
    ['Boolean', true, 'true'],
    ['Boolean', false, 'false'],
    ['Date', '2026-10-01', '"2026-10-01"'],
    ['Date', '-000043-03-15', '"-000043-03-15"'],
    ['Date', 'Infinity', '"Infinity"'],
    ['Timestamp', 1_790_836_200_120_000_000n, '"2026-10-01T08:30:00.12+02:00"'],
    ['Timestamp', '-Infinity', '"-Infinity"'],
    ['String', '', '""'],
    ['String', 'tab\t, "quote", \\, line\nbreak \u0000\u001f', '"tab\\t, \\"quote\\", \\\\, line\\nbreak \\u0000\\u001f"'],
    ['String', 'half \uD83D', '"half \uFFFD"'],
    ['String', '=1+1', '"=1+1"'],
    ['String', '</script>\u2028', '"</script>\u2028"'],
    ['String', null, 'null'],
    ['JSON', null, 'null'],
    ['JSON', 'null', 'null'],
    ['JSON', '{"b": 12.50, "a": [1e400, 9007199254740993], "b": " x "}', '{"b":12.50,"a":[1e400,9007199254740993],"b":" x "}'],
  ])('%s %s is %s', (type, cell, expected) => {
    expect(written(type, cell)).toBe(expected);
  });

  test.each<[story: string, json: Partial<JsonOptions>, type: ColumnType, cell: Cell, expected: string]>([
    ['decimals as numbers keep their digits', { decimals: 'Number' }, 'Decimal', '12.50', '12.50'],
    ['and more digits than a double has', { decimals: 'Number' }, 'Decimal', '-12345678901234567890.10', '-12345678901234567890.10'],
    ['but no leading zeros, which no number of JSON may have', { decimals: 'Number' }, 'Decimal', '-007.50', '-7.50'],
    ['zero is one zero', { decimals: 'Number' }, 'Decimal', '00', '0'],
    ['decimals as numbers: NaN is null', { decimals: 'Number' }, 'Decimal', 'NaN', 'null'],
    ['decimals as numbers: infinity is text', { decimals: 'Number' }, 'Decimal', 'Infinity', '"Infinity"'],
    ['quantities follow decimals', { decimals: 'Number' }, 'Quantity', '2147483648', '2147483648'],
    ['integers as strings', { integers: 'String' }, 'Integer', 42, '"42"'],
    ['integers as strings beyond 2^53', { integers: 'String' }, 'Integer', -(2n ** 63n), '"-9223372036854775808"'],
    ['integers do not follow decimals', { decimals: 'Number', integers: 'String' }, 'Integer', 1, '"1"'],
    ['floating point follows neither', { decimals: 'String', integers: 'String' }, 'Number', 1.5, '1.5'],
  ])('%s', (_, json, type, cell, expected) => {
    expect(written(type, cell, json)).toBe(expected);
  });

  test('a JSON cell that is no JSON fails, naming row and column, because it would break the whole file', () => {
    const run = () => encode('NDJSON', [column('JSON', { name: 'doc' })], [['1'], ['{"a":}']], { json: JSON_DEFAULTS });
    expect(run).toThrow(expect.objectContaining({ reason: 'RenderFailed', retryable: false }));
    expect(run).toThrow(/^row 2, column "doc": a text of 6 characters does not fit type JSON$/);
  });
});
