import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ResolvedParameter } from '../../../src/runner/plan.ts';
import type { RowBatch, RowSource } from '../../../src/runner/rows.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../local/until.ts';
import { postgres, uniqueName } from '../support/servers.ts';
import { failureOf, newReader, open, read, urlOf, type Reader } from './reading.ts';

let reader: Reader;

beforeAll(async () => {
  reader = await newReader(postgres());
  await reader.admin(`
    create table invoices (id int primary key, day date, at timestamptz, wall timestamp, region text, total numeric, paid boolean);
    insert into invoices
      select n, (timestamptz '2026-09-30 00:00:00+00' + n * interval '1 hour')::date, timestamptz '2026-09-30 00:00:00+00' + n * interval '1 hour',
        (timestamptz '2026-09-30 00:00:00+00' + n * interval '1 hour') at time zone 'Europe/Berlin', case n % 2 when 0 then 'emea' else 'amer' end, n * 1.25, n % 3 = 0
      from generate_series(0, 2000) n;
    update invoices set day = wall::date;
    grant select, insert on invoices to "${reader.user}";
    create function write() returns int language sql as $$ insert into invoices (id) values (-1) returning id $$;
    create function raises(state text) returns int language plpgsql as $$ begin raise exception 'row holds sentinel' using errcode = state, detail = 'sentinel', hint = 'sentinel'; end $$;
  `);
});

/** A URL whose session can be told apart from others in pg_stat_activity. */
function namedUrl(): { readonly url: string; readonly application: string } {
  const application = uniqueName('app');
  return { url: `${reader.url}&application_name=${application}`, application };
}

async function backends(application: string): Promise<readonly { readonly pid: number; readonly state: string }[]> {
  return reader.admin<{ pid: number; state: string }>('select pid, state from pg_stat_activity where application_name = $1', [application]);
}

function soon(): AbortSignal {
  return AbortSignal.timeout(60_000);
}

async function firstBatch(
  source: RowSource,
  signal = soon(),
): Promise<{ readonly batch: RowBatch; readonly rest: AsyncIterator<RowBatch> }> {
  const rest = source.batches(signal)[Symbol.asyncIterator]();
  const first: IteratorResult<RowBatch, undefined> = await rest.next();
  if (first.done === true) throw new Error('no rows');
  return { batch: first.value, rest };
}

describe('parameters are binds', () => {
  test.each<[parameter: ResolvedParameter, query: string, count: number]>([
    [{ name: 'region', type: 'String', value: 'emea' }, 'region = :region', 1001],
    [{ name: 'region', type: 'String', value: "emea' or 'a' = 'a" }, 'region = :region', 0],
    [{ name: 'region', type: 'String', value: null }, ':region::text is null or region = :region', 2001],
    [{ name: 'id', type: 'Integer', value: '7' }, 'id = :id', 1],
    [{ name: 'total', type: 'Decimal', value: '12.50' }, 'total = :total', 1],
    [{ name: 'paid', type: 'Boolean', value: true }, 'paid = :paid', 667],
    [{ name: 'day', type: 'Date', value: '2026-10-01' }, 'day = :day', 24],
  ])('%o', async (parameter, where, count) => {
    const { rows } = await read(reader.url, `select count(*) as n from invoices where ${where}`, { parameters: [parameter] });
    expect(rows).toEqual([[count]]);
  });

  test('the same one in several places, among strings and comments that look like it', async () => {
    const query = `select E'a'\n'b\\'c:x' || :p || ':p' /* :p */ as s, :p::text as t, array[:p, 'x'] as a -- :p`;
    const { rows } = await read(reader.url, query, { parameters: [{ name: 'p', type: 'String', value: "$1 :p '; --" }] });
    expect(rows).toEqual([["ab'c:x$1 :p '; --:p", "$1 :p '; --", `["$1 :p '; --","x"]`]]);
  });
});

