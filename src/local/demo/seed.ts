/**
 * Fills the demo's database, and makes the user that reports read it with: one who may read and nothing else, as a template's Secret should name.
 *
 * Rows go in by arrays of some thousand, one array a column: a tenth of the time of single inserts, and no COPY protocol by hand.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createDatabase, databaseUrl, type PostgresAccess } from '../postgres/access.ts';
import { BILLING_TABLES, type BillingTable } from './billing.ts';

const DATABASE = 'billing';
const READER = 'reader';
const ROWS_PER_INSERT = 8_000;

/** Makes the database `billing` with its tables and rows; resolves to the URL of its reader. Throws the signal's reason when aborted between two inserts. */
export async function seedBilling(access: PostgresAccess, signal: AbortSignal): Promise<string> {
  const password = randomBytes(16).toString('hex');
  const client = new pg.Client({ connectionString: await createDatabase(access, DATABASE) });
  // Without a listener a connection that breaks while nobody waits for it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    for (const table of BILLING_TABLES) await fill(client, table, signal);
    await client.query(`create role ${READER} login password ${pg.escapeLiteral(password)}`);
    await client.query(`grant select on all tables in schema public to ${READER}`);
    await client.query('analyze');
  } finally {
    await client.end();
  }
  // This server has no TLS and is not reachable from elsewhere.
  return `${databaseUrl({ ...access, user: READER, password }, DATABASE)}?sslmode=disable`;
}

async function fill(client: pg.Client, { name, columns, rows }: BillingTable, signal: AbortSignal): Promise<void> {
  await client.query(`create table ${name} (${columns.map((column) => `${column.name} ${column.type} not null`).join(', ')})`);
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
  const insert = { name: `fill ${name}`, text: `insert into ${name} select * from unnest(${arrays})` };
  for (const values of inColumns(rows(), columns.length)) {
    signal.throwIfAborted();
    await client.query({ ...insert, values });
  }
  await client.query(`alter table ${name} add primary key (id)`);
}

/** Batches of rows, turned: one array a column. */
function* inColumns<T>(rows: Iterable<readonly T[]>, width: number): Iterable<T[][]> {
  const empty = (): T[][] => Array.from({ length: width }, () => []);
  let columns = empty();
  for (const row of rows) {
    for (const [index, value] of row.entries()) columns[index]?.push(value);
    if (columns[0]?.length === ROWS_PER_INSERT) {
      yield columns;
      columns = empty();
    }
  }
  if ((columns[0]?.length ?? 0) > 0) yield columns;
}
