/**
 * Rows of a portal as the server sends them, bounded by bytes.
 *
 * A fetch is sized by the width of the rows before it, so that the server is asked for about a mebibyte at a time: a fetch that waits for a slow bucket would run
 * into the statement's time-out. While those rows are encoded the next fetch is on its way, unless more than that still waits. When rows suddenly grow wider, reading
 * from the socket stops until they have been taken.
 */
import { DataRows, type RowReaders } from './data-rows.ts';
import type { PostgresSession } from './session.ts';

const FIRST_FETCH_ROWS = 100;
const FETCH_ROWS_LIMIT = 10_000;
/** What a fetch should bring, in bytes of PostgreSQL's messages. */
const FETCH_BYTES = 1024 * 1024;
/** What may wait before reading stops. */
const WAITING_BYTES_LIMIT = 2 * FETCH_BYTES;

export class BatchReader {
  readonly #session: PostgresSession;
  readonly #readers: RowReaders;
  readonly #waiting: DataRows[] = [];
  #waitingBytes = 0;
  /** Rows so far. */
  #rows = 0;
  #state: 'idle' | 'fetching' | 'end' = 'idle';
  #failure: { readonly error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();
  /** Of the fetch under way, then of the last one. */
  #fetchedRows = 0;
  #fetchedBytes = 0;

  constructor(session: PostgresSession, readers: RowReaders) {
    this.#session = session;
    this.#readers = readers;
  }

  /** The next rows, or undefined after the last. @throws what the driver does. */
  async next(): Promise<DataRows | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#state === 'idle' && this.#waitingBytes < FETCH_BYTES) this.#fetch();
      const rows = this.#take();
      if (rows !== undefined) return rows;
      if (this.#state === 'end') return undefined;
      await this.#changed.promise;
    }
  }

  #take(): DataRows | undefined {
    const rows = this.#waiting.shift();
    if (rows === undefined) return undefined;
    const before = this.#waitingBytes;
    this.#waitingBytes -= rows.bytes.length;
    if (before >= WAITING_BYTES_LIMIT && this.#waitingBytes < WAITING_BYTES_LIMIT) this.#session.resume();
    return rows;
  }

  #fetch(): void {
    const count = nextCount(this.#fetchedRows, this.#fetchedBytes);
    this.#state = 'fetching';
    this.#fetchedRows = 0;
    this.#fetchedBytes = 0;
    this.#session
      .fetch(count, (bytes, rows) => {
        this.#add(bytes, rows);
      })
      .then(
        (state) => {
          this.#state = state === 'more' ? 'idle' : 'end';
        },
        (error: unknown) => {
          this.#failure ??= { error };
        },
      )
      .finally(() => {
        this.#wake();
      });
  }

  #add(bytes: Buffer, rows: number): void {
    this.#waiting.push(new DataRows(bytes, rows, this.#readers, this.#rows));
    this.#rows += rows;
    this.#fetchedRows += rows;
    this.#fetchedBytes += bytes.length;
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= WAITING_BYTES_LIMIT) this.#session.pause();
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function nextCount(rows: number, bytes: number): number {
  if (rows === 0) return FIRST_FETCH_ROWS;
  return Math.max(1, Math.min(FETCH_ROWS_LIMIT, Math.floor((FETCH_BYTES * rows) / bytes)));
}
