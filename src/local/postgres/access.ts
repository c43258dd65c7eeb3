/** How a local Postgres is reached, and databases made on it, from any process. */
import pg from 'pg';

export interface PostgresAccess {
  readonly host: string;
  readonly port: number;
  /** A superuser. */
  readonly user: string;
  readonly password: string;
}

/** `postgres://<user>:<password>@<host>:<port>/<database>`. */
export function databaseUrl({ host, port, user, password }: PostgresAccess, database: string): string {
  return `postgres://${user}:${password}@${host}:${port}/${encodeURIComponent(database)}`;
}

/** Makes an empty database and resolves to its URL. */
export async function createDatabase(access: PostgresAccess, name: string): Promise<string> {
  await runStatement(access, `CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  return databaseUrl(access, name);
}

/** Runs one statement in the database `postgres`, on a connection of its own. */
export async function runStatement(access: PostgresAccess, sql: string): Promise<void> {
  const client = new pg.Client({ ...access, database: 'postgres' });
  // Without a listener a connection that breaks while nobody waits for it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}
