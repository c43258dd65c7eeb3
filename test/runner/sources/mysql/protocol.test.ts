/** What a server of MySQL's protocol can do that a real one does not do on command: no answer of it becomes fewer rows, a crash or a wait without end. */
import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../../src/errors.ts';
import { Authority } from '../../../../src/local/authority.ts';
import { PLAN_ENV, type RunPlan } from '../../../../src/runner/plan.ts';
import { openMysql } from '../../../../src/runner/sources/mysql.ts';
import { EOF, error, FakeMysql, lengthCoded, rawRow, row, type FakeAnswers } from '../../../support/fake-mysql.ts';

const QUERY = 'select a, b from t';

async function read(url: string, signal = AbortSignal.timeout(20_000), ca?: string): Promise<readonly (readonly unknown[])[]> {
  const source = { kind: 'mysql', query: QUERY, statementTimeoutSeconds: 7 } as const;
  const report = { namespace: 'billing', name: 'r', uid: 'u' };
  const plan = { report, timeZone: 'UTC', activeDeadlineSeconds: 600, parameters: [], source, allowLoopback: true } as unknown as RunPlan;
  const opened = await openMysql(
    source,
    plan,
    { [PLAN_ENV.sourceUrl]: url, ...(ca === undefined ? {} : { [PLAN_ENV.sourceCa]: ca }) },
    signal,
  );
  try {
    return (await Array.fromAsync(opened.batches(signal))).flat();
  } finally {
    await opened.close();
  }
}

async function failureOf(answers: FakeAnswers): Promise<DossierError> {
  await using server = await FakeMysql.start(answers);
  const failure = await read(server.url).then(
    () => undefined,
    (problem: unknown) => problem,
  );
  if (!(failure instanceof DossierError)) throw new Error('it did not fail as it should', { cause: failure });
  expect(failure.message).not.toContain('sentinel');
  return failure;
}

const columns = ['a', 'b'];
const CUT = 'mysql: the connection to the server was cut before all rows were read';

test('rows come in a read-only snapshot, with the settings that their readers rely on', async () => {
  await using server = await FakeMysql.start({ columns, rows: [row('1', 'x'), row('2', ''), EOF] });
  expect(await read(server.url)).toEqual([
    ['1', 'x'],
    ['2', ''],
  ]);
  expect(server.statements).toEqual([
    'select version()',
    "set session time_zone = '+00:00', sql_mode = concat('STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', if(find_in_set('ONLY_FULL_GROUP_BY', @@sql_mode), ',ONLY_FULL_GROUP_BY', '')), character_set_client = utf8mb4, character_set_results = utf8mb4, collation_connection = utf8mb4_general_ci, sql_select_limit = 18446744073709551615, group_concat_max_len = 4294967295, net_write_timeout = 600, max_execution_time = 7000",
    'set session max_error_count = 65535',
    'set session transaction isolation level repeatable read',
    'start transaction with consistent snapshot, read only',
    QUERY,
    'show count(*) warnings',
    'show warnings',
  ]);
});

test('a setting that only administrators may make is left as it is, and no other one', async () => {
  const answers = { columns, rows: [row('1', 'x'), EOF] };
  await using server = await FakeMysql.start({ ...answers, refused: { max_error_count: 1227 } });
  expect(await read(server.url)).toEqual([['1', 'x']]);
  expect((await failureOf({ ...answers, refused: { max_error_count: 1231 } })).message).toContain('(error 1231)');
  expect((await failureOf({ ...answers, refused: { time_zone: 1227 } })).message).toContain('(error 1227)');
});

test('values are what MySQL 8 means by them, where MariaDB sends others', async () => {
  const [unsigned, bytes] = [0x20, 63];
  const bigint = Buffer.alloc(8, 0xff);
  await using server = await FakeMysql.start({
    columns: [
      { name: 'id', type: 8, charset: bytes, flags: unsigned },
      { name: 'flags', type: 16, charset: bytes, flags: unsigned },
      // Of bytes, says the server, although it is UTF-8.
      { name: 'document', type: 245, charset: bytes },
      { name: 'total', type: 246, charset: bytes },
      { name: 'day', type: 10, charset: bytes },
      { name: 'at', type: 12, charset: bytes },
      { name: 'year', type: 13, charset: bytes, flags: unsigned },
    ],
    rows: [
      rawRow(
        bigint,
        lengthCoded(Buffer.from([0x01, 0xff])),
        lengthCoded('{"name":"Zoë","big":9007199254740993,"price":12.50}'),
        lengthCoded('-0.10'),
        Buffer.from([4, 0xea, 0x07, 10, 31]),
        Buffer.from([11, 0xea, 0x07, 10, 31, 23, 59, 59, 0x3f, 0x42, 0x0f, 0x00]),
        Buffer.from([0xea, 0x07]),
      ),
      rawRow(null, null, null, null, null, null, null),
      EOF,
    ],
  });
  expect(await read(server.url)).toEqual([
    [
      18446744073709551615n,
      511,
      '{"name":"Zoë","big":9007199254740993,"price":12.50}',
      '-0.10',
      '2026-10-31',
      BigInt(Date.UTC(2026, 9, 31, 23, 59, 59)) * 1_000_000n + 999_999_000n,
      2026,
    ],
    Array.from({ length: 7 }, () => null),
  ]);
});

