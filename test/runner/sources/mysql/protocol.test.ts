/** What a server of MySQL's protocol can do that a real one does not do on command: no answer of it becomes fewer rows, a crash or a wait without end. */
import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../../src/errors.ts';
import { PLAN_ENV, type RunPlan } from '../../../../src/runner/plan.ts';
import { openMysql } from '../../../../src/runner/sources/mysql.ts';
import { EOF, error, FakeMysql, row, type FakeAnswers } from '../../../support/fake-mysql.ts';

const QUERY = 'select a, b from t';

async function read(url: string, signal = AbortSignal.timeout(20_000)): Promise<readonly (readonly unknown[])[]> {
  const source = { kind: 'mysql', query: QUERY, statementTimeoutSeconds: 7 } as const;
  const report = { namespace: 'billing', name: 'r', uid: 'u' };
  const plan = { report, timeZone: 'UTC', activeDeadlineSeconds: 600, parameters: [], source, allowLoopback: true } as unknown as RunPlan;
  const opened = await openMysql(source, plan, { [PLAN_ENV.sourceUrl]: url }, signal);
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
    "set session time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', net_write_timeout = 600, max_execution_time = 7000",
    'set session transaction isolation level repeatable read',
    'start transaction with consistent snapshot, read only',
    QUERY,
  ]);
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
