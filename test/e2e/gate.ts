/** A query that waits, as runs of a real database do: pods stand in it until the test opens the gate. */
import pg from 'pg';
import { createDatabase } from '../../src/local/postgres/access.ts';
import { postgres, uniqueName } from '../integration/support/servers.ts';
import type { Workplace } from './cluster.ts';
import { until } from './cluster.ts';

export class Gate {
  readonly #session: pg.Client;

  private constructor(session: pg.Client) {
    this.#session = session;
  }

  /** Makes a database, its Secret `gated-db` and the template `gated` of `rows` rows; the gate is closed. */
  static async make({ billing, databaseUrl }: Workplace, rows = 1000): Promise<Gate> {
    const name = uniqueName('e2e');
    const session = new pg.Client({ connectionString: await createDatabase(postgres(), name) });
    session.on('error', () => undefined);
    await session.connect();
    await session.query('select pg_advisory_lock(1)');
    await billing.secret('gated-db', { url: databaseUrl(name) });
    await billing.template('gated', {
      source: {
        postgres: {
          urlFrom: { secretKeyRef: { name: 'gated-db', key: 'url' } },
          query: `select n, repeat('x', 200) as filler from (select pg_advisory_lock_shared(1)) gate, generate_series(1, ${rows}) n`,
        },
      },
      columns: [
        { name: 'n', type: 'Integer' },
        { name: 'filler', type: 'String' },
      ],
      formats: ['CSV'],
    });
    return new Gate(session);
  }

  async open(): Promise<void> {
    await this.#session.query('select pg_advisory_unlock_all()');
  }

  async shut(): Promise<void> {
    await this.#session.query('select pg_advisory_lock(1)');
  }

  /** Waits until `count` runs stand before the gate. */
  async reached(count: number): Promise<void> {
    const query = `select count(*)::int as waiting from pg_locks join pg_database on pg_database.oid = database
      where locktype = 'advisory' and not granted and datname = current_database()`;
    await until(`${count} runs before the gate`, async () => {
      const { rows } = await this.#session.query<{ waiting: number }>(query);
      return (rows[0]?.waiting ?? 0) >= count;
    });
  }

  async close(): Promise<void> {
    await this.#session.end();
  }
}
