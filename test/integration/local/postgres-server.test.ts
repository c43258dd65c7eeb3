import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Authority } from '../../../src/local/authority.ts';
import { createDatabase, databaseUrl } from '../../../src/local/postgres/access.ts';
import { PostgresServer } from '../../../src/local/postgres/postgres-server.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { newDatabase, postgres } from '../support/servers.ts';

/** The one value of the one row that `sql` gives. */
async function ask(options: pg.ClientConfig, sql: string): Promise<unknown> {
  const client = new pg.Client(options);
  client.on('error', () => undefined);
  onTestFinished(() => client.end());
  await client.connect();
  const { rows } = await client.query<{ value: unknown }>(sql);
  return rows[0]?.value;
}

test('the shared server answers, in UTF-8, in UTC and with a locale that is the same everywhere', async () => {
  const connectionString = await newDatabase('hello');
  expect(
    await ask(
      { connectionString },
      "SELECT concat_ws(' ', current_setting('server_encoding'), current_setting('timezone'), upper('grün')) AS value",
    ),
  ).toBe('UTF8 UTC GRÜN');
});

test('the shared server wants its password', async () => {
  const { host, port, user } = postgres();
  await expect(ask({ host, port, user, password: 'wrong', database: 'postgres' }, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
});

test('the shared server refuses TLS', async () => {
  await expect(ask({ connectionString: databaseUrl(postgres(), 'postgres'), ssl: {} }, 'SELECT 1')).rejects.toThrow('does not support SSL');
});

describe('a server of its own', () => {
  test('keeps its port and its data when it is stopped and started, and stopping does not wait for clients', async () => {
    await using workspace = await Workspace.create();
    const server = await PostgresServer.start(workspace);
    const connectionString = await createDatabase(server.access, 'strange "name" 100%');
    const idle = new pg.Client({ connectionString });
    const broken = new Promise((resolve) => idle.on('error', resolve));
    await idle.connect();
    await idle.query('CREATE TABLE kept AS SELECT 42 AS value');

    await server.stop();
    await broken;
    await expect(ask({ connectionString }, 'SELECT value FROM kept')).rejects.toThrow('ECONNREFUSED');
    await server.start();

    expect(await ask({ connectionString }, 'SELECT value FROM kept')).toBe(42);
  });

  test('offers TLS with the certificate it is given', async () => {
    await using workspace = await Workspace.create();
    const [authority, stranger] = [await Authority.create('postgres'), await Authority.create('stranger')];
    const server = await PostgresServer.start(workspace, { tls: await authority.issueServer('postgres') });
    const encrypted = 'SELECT ssl AS value FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    expect(await ask({ connectionString: databaseUrl(server.access, 'postgres'), ssl: { ca: authority.certificate } }, encrypted)).toBe(
      true,
    );
    expect(await ask({ connectionString: databaseUrl(server.access, 'postgres') }, encrypted)).toBe(false);
    await expect(
      ask({ connectionString: databaseUrl(server.access, 'postgres'), ssl: { ca: stranger.certificate } }, encrypted),
    ).rejects.toThrow(/unable to verify|local issuer|self-signed/);
  });
});
