/**
 * One connection to MySQL or MariaDB, from its login to its end.
 *
 * The server does not notice that a client is gone while it computes, so ending a session in the middle of a statement also kills it by a second connection. An abort ends the
 * session at once; whoever waits gets the signal's reason. TLS is begun here and not by the driver, which checks certificates against `localhost` where the host is an address.
 */
import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import mysql, { type Connection, type FieldPacket } from 'mysql2';
import { endingOnAbort } from '../../../net/abortable.ts';
import type { Trust } from '../../../net/dialer.ts';
import type { MysqlUrl } from '../../../sql/mysql-url.ts';
import { dialServer, logIn, type Reach } from '../sql-login.ts';
import type { BoundStatement } from './binds.ts';
import { connectFailed, ProtocolError } from './errors.ts';

const KILL_TIMEOUT_MS = 3_000;
const GOODBYE_TIMEOUT_MS = 1_000;
/** Rows that wait in memory, beside those of the last piece from the socket. */
const WAITING_ROWS = 200;

export interface RunningQuery {
  readonly fields: readonly FieldPacket[];
  /** Rows as lists of the driver's values. Ends with the last row, and with an error on anything else. */
  readonly rows: Readable;
}

/** What the driver has and does not declare. */
interface Driver {
  startTLS: (onSecure: (error?: Error) => void) => void;
  stream: Socket;
  readonly packetParser: { execute(bytes: Buffer): void };
  _handleNetworkError(error: Error): void;
}

interface Command {
  on(event: 'fields', listener: (fields: readonly FieldPacket[] | undefined) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'end', listener: () => void): void;
  stream(options: { readonly highWaterMark: number }): Readable;
}

export class MysqlSession {
  readonly #url: MysqlUrl;
  readonly #reach: Reach;
  readonly #socket: Socket;
  readonly #connection: Connection;
  #lost: Error | undefined;
  #rows: Readable | undefined;
  #isRunning = false;
  #closing: Promise<void> | undefined;
  readonly #onLost = new Set<(error: Error) => void>();

