/**
 * Objects of a bucket as they were when the reading began.
 *
 * The list is taken once, whole, with size and ETag of each object; every answer afterwards must have the same two. So an object that is replaced, cut or removed while it is
 * read is an error, and one that is added is not read: what was there at one moment, or nothing. That also makes it safe to go on where a connection was cut.
 */
import { GetObjectCommand, ListObjectsV2Command, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { abortable } from '../../../net/abortable.ts';
import { storeCall } from '../../../s3/call.ts';
import type { Bucket } from '../../../s3/client.ts';
import { toStoreError } from '../../../s3/error-mapping.ts';
import { StoreError } from '../../../s3/errors.ts';
import { bareEtag } from '../../../s3/operations.ts';
import { withRetries, type Pacing, type RetryBounds } from '../../upload/retry.ts';
import { count } from '../../cells/misfit.ts';
import { failed, titleOf } from './errors.ts';

/** All of them are held in memory, some 300 bytes each. */
const OBJECTS_LIMIT = 100_000;
/** So few that the longest keys, written as XML, fit an answer (s3/answer.ts). */
const PAGE_SIZE = 100;

export interface FoundObject {
  readonly key: string;
  /** Undefined = not looked at yet; the first answer decides. */
  readonly seen: Sight | undefined;
}

/** What must stay the same. */
interface Sight {
  readonly bytes: number;
  /** Without quotes. */
  readonly etag: string;
}

export interface ReadingOptions {
  readonly bucket: Bucket;
  readonly retries: RetryBounds;
  readonly pacing: Pacing;
  /** How long the store may give nothing, in milliseconds. */
  readonly silenceMs: number;
}

/** In the order of their keys (bytes of UTF-8); what consoles make to show an empty folder is none. @throws StoreError, or DossierError when there are too many */
export async function listObjects(options: ReadingOptions, prefix: string, signal: AbortSignal): Promise<readonly FoundObject[]> {
  const { bucket, retries, pacing } = options;
  const found: FoundObject[] = [];
  const tokens = new Set<string>();
  for (let token: string | undefined; ;) {
    const command = new ListObjectsV2Command({
      Bucket: bucket.plan.bucket,
      Prefix: prefix,
      MaxKeys: PAGE_SIZE,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await withRetries(retries, pacing, signal, async () => {
      const answer = await storeCall(signal, (call) => bucket.client.send(command, call));
      // An empty answer, or a page for people that something on the way gave in a success, is no last page.
      if (answer.Name === undefined && answer.IsTruncated === undefined) throw new StoreError('InternalError');
      return answer;
    });
    for (const { Key: key, Size: bytes, ETag: etag } of page.Contents ?? []) {
      if (key === undefined || bytes === undefined || etag === undefined || !key.startsWith(prefix)) throw new StoreError('NotS3');
      if (key.endsWith('/') && bytes === 0) continue;
      found.push({ key, seen: { bytes, etag: bareEtag(etag) } });
    }
    if (found.length > OBJECTS_LIMIT) throw failed(`more than ${count(OBJECTS_LIMIT)} objects; choose a longer prefix`, false);
    if (page.IsTruncated !== true) return inOrder(found);
    token = page.NextContinuationToken;
    // A store that gives the same page for ever, or none of the rest.
    if (token === undefined || tokens.has(token)) throw new StoreError('NotS3');
    tokens.add(token);
  }
}

/** All bytes of the object. @throws StoreError, or DossierError when it is not what it was */
export async function* readObject(options: ReadingOptions, { key, seen: first }: FoundObject, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { retries, pacing } = options;
  let seen = first;
  let at = 0;
  let failures = 0;
  let failingSince: number | undefined;
  while (seen === undefined || at < seen.bytes) {
    try {
      const answer: Answer = await ask(options, key, seen, at, signal);
      seen = answer.seen;
      for await (const piece of piecesOf(answer.body, options.silenceMs, signal)) {
        at += piece.length;
        failures = 0;
        failingSince = undefined;
        yield piece;
      }
      if (at < seen.bytes) throw new StoreError('Cut');
    } catch (error) {
      if (!(error instanceof StoreError && error.retryable)) throw error;
      const now = pacing.now();
      failingSince ??= now;
      const pause = Math.min(retries.firstPauseMs * 2 ** failures, retries.longestPauseMs) * (0.5 + pacing.random() / 2);
      if (now + pause - failingSince > retries.patienceMs) throw error;
      failures += 1;
      await pacing.sleep(pause, signal);
    }
  }
}

interface Answer {
  readonly body: Readable;
  readonly seen: Sight;
}

/** The object from `at` on. */
async function ask({ bucket }: ReadingOptions, key: string, seen: Sight | undefined, at: number, signal: AbortSignal): Promise<Answer> {
  const command = new GetObjectCommand({ Bucket: bucket.plan.bucket, Key: key, ...(at === 0 ? {} : { Range: `bytes=${at}-` }) });
  let answer: GetObjectCommandOutput;
  try {
    answer = await storeCall(signal, (call) => bucket.client.send(command, call));
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'NotFound')) throw error;
    throw seen === undefined
      ? failed(`${titleOf(key)} does not exist in bucket "${bucket.plan.bucket}"; check key and storageRef of the source`, false)
      : failed(`${titleOf(key)} was removed while the report was being made`, true);
  }
  const body = answer.Body as Readable;
  // What fails while nobody waits for a piece is told with the next one.
  body.on('error', () => undefined);
  try {
    const now = sightOf(answer, at);
    if (seen !== undefined && (now.bytes !== seen.bytes || now.etag !== seen.etag))
      throw failed(`${titleOf(key)} was replaced while the report was being made`, true);
    return { body, seen: now };
  } catch (error) {
    body.destroy();
    throw error;
  }
}

/** Of the whole object, also where a part of it was asked for. */
function sightOf({ ContentLength: length, ContentRange: range, ETag: etag }: GetObjectCommandOutput, at: number): Sight {
  if (length === undefined || etag === undefined) throw new StoreError('NotS3');
  if (at > 0 && !range?.startsWith(`bytes ${at}-`)) throw new StoreError('NotS3');
  return { bytes: at + length, etag: bareEtag(etag) };
}

async function* piecesOf(body: Readable, silenceMs: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const piece = await nextPiece(body, pieces, silenceMs, signal);
      if (piece.done === true) return;
      yield piece.value;
    }
  } finally {
    body.destroy();
  }
}

async function nextPiece(
  body: Readable,
  pieces: AsyncIterator<Buffer>,
  silenceMs: number,
  signal: AbortSignal,
): Promise<IteratorResult<Buffer, unknown>> {
  const timer = setTimeout(() => {
    body.destroy(new StoreError('TimedOut'));
  }, silenceMs);
  try {
    return await abortable(pieces.next(), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw toStoreError(error);
  } finally {
    clearTimeout(timer);
  }
}

function inOrder(found: readonly FoundObject[]): readonly FoundObject[] {
  const compare = (a: FoundObject, b: FoundObject): number => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
  const sorted = found.every((object, index) => index === 0 || compare(found[index - 1] ?? object, object) < 0);
  if (sorted) return found;
  const ordered = found.toSorted(compare);
  if (ordered.some((object, index) => object.key === ordered[index - 1]?.key)) throw new StoreError('NotS3');
  return ordered;
}
