import { beforeAll, describe, expect, test } from 'vitest';
import type { Cell, ColumnType } from '../../../src/runner/rows.ts';
import { postgres } from '../support/servers.ts';
import { failureOf, newReader, read, type Reader } from './reading.ts';

let reader: Reader;

beforeAll(async () => {
  reader = await newReader(postgres());
  await reader.admin(`
    create type mood as enum ('happy', 'sad');
    create type pair as (a int, b text);
    create domain cents as int check (value >= 0);
    create domain code as text;
    create domain tags as text[];
  `);
});

function ns(instant: string): bigint {
  return Temporal.Instant.from(instant).epochNanoseconds;
}

const THOUSAND_DIGITS = '1234567890'.repeat(100);

describe('a value of any type arrives whole, as the column type that a result has by itself', () => {
  test.each<[sql: string, type: ColumnType, cell: Cell]>([
    ['(-32768)::int2', 'Integer', -32768],
    ['2147483647', 'Integer', 2147483647],
    ['9007199254740993', 'Integer', 9007199254740993n],
    ['(-9223372036854775808)::int8', 'Integer', -9223372036854775808n],
    ['4294967295::oid', 'Integer', 4294967295],
    ['5::cents', 'Integer', 5],
    ['12.50', 'Decimal', '12.50'],
    ['-0.00', 'Decimal', '0.00'],
    [`${THOUSAND_DIGITS}.5`, 'Decimal', `${THOUSAND_DIGITS}.5`],
    [`0.${THOUSAND_DIGITS}`, 'Decimal', `0.${THOUSAND_DIGITS}`],
    ["'NaN'::numeric", 'Decimal', 'NaN'],
    ["'-Infinity'::numeric", 'Decimal', '-Infinity'],
    ['1e300::numeric', 'Decimal', `1${'0'.repeat(300)}`],
    ['0.1::float8', 'Number', 0.1],
    ['0.1::float4', 'Number', 0.1],
    ["'5e-324'::float8", 'Number', 5e-324],
    ["'1.7976931348623157e308'::float8", 'Number', 1.7976931348623157e308],
    ["'NaN'::float8", 'Number', NaN],
    ["'-Infinity'::float4", 'Number', -Infinity],
    ["'-0'::float8", 'Number', -0],
    ['true', 'Boolean', true],
    ['false', 'Boolean', false],
    ["date '2026-10-01'", 'Date', '2026-10-01'],
    ["date '0044-03-15 BC'", 'Date', '-000043-03-15'],
    ["date '5874897-12-31'", 'Date', '+5874897-12-31'],
    ["date 'infinity'", 'Date', 'Infinity'],
    ["date '-infinity'", 'Date', '-Infinity'],
    ["timestamptz '2026-10-01 08:30:00.123456+02'", 'Timestamp', ns('2026-10-01T06:30:00.123456Z')],
    ["timestamptz '1890-01-01 00:00:00+00:53:28'", 'Timestamp', ns('1889-12-31T23:06:32Z')],
    ["timestamptz '4713-11-24 00:00:00+00 BC'", 'Timestamp', ns('-004712-11-24T00:00:00Z')],
    ["timestamptz '294276-12-31 23:59:59.999999+00'", 'Timestamp', 9_224_318_015_999_999_999_000n],
    ["timestamptz '12026-01-01 00:00:00+00'", 'Timestamp', ns('+012026-01-01T00:00:00Z')],
    ["timestamptz 'infinity'", 'Timestamp', 'Infinity'],
    ["timestamp '2026-10-01 08:30:00'", 'Timestamp', ns('2026-10-01T06:30:00Z')],
    ["timestamp '2026-12-01 08:30:00.000001'", 'Timestamp', ns('2026-12-01T07:30:00.000001Z')],
    ["timestamp '-infinity'", 'Timestamp', '-Infinity'],
    [`jsonb '{"b": [1, 2.50, null], "a": "ü"}'`, 'JSON', '{"a": "ü", "b": [1, 2.50, null]}'],
    [`json '{"n": 12345678901234567890.0100}'`, 'JSON', '{"n": 12345678901234567890.0100}'],
    ["json E'[1,\\n 2]'", 'JSON', '[1,  2]'],
    ["jsonb 'null'", 'JSON', 'null'],
    ['array[1, null, 3]', 'JSON', '[1,null,3]'],
    ["'{}'::int[]", 'JSON', '[]'],
    ['array[[1, 2], [3, 4]]', 'JSON', '[[1,2],[3,4]]'],
    ["'[0:1]={1,2}'::int[]", 'JSON', '[1,2]'],
    [`array['a', 'b c', 'NULL', null, '', 'x"y\\z', '{}']`, 'JSON', '["a","b c","NULL",null,"","x\\"y\\\\z","{}"]'],
    ['array[12.50, 1e20]', 'JSON', '[12.50,100000000000000000000]'],
    ["array['NaN'::float8, 1e300::float8]", 'JSON', '["NaN",1e+300]'],
    ['array[true, false]', 'JSON', '[true,false]'],
    [`array['{"a": [1]}'::jsonb]`, 'JSON', '[{"a": [1]}]'],
    ["array['\\xdead'::bytea]", 'JSON', '["3q0="]'],
    ["array['happy'::mood, 'sad']", 'JSON', '["happy","sad"]'],
    ['array[5::cents]', 'JSON', '[5]'],
    ["array['a', 'b']::tags", 'JSON', '["a","b"]'],
    ["array[box '((1,1),(0,0))', box '((2,2),(1,1))']", 'JSON', '["(1,1),(0,0)","(2,2),(1,1)"]'],
    ["array[row(1, 'a')::pair]", 'JSON', '["(1,a)"]'],
    ["'\\xdeadbeef'::bytea", 'String', '3q2+7w=='],
    ["''::bytea", 'String', ''],
    ["'happy'::mood", 'String', 'happy'],
    ["'x'::code", 'String', 'x'],
    ['row(1, null)::pair', 'String', '(1,)'],
    ["row(1, 'a')", 'String', '(1,a)'],
    ["interval '1 year 2 months 3 days 04:05:06.789'", 'String', '1 year 2 mons 3 days 04:05:06.789'],
    ["uuid '00000000-0000-0000-0000-000000000001'", 'String', '00000000-0000-0000-0000-000000000001'],
    ["inet '10.0.0.1/8'", 'String', '10.0.0.1/8'],
    ["time '12:34:56.789'", 'String', '12:34:56.789'],
    ["bit '101'", 'String', '101'],
    ['int4range(1, 5)', 'String', '[1,5)'],
    ["'1 2'::int2vector", 'String', '1 2'],
    ["'a'::char(3)", 'String', 'a  '],
    ["''::text", 'String', ''],
    ["E'a\\tb\\nc\\r\\u2028ü😀'::text", 'String', 'a\tb\nc\r\u2028ü😀'],
    ['null', 'String', null],
    ['null::int', 'Integer', null],
    ['null::int[]', 'JSON', null],
  ])('%s', async (sql, type, cell) => {
    const { columns, rows } = await read(reader.url, `select ${sql} as value`, { timeZone: 'Europe/Berlin' });
    expect(columns).toEqual([{ name: 'value', header: 'value', type }]);
    expect(rows).toEqual([[cell]]);
  });
});