  private constructor(url: MysqlUrl, reach: Reach, socket: Socket, application: string) {
    this.#url = url;
    this.#reach = reach;
    this.#socket = guarded(socket);
    this.#connection = mysql.createConnection({
      stream: socket,
      host: url.host,
      user: url.user,
      password: url.password ?? '',
      database: url.database,
      connectTimeout: 0, // Ours covers the login too.
      charset: 'utf8mb4',
      // No files of this machine, no second statement, no result sets of procedures.
      flags: ['-LOCAL_FILES', '-MULTI_RESULTS', '-FOUND_ROWS'],
      rowsAsArray: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
      jsonStrings: true,
      disableEval: true,
      connectAttributes: { program_name: url.applicationName ?? application },
      ...(reach.trust === undefined ? {} : { ssl: {} }),
    });
    const driver = this.#connection as unknown as Driver;
    const { trust } = reach;
    if (trust !== undefined) driver.startTLS = (onSecure) => void startTls(driver, url.host, trust, onSecure);
    // Nobody waits for a connection that is lost between two statements; the next one fails and says why.
    this.#connection.on('error', (error: Error) => {
      this.#lost ??= error;
      for (const tell of this.#onLost) tell(error);
    });
  }

  /** `application` is what the server lists as program_name unless the URL has a name. @throws DossierError SourceFailed, or the signal's reason. */
  static async open(url: MysqlUrl, reach: Reach, application: string, signal: AbortSignal): Promise<MysqlSession> {
    return logIn(
      url,
      {
        connect: (either) => dialServer(url, reach.allowLoopback, either),
        session: (socket) => new MysqlSession(url, reach, socket, application),
        login: (session) => session.#login(),
        failed: (error) => connectFailed(error, url),
      },
      signal,
    );
  }

  /** Runs a statement of ours; its rows, few. @throws what the driver does. */
  async query(sql: string): Promise<readonly (readonly unknown[])[]> {
    return this.#during((done, fail) => {
      this.#connection.query(sql, (error, rows) => {
        if (error === null) done(Array.isArray(rows) ? (rows as readonly (readonly unknown[])[]) : []);
        else fail(error);
      });
    });
  }

  /** Prepares the statement; resolves to how many columns its result has, and to what runs it. @throws what the driver does. */
  async prepare({ sql, binds }: BoundStatement): Promise<{ readonly columns: number; readonly run: () => Promise<RunningQuery> }> {
    const statement = await this.#during<Prepared>((done, fail) => {
      this.#connection.prepare(sql, (error, prepared) => {
        if (error === null) done(prepared as unknown as Prepared);
        else fail(error);
      });
    });
    return { columns: statement.columns.length, run: () => this.#run(statement, binds) };
  }

  async #run(statement: Prepared, binds: BoundStatement['binds']): Promise<RunningQuery> {
    this.#isRunning = true;
    const command = statement.execute([...binds]);
    const rows = command.stream({ highWaterMark: WAITING_ROWS });
    this.#rows = rows;
    rows.on('error', () => undefined); // Told to whoever reads.
    const cut = (error: Error): void => void rows.destroy(error);
    this.#onLost.add(cut);
    rows.once('end', () => {
      this.#isRunning = false;
    });
    const fields = await this.#during<readonly FieldPacket[]>((done, fail) => {
      command.on('fields', (found) => {
        done(found ?? []);
      });
      command.on('error', fail);
    });
    return { fields, rows };
  }

  /** Ends the session, and the statement that may be under way; safe to call at any time and twice. */
  close(): Promise<void> {
    this.#closing ??= this.#isRunning ? this.#breakOff() : this.#sayGoodbye();
    return this.#closing;
  }

  /** Does `work`, ending the session as soon as the signal aborts. @throws what `work` does, or the signal's reason. */
  until<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return endingOnAbort(signal, () => void this.close(), work);
  }

  async #login(): Promise<void> {
    await this.#during<undefined>((done, fail) => {
      this.#connection.connect((error) => {
        if (error === null) done(undefined);
        else fail(error);
      });
    });
  }

  /** The driver tells only those whose command is under way that the connection is lost. */
  async #during<T>(begin: (done: (value: T) => void, fail: (error: Error) => void) => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#throwIfLost();
    this.#onLost.add(reject);
    try {
      begin(resolve, reject);
      return await promise;
    } catch (error) {
      // What the connection was lost by is the reason of what followed.
      this.#throwIfLost();
      throw error;
    } finally {
      this.#onLost.delete(reject);
    }
  }

  #throwIfLost(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  async #breakOff(): Promise<void> {
    const { threadId } = this.#connection;
    this.#discard();
    if (typeof threadId !== 'number' || this.#lost !== undefined) return;
    try {
      const other = await MysqlSession.open(this.#url, this.#reach, 'dossier', AbortSignal.timeout(KILL_TIMEOUT_MS));
      try {
        await other.query(`kill ${threadId}`);
      } finally {
        await other.close();
      }
    } catch {
      // The session is gone already, or the server cannot be reached any more and ends the statement when it writes to the closed connection.
    }
  }

  async #sayGoodbye(): Promise<void> {
    if (this.#lost !== undefined) {
      this.#discard();
      return;
    }
    const closed = this.#socket.closed
      ? Promise.resolve()
      : once(this.#socket, 'close', { signal: AbortSignal.timeout(GOODBYE_TIMEOUT_MS) });
    this.#connection.end(() => undefined);
    await closed.catch(() => undefined);
    this.#discard();
  }

  #discard(): void {
    this.#connection.destroy();
    this.#socket.destroy();
    this.#rows?.destroy(new Error('the session was ended'));
    for (const tell of this.#onLost) tell(this.#lost ?? new Error('the session was ended'));
  }
}

interface Prepared {
  readonly columns: readonly unknown[];
  execute(values: readonly unknown[]): Command;
}

/** As the driver's own, which its streams' names and checks of certificates are taken from, but for the name that the certificate is checked against. */
async function startTls(driver: Driver, host: string, trust: Trust, onSecure: (error?: Error) => void): Promise<void> {
  const plain = driver.stream;
  plain.removeAllListeners('data');
  const secure = guarded(
    connectTls({
      socket: plain,
      host,
      secureContext: trust.context,
      rejectUnauthorized: true,
      // RFC 6066: a server name is a DNS name without its last dot, never an address. The certificate is checked against `host` then.
      ...(isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
    }),
  );
  driver.stream = secure;
  secure.on('data', (bytes: Buffer) => {
    driver.packetParser.execute(bytes);
  });
  try {
    await once(secure, 'secureConnect');
    secure.on('error', (error) => {
      driver._handleNetworkError(error);
    });
    onSecure();
  } catch (error) {
    secure.on('error', () => undefined);
    // The driver writes a code of its own over that of the error it gets.
    onSecure(new Error('TLS failed', { cause: error }));
  }
}

/** The driver's parser throws out of the event `data` on bytes that are not MySQL's; that ends the connection, instead of the process. */
function guarded<T extends Socket>(socket: T): T {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean;
  socket.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'data') return emit(event, ...args);
    try {
      return emit(event, ...args);
    } catch (error) {
      socket.destroy(new ProtocolError(error));
      return true;
    }
  };
  return socket;
}
