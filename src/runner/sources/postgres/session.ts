/**
 * One connection to PostgreSQL, from its login to its end.
 *
 * The server does not notice that a client is gone while it computes, so ending a session in the middle of a statement also sends a cancel request: no query of
 * ours goes on for nobody. An abort ends the session at once; whoever waits gets the signal's reason.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Client, type CustomTypesConfig } from 'pg';
import { DossierError } from '../../../errors.ts';
import { endingOnAbort } from '../../../net/abortable.ts';
import type { PostgresUrl } from '../../../sql/postgres-url.ts';
import { logIn, type Reach } from '../sql-login.ts';
import { connectFailed } from './errors.ts';
import { MessageStream, type OnRows } from './message-stream.ts';
import { DescribeStep, FetchStep, type Field, type RawRow } from './portal.ts';
import { driverStream, openSocket } from './socket.ts';

const CANCEL_TIMEOUT_MS = 3000;
const GOODBYE_TIMEOUT_MS = 1000;
/** Length 16, code 80877102, then process and key (PostgreSQL's documentation, "Message Formats", CancelRequest). */
const CANCEL_CODE = 80_877_102;

/** Results stay text: the driver's own parsers lose digits and microseconds. */
const AS_TEXT = { getTypeParser: () => (text: string) => text } as unknown as CustomTypesConfig;

interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

export class PostgresSession {
  readonly #url: PostgresUrl;
  readonly #reach: Reach;
  readonly #socket: Socket;
  readonly #client: Client;
  readonly #messages = new MessageStream();
  #key: BackendKey | undefined;
  /** Statements under way. */
  #running = 0;
  #lost: unknown;
  #closing: Promise<void> | undefined;

  private constructor(url: PostgresUrl, reach: Reach, socket: Socket, application: string) {
    this.#url = url;
    this.#reach = reach;
    this.#socket = socket;
    this.#client = new Client({
      stream: () => driverStream(socket, (bytes) => this.#messages.take(bytes)),
      ssl: false, // The stream is behind TLS already.
      host: url.host,
      port: url.port,
      user: url.user,
      // A function, because the driver looks for a missing password in the environment and in files.
      password: () => {
        if (url.password === undefined) throw passwordWanted();
        return url.password;
      },
      database: url.database,
      application_name: url.applicationName ?? application,
    });
    // Nobody waits for a connection that is lost between two statements; the next one fails and says why.
    this.#client.on('error', (error) => {
      this.#lost ??= error;
    });
    this.#client.connection.once('backendKeyData', (key: BackendKey) => {
      this.#key = key;
    });
  }

  /** `application` is what pg_stat_activity shows unless the URL has a name. @throws DossierError SourceFailed, or the signal's reason. */
  static async open(url: PostgresUrl, reach: Reach, application: string, signal: AbortSignal): Promise<PostgresSession> {
    return logIn(
      url,
      {
        connect: (either) => openSocket(url, reach, either),
        session: (socket) => new PostgresSession(url, reach, socket, application),
        login: async (session) => void (await session.#client.connect()),
        failed: (error) => connectFailed(error, url),
      },
      signal,
    );
  }

  /** Rows of a statement of ours; few. @throws what the driver does. */
  async query(text: string, values: readonly string[] = []): Promise<readonly RawRow[]> {
    const result = await this.#during(this.#client.query<RawRow>({ text, values: [...values], rowMode: 'array', types: AS_TEXT }));
    return result.rows;
  }

  /** Opens the portal; undefined = the statement returns no rows, and has not run. @throws what the driver does. */
  async describe(sql: string, values: readonly (string | null)[]): Promise<readonly Field[] | undefined> {
    return this.#during(this.#client.query(new DescribeStep(sql, values)).done);
  }

  /** Fetches at most `count` rows of the portal; `onRows` must not throw. @throws what the driver does. */
  async fetch(count: number, onRows: OnRows): Promise<'more' | 'end'> {
    this.#messages.divertRows(onRows);
    try {
      return await this.#during(this.#client.query(new FetchStep(count)).done);
    } finally {
      this.#messages.leaveRows();
    }
  }

  /** Stops reading from the server; at most one more piece of 64 KiB is delivered. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the session, and the statement that may be under way; safe to call at any time and twice. */
  close(): Promise<void> {
    this.#closing ??= this.#running > 0 ? this.#breakOff() : this.#sayGoodbye();
    return this.#closing;
  }

  /** Does `work`, ending the session as soon as the signal aborts. @throws what `work` does, or the signal's reason. */
  until<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return endingOnAbort(signal, () => void this.close(), work);
  }

  async #during<T>(statement: Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await statement;
    } catch (error) {
      // The driver knows of a lost connection only that it is lost; what the server said before is the reason.
      throw this.#lost ?? error;
    } finally {
      this.#running -= 1;
    }
  }

  async #breakOff(): Promise<void> {
    this.#socket.destroy();
    const key = this.#key;
    if (key === undefined) return;
    const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
    try {
      const socket = await openSocket(this.#url, this.#reach, signal);
      try {
        socket.end(cancelRequest(key));
        socket.resume();
        await once(socket, 'close', { signal });
      } finally {
        socket.destroy();
      }
    } catch {
      // A server that cannot be reached any more cannot be told either; it ends the statement when it writes to the closed connection.
    }
  }

  async #sayGoodbye(): Promise<void> {
    const closed = this.#socket.closed
      ? Promise.resolve()
      : once(this.#socket, 'close', { signal: AbortSignal.timeout(GOODBYE_TIMEOUT_MS) });
    this.#socket.resume();
    void this.#client.end();
    await closed.catch(() => undefined);
    this.#socket.destroy();
  }
}

function cancelRequest({ processID, secretKey }: BackendKey): Buffer {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_CODE, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  return request;
}

function passwordWanted(): DossierError {
  return new DossierError('SourceFailed', 'postgres: the server asks for a password, and the URL in the Secret has none', {
    retryable: false,
  });
}