test('every microsecond of a day arrives, whatever zone the Report has', async () => {
  for (const timeZone of ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns']) {
    const query = `select t, extract(epoch from t)::numeric from generate_series(timestamptz '2026-10-25 00:00:00+02', '2026-10-26 00:00:00+01', '7 min 1 microsecond') t`;
    const { rows } = await read(reader.url, query, { timeZone, columns: { t: 'Timestamp', extract: 'Decimal' } });
    expect(rows.length).toBeGreaterThan(200);
    for (const [instant, seconds] of rows) expect(instant).toBe(BigInt(String(seconds).replace('.', '')) * 1000n);
  }
});

describe('settings of the server, the database and the user change nothing', () => {
  test('of dates, intervals, bytes and floats', async () => {
    await reader.admin(`
      alter role "${reader.user}" set datestyle = 'SQL, DMY';
      alter role "${reader.user}" set intervalstyle = 'iso_8601';
      alter role "${reader.user}" set bytea_output = 'escape';
      alter role "${reader.user}" set extra_float_digits = -5;
      alter role "${reader.user}" set timezone = 'Asia/Tokyo';
    `);
    // The most digits: before PostgreSQL 12, and in databases made of it, any fewer are not enough to tell all doubles apart.
    const floats = await read(
      reader.url,
      "select current_setting('extra_float_digits') as digits, 0.1::float8 + 0.2 as f, 0.1::float4 as g",
    );
    expect(floats.rows).toEqual([['3', 0.1 + 0.2, 0.1]]);
    const query = `select date '2026-10-01' as d, timestamptz '2026-10-01 00:00:00+00' as t, interval '1 day' as i, '\\x00ff'::bytea as b, 0.1::float8 as f, current_setting('TimeZone') as z`;
    const { rows } = await read(reader.url, query, { timeZone: 'Europe/Berlin' });
    expect(rows).toEqual([['2026-10-01', ns('2026-10-01T00:00:00Z'), '1 day', 'AP8=', 0.1, 'Europe/Berlin']]);
  });
});

