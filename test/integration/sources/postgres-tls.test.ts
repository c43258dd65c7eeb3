import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authority } from '../../../src/local/authority.ts';
import { PostgresServer } from '../../../src/local/postgres/postgres-server.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../local/until.ts';
import { failureOf, newReader, open, read, urlOf, type Reader } from './reading.ts';

let workspace: Workspace;
let server: PostgresServer;
let reader: Reader;
let authority: Authority;

beforeAll(async () => {
  workspace = await Workspace.create();
  authority = await Authority.create('postgres');
  server = await PostgresServer.start(workspace, { tls: await authority.issueServer('postgres', ['127.0.0.1']) });
  reader = await newReader(server.access);
});

afterAll(() => workspace.close());

function url(options = '', host = '127.0.0.1'): string {
  return urlOf({ host, port: server.access.port }, reader.name, reader.user, reader.password, options);
}

const encrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';

test.each(['', '?sslmode=require', '?sslmode=verify-ca', '?sslmode=verify-full'])(
  'TLS with an authority that is trusted: %j',
  async (options) => {
    expect((await read(url(options), encrypted, { authority: authority.certificate })).rows).toEqual([[true]]);
  },
);

test('no TLS where the URL says so', async () => {
  expect((await read(url('?sslmode=disable'), encrypted)).rows).toEqual([[false]]);
});

test.each(['', '?sslmode=require'])(
  'an authority that nobody named is refused, and nothing falls back to clear text: %j',
  async (options) => {
    const failure = await failureOf(url(options), encrypted);
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toMatch(/certificate of an authority that is not trusted; .*caSecretRef/);
  },
);

test('a certificate of another authority is refused', async () => {
  const stranger = await Authority.create('stranger');
  expect((await failureOf(url(), encrypted, { authority: stranger.certificate })).message).toContain('not trusted');
});

test('a certificate for another name is refused', async () => {
  const failure = await failureOf(url('', 'localhost'), encrypted, { authority: authority.certificate });
  expect(failure).toMatchObject({ retryable: false });
  expect(failure.message).toContain('for another name than the host of the URL');
});

test('a wrong password behind TLS is told as one', async () => {
  const wrong = urlOf(server.access, reader.name, reader.user, 'sentinel-wrong', '');
  expect((await failureOf(wrong, encrypted, { authority: authority.certificate })).message).toContain('28P01');
});

test('rows by the thousand arrive whole through TLS', async () => {
  const { rows } = await read(url(), "select n, repeat('x', 500) from generate_series(1, 20000) n", { authority: authority.certificate });
  expect(rows).toHaveLength(20_000);
});

test('a connection that is cut behind TLS is a failure worth another try', async () => {
  await using proxy = await TcpProxy.start(server.access);
  proxy.cutAfterBytes = 1_000_000;
  const cut = urlOf({ host: '127.0.0.1', port: proxy.port }, reader.name, reader.user, reader.password, '');
  const failure = await failureOf(cut, "select n, repeat('x', 500) from generate_series(1, 20000) n", { authority: authority.certificate });
  expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: true });
});

test('an abort ends the statement on the server through TLS too', async () => {
  const application = 'aborted-behind-tls';
  const source = await open(url(`?application_name=${application}`), 'select pg_sleep(600)', { authority: authority.certificate });
  const states = (): Promise<{ state: string }[]> =>
    reader.admin('select state from pg_stat_activity where application_name = $1', [application]);
  const abort = new AbortController();
  const reading = source.batches(abort.signal)[Symbol.asyncIterator]().next();
  await until('the statement runs', async () => (await states()).some(({ state }) => state === 'active'));
  abort.abort(new Error('stop'));
  await expect(reading).rejects.toThrow('stop');
  await source.close();
  await until('the backend is gone', async () => (await states()).length === 0);
});
