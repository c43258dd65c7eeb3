/** JSON and NDJSON as programs in other languages read them. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COLUMN_TYPES, type Cell } from '../../../src/runner/rows.ts';
import { cellOf, type Table } from './arbitraries.ts';
import { JSON_DEFAULTS, column, encode } from './encode.ts';
import { expectedObjects, type Value } from './read-json.ts';

const python = process.env['PYTHON'] ?? 'python3';

function isPresent(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

function outputOf(program: string, args: readonly string[], input: Buffer): unknown {
  const { stdout, stderr, status } = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const json = { ...JSON_DEFAULTS, decimals: 'Number' } as const;
const columns = COLUMN_TYPES.map((type) => column(type));
const row = fc.tuple(...COLUMN_TYPES.map((type) => fc.option<Cell>(cellOf[type], { nil: null, freq: 9 })));
/** A program is started for each, so they are few and large. */
const tables: fc.Arbitrary<Table> = fc.array(row, { minLength: 100, maxLength: 300 }).map((rows) => ({ columns, rows }));
const FEW = { numRuns: 3 };

/** Prints the rows as one array; numbers become {digits}. */
const PYTHON = `
import json, sys
number = lambda text: {'digits': text}
read = lambda text: json.loads(text, parse_int=number, parse_float=number)
text = sys.stdin.buffer.read().decode('utf-8')
print(json.dumps(read(text) if sys.argv[1] == 'JSON' else [read(line) for line in text.split('\\n')[:-1]]))
`;

describe.skipIf(!isPresent(python))('Python (needs $PYTHON or python3)', () => {
  test.each(['JSON', 'NDJSON'] as const)('reads each value and each digit of %s', { timeout: 60_000 }, (format) => {
    fc.assert(
      fc.property(tables, (table) => {
        const read = outputOf(python, ['-c', PYTHON, format], encode(format, table.columns, table.rows, { json }));
        expect(read).toEqual(expectedObjects(table, json, 'UTC'));
      }),
      FEW,
    );
  });
});

describe.skipIf(!isPresent('jq'))('jq (needs jq)', () => {
  // jq has doubles only: that a number was there is all that it can tell.
  const withoutDigits = 'walk(if type == "number" then "number" else . end)';
  test.each([
    ['JSON', ['-c', withoutDigits]],
    ['NDJSON', ['-c', '-s', withoutDigits]],
  ] as const)('reads each value of %s', { timeout: 60_000 }, (format, args) => {
    fc.assert(
      fc.property(tables, (table) => {
        const read = outputOf('jq', args, encode(format, table.columns, table.rows, { json }));
        expect(read).toEqual(expectedObjects(table, json, 'UTC').map(numberless));
      }),
      FEW,
    );
  });
});

function numberless(value: Value): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Value[]).map(numberless);
  const names = Object.keys(value);
  if (names.length === 1 && names[0] === 'digits') return 'number';
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, numberless(inner)]));
}