test.each([
  ['day', 10],
  ['moment', 12],
])('a %s of zeros fails the Report, naming row and column', async (_, type) => {
  const failure = await failureOf({ columns: [{ name: 'a', type, charset: 63 }], rows: [rawRow(Buffer.from([0])), EOF] });
  expect(failure.message).toMatch(/row 1: column "a"/);
});

describe('no answer becomes a shorter result', () => {
  test.each<[string, FakeAnswers, string, boolean]>([
    ['the end of the connection between rows', { columns, rows: [row('1', 'x')], closes: true }, CUT, true],
    ['the end of the connection within a row', { columns, rows: [row('1', 'x'), [Buffer.from([9, 0, 0, 7, 0])]], closes: true }, CUT, true],
    [
      'an error between rows',
      { columns, rows: [row('1', 'x'), error(1053, 'sentinel')] },
      'mysql: the server is shutting down (error 1053)',
      true,
    ],
    ['an error that nobody knows', { columns, rows: [error(9999, 'sentinel')] }, 'mysql: the server reports an error (error 9999)', false],
  ])('%s', async (_, answers, message, retryable) => {
    const failure = await failureOf(answers);
    expect([failure.message, failure.retryable]).toEqual([message, retryable]);
  });

  test.each<[string, Buffer]>([
    ['a text that is longer than its packet', Buffer.from([0, 0, 250, 0x41, 1, 0x42])],
    ['a text of many terabytes', Buffer.from([0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0])],
  ])('%s', async (_, packet) => {
    const failure = await failureOf({ columns, rows: [packet, EOF], closes: true });
    expect(failure.reason).toBe('SourceFailed');
  });
});

describe('the login', () => {
  test.each<[string, Partial<FakeAnswers>, RegExp, boolean]>([
    [
      'a server that wants the password in clear text',
      { login: Buffer.from('\xfemysql_clear_password\0', 'latin1') },
      /a way to log in that is not supported/,
      false,
    ],
    ['a server that is full', { login: error(1040, 'sentinel') }, /has no connection to spare \(error 1040\)/, true],
    ['a server that knows nobody', { login: error(1045, 'sentinel') }, /refused user or password/, false],
  ])('%s', async (_, answers, says, retryable) => {
    const failure = await failureOf({ columns, rows: [EOF], ...answers });
    expect(failure.message).toMatch(says);
    expect(failure.retryable).toBe(retryable);
  });

  const account = { columns, rows: [EOF], sha2: { password: 'sentinel', cached: false } };
  test('by caching_sha2_password is one exchange for a user whom the server has met', async () => {
    await using server = await FakeMysql.start({ ...account, sha2: { password: 'sentinel', cached: true } });
    expect(await read(server.url)).toEqual([]);
    expect(server.logins).toEqual(['welcome']);
  });

  test('by caching_sha2_password without TLS has the password under the key of the server', async () => {
    await using server = await FakeMysql.start(account);
    expect(await read(server.url)).toEqual([]);
    expect(server.logins).toEqual(['full', 'key', 'welcome']);
  });

  test('by caching_sha2_password has the password within verified TLS, and nowhere else', async () => {
    const authority = await Authority.create('mysql');
    const tls = await authority.issueServer('mysql', ['127.0.0.1']);
    await using server = await FakeMysql.start({ ...account, tls });
    expect(await read(server.tlsUrl, undefined, authority.certificate)).toEqual([]);
    expect(server.logins).toEqual(['full', 'welcome']);
    const stranger = await Authority.create('stranger');
    await expect(read(server.tlsUrl, undefined, stranger.certificate)).rejects.toThrow(/certificate/);
    expect(server.logins).toEqual(['full', 'welcome']);
  });

  test('by caching_sha2_password with a wrong password is refused', async () => {
    await using server = await FakeMysql.start({ ...account, sha2: { password: 'other', cached: false } });
    await expect(read(server.url)).rejects.toThrow(/refused user or password/);
  });

  test('nothing is sent to a server without TLS unless the URL says so', async () => {
    await using server = await FakeMysql.start({ columns, rows: [EOF] });
    await expect(read(server.url.replace('?sslmode=disable', ''))).rejects.toThrow(
      'mysql: the server does not offer TLS, and nothing is sent without it',
    );
    expect(server.statements).toEqual([]);
  });
});

test('a server that goes silent holds nobody who is told to stop', async () => {
  await using server = await FakeMysql.start({ columns, rows: [row('1', 'x')] });
  const stop = new AbortController();
  const reading = read(server.url, stop.signal);
  await expect.poll(() => server.statements).toContain(QUERY);
  stop.abort(new Error('SIGTERM'));
  await expect(reading).rejects.toThrow('SIGTERM');
});
