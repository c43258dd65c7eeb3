/**
 * Bodies as they were before Content-Encoding packed them, piece by piece.
 *
 * A packed body that ends early, that has data behind its end (zlib would leave it out without a word) or that unpacks to a multiple which no report has is an error:
 * the first two would be short files, the third keeps a runner busy for hours with a few megabytes.
 */
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { failed, type Fail } from './errors.ts';

/** What is asked for unless a header of the template asks for something else. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** Tables of numbers pack to a fiftieth at best; a bomb to a thousandth, and with Brotli to much less. */
const RATIO_LIMIT = 200;
/** Below this, in bytes, the ratio does not matter. */
const RATIO_FREE_BYTES = 64 * 1024 * 1024;

type Coding = 'gzip' | 'deflate' | 'br';

/** `encoding`: the Content-Encoding header. @throws DossierError SourceFailed, or what `body` throws */
export async function* unpacked(body: AsyncIterable<Buffer>, encoding: string | undefined, fail: Fail = failed): AsyncGenerator<Buffer> {
  const coding = codingOf(encoding);
  if (coding === undefined) {
    yield* body;
    return;
  }
  const pieces = body[Symbol.asyncIterator]();
  const first = await pieces.next();
  // Nothing at all is what some servers send when there is nothing to pack.
  if (first.done === true) return;
  let packedBytes = 0;
  /** Up to the last byte that is not zero: gzip lets zeros follow, and zlib then looks at nothing behind them. */
  let meantBytes = 0;
  const taken = (piece: Buffer): void => {
    const last = coding === 'gzip' ? piece.findLastIndex((byte) => byte !== 0) : piece.length - 1;
    if (last >= 0) meantBytes = packedBytes + last + 1;
    packedBytes += piece.length;
  };
  const packed = async function* (): AsyncGenerator<Buffer> {
    for (let piece: IteratorResult<Buffer, unknown> = first; piece.done !== true; piece = await pieces.next()) {
      taken(piece.value);
      yield piece.value;
    }
  };
  const unpacker = unpackerOf(coding, first.value);
  // What fails on the way reaches the loop below, which ends with it.
  pipeline(packed, unpacker, () => undefined);
  let bytes = 0;
  try {
    for await (const piece of unpacker as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > RATIO_FREE_BYTES && bytes > packedBytes * RATIO_LIMIT) throw bomb(fail);
      yield piece;
    }
  } catch (error) {
    throw isZlibError(error) ? damaged(error, fail) : error;
  } finally {
    unpacker.destroy();
  }
  // zlib may have ended before all was there.
  for (let rest = await pieces.next(); rest.done !== true && meantBytes <= unpacker.bytesWritten; rest = await pieces.next())
    taken(rest.value);
  if (meantBytes > unpacker.bytesWritten) throw fail('a packed body has data behind its end', false);
}

/** Undefined = not packed. */
function codingOf(encoding: string | undefined): Coding | undefined {
  const coding = encoding?.trim().toLowerCase() ?? '';
  switch (coding) {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
    case 'br':
      return coding;
    default:
      throw failed(
        `the answer has a Content-Encoding other than ${ACCEPT_ENCODING}; ask for one of them, or for identity, by an Accept-Encoding header`,
        false,
      );
  }
}

function unpackerOf(coding: Coding, first: Buffer): ReturnType<typeof createGunzip | typeof createInflate | typeof createBrotliDecompress> {
  switch (coding) {
    case 'gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'deflate':
      // RFC 9110 means the zlib format, whose first byte ends in 8; many servers send the bare data.
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
  }
}

function isZlibError(error: unknown): error is { readonly code: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^(?:Z_|ERR__ERROR_|ERR_PADDING|ERR_BROTLI)/.test(error.code)
  );
}

function damaged({ code }: { readonly code: string }, fail: Fail): Error {
  return code === 'Z_BUF_ERROR' ? fail('a packed body ends early', true) : fail('a packed body cannot be unpacked', false);
}

function bomb(fail: Fail): Error {
  return fail(
    `a body unpacks to more than ${RATIO_LIMIT} times its size; ask for smaller pages, or for unpacked answers by a header Accept-Encoding: identity`,
    false,
  );
}
