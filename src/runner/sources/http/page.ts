/**
 * One answer, from its headers to its last row.
 *
 * A body without a length of its own (neither Content-Length nor chunks) ends when the connection does, so nobody can tell whether it was cut; JSON ends by itself, the
 * other formats are refused. What a charset other than UTF-8 makes of letters nobody would notice in the file, so it is refused as well.
 */
import { createHash } from 'node:crypto';
import type { JsonScalar } from '../../../json-stream/json-number.ts';
import type { RowBatch } from '../../rows.ts';
import type { BodyReader } from './body.ts';
import type { HttpAnswer } from './client.ts';
import { failed, statusFailed } from './errors.ts';
import type { HttpFormat } from './plan.ts';
import { Refusal } from './retry.ts';
import { retryAfterMs } from './retry-after.ts';
import { unpacked } from './unpack.ts';

/** A page is held back until so much of it has come, in bytes after unpacking: as long as nothing of it was given out, it can be asked for again. */
const HOLD_BYTES = 1024 * 1024;
const BATCH_ROWS = 500;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

export interface PageEnd {
  readonly rows: number;
  readonly cursor: JsonScalar | undefined;
  /** SHA-256 of the body after unpacking; undefined when it was not asked for. */
  readonly digest: string | undefined;
}

export interface PageOptions {
  readonly format: HttpFormat;
  readonly digest: boolean;
  /** Which page it is, for messages; undefined when there are no pages. */
  readonly place: string | undefined;
}

/** The rows of an answer; `onGiven` is called before the first of them leaves. @throws DossierError, or what reading the body throws */
export async function* readPage(
  answer: HttpAnswer,
  reader: BodyReader,
  { format, digest, place }: PageOptions,
  onGiven: () => void,
): AsyncGenerator<RowBatch, PageEnd> {
  const hash = digest ? createHash('sha256') : undefined;
  if (!hasBody(answer, format, place)) return { rows: 0, cursor: undefined, digest: hash?.digest('hex') };
  let rows = 0;
  let held: RowBatch[] = [];
  let heldBytes = 0;
  const hold = (batch: RowBatch): void => {
    rows += batch.length;
    if (batch.length > 0) held.push(batch);
  };
  for await (const piece of withoutByteOrderMark(unpacked(answer.body, answer.header('content-encoding')))) {
    hash?.update(piece);
    hold(reader.write(piece));
    heldBytes += piece.length;
    if (heldBytes < HOLD_BYTES || held.length === 0) continue;
    onGiven();
    yield* inBatches(held);
    held = [];
    heldBytes = 0;
  }
  const end = reader.end();
  // As of a server that counts characters, not bytes: rows would be left out, and the last value cut. A farewell to an idle connection looks the same, so it is tried again.
  if (answer.isLonger()) throw failed('the body goes on behind its Content-Length, so the server has miscounted it', true);
  hold(end.rows);
  onGiven();
  yield* inBatches(held);
  return { rows, cursor: end.cursor, digest: hash?.digest('hex') };
}

/** False = the server says that there is nothing (204). @throws DossierError for an answer that is no success, or that cannot be trusted to be whole */
function hasBody(answer: HttpAnswer, format: HttpFormat, place: string | undefined): boolean {
  if (answer.status === 204) return false;
  if (answer.status !== 200)
    throw new Refusal(statusFailed(answer.status, answer.elsewhere, place), retryAfterMs(answer.header('retry-after'), Date.now()));
  const chunks = answer.header('transfer-encoding')?.trim().toLowerCase();
  if (chunks !== undefined && chunks !== 'chunked') throw failed('the answer has a Transfer-Encoding other than chunked', false);
  if (format !== 'JSON' && chunks === undefined && answer.header('content-length') === undefined)
    throw failed(`the answer has neither Content-Length nor chunks, so nobody can tell whether ${format} is complete`, false);
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(answer.header('content-type') ?? '')?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii')
    throw failed('the server says that its answer is in another charset than UTF-8; ask for UTF-8', false);
  return true;
}

/** A mark that a file of UTF-8 may begin with is no part of its text. */
export async function* withoutByteOrderMark(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of pieces) {
    if (head === undefined) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    if (head.length < BYTE_ORDER_MARK.length) continue;
    yield startOf(head);
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield startOf(head);
}

function startOf(head: Buffer): Buffer {
  return head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? head.subarray(BYTE_ORDER_MARK.length) : head;
}

/** The same rows in batches of a size that holds a source back soon. */
export function* inBatches(held: readonly RowBatch[]): Generator<RowBatch> {
  for (const batch of held) for (let at = 0; at < batch.length; at += BATCH_ROWS) yield batch.slice(at, at + BATCH_ROWS);
}
