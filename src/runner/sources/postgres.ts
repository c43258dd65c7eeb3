/**
 * Rows of a PostgreSQL query: one connection, one read-only snapshot, a server-side cursor, and parameters only as binds.
 *
 * A connection that is cut, a statement that is cancelled and a value that does not fit all end in an error, never in fewer rows. What is wrong with the template
 * itself is TemplateFailed and found before anything is connected; whatever the server says or does is SourceFailed.
 */
import { DossierError } from '../../errors.ts';
import { parseQuery } from '../../sql/placeholders.ts';
import { parsePostgresUrl } from '../../sql/postgres-url.ts';
import { ARRAY_TYPES_QUERY, arrayType, builtInType, OTHER_TYPE } from '../cells/postgres-types.ts';
import { WallTimes } from '../cells/wall-times.ts';
import { PLAN_ENV, type RunPlan, type SourcePlan } from '../plan.ts';
import type { Column, RowBatch, RowSource, WireRows } from '../rows.ts';
import { BatchReader } from './postgres/batches.ts';
import { bindTexts, type BindText } from './postgres/binds.ts';
import { columnReaders, type ResultColumn } from './postgres/columns.ts';
import { RowReaders, type DataRows } from './postgres/data-rows.ts';
import { failed, sessionFailed, statementFailed, type StatementContext } from './postgres/errors.ts';
import type { Field } from './postgres/portal.ts';
import { PostgresSession } from './postgres/session.ts';
import { reachOf } from './sql-login.ts';

type PostgresPlan = Extract<SourcePlan, { kind: 'postgres' }>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Connects, and goes as far as knowing the result's columns; the query runs with the first batch. @throws DossierError, or the signal's reason. */
export async function openPostgres(source: PostgresPlan, plan: RunPlan, env: Environment, signal: AbortSignal): Promise<RowSource> {
  const wall = new WallTimes(plan.timeZone);
  const parsed = parseQuery(source.query);
  if (!parsed.ok) throw templateFailed(`the query cannot be read: ${parsed.mistakes.join('; ')}`);
  const values = bindValues(parsed.names, plan);
  const url = parsePostgresUrl(env[PLAN_ENV.sourceUrl] ?? '');
  const reach = reachOf(url, env[PLAN_ENV.sourceCa], plan.allowLoopback, failed);

  const { namespace, name } = plan.report;
  const session = await PostgresSession.open(url, reach, `dossier ${namespace}/${name}`, signal);
  try {
    return await session.until(signal, async () => {
      await begin(session, source, plan.timeZone);
      const context: StatementContext = { query: source.query, parsed, step: 'parse', ...timeoutOf(source) };
      const fields = await session.describe(parsed.sql, values).catch((error: unknown) => {
        throw statementFailed(error, context);
      });
      if (fields === undefined || fields.length === 0)
        throw failed('the query returns no columns; a source is one statement that returns rows, such as select', false);
      const result = await typesOf(session, fields, plan.timeZone);
      return new PostgresSource(session, new RowReaders(columnReaders(result, plan.columns, wall)), { ...context, step: 'run' });
    });
  } catch (error) {
    await session.close();
    throw error;
  }
}

class PostgresSource implements RowSource {
  readonly columns: readonly Column[];
  readonly #session: PostgresSession;
  readonly #reader: BatchReader;
  readonly #context: StatementContext;

  constructor(session: PostgresSession, readers: RowReaders, context: StatementContext) {
    this.columns = readers.all.map(({ column }) => column);
    this.#session = session;
    this.#reader = new BatchReader(session, readers);
    this.#context = context;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<RowBatch> {
    for await (const rows of this.wireBatches(signal)) yield rows.cells();
  }

  async *wireBatches(signal: AbortSignal): AsyncGenerator<WireRows> {
    for (;;) {
      const batch = await this.#session.until(signal, () => this.#next());
      if (batch === undefined) return;
      yield batch;
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #next(): Promise<DataRows | undefined> {
    try {
      return await this.#reader.next();
    } catch (error) {
      throw statementFailed(error, this.#context);
    }
  }
}

/** All of it ends with the transaction, so a pooler that shares connections hands none of it on. */
async function begin(session: PostgresSession, source: PostgresPlan, timeZone: string): Promise<void> {
  const settings: readonly (readonly [name: string, value: string])[] = [
    ['TimeZone', timeZone],
    // What the readers of text and of SQL rely on, whatever the server, the database or the user have as their defaults.
    ['DateStyle', 'ISO'],
    ['IntervalStyle', 'postgres'],
    ['bytea_output', 'hex'],
    ['extra_float_digits', '3'],
    ['standard_conforming_strings', 'on'],
    // While a slow bucket takes a batch, the session waits in its transaction.
    ['idle_in_transaction_session_timeout', '0'],
    ...(source.statementTimeoutSeconds === undefined ? [] : [['statement_timeout', `${source.statementTimeoutSeconds}s`] as const]),
  ];
  const calls = settings.map((_, index) => `pg_catalog.set_config($${2 * index + 1}, $${2 * index + 2}, true)`);
  try {
    await session.query('begin transaction isolation level repeatable read, read only');
    await session.query(`select ${calls.join(', ')}`, settings.flat());
  } catch (error) {
    throw sessionFailed(error, timeZone);
  }
}

/** The catalog is asked only for types that are not built in. */
async function typesOf(session: PostgresSession, fields: readonly Field[], timeZone: string): Promise<readonly ResultColumn[]> {
  const unknown = [...new Set(fields.map(({ dataTypeID }) => dataTypeID).filter((oid) => builtInType(oid) === undefined))];
  try {
    const rows = unknown.length === 0 ? [] : await session.query(ARRAY_TYPES_QUERY, [`{${unknown.join(',')}}`]);
    const arrays = new Map(rows.map(([oid, element, delimiter]) => [Number(oid), arrayType(Number(element), delimiter ?? ',')]));
    return fields.map(({ name, dataTypeID }) => ({ name, type: builtInType(dataTypeID) ?? arrays.get(dataTypeID) ?? OTHER_TYPE }));
  } catch (error) {
    throw sessionFailed(error, timeZone);
  }
}

function bindValues(names: readonly string[], plan: RunPlan): readonly BindText[] {
  const texts = bindTexts(plan.parameters, plan.timeZone);
  return names.map((name) => {
    const text = texts.get(name);
    if (text === undefined) throw templateFailed(`:${name} in the query is no parameter of the template`);
    return text;
  });
}

function timeoutOf({ statementTimeoutSeconds }: PostgresPlan): Pick<StatementContext, 'statementTimeoutSeconds'> {
  return statementTimeoutSeconds === undefined ? {} : { statementTimeoutSeconds };
}

function templateFailed(clause: string): DossierError {
  return new DossierError('TemplateFailed', `postgres: ${clause}`, { retryable: false });
}
