/** What tests of the postgres source need: a database with a user of its own, and queries read to their end or to their failure. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect } from 'vitest';
import { DossierError } from '../../../src/errors.ts';
import { createDatabase, type PostgresAccess } from '../../../src/local/postgres/access.ts';
import { PLAN_ENV, type RunPlan } from '../../../src/runner/plan.ts';
import type { Cell, Column, ColumnType, RowSource } from '../../../src/runner/rows.ts';
import { openSource } from '../../../src/runner/sources/open.ts';
import { uniqueName } from '../support/servers.ts';

/** In user, password and database: nothing of them may stand in a message. */
const SENTINEL = 'sentinel';

export interface Reader {
  /** Of a user that may log in and create functions and tables. */
  readonly url: string;
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** Runs statements as a superuser in the reader's database. */
  admin<T extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<T[]>;
}

export async function newReader(access: PostgresAccess): Promise<Reader> {
  const name = uniqueName(SENTINEL);
  const user = uniqueName(`${SENTINEL}-user`);
  const password = `${SENTINEL}-${randomBytes(6).toString('hex')}`;
  const adminUrl = await createDatabase(access, name);
  const admin = async <T extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<T[]> => {
    const client = new pg.Client({ connectionString: adminUrl });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<T>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  await admin(
    `create role "${user}" login password '${password}'; alter database "${name}" owner to "${user}"; grant create on schema public to "${user}"`,
  );
  return { url: urlOf(access, name, user, password), name, user, password, admin };
}

export function urlOf(
  { host, port }: Pick<PostgresAccess, 'host' | 'port'>,
  name: string,
  user: string,
  password: string,
  options = '?sslmode=disable',
): string {
  return `postgres://${user}:${password}@${host}:${port}/${name}${options}`;
}

export interface Reading {
  readonly parameters?: RunPlan['parameters'];
  /** Declared columns by name. */
  readonly columns?: Readonly<Record<string, ColumnType>>;
  readonly timeZone?: string;
  readonly statementTimeoutSeconds?: number;
  /** PEM of the authority to trust. */
  readonly authority?: string;
  readonly signal?: AbortSignal;
}

export function open(url: string, query: string, reading: Reading = {}): Promise<RowSource> {
  const { statementTimeoutSeconds, columns, authority, signal = AbortSignal.timeout(60_000) } = reading;
  const plan = {
    report: { namespace: 'billing', name: 'r', uid: 'u' },
    timeZone: reading.timeZone ?? 'UTC',
    parameters: reading.parameters ?? [],
    source: { kind: 'postgres', query, ...(statementTimeoutSeconds === undefined ? {} : { statementTimeoutSeconds }) },
    ...(columns === undefined ? {} : { columns: Object.entries(columns).map(([name, type]) => ({ name, header: name, type })) }),
    allowLoopback: true,
  } as unknown as RunPlan;
  return openSource(plan, { [PLAN_ENV.sourceUrl]: url, ...(authority === undefined ? {} : { [PLAN_ENV.sourceCa]: authority }) }, signal);
}

export interface Result {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

export async function read(url: string, query: string, reading: Reading = {}): Promise<Result> {
  const source = await open(url, query, reading);
  try {
    const batches = await Array.fromAsync(source.batches(reading.signal ?? AbortSignal.timeout(60_000)));
    return { columns: source.columns, rows: batches.flat() };
  } finally {
    await source.close();
  }
}

/** The failure of a query that must fail, which tells neither credentials nor values. */
export async function failureOf(url: string, query: string, reading: Reading = {}): Promise<DossierError> {
  const failure = await read(url, query, reading).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof DossierError)) throw new Error('the query did not fail as it should', { cause: failure });
  expect(failure.message.toLowerCase()).not.toContain(SENTINEL);
  expect(failure.cause).toBeUndefined();
  return failure;
}