describe('a Period is the zone’s own days, across a change of clocks', () => {
  // October 2026 in Berlin: 31 days, one of them of 25 hours.
  const month: ResolvedParameter = { name: 'month', type: 'Period', value: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' } };
  test.each(['at', 'day', 'wall'])('for a column of instants, of days, and of wall clocks: %s', async (column) => {
    const query = `select count(*) as n, min(at) as first, max(at) as last from invoices where ${column} >= :month_from and ${column} < :month_to`;
    const { rows } = await read(reader.url, query, { parameters: [month], timeZone: 'Europe/Berlin' });
    const from = Temporal.Instant.from('2026-09-30T22:00:00Z').epochNanoseconds;
    const last = Temporal.Instant.from('2026-10-31T22:00:00Z').epochNanoseconds;
    expect(rows).toEqual([[31 * 24 + 1, from, last]]);
  });

  test('and the session’s zone is the Report’s', async () => {
    const { rows } = await read(reader.url, "select date_trunc('day', timestamptz '2026-10-25 12:00:00+00') as d", {
      timeZone: 'Europe/Berlin',
    });
    expect(rows).toEqual([[Temporal.Instant.from('2026-10-24T22:00:00Z').epochNanoseconds]]);
  });
});

describe('a mistake in the query is told with its SQLSTATE and its place, and not tried again', () => {
  test.each<[query: string, message: string]>([
    ['selec 1', 'at line 1, column 1 of the query: syntax error at or near "selec" (SQLSTATE 42601)'],
    ['select 1,\n  oops\nfrom invoices', 'at line 2, column 3 of the query: column "oops" does not exist (SQLSTATE 42703)'],
    ['select :region || :region,\n oops from invoices', 'at line 2, column 2 of the query: column "oops" does not exist (SQLSTATE 42703)'],
    ["select '😀', oops;", 'at line 1, column 13 of the query: column "oops" does not exist (SQLSTATE 42703)'],
    ['select * from nowhere', 'at line 1, column 15 of the query: relation "nowhere" does not exist (SQLSTATE 42P01)'],
    ['select', 'the query returns no columns; a source is one statement that returns rows, such as select'],
    ['select oid from pg_authid where rolpassword = :region', 'permission denied for table pg_authid (SQLSTATE 42501)'],
    [
      'select id from invoices where id = :region::date',
      'at line 1, column 34 of the query: operator does not exist: integer = date (SQLSTATE 42883)',
    ],
  ])('%j', async (query, message) => {
    const failure = await failureOf(reader.url, query, { parameters: [{ name: 'region', type: 'String', value: 'emea' }] });
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toContain(message);
  });

  test.each<[query: string, message: RegExp]>([
    ["select 'sentinel'::int", /at line 1, column 8 of the query: a text cannot be read as the type it is used as.*22P02/],
    ["select ('senti' || substr('nelnel', 1, 3 + id % 1))::int from invoices", /a text cannot be read as the type it is used as.*22P02/],
    ['select id from invoices where id = :region', /a text cannot be read.*22P02/],
    ['select 1 / (id - id) from invoices', /division by zero.*22012/],
    ['select raises(:region)', /a function in the database raised an error.*P0001/],
    ["select raises('42703') from invoices", /a name, a type or the syntax of the query is wrong \(SQLSTATE 42703\)/],
    ["select raises('22P02')", /22P02/],
  ])('a value is never told: %s', async (query, message) => {
    const value = query.includes('raises') ? 'P0001' : 'sentinel';
    const failure = await failureOf(reader.url, query, {
      parameters: query.includes(':region') ? [{ name: 'region', type: 'String', value }] : [],
    });
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toMatch(message);
  });
});

describe('nothing is written, whatever the query tries', () => {
  test.each<[query: string, message: RegExp]>([
    ['select write()', /writes or changes its transaction.*25006/],
    ['insert into invoices (id) values (-1) returning id', /25006/],
    ['with w as (insert into invoices (id) values (-1) returning id) select id from w', /25006/],
    ["select set_config('transaction_read_only', 'off', false), write()", /25001|25006/],
    ["select nextval('s')", /25006/],
    ['insert into invoices (id) values (-1)', /returns no columns/],
    ['set transaction read write', /returns no columns/],
    ['commit', /returns no columns/],
    ['do $$ begin commit; insert into invoices (id) values (-1); end $$', /returns no columns/],
    ['copy invoices to stdout', /returns no columns/],
    ['copy invoices from stdin', /returns no columns/],
    ["copy invoices to program 'true'", /returns no columns/],
    ['create table x (a int)', /returns no columns/],
    ['lock table invoices in access exclusive mode', /returns no columns/],
  ])('%s', async (query, message) => {
    await reader.admin('create sequence if not exists s; grant usage on s to public');
    const failure = await failureOf(reader.url, query);
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toMatch(message);
    expect(await reader.admin('select id from invoices where id < 0')).toEqual([]);
  });
});

test.each(['explain select 1', 'show server_version', 'values (1), (2)', 'table invoices', 'with x as (select 1 as a) select * from x'])(
  'any statement that returns rows is a source: %s',
  async (query) => {
    expect((await read(reader.url, query)).rows.length).toBeGreaterThan(0);
  },
);

describe('logins that fail', () => {
  const at = postgres();
  test.each<[what: string, url: () => string, retryable: boolean, message: RegExp]>([
    ['wrong password', () => urlOf(at, reader.name, reader.user, 'sentinel-wrong'), false, /refused the password.*28P01/],
    ['unknown user', () => urlOf(at, reader.name, 'sentinel-nobody', reader.password), false, /refused the password.*28P01/],
    ['no password', () => urlOf(at, reader.name, reader.user, ''), false, /asks for a password/],
    ['unknown database', () => urlOf(at, 'sentinel-nowhere', reader.user, reader.password), false, /has no such database.*3D000/],
    [
      'nobody listens',
      () => urlOf({ host: '127.0.0.1', port: 1 }, 'd', reader.user, reader.password),
      true,
      /127\.0\.0\.1:1 refused the connection/,
    ],
    ['unknown host', () => urlOf({ host: 'nowhere.invalid', port: 1 }, 'd', reader.user, reader.password), true, /unknown to DNS/],
    ['TLS wanted, not offered', () => urlOf(at, reader.name, reader.user, reader.password, ''), false, /does not offer TLS/],
  ])('%s', async (_, url, retryable, message) => {
    const failure = await failureOf(url(), 'select 1');
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable });
    expect(failure.message).toMatch(message);
  });

  test('too many connections', async () => {
    const lonely = await newReader(at);
    await lonely.admin(`alter role "${lonely.user}" connection limit 1`);
    const source = await open(lonely.url, 'select 1');
    try {
      expect(await failureOf(lonely.url, 'select 1')).toMatchObject({ retryable: true });
    } finally {
      await source.close();
    }
  });
});

