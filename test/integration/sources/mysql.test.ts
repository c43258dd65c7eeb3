/** Queries of a real MariaDB (test/support/mysql-server.ts says which), read to their end or to their failure. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DossierError } from '../../../src/errors.ts';
import { Authority } from '../../../src/local/authority.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { PLAN_ENV, type ResolvedParameter, type RunPlan } from '../../../src/runner/plan.ts';
import type { Cell, Column, ColumnType, RowSource } from '../../../src/runner/rows.ts';
import { openSource } from '../../../src/runner/sources/open.ts';
import { findMysql, startMysql, type MysqlServer } from '../../support/mysql-server.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { uniqueName } from '../support/servers.ts';

const found = await findMysql();
if (found.kind === 'none') console.log(`tests of a real MariaDB are skipped: ${found.why}`);
const isOurs = found.kind === 'programs';

const { billing } = useBilling('mysql');

const SENTINEL = 'sentinel';
const database = uniqueName(SENTINEL).replaceAll('-', '_');
const user = `u${randomBytes(5).toString('hex')}`;
const password = `${SENTINEL}-${randomBytes(6).toString('hex')}`;
let workspace: Workspace;
let authority: Authority;
let server: MysqlServer;

interface Reading {
  readonly parameters?: readonly ResolvedParameter[];
  readonly columns?: Readonly<Record<string, ColumnType>>;
  readonly timeZone?: string;
  readonly statementTimeoutSeconds?: number;
  readonly url?: string;
  readonly ca?: string;
  readonly signal?: AbortSignal;
}

function urlAt({ port = server.port, host = server.host, secret = password, name = database, options = '?sslmode=disable' } = {}): string {
  return `mysql://${user}:${secret}@${host}:${port}/${name}${options}`;
}

function open(query: string, reading: Reading = {}): Promise<RowSource> {
  const { columns, statementTimeoutSeconds, ca } = reading;
  const plan = {
    report: { namespace: 'billing', name: 'r', uid: 'u' },
    timeZone: reading.timeZone ?? 'UTC',
    activeDeadlineSeconds: 3600,
    parameters: reading.parameters ?? [],
    source: { kind: 'mysql', query, ...(statementTimeoutSeconds === undefined ? {} : { statementTimeoutSeconds }) },
    ...(columns === undefined ? {} : { columns: Object.entries(columns).map(([name, type]) => ({ name, header: name, type })) }),
    allowLoopback: true,
  } as unknown as RunPlan;
  const env = { [PLAN_ENV.sourceUrl]: reading.url ?? urlAt(), ...(ca === undefined ? {} : { [PLAN_ENV.sourceCa]: ca }) };
  return openSource(plan, env, reading.signal ?? AbortSignal.timeout(60_000));
}

async function read(
  query: string,
  reading: Reading = {},
): Promise<{ readonly columns: readonly Column[]; readonly rows: readonly (readonly Cell[])[] }> {
  const source = await open(query, reading);
  try {
    const batches = await Array.fromAsync(source.batches(reading.signal ?? AbortSignal.timeout(60_000)));
    return { columns: source.columns, rows: batches.flat() };
  } finally {
    await source.close();
  }
}

async function rowsOf(query: string, reading: Reading = {}): Promise<readonly (readonly Cell[])[]> {
  return (await read(query, reading)).rows;
}

async function failureOf(query: string, reading: Reading = {}): Promise<DossierError> {
  const failure = await read(query, reading).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof DossierError)) throw new Error('the query did not fail as it should', { cause: failure });
  expect(failure.message.toLowerCase()).not.toContain(SENTINEL);
  expect(failure.cause).toBeUndefined();
  return failure;
}

const digits = (count: number): string => Array.from({ length: count }, (_, digit) => `select ${digit} as n`).join(' union all ');

describe.skipIf(found.kind === 'none')('a real server', () => {
  beforeAll(async () => {
    if (found.kind === 'none') return;
    workspace = await Workspace.create();
    authority = await Authority.create('mysql');
    server = await startMysql(workspace, found, await authority.issueServer('mysql', ['127.0.0.1']));
    await server.admin(
      `create database ${database} character set utf8mb4`,
      `create user '${user}'@'%' identified by '${password}'`,
      `grant all on ${database}.* to '${user}'@'%'`,
      `create table ${database}.invoices (id bigint unsigned primary key, customer varchar(40), total decimal(30,10), issued date, at timestamp(6) null, noted datetime)`,
      `insert into ${database}.invoices values
        (18446744073709551615, 'acme', 12.5000000001, '2026-10-01', '2026-09-30 22:00:00', '2026-10-01 00:00:00'),
        (9007199254740993, 'o''hara "x"', 0.1, '2026-10-31', '2026-10-31 22:59:59.999999', '2026-10-31 23:59:59'),
        (9007199254740992, null, 0.2, '2026-11-01', '2026-10-31 23:00:00', '2026-11-01 00:00:00')`,
      `create table ${database}.numbers (seq integer primary key)`,
      `insert into ${database}.numbers select 1 + a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n
        from ${['a', 'b', 'c', 'd', 'e', 'f'].map((place) => `(${digits(place === 'f' ? 2 : 10)}) ${place}`).join(', ')}`,
    );
  });

  afterAll(async () => {
    if (found.kind === 'none') return;
    await server.admin(`drop database ${database}`, `drop user '${user}'@'%'`);
    await workspace.close();
  });

  test('a Report gets its file, and waits for the Secret before', async () => {
    await billing().storage();
    const query = 'select id, customer, total, at from invoices where customer in (:customers) and issued < :until order by id';
    await billing().template('invoices', {
      source: { mysql: { urlFrom: { secretKeyRef: { name: 'billing-db', key: 'url' } }, query, statementTimeoutSeconds: 60 } },
      parameters: [
        { name: 'customers', type: 'Strings', required: true },
        { name: 'until', type: 'Date', required: true },
      ],
      formats: ['CSV'],
    });
    const parameters = [
      { name: 'customers', values: ['acme', 'nobody'] },
      { name: 'until', value: '2027-01-01' },
    ];
    await billing().report('invoices', { templateRef: { name: 'invoices' }, parameters });
    expect(messageOf(await billing().waiting('invoices', 'SecretNotFound'))).toContain(
      'spec.source.mysql.urlFrom.secretKeyRef of ReportTemplate "invoices"',
    );
    await billing().secret('billing-db', { url: urlAt() });
    const done = await billing().finished('invoices');
    expect(done.status.phase, messageOf(done)).toBe('Ready');
    const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/invoices/`);
    expect(objects[0]?.bytes.toString()).toBe('id,customer,total,at\n18446744073709551615,acme,12.5000000001,2026-09-30T22:00:00Z\n');
  });

  test('a template says what is wrong with its query', async () => {
    const source = { mysql: { urlFrom: { secretKeyRef: { name: 'billing-db', key: 'url' } }, query: 'select :Month, `:x`, ? -- :y' } };
    await billing().template('wrong', { source, parameters: [{ name: 'month', type: 'Date' }], formats: ['CSV'] });
    await billing().report('wrong', { templateRef: { name: 'wrong' } });
    expect(messageOf(await billing().waiting('wrong', 'TemplateNotReady'))).toContain(
      'spec.source.mysql.query: line 1, column 22: ? is a numbered parameter; write :name',
    );
  });

  describe('types', () => {
    test('numbers keep every digit, text every letter, bytes become base64', async () => {
      const { columns, rows } = await read(`select
        cast(-9223372036854775808 as signed) as least, 18446744073709551615 as most, cast('-0.10' as decimal(65,30)) as exact, 1e0/3 as number,
        cast(0.1 as float) as single, 'a''ü😀' as text, x'00ff' as bytes, b'101' + 0 as bits, null as nothing, time '-25:00:01' as span,
        cast('{"b":1.10,"a":[1]}' as char) as document, date '2026-02-28' as day, timestamp '2026-02-28 01:02:03.000400' as wall, true as yes`);
      expect(columns.map(({ type }) => type)).toEqual([
        ...['Integer', 'Integer', 'Decimal', 'Number', 'Number', 'String', 'String', 'Integer', 'String', 'String', 'String', 'Date'],
        ...['Timestamp', 'Integer'],
      ]);
      expect(rows).toEqual([
        [
          ...[-9223372036854775808n, 18446744073709551615n, '-0.100000000000000000000000000000', 1 / 3, 0.1, `a'ü😀`, 'AP8=', 5, null],
          ...['-25:00:01', '{"b":1.10,"a":[1]}', '2026-02-28', 1772240523000400000n, 1],
        ],
      ]);
    });

    test('columns are found by name, in the order and with the types of the template', async () => {
      const columns = { noted: 'Timestamp', paid: 'Boolean', id: 'String', document: 'JSON' } as const;
      const query = `select id, noted, id > 9007199254740993 as paid, '{"a": 1}' as document from invoices order by id`;
      expect(await rowsOf(query, { columns, timeZone: 'Etc/GMT-2' }).catch((error: unknown) => String(error))).toMatch(
        /time zone Etc\/GMT-2/,
      );
      expect(await rowsOf(query, { columns })).toEqual([
        [1793491200000000000n, false, '9007199254740992', '{"a": 1}'],
        [1793491199000000000n, false, '9007199254740993', '{"a": 1}'],
        [1790812800000000000n, true, '18446744073709551615', '{"a": 1}'],
      ]);
    });

    test.each<[string, string, Readonly<Record<string, ColumnType>> | undefined, RegExp]>([
      ['two columns of one name', 'select 1 as a, 2 as a, 3 as b', undefined, /several columns named "a"; give each a name/],
      ['a column that is not there', 'select 1 as ids', { id: 'Integer' }, /column "id" is not in the result; did you mean "ids"\?/],
      ['a column too many', 'select 1 as id, 2 as b', { id: 'Integer' }, /the result has "b", which the template does not declare/],
      ['a type that never fits', 'select 1.5 as id', { id: 'Date' }, /column "id" is a numeric in the result, which is never a Date/],
      [
        'a value that does not fit',
        `select 1 as id union all select '${SENTINEL}'`,
        { id: 'Integer' },
        /row 2: column "id" is a String of 8/,
      ],
      ['a tinyint that is no Boolean', 'select 2 as id', { id: 'Boolean' }, /row 1: column "id" is an Integer other than 0 and 1/],
      ['a point', 'select point(1, 2) as p', undefined, /"p" as a geometry or vector; select a text of it/],
    ])('%s is told', async (_, query, columns, says) => {
      const failure = await failureOf(query, columns === undefined ? {} : { columns });
      expect(failure.message).toMatch(says);
      expect(failure.retryable).toBe(false);
    });
  });

  describe('parameters', () => {
    const month: ResolvedParameter = { name: 'month', type: 'Period', value: { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' } };
    const one = (type: string, value: unknown): readonly ResolvedParameter[] => [{ name: 'p', type, value } as ResolvedParameter];

    test.each<[string, readonly ResolvedParameter[], string, readonly (readonly Cell[])[]]>([
      ['text that would end a string', one('String', `o'hara "x"`), 'select count(*) from invoices where customer = :p', [[1]]],
      ['an integer beyond 2^53', one('Integer', '9007199254740993'), 'select id from invoices where id = :p', [[9007199254740993n]]],
      ['an integer beyond 64 bits', one('Integer', '18446744073709551615'), 'select customer from invoices where id = :p', [['acme']]],
      ['an exact decimal', one('Decimal', '0.1'), 'select customer is not null from invoices where total = :p', [[1]]],
      ['a boolean', one('Boolean', true), 'select count(*) from invoices where (customer is null) = :p', [[1]]],
      ['a day', one('Date', '2026-10-31'), 'select count(*) from invoices where issued = :p', [[1]]],
      ['an instant', one('Timestamp', '2026-10-31T22:59:59.999999Z'), 'select count(*) from invoices where at = :p', [[1]]],
      ['no value', one('String', null), 'select count(*) from invoices where :p is null', [[3]]],
      ['a list', one('Strings', ['acme', `o'hara "x"`]), 'select count(*) from invoices where customer in (:p)', [[2]]],
      ['an empty list', one('Choices', []), 'select count(*) from invoices where customer in (:p)', [[0]]],
      ['a list that was not given', one('Strings', null), 'select count(*) from invoices where :p is null or customer in (:p)', [[3]]],
      ['a list as JSON', one('Strings', ['acme']), 'select count(*) from invoices where json_contains(:p, json_quote(customer))', [[1]]],
      ['a period of days', [month], 'select count(*) from invoices where issued >= :month_from and issued < :month_to', [[2]]],
      ['a period of wall clocks', [month], 'select count(*) from invoices where noted >= :month_from and noted < :month_to', [[2]]],
      ['a period of instants', [month], 'select count(*) from invoices where at >= :month_from and at < :month_to', [[2]]],
      [
        'a name in strings and comments',
        one('Integer', '1'),
        `select ':p' as a, ":p" as b /* :p */ , \`a\` + :p as c from (select 1 as \`a\`) t -- :p`,
        [[':p', ':p', 2]],
      ],
    ])('%s', async (_, parameters, query, rows) => {
      expect(await rowsOf(query, { parameters })).toEqual(rows);
    });
  });

  describe('zones', () => {
    test('a zone that the server does not know is an error with its remedy, never another zone', async () => {
      const failure = await failureOf('select 1', { timeZone: 'Antarctica/Troll' });
      expect(failure.message).toContain('the server does not know the time zone Antarctica/Troll; load its time zone tables');
      expect(failure.retryable).toBe(false);
    });

    test.runIf(isOurs)(
      'days, wall clocks and instants meet in the zone of the Report, and an hour that is there twice is an error',
      async () => {
        // As mysql_tzinfo_to_sql would write them.
        const id = 900;
        await server.admin(
          `insert into mysql.time_zone values (${id}, 'N')`,
          `insert into mysql.time_zone_name values ('Europe/Berlin', ${id})`,
          `insert into mysql.time_zone_transition_type values (${id}, 0, 3600, 0, 'CET'), (${id}, 1, 7200, 1, 'CEST')`,
          `insert into mysql.time_zone_transition values (${id}, ${Date.UTC(2026, 2, 29, 1) / 1000}, 1), (${id}, ${Date.UTC(2026, 9, 25, 1) / 1000}, 0)`,
          'flush tables',
        );
        const timeZone = 'Europe/Berlin';
        const october: ResolvedParameter = {
          name: 'm',
          type: 'Period',
          value: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' },
        };
        const within = (column: string): string =>
          `select id, at from invoices where ${column} >= :m_from and ${column} < :m_to order by 2`;
        for (const column of ['issued', 'noted', 'at'])
          expect(await rowsOf(within(column), { timeZone, parameters: [october] })).toEqual([
            [18446744073709551615n, 1790805600000000000n],
            [9007199254740993n, 1793487599999999000n],
          ]);
        const twice = `select from_unixtime(${Date.UTC(2026, 9, 25, 0, 30) / 1000}) as at`;
        await server.admin(`create table ${database}.twice (at timestamp)`, `insert into ${database}.twice values ('2026-10-25 00:30:00')`);
        expect((await failureOf('select at from twice', { timeZone })).message).toContain(
          'row 1: column "at" is a time that clocks in Europe/Berlin showed twice',
        );
        expect(await rowsOf('select at from twice')).toEqual([[1792888200000000000n]]);
        expect(await rowsOf(twice, { timeZone, columns: { at: 'String' } })).toEqual([['2026-10-25 02:30:00']]);
      },
    );

    test.runIf(isOurs)('a day whose first hour the clocks skip is whole, and is not in the one before', async () => {
      // In 2026, Cairo's clocks go from 00:00 on 24 April to 01:00.
      const id = 902;
      const timeZone = 'Africa/Cairo';
      const forward = Date.UTC(2026, 3, 23, 22) / 1000;
      await server.admin(
        `insert into mysql.time_zone values (${id}, 'N')`,
        `insert into mysql.time_zone_name values ('${timeZone}', ${id})`,
        `insert into mysql.time_zone_transition_type values (${id}, 0, 7200, 0, 'EET'), (${id}, 1, 10800, 1, 'EEST')`,
        `insert into mysql.time_zone_transition values (${id}, ${forward - 86400 * 100}, 0), (${id}, ${forward}, 1)`,
        'flush tables',
        `create table ${database}.days (day date, noted datetime, at timestamp(3) null)`,
        `insert into ${database}.days values ('2026-04-23', '2026-04-23 23:59:59', '2026-04-23 21:59:59.999'), ('2026-04-24', '2026-04-24 01:00:00', '2026-04-23 22:00:00')`,
      );
      const one = (name: string, from: string, to: string): readonly ResolvedParameter[] => [{ name, type: 'Period', value: { from, to } }];
      for (const column of ['day', 'noted', 'at']) {
        const query = `select cast(day as char) as day from days where ${column} >= :m_from and ${column} < :m_to`;
        expect(await rowsOf(query, { timeZone, parameters: one('m', '2026-04-22T22:00:00Z', '2026-04-23T22:00:00Z') }), column).toEqual([
          ['2026-04-23'],
        ]);
        expect(await rowsOf(query, { timeZone, parameters: one('m', '2026-04-23T22:00:00Z', '2026-04-24T21:00:00Z') }), column).toEqual([
          ['2026-04-24'],
        ]);
      }
    });

    test.runIf(isOurs)('tables of the server that are older than a change of clocks are an error, never other instants', async () => {
      // Brazil had its last summer time in 2019.
      const id = 901;
      await server.admin(
        `insert into mysql.time_zone values (${id}, 'N')`,
        `insert into mysql.time_zone_name values ('America/Sao_Paulo', ${id})`,
        `insert into mysql.time_zone_transition_type values (${id}, 0, -10800, 0, '-03'), (${id}, 1, -7200, 1, '-02')`,
        `insert into mysql.time_zone_transition values (${id}, ${Date.UTC(2026, 1, 15, 2) / 1000}, 0), (${id}, ${Date.UTC(2026, 9, 18, 3) / 1000}, 1)`,
        'flush tables',
      );
      const timeZone = 'America/Sao_Paulo';
      expect(await rowsOf('select at from invoices where issued < "2026-10-02"', { timeZone })).toEqual([[1790805600000000000n]]);
      const november: ResolvedParameter = {
        name: 'm',
        type: 'Period',
        value: { from: '2026-11-01T03:00:00Z', to: '2026-12-01T03:00:00Z' },
      };
      for (const failure of [
        await failureOf('select at from invoices order by at', { timeZone }),
        await failureOf('select sum(total) as total from invoices where at >= :m_from and at < :m_to', {
          timeZone,
          parameters: [november],
        }),
      ]) {
        expect(failure.message).toContain('the time zone tables of the server have other clocks for America/Sao_Paulo than are known here');
        expect(failure.retryable).toBe(false);
      }
    });
  });

  describe('a statement that must not run does not', () => {
    test.each<[string, string, RegExp]>([
      ['writes', 'insert into invoices (id) values (1)', /read in a read-only one|returns no columns/],
      ['drops', 'drop table invoices', /returns no columns/],
      ['writes and returns', 'insert into invoices (id) values (1) returning id', /read in a read-only one \(error 1792\)|near 'returning/],
      ['locks rows to write', 'select id from invoices for update', /read-only|accepted/],
      ['is two', 'select 1; drop table invoices', /a second statement begins here/],
      ['hides in a comment', 'select 1 /*! union select 2 */', /a comment that the server runs/],
      ['has a question mark', 'select ?', /\? is a numbered parameter; write :name/],
      ['is no SQL', 'selec 1', /You have an error in your SQL syntax.* \(error 1064\)/],
      ['names what is not there', 'select nothing from invoices', /Unknown column 'nothing' in .* \(error 1054\)/],
      ['writes a file', `select 1 into outfile '/tmp/${SENTINEL}'`, /returns no columns|lacks a right|Access denied/],
    ])('%s', async (_, query, says) => {
      const result = await failureOf(query).then(
        (error) => `${error.message} ${String(error.retryable)}`,
        () => 'accepted false',
      );
      expect(result).toMatch(says);
      expect(result).toMatch(/false$/);
      expect(await rowsOf('select count(*) as n from invoices')).toEqual([[3]]);
    });
  });

  describe('the session', () => {
    test('sees one moment, whatever is written meanwhile', async () => {
      await server.admin(`create table ${database}.moment (id int)`, `insert into ${database}.moment values (1)`);
      const source = await open('select (select count(*) from moment) as n from (select 1 union all select 2) t');
      await server.admin(`insert into ${database}.moment values (2)`);
      expect((await Array.fromAsync(source.batches(AbortSignal.timeout(10_000)))).flat()).toEqual([[1], [1]]);
      await source.close();
    });

    test('holds few rows of a large result, waits as long as its reader, and is gone from the server when it is closed', async () => {
      const source = await open(`select seq, repeat('x', 1000) as text from numbers`);
      const rows = source.batches(AbortSignal.timeout(30_000))[Symbol.asyncIterator]();
      const before = process.memoryUsage().rss;
      await rows.next();
      expect(await sessions()).toBe(1);
      expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
      await source.close();
      await expect.poll(() => sessions(), { timeout: 5_000 }).toBe(0);
    });

    test('all rows of a large result come, each once and in order', async () => {
      let next = 1;
      const source = await open(
        `select seq, repeat(char(97 + seq % 26 using utf8mb4), seq % 300) as text from numbers where seq <= 50000 order by seq`,
      );
      for await (const batch of source.batches(AbortSignal.timeout(30_000)))
        for (const [seq, text] of batch) {
          if (seq !== next || text !== String.fromCharCode(97 + (next % 26)).repeat(next % 300)) throw new Error(`row ${next} is wrong`);
          next += 1;
        }
      expect(next).toBe(50_001);
      await source.close();
    });

    test.runIf(isOurs)("has nothing of the server's settings that would change or cut what is read", async () => {
      const settings = ['init_connect', 'sql_select_limit', 'group_concat_max_len', 'sql_mode'];
      await server.admin(
        "set global init_connect = 'set names latin1'",
        'set global sql_select_limit = 1',
        'set global group_concat_max_len = 8',
        "set global sql_mode = 'ANSI_QUOTES,ONLY_FULL_GROUP_BY'",
      );
      try {
        expect(await rowsOf("select 'ü😀' as text union all select 'x'")).toEqual([['ü😀'], ['x']]);
        expect(await rowsOf('select group_concat(customer order by id) as names from invoices')).toEqual([[`o'hara "x",acme`]]);
        // Of the values of a group, any would be taken.
        const two = '(select 1 as customer, 2 as total union all select 1, 3)';
        expect((await failureOf(`select customer, total from ${two} t group by customer`)).message).toContain('(error 1055)');
      } finally {
        await server.admin(...settings.map((name) => `set global ${name} = default`));
      }
    });

    test.each(['repeat', 'group_concat'])(
      'a value of %s that is larger than a packet is whole or an error, never NULL or its beginning',
      async (name) => {
        const half = "repeat('x', @@max_allowed_packet - 100)";
        const value = name === 'repeat' ? `concat(${half}, 'x', ${half})` : `group_concat(${half})`;
        // MySQL holds longer values of group_concat.
        const outcome = await read(`select 2 * @@max_allowed_packet - length(${value}) as less from (select 1 union all select 2) t`).then(
          ({ rows }) => `whole: ${String(rows[0]?.[0])}`,
          (error: unknown) => (error as DossierError).message,
        );
        expect(outcome).toMatch(
          /^whole: 199$|the server cut a value, or made NULL of it.* \(it only warns of that, by number (1260|1301)\)/,
        );
      },
    );

    test('more warnings than the server keeps are an error, because one of them may be of a cut value', async () => {
      // A text that is no number, for each row.
      const failure = await failureOf(`select sum(concat('x', seq) = 1) as s from numbers`);
      expect(failure.message).toMatch(/the server warned \d+ times and keeps \d+ of the warnings.*raise its max_error_count/);
    });

    test.each([
      [
        'more rounds of a recursion than it allows',
        'with recursive n as (select 1 as i union all select i + 1 from n where i < 5000) select i from n',
        /before its last row|\(error 3636\)/,
      ],
      [
        'a number beyond its type',
        "select cast('99999.5' as decimal(5,2)) as total",
        /the nearest number of a type in the place of one that is out of its range/,
      ],
      ['an integer beyond 64 bits', 'select cast(99999999999999999999 as signed) as id', /the nearest number of a type/],
    ])('%s: an error where the server only warns', async (_, query, says) => {
      expect((await failureOf(query)).message).toMatch(says);
    });

    test('a statement that takes too long is ended by the server', async () => {
      const failure = await failureOf('select sleep(30) as s from invoices', { statementTimeoutSeconds: 1 });
      expect(failure.message).toMatch(
        /took longer than 1 s; make the query faster or raise statementTimeoutSeconds.*\(error (1969|3024)\)/,
      );
      expect(failure.retryable).toBe(false);
    });

    test('a run that is told to stop leaves no statement behind', async () => {
      const stop = new AbortController();
      const reading = read('select sleep(60) as s', { signal: stop.signal });
      await expect.poll(() => sessions(), { timeout: 5_000 }).toBe(1);
      stop.abort(new Error('SIGTERM'));
      await expect(reading).rejects.toThrow('SIGTERM');
      await expect.poll(() => sessions(), { timeout: 5_000 }).toBe(0);
    });

    test('a connection that is cut between rows is an error that may pass, never fewer rows', async () => {
      await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
      const source = await open(`select seq, repeat('x', 1000) as text from numbers`, {
        url: urlAt({ port: proxy.port }),
      });
      const rows = source.batches(AbortSignal.timeout(30_000))[Symbol.asyncIterator]();
      await rows.next();
      proxy.cut();
      const failure = await Array.fromAsync({ [Symbol.asyncIterator]: () => rows }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({
        reason: 'SourceFailed',
        retryable: true,
        message: expect.stringContaining('was cut before all rows') as string,
      });
      await source.close();
    });

    async function sessions(): Promise<number> {
      const rows = await rowsOf(
        `select count(*) as n from information_schema.processlist where user = '${user}' and id <> connection_id() and command <> 'Killed'`,
      );
      return Number(rows[0]?.[0]);
    }
  });

  describe('the login', () => {
    test.each<[string, () => string, RegExp, boolean]>([
      ['a wrong password', () => urlAt({ secret: 'wrong' }), /refused user or password.* \(error 1045\)/, false],
      [
        'no such database',
        () => urlAt({ name: 'nothing' }),
        /(no such database|does not let this user into the database).* \(error 10(49|44)\)/,
        false,
      ],
      ['nothing there', () => urlAt({ port: 1 }), /refused the connection/, true],
      ['no URL', () => 'postgres://a:b@c/d', /must begin with mysql:\/\/ or mariadb:\/\//, false],
    ])('%s', async (_, url, says, retryable) => {
      const failure = await failureOf('select 1', { url: url() });
      expect(failure.message).toMatch(says);
      expect(failure.retryable).toBe(retryable);
    });

    test.runIf(isOurs)('TLS is checked, name and authority, unless the URL says that there is none', async () => {
      const cipher = `select variable_value <> '' as tls from information_schema.session_status where variable_name = 'Ssl_cipher'`;
      expect(await rowsOf(cipher)).toEqual([[0]]);
      const url = urlAt({ options: '' });
      expect(await rowsOf(cipher, { url, ca: authority.certificate })).toEqual([[1]]);
      expect((await failureOf(cipher, { url })).message).toMatch(/certificate of an authority that is not trusted/);
      const elsewhere = urlAt({ options: '', host: 'localhost' });
      expect((await failureOf(cipher, { url: elsewhere, ca: authority.certificate })).message).toMatch(/for another name than the host/);
      expect((await failureOf(cipher, { ca: authority.certificate })).message).toContain(
        'sslmode=disable, but the source has a caSecretRef',
      );
    });
  });
});
