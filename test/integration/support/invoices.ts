/** A billing database of one test file, the Secret that opens it, and templates that read it. */
import pg from 'pg';
import type { Billing } from './billing.ts';
import { newDatabase } from './servers.ts';

export class InvoiceDatabase {
  /** As a Secret has it: no TLS, because the shared server offers none. */
  readonly url: string;
  /** One session, because advisory locks belong to sessions. */
  readonly #session: pg.Pool;

  private constructor(url: string, session: pg.Pool) {
    this.url = url;
    this.#session = session;
  }

  /** Makes a database with the statements given, and the Secret `billing-db` with its URL under `url`. */
  static async create(billing: Billing, ...statements: readonly string[]): Promise<InvoiceDatabase> {
    const address = await newDatabase('invoices');
    const session = new pg.Pool({ connectionString: address, max: 1, idleTimeoutMillis: 0 });
    for (const statement of statements) await session.query(statement);
    const url = `${address}?sslmode=disable`;
    await billing.secret('billing-db', { url });
    return new InvoiceDatabase(url, session);
  }

  async query<Row extends pg.QueryResultRow>(sql: string): Promise<readonly Row[]> {
    return (await this.#session.query<Row>(sql)).rows;
  }

  /** From now on, queries with `gatedBy(gate)` in their `from` wait. */
  async closeGate(gate = 1): Promise<void> {
    await this.#session.query('select pg_advisory_lock($1)', [gate]);
  }

  async openGate(gate = 1): Promise<void> {
    await this.#session.query('select pg_advisory_unlock($1)', [gate]);
  }

  async close(): Promise<void> {
    await this.#session.end();
  }
}

/** Belongs into a query's `from`: the query then waits as long as the gate is closed. */
export function gatedBy(gate = 1): string {
  return `(select pg_advisory_lock_shared(${gate})) gate`;
}

/** Spec of a template with a query on that database. */
export function queryTemplate(query: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const { source, ...rest } = more as { readonly source?: Readonly<Record<string, unknown>> };
  const postgres = { urlFrom: { secretKeyRef: { name: 'billing-db', key: 'url' } }, query, ...source };
  return { source: { postgres }, formats: ['CSV', 'XLSX'], ...rest };
}