describe('declared columns', () => {
  test('take values of other types where nothing is lost', async () => {
    const query = `select 7 as i, sum(x)::numeric as n, 'x' as s, '12.50'::text as d, true as b, '2026-10-01T00:00:00Z'::text as t, '[1]'::text as j
      from generate_series(1, 3) x`;
    const { rows } = await read(reader.url, query, {
      columns: { t: 'Timestamp', i: 'Decimal', n: 'Integer', s: 'String', d: 'Decimal', b: 'String', j: 'JSON' },
    });
    expect(rows).toEqual([[ns('2026-10-01T00:00:00Z'), '7', 6, 'x', '12.50', 'true', '[1]']]);
  });

  test('refuse a value that does not fit by row, column and kind, and end the report there', async () => {
    const query = `select case when x = 1204 then 'sentinel' else x::text end as total from generate_series(1, 5000) x`;
    expect(await failureOf(reader.url, query, { columns: { total: 'Decimal' } })).toMatchObject({
      reason: 'SourceFailed',
      retryable: false,
      message: 'postgres: row 1,204: column "total" is a String of 8 characters, which is not a Decimal',
    });
  });

  test('refuse a wall-clock time that the zone skipped instead of moving it', async () => {
    const query = "select timestamp '2026-03-29 02:30:00' as at";
    expect((await failureOf(reader.url, query, { timeZone: 'Europe/Berlin' })).message).toMatch(
      /^postgres: row 1: column "at" is a time that clocks in Europe\/Berlin skipped/,
    );
    expect((await read(reader.url, query)).rows).toEqual([[ns('2026-03-29T02:30:00Z')]]);
  });

  test('must be the result’s, even when it is empty', async () => {
    const failure = await failureOf(reader.url, 'select 1 as id, true as paid where false', {
      columns: { id: 'Integer', paid: 'Date', total: 'Decimal' },
    });
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toContain('column "paid" is a boolean in the result, which is never a Date');
    expect(failure.message).toContain('column "total" is not in the result');
    expect(failure.message).toContain('the result has the columns "id", "paid"');
  });
});

test('a result without rows has its columns', async () => {
  expect(await read(reader.url, 'select 1 as id where false')).toEqual({
    columns: [{ name: 'id', header: 'id', type: 'Integer' }],
    rows: [],
  });
});

test('names of columns are what PostgreSQL calls them', async () => {
  const { columns } = await read(reader.url, 'select 1, count(*), 2 as "Größe (cm)"');
  expect(columns.map(({ name }) => name)).toEqual(['?column?', 'count', 'Größe (cm)']);
});

test('two columns of one name are refused by that name', async () => {
  expect((await failureOf(reader.url, 'select 1 as a, 2 as b, 3 as a')).message).toBe(
    'postgres: the result has several columns named "a"; give each a name of its own (… as name)',
  );
});