describe('a statement that takes too long', () => {
  test('is cancelled by the server and told with its setting', async () => {
    const failure = await failureOf(reader.url, 'select pg_sleep(60)', { statementTimeoutSeconds: 1 });
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toMatch(/longer than 1 s; make the query faster or raise statementTimeoutSeconds.*57014/);
  });

  test('is only the one step: a slow reader does not run into it', async () => {
    const source = await open(reader.url, "select n, repeat('x', 1000) from generate_series(1, 20000) n", { statementTimeoutSeconds: 1 });
    const { batch, rest } = await firstBatch(source);
    let rows = batch.length;
    await reader.admin('select pg_sleep(1.5)');
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) rows += next.value.length;
    await source.close();
    expect(rows).toBe(20_000);
  });
});

describe('a connection that ends in the middle is a failure worth another try, never a short file', () => {
  const rows = "select n, repeat('x', 100) from generate_series(1, 200000) n";

  test('when the server is told to end it', async () => {
    const { url, application } = namedUrl();
    const source = await open(url, rows);
    const { rest } = await firstBatch(source);
    await reader.admin('select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = $1', [application]);
    const reading = (async () => {
      while ((await rest.next()).done !== true);
    })();
    await expect(reading).rejects.toMatchObject({
      reason: 'SourceFailed',
      retryable: true,
      message: expect.stringMatching(/shutting down.*57P01|was cut/) as string,
    });
    await source.close();
  });

  test.each([10_000, 1_000_000, 5_000_000])('when the network cuts it after %i bytes', async (bytes) => {
    await using proxy = await TcpProxy.start(postgres());
    proxy.cutAfterBytes = bytes;
    const url = urlOf({ host: '127.0.0.1', port: proxy.port }, reader.name, reader.user, reader.password);
    expect(await failureOf(url, rows)).toMatchObject({ reason: 'SourceFailed', retryable: true });
  });

  test('when it ends while nobody reads', async () => {
    await using proxy = await TcpProxy.start(postgres());
    const source = await open(urlOf({ host: '127.0.0.1', port: proxy.port }, reader.name, reader.user, reader.password), rows);
    const { rest } = await firstBatch(source);
    proxy.cut();
    await expect(
      (async () => {
        while ((await rest.next()).done !== true);
      })(),
    ).rejects.toMatchObject({ reason: 'SourceFailed', retryable: true });
    await source.close();
  });
});

