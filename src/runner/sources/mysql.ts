/**
 * Rows of a MySQL or MariaDB query: one connection, one read-only snapshot, a prepared statement whose rows are read as they come, and parameters only as binds.
 *
 * A connection that is cut, a statement that is ended and a value that does not fit all end in an error, never in fewer rows. What is wrong with the template itself is
 * TemplateFailed and found before anything is connected; whatever the server says or does is SourceFailed.
 */
import mysql from 'mysql2';
import { DossierError } from '../../errors.ts';
import { parseMysqlUrl } from '../../sql/mysql-url.ts';
import { MYSQL_SQL, parseQuery } from '../../sql/placeholders.ts';
import { isMisfit, misfitMessage } from '../cells/misfit.ts';
import { WallTimes } from '../cells/wall-times.ts';
import { PLAN_ENV, type RunPlan, type SourcePlan } from '../plan.ts';
import type { Cell, Column, RowBatch, RowSource } from '../rows.ts';
import { bindStatement } from './mysql/binds.ts';
import { columnReaders, type ColumnReader } from './mysql/columns.ts';
import { failed, isForAdministrators, ProtocolError, sessionFailed, statementFailed, WRONG_RESULTS } from './mysql/errors.ts';
import { ServerClocks } from './mysql/server-clocks.ts';
import { MysqlSession, type RunningQuery } from './mysql/session.ts';
import { reachOf } from './sql-login.ts';

type MysqlPlan = Extract<SourcePlan, { kind: 'mysql' }>;
type Environment = Readonly<Record<string, string | undefined>>;

const BATCH_ROWS = 500;
/** What a batch may grow to, in characters of texts. */
const BATCH_SIZE = 1024 * 1024;
/**
 * What the lexer and the readers rely on, whatever the server has as its default: strings and names as SQL's, no rounding in silence. A server that refuses columns which a
 * group has several values of goes on to refuse them: it would take any of them.
 */
const SQL_MODE = `concat('STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', if(find_in_set('ONLY_FULL_GROUP_BY', @@sql_mode), ',ONLY_FULL_GROUP_BY', ''))`;

/** Connects and runs the query, as far as its columns. @throws DossierError, or the signal's reason. */
export async function openMysql(source: MysqlPlan, plan: RunPlan, env: Environment, signal: AbortSignal): Promise<RowSource> {
  const wall = new WallTimes(plan.timeZone);
  const parsed = parseQuery(source.query, MYSQL_SQL);
  if (!parsed.ok) throw templateFailed(`the query cannot be read: ${parsed.mistakes.join('; ')}`);
  const statement = bindStatement(source.query, parsed, plan.parameters, plan.timeZone, mysql.TypedParameter);
  const url = parseMysqlUrl(env[PLAN_ENV.sourceUrl] ?? '');
  const reach = reachOf(url, env[PLAN_ENV.sourceCa], plan.allowLoopback, failed);

  const { namespace, name } = plan.report;
  const { statementTimeoutSeconds } = source;
  const session = await MysqlSession.open(url, reach, `dossier ${namespace}/${name}`, signal);
  try {
    return await session.until(signal, async () => {
      const clocks = new ServerClocks(plan.timeZone);
      await begin(session, source, plan, clocks);
      const prepared = await session.prepare(statement).catch((error: unknown) => {
        throw statementFailed(error, 'prepare', statementTimeoutSeconds);
      });
      // Found before it runs, so that a statement that returns nothing does nothing either.
      if (prepared.columns === 0)
        throw failed('the query returns no columns; a source is one statement that returns rows, such as select', false);
      const query = await prepared.run().catch((error: unknown) => {
        throw statementFailed(error, 'run', statementTimeoutSeconds);
      });
      return new MysqlSource(session, query, columnReaders(query.fields, plan.columns, wall, clocks), clocks, statementTimeoutSeconds);
    });
  } catch (error) {
    await session.close();
    throw error;
  }
}

class MysqlSource implements RowSource {
  readonly columns: readonly Column[];
  readonly #session: MysqlSession;
  readonly #readers: readonly ColumnReader[];
  readonly #rows: AsyncIterator<readonly unknown[]>;
  readonly #width: number;
  readonly #clocks: ServerClocks;
  readonly #statementTimeoutSeconds: number | undefined;
  /** Read so far. */
  #count = 0;

