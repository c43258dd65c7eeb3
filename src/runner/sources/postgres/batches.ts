/**
 * Rows of a portal as batches of cells, bounded by bytes.
 *
 * A fetch is sized by the width of the rows before it, so that the server is asked for about a mebibyte at a time: a fetch that waits for a slow bucket would run
 * into the statement's time-out. When rows suddenly grow wider, reading from the socket stops until the batch has been taken.
 */
import { isMisfit, misfitMessage } from '../../cells/misfit.ts';
import type { Cell, RowBatch } from '../../rows.ts';
import type { ColumnReader } from './columns.ts';
import { failed } from './errors.ts';
import type { RawRow } from './portal.ts';
import type { PostgresSession } from './session.ts';
import { ProtocolError } from './socket.ts';

const FIRST_FETCH_ROWS = 100;
const FETCH_ROWS_LIMIT = 1000;
/** What a fetch should bring, in bytes of PostgreSQL's messages. */
const FETCH_BYTES = 1024 * 1024;
/** What a batch may grow to before reading stops. */
const BATCH_BYTES_LIMIT = 2 * FETCH_BYTES;

export class BatchReader {
  readonly #session: PostgresSession;
  readonly #readers: readonly ColumnReader[];
  #rows: (readonly Cell[])[] = [];
  #bytes = 0;
  /** Rows before `#rows`. */
  #taken = 0;
  #state: 'idle' | 'fetching' | 'end' = 'idle';
  #failure: { readonly error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();
  /** Of the fetch under way, then of the last one. */
  #fetchedRows = 0;
  #fetchedBytes = 0;

  constructor(session: PostgresSession, readers: readonly ColumnReader[]) {
    this.#session = session;
    this.#readers = readers;
  }

  /** The next rows, or undefined after the last. @throws what the driver does, or DossierError SourceFailed for a value that does not fit. */
  async next(): Promise<RowBatch | undefined> {
    for (;;) {
      if (this.#state === 'idle') this.#fetch();
      while (this.#state === 'fetching' && this.#bytes < BATCH_BYTES_LIMIT && this.#failure === undefined) await this.#changed.promise;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#rows.length > 0) return this.#take();
      if (this.#state === 'end') return undefined;
    }
  }

  #take(): RowBatch {
    const batch = this.#rows;
    this.#taken += batch.length;
    this.#rows = [];
    this.#bytes = 0;
    this.#session.resume();
    return batch;
  }

  #fetch(): void {
    const count = nextCount(this.#fetchedRows, this.#fetchedBytes);
    this.#state = 'fetching';
    this.#fetchedRows = 0;
    this.#fetchedBytes = 0;
    this.#session
      .fetch(count, (row, bytes) => {
        this.#add(row, bytes);
      })
      .then(
        (state) => {
          this.#state = state === 'more' ? 'idle' : 'end';
          this.#wake();
        },
        (error: unknown) => {
          this.#fail(error);
        },
      );
  }

  #add(raw: RawRow, bytes: number): void {
    // After a failure the rest of the fetch is of no use; the session is about to be closed.
    if (this.#failure !== undefined) return;
    // Each column of the result has its reader: a row of another width would be read as one with nulls.
    if (raw.length !== this.#readers.length) {
      this.#fail(new ProtocolError());
      return;
    }
    const cells: Cell[] = [];
    for (const { column, index, read } of this.#readers) {
      const text = raw[index] ?? null;
      const cell = text === null ? null : read(text);
      if (isMisfit(cell)) {
        this.#fail(failed(misfitMessage(this.#taken + this.#rows.length + 1, column.name, cell), false));
        return;
      }
      cells.push(cell);
    }
    this.#rows.push(cells);
    this.#fetchedRows += 1;
    this.#fetchedBytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes < BATCH_BYTES_LIMIT) return;
    this.#session.pause();
    this.#wake();
  }

  /** The first failure counts; what follows is its consequence. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
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
