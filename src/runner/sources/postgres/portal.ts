/**
 * The two steps of a server-side cursor in PostgreSQL's extended protocol, each as a query object of the driver: describe a portal, then fetch from it.
 *
 * The driver's own cursor runs a statement before it knows whether rows come of it, keeps a whole fetch in memory however wide its rows are, and throws on COPY.
 * Here nothing runs before its columns are known, rows pass the driver by, and each step ends with a Sync, so that the session is free in between. The
 * portal lives to the end of the transaction. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
import type { Connection, Submittable } from 'pg';
import { ProtocolError } from './socket.ts';

const PORTAL = 'dossier';

/** One column of a result. */
export interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** Values in text form, null for NULL. */
export type RawRow = (string | null)[];

/** A step that ends with the server's ReadyForQuery, or with an error. The methods are those the driver calls. */
abstract class Step<T> implements Submittable {
  readonly #ending = Promise.withResolvers<T>();
  readonly done: Promise<T> = this.#ending.promise;

  submit(connection: Connection): void {
    // One packet instead of four.
    connection.stream.cork();
    this.send(connection);
    connection.sync();
    connection.stream.uncork();
  }

  protected abstract send(connection: Connection): void;
  /** Undefined = the server ended the step without saying how. */
  protected abstract result(): { readonly value: T } | undefined;

  handleReadyForQuery(): void {
    const result = this.result();
    if (result === undefined) this.#ending.reject(new ProtocolError());
    else this.#ending.resolve(result.value);
  }

  handleError(error: unknown): void {
    this.#ending.reject(error);
  }
}

/** Parses a query, binds its parameters and says which columns it has; undefined = it returns no rows at all. Runs nothing but what planning computes. */
export class DescribeStep extends Step<readonly Field[] | undefined> {
  readonly #sql: string;
  readonly #values: (string | null)[];
  #fields: readonly Field[] | undefined;

  /** `values` are sent as text of unknown type, so that the server infers each type from its place. */
  constructor(sql: string, values: readonly (string | null)[]) {
    super();
    this.#sql = sql;
    this.#values = [...values];
  }

  protected send(connection: Connection): void {
    connection.parse({ name: '', text: this.#sql, types: [] }, true);
    connection.bind({ portal: PORTAL, statement: '', values: this.#values }, true);
    connection.describe({ type: 'P', name: PORTAL }, true);
  }

  protected result(): { readonly value: readonly Field[] | undefined } {
    return { value: this.#fields };
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#fields = fields;
  }
}

/** Fetches at most `count` rows, which the driver does not see (message-stream.ts); `more` = the portal may have others. */
export class FetchStep extends Step<'more' | 'end'> {
  readonly #count: number;
  #state: 'more' | 'end' | undefined;

  constructor(count: number) {
    super();
    this.#count = count;
  }

  protected send(connection: Connection): void {
    // The declared type has text for a number; a number is what is written.
    connection.execute({ portal: PORTAL, rows: this.#count as unknown as string }, true);
  }

  /** Only the server's own word ends a result: its silence would be a short file. */
  protected result(): { readonly value: 'more' | 'end' } | undefined {
    return this.#state === undefined ? undefined : { value: this.#state };
  }

  handlePortalSuspended(): void {
    this.#state = 'more';
  }

  handleCommandComplete(): void {
    this.#state = 'end';
  }
}
