/** What reads one body, whatever its format: pieces in, rows out, and at the end what the next page needs. */
import type { JsonScalar } from '../../../json-stream/json-number.ts';
import type { RowBatch } from '../../rows.ts';

export interface BodyReader {
  /** The rows that this piece completes. @throws DossierError, JsonError, CsvError or VisitsError */
  write(piece: Buffer): RowBatch;
  /** The body is over. @throws as `write` */
  end(): BodyEnd;
}

export interface BodyEnd {
  readonly rows: RowBatch;
  /** Undefined = there is none, or none was asked for. */
  readonly cursor: JsonScalar | undefined;
}

/** A reader for the next body. `rowsBefore`: rows of the bodies before it, for messages. */
export type OpenBody = (rowsBefore: number) => BodyReader;