  constructor(
    session: MysqlSession,
    { fields, rows }: RunningQuery,
    readers: readonly ColumnReader[],
    clocks: ServerClocks,
    statementTimeoutSeconds: number | undefined,
  ) {
    this.columns = readers.map(({ column }) => column);
    this.#session = session;
    this.#readers = readers;
    this.#rows = rows[Symbol.asyncIterator]() as AsyncIterator<readonly unknown[]>;
    this.#width = fields.length;
    this.#clocks = clocks;
    this.#statementTimeoutSeconds = statementTimeoutSeconds;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<RowBatch> {
    for (;;) {
      const batch = await this.#session.until(signal, () => this.#next());
      if (batch.length > 0) yield batch;
      else {
        await this.#session.until(signal, async () => {
          await this.#refuseWrongResults();
          await this.#clocks.compare((sql) => this.#ask(sql));
        });
        return;
      }
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #next(): Promise<RowBatch> {
    const batch: (readonly Cell[])[] = [];
    let size = 0;
    while (batch.length < BATCH_ROWS && size < BATCH_SIZE) {
      const next = await this.#rows.next().catch((error: unknown) => {
        throw statementFailed(error, 'run', this.#statementTimeoutSeconds);
      });
      if (next.done === true) break;
      const cells = this.#cells(next.value);
      for (const cell of cells) if (typeof cell === 'string') size += cell.length;
      batch.push(cells);
    }
    return batch;
  }

  /** Where the server cannot go on, it may go on with something else and warn. It keeps a limited number of warnings, the first ones. */
  async #refuseWrongResults(): Promise<void> {
    const [[all] = []] = await this.#ask('show count(*) warnings');
    const warnings = await this.#ask('show warnings');
    const number = warnings.map(([, code]) => Number(code)).find((code) => WRONG_RESULTS.has(code)) ?? 0;
    const problem = WRONG_RESULTS.get(number);
    if (problem !== undefined) throw failed(`the server ${problem} (it only warns of that, by number ${number})`, false);
    if (Number(all) > warnings.length)
      throw failed(
        `the server warned ${String(all)} times and keeps ${warnings.length} of the warnings, so that nobody can tell whether it cut a value; see what it warns of (show warnings) and make the query do without, such as by a cast where text is compared with a number, or raise its max_error_count`,
        false,
      );
  }

  #ask(sql: string): ReturnType<MysqlSession['query']> {
    return this.#session.query(sql).catch((error: unknown) => {
      throw statementFailed(error, 'run', this.#statementTimeoutSeconds);
    });
  }

  #cells(row: readonly unknown[]): readonly Cell[] {
    this.#count += 1;
    if (row.length !== this.#width) throw statementFailed(new ProtocolError(), 'run', undefined);
    return this.#readers.map(({ column, index, read }) => {
      const value = row[index];
      const cell = value === null ? null : read(value);
      if (isMisfit(cell)) throw failed(misfitMessage(this.#count, column.name, cell), false);
      return cell;
    });
  }
}

async function begin(
  session: MysqlSession,
  { statementTimeoutSeconds }: MysqlPlan,
  { timeZone, activeDeadlineSeconds, parameters }: RunPlan,
  clocks: ServerClocks,
): Promise<void> {
  try {
    const [[version] = []] = await session.query('select version()');
    // Two settings for one thing: milliseconds in one, seconds in the other.
    const isMariaDb = String(version).includes('MariaDB');
    const timeout = isMariaDb
      ? `max_statement_time = ${statementTimeoutSeconds ?? 0}`
      : `max_execution_time = ${(statementTimeoutSeconds ?? 0) * 1000}`;
    const settings = [
      // The name of a known zone; nothing in it could end the text.
      `time_zone = '${timeZone === 'UTC' ? '+00:00' : timeZone}'`,
      `sql_mode = ${SQL_MODE}`,
      // What the login asks for can be overruled by the server's own settings, which then makes question marks of letters that its charset has not.
      'character_set_client = utf8mb4, character_set_results = utf8mb4, collation_connection = utf8mb4_general_ci',
      // Without a word, these end a result, and the values of group_concat.
      'sql_select_limit = 18446744073709551615, group_concat_max_len = 4294967295',
      // While a slow bucket takes a batch, the server waits for us to read on.
      `net_write_timeout = ${Math.max(activeDeadlineSeconds, 60)}`,
      timeout,
    ];
    await session.query(`set session ${settings.join(', ')}`);
    // How many warnings can be looked through. From MySQL 8 on it is for administrators.
    await session.query('set session max_error_count = 65535').catch((error: unknown) => {
      if (!isForAdministrators(error)) throw error;
    });
    clocks.noteParameters(parameters);
    await clocks.compare((sql) => session.query(sql));
    await session.query('set session transaction isolation level repeatable read');
    await session.query('start transaction with consistent snapshot, read only');
  } catch (error) {
    throw sessionFailed(error, timeZone);
  }
}

function templateFailed(clause: string): DossierError {
  return new DossierError('TemplateFailed', `mysql: ${clause}`, { retryable: false });
}
