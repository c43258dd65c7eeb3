import { describe, expect, test } from 'vitest';
import { parseExact } from '../../../src/exact-json.ts';
import type { RunPlan } from '../../../src/runner/plan.ts';
import type { Cell, Column } from '../../../src/runner/rows.ts';
import { checkInlineRows } from '../../../src/runner/sources/inline-rows.ts';
import { openInline } from '../../../src/runner/sources/inline.ts';

const columns: readonly Column[] = [
  { name: 'id', header: 'Id', type: 'String' },
  { name: 'count', header: 'Count', type: 'Integer' },
  { name: 'total', header: 'Total', type: 'Decimal' },
];

describe('rows of a template', () => {
  test('that fit have no mistakes; a missing key is null', () => {
    expect(checkInlineRows([{ id: 'a', count: 1, total: '12.50' }, {}, { id: null }], columns)).toEqual([]);
  });

  test('every mistake is told with its row and key, and never with a value', () => {
    const rows: readonly unknown[] = [{ id: 'SENTINEL', countt: 1 }, { total: 12.5 }, ['SENTINEL'], null, { id: 77777, toString: 1 }];
    expect(checkInlineRows(rows, columns)).toEqual([
      'row 1: key "countt" is no column; did you mean "count"?',
      'row 2: column "total" is a Number with a fraction, which has already been rounded; quote it',
      'row 3 is not an object of column names and values',
      'row 4 is not an object of column names and values',
      'row 5: key "toString" is no column; declare it under columns or remove it',
      'row 5: column "id" is an Integer, which is not a String; quote it',
    ]);
  });

  test('names that every object inherits are columns like others', () => {
    const odd: readonly Column[] = ['constructor', 'toString', 'hasOwnProperty'].map((name) => ({ name, header: name, type: 'String' }));
    expect(checkInlineRows([{}, { constructor: 'x' }], odd)).toEqual([]);
    expect(checkInlineRows([parseExact('{"__proto__": {"id": "x"}}')], columns)).toEqual([
      'row 1: key "__proto__" is no column; declare it under columns or remove it',
    ]);
  });

  test('a thousand mistakes are twenty and a count', () => {
    const mistakes = checkInlineRows(
      Array.from({ length: 1000 }, () => ({ total: 1.5, count: 'x' })),
      columns,
    );
    expect(mistakes).toHaveLength(21);
    expect(mistakes[20]).toBe('and 1,980 more');
  });
});

function plan(given: readonly Column[] | undefined): RunPlan {
  return { timeZone: 'Europe/Berlin', ...(given === undefined ? {} : { columns: given }) } as RunPlan;
}

async function rowsOf(json: string): Promise<(readonly Cell[])[]> {
  const source = openInline({ kind: 'inline', rows: parseExact(json) as Record<string, unknown>[] }, plan(columns));
  expect(source.columns).toEqual(columns);
  const rows = await Array.fromAsync(source.batches(AbortSignal.timeout(5000)));
  await source.close();
  return rows.flat();
}

describe('the inline source', () => {
  test('gives cells in column order, exact to the last digit', async () => {
    expect(await rowsOf('[{"total":"0012.50","count":9007199254740993,"id":"a"},{"id":"b"}]')).toEqual([
      ['a', 9007199254740993n, '12.50'],
      ['b', null, null],
    ]);
  });

  test('gives every row, in order', async () => {
    const rows = await rowsOf(JSON.stringify(Array.from({ length: 1000 }, (_, count) => ({ count }))));
    expect(rows.map(([, count]) => count)).toEqual(Array.from({ length: 1000 }, (_, count) => count));
  });

  test('gives no batch for no rows', async () => {
    expect(await rowsOf('[]')).toEqual([]);
  });

  test('fails before the first row when any row has a mistake', () => {
    expect(() => openInline({ kind: 'inline', rows: [{ id: 'a' }, { total: 'abc' }] }, plan(columns))).toThrow(
      expect.objectContaining({
        reason: 'TemplateFailed',
        retryable: false,
        message: 'inline: row 2: column "total" is a String of 3 characters, which is not a Decimal',
      }),
    );
  });

  test('needs columns', () => {
    expect(() => openInline({ kind: 'inline', rows: [] }, plan(undefined))).toThrow(expect.objectContaining({ reason: 'TemplateFailed' }));
  });

  test('stops at an abort', async () => {
    const source = openInline({ kind: 'inline', rows: [{ id: 'a' }] }, plan(columns));
    await expect(Array.fromAsync(source.batches(AbortSignal.abort(new Error('stop'))))).rejects.toThrow('stop');
  });
});
