/** What becomes of a parameter in a query, on a real server: lists as arrays, instants as instants and as the zone's own wall clock. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ResolvedParameter } from '../../../src/runner/plan.ts';
import type { Cell } from '../../../src/runner/rows.ts';
import { anyText } from '../../support/arbitraries.ts';
import { postgres } from '../support/servers.ts';
import { newReader, read, type Reader } from './reading.ts';

let reader: Reader;

beforeAll(async () => {
  reader = await newReader(postgres());
  await reader.admin(`
    create type mood as enum ('happy', 'sad');
    create table invoices (id bigint, customer text, code varchar(10), feeling mood, issued_at timestamptz, local_at timestamp, day date);
    insert into invoices values
      (1, 'acme', 'a', 'happy', '2026-10-25 00:30:00+00', '2026-10-25 02:30:00', '2026-10-25'),
      (2, 'NULL', 'b', 'sad', '2026-10-25 01:30:00+00', '2026-10-25 02:30:00', '2026-10-25'),
      (3, '', 'c', null, '2026-10-25 02:30:00+00', '2026-10-25 03:30:00', '2026-10-26'),
      (9007199254740993, 'a,b "c" \\', 'd', 'happy', null, null, null);
    grant select on invoices to public;
  `);
});

/** Values of the one column of the result. */
async function column(query: string, parameters: readonly ResolvedParameter[], timeZone = 'UTC'): Promise<readonly Cell[]> {
  const { rows } = await read(reader.url, query, { parameters, timeZone });
  return rows.map(([cell = null]) => cell);
}

const strings = (value: readonly string[] | null): ResolvedParameter => ({ name: 'list', type: 'Strings', value });
const UNNEST = 'select text from unnest(:list::text[]) with ordinality as list (text, position) order by position';

describe('a list', () => {
  test.each<[story: string, values: readonly string[]]>([
    ['of nothing', []],
    ['of what looks like nothing', ['', 'NULL', 'null', '{}', '{', '}', '""', ' ']],
    ['of what separates and escapes', [',', '"', '\\', '\\"', '\\\\', "'", "'; drop table invoices; --", '$1', ':list']],
    ['of controls and marks', ['\n', '\r\n', '\t', '\u0001', '\u007f', '\u2028', '\u202e', '\ufeff', ' a ', '\u00a0']],
    ['of 1,000 texts', Array.from({ length: 1000 }, (_, index) => `customer-${index}`)],
  ])('%s arrives as it is', async (_, values) => {
    expect(await column(UNNEST, [strings(values)])).toEqual(values);
  });

  test('of any texts that a manifest can hold arrives as it is', async () => {
    const text = anyText(40).map((any) => any.toWellFormed().replaceAll('\0', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 50 }), async (values) => {
        expect(await column(UNNEST, [strings(values)])).toEqual(values);
      }),
      { numRuns: 50 },
    );
  });

  test.each<[condition: string, values: readonly string[] | null, ids: readonly Cell[]]>([
    ['customer = any(:list)', ['acme', 'NULL'], [1, 2]],
    ['customer = any(:list)', [''], [3]],
    ['customer = any(:list)', ['a,b "c" \\'], [9007199254740993n]],
    ['customer = any(:list)', [], []],
    ['customer <> all(:list)', ['acme', 'NULL', ''], [9007199254740993n]],
    ['(:list::text[] is null or customer = any(:list))', ['acme'], [1]],
    ['(:list::text[] is null or customer = any(:list))', null, [1, 2, 3, 9007199254740993n]],
    ['(:list::text[] is null or customer = any(:list))', [], []],
    ['(cardinality(:list::text[]) = 0 or customer = any(:list))', [], [1, 2, 3, 9007199254740993n]],
    ['code = any(:list)', ['b', 'd'], [2, 9007199254740993n]],
    ['feeling = any(:list)', ['sad'], [2]],
    ['id = any(:list)', ['3', '9007199254740993'], [3, 9007199254740993n]],
    ['id = any(:list::bigint[])', ['1'], [1]],
    ['day = any(:list::date[])', ['2026-10-26'], [3]],
  ])('in "%s" with %j', async (condition, values, ids) => {
    expect(await column(`select id from invoices where ${condition} order by id`, [strings(values)])).toEqual(ids);
  });

  test('of choices is bound like any other', async () => {
    const choices: ResolvedParameter = { name: 'list', type: 'Choices', value: ['sad', 'happy'] };
    expect(await column('select id from invoices where feeling = any(:list) order by id', [choices])).toEqual([1, 2, 9007199254740993n]);
  });
});

describe('a Timestamp', () => {
  /** Half past two in Berlin, the second time that night. */
  const at: ResolvedParameter = { name: 'at', type: 'Timestamp', value: '2026-10-25T01:30:00Z' };

  test.each<[expression: string, zone: string, ids: readonly Cell[]]>([
    ['issued_at >= :at', 'UTC', [2, 3]],
    ['issued_at >= :at', 'Europe/Berlin', [2, 3]],
    ['issued_at = :at', 'Europe/Berlin', [2]],
    ['local_at = :at', 'Europe/Berlin', [1, 2]],
    ['local_at < :at', 'Asia/Tokyo', [1, 2, 3]],
    ['day = :at', 'Europe/Berlin', [1, 2]],
  ])('in "%s" with the zone %s', async (expression, zone, ids) => {
    expect(await column(`select id from invoices where ${expression} order by id`, [at], zone)).toEqual(ids);
  });

  test('that is not given is null', async () => {
    const none: ResolvedParameter = { name: 'at', type: 'Timestamp', value: null };
    expect(await column('select id from invoices where :at::timestamptz is null and id = 1', [none])).toEqual([1]);
  });
});

test('a Choice is a text', async () => {
  const choice: ResolvedParameter = { name: 'feeling', type: 'Choice', value: 'sad' };
  expect(await column('select id from invoices where feeling = :feeling', [choice])).toEqual([2]);
});