describe('an abort', () => {
  test('in the middle of a statement ends it on the server too', async () => {
    const { url, application } = namedUrl();
    const source = await open(url, 'select pg_sleep(600)');
    const abort = new AbortController();
    const reading = source.batches(abort.signal)[Symbol.asyncIterator]().next();
    await until('the statement runs', async () => (await backends(application)).some(({ state }) => state === 'active'));
    abort.abort(new Error('stop'));
    await expect(reading).rejects.toThrow('stop');
    await source.close();
    await until('the backend is gone', async () => (await backends(application)).length === 0);
  });

  test('while a query is being parsed and planned ends that too', async () => {
    const { url, application } = namedUrl();
    await reader.admin(
      'create or replace function slow() returns int immutable language plpgsql as $$ begin perform pg_sleep(600); return 1; end $$',
    );
    const abort = new AbortController();
    const opening = open(url, 'select slow() as n', { signal: abort.signal });
    await until('it is planned', async () => (await backends(application)).some(({ state }) => state === 'active'));
    abort.abort(new Error('stop'));
    await expect(opening).rejects.toThrow('stop');
    await until('the backend is gone', async () => (await backends(application)).length === 0);
  });

  test('before the next batch stops there', async () => {
    const source = await open(reader.url, 'select n from generate_series(1, 100000) n');
    const abort = new AbortController();
    const { rest } = await firstBatch(source, abort.signal);
    abort.abort(new Error('stop'));
    await expect(rest.next()).rejects.toThrow('stop');
    await source.close();
  });
});

test('closing in the middle of a statement ends it on the server, closing twice is fine', async () => {
  const { url, application } = namedUrl();
  const source = await open(url, 'select pg_sleep(600)');
  const reading = source.batches(soon())[Symbol.asyncIterator]().next();
  await until('the statement runs', async () => (await backends(application)).some(({ state }) => state === 'active'));
  await Promise.all([source.close(), source.close(), expect(reading).rejects.toMatchObject({ reason: 'SourceFailed' })]);
  await source.close();
  await until('the backend is gone', async () => (await backends(application)).length === 0);
});

test('a session ends with its reading, and is named after its Report', async () => {
  const { rows } = await read(reader.url, "select current_setting('application_name') as name, pg_backend_pid() as pid");
  expect(rows[0]?.[0]).toBe('dossier billing/r');
  await until(
    'the backend is gone',
    async () => (await reader.admin('select 1 from pg_stat_activity where pid = $1', [rows[0]?.[1]])).length === 0,
  );
});

describe('memory', () => {
  test('200,000 rows pass in order through a heap that a third of them would fill', async () => {
    const worker = new Worker(new URL('./counting-worker.ts', import.meta.url), {
      workerData: { url: reader.url, query: 'select n, repeat(md5(n::text), 16) as text from generate_series(1, 200000) n' },
      resourceLimits: { maxOldGenerationSizeMb: 40, maxYoungGenerationSizeMb: 8 },
    });
    expect(await once(worker, 'message')).toEqual([200_000]);
  });

  test('rows that suddenly grow wide come a few at a time, and while nobody takes them the rest waits at the server', async () => {
    await using proxy = await TcpProxy.start(postgres());
    const url = urlOf({ host: '127.0.0.1', port: proxy.port }, reader.name, reader.user, reader.password);
    const source = await open(
      url,
      "select case when n <= 200 then 'x' else repeat('x', 1000000) end as text from generate_series(1, 400) n",
    );
    let rows = 0;
    let taken = 0;
    for await (const batch of source.batches(soon())) {
      const size = batch.reduce((sum, [text]) => sum + String(text).length, 0);
      expect(size).toBeLessThan(4_000_000);
      if (taken < 1_000_000) {
        await standstill(() => proxy.bytesFromServer);
        // Of 200 MB that were asked for; the rest of this is in buffers of the kernel and of the proxy.
        expect(proxy.bytesFromServer).toBeLessThan(30_000_000);
      }
      rows += batch.length;
      taken += size;
    }
    await source.close();
    expect(rows).toBe(400);
  });
});

/** Waits until a number has been the same for a while. */
async function standstill(read: () => number): Promise<void> {
  let last = read();
  let since = performance.now();
  await until('it stands still', () => {
    if (read() !== last) since = performance.now();
    last = read();
    return performance.now() - since > 500;
  });
}
