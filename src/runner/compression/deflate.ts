/**
 * Data packed as one deflate stream (RFC 1951) that grows piece by piece, with the checksum and the size that ZIP and gzip put beside it.
 *
 * Each piece is deflated by one synchronous call that ends on a byte border (Z_SYNC_FLUSH), so that the pieces follow each other as one valid stream. A call
 * costs some microseconds and five bytes and forgets what was before it: callers write large pieces. The bytes depend on the pieces alone.
 */
import { constants, crc32, deflateRawSync } from 'node:zlib';

const OUTPUT_CHUNK_BYTES = 128 * 1024;

export class DeflatedData {
  readonly #level: number;
  #crc32 = 0;
  #size = 0;
  #deflatedSize = 0;

  /** @param level of zlib, 1 (fast) to 9 (small). */
  constructor(level: number) {
    this.#level = level;
  }

  /** Of what was written, by ISO 3309; as ZIP and gzip have it. */
  get crc32(): number {
    return this.#crc32;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that became of them. */
  get deflatedSize(): number {
    return this.#deflatedSize;
  }

  write(piece: Uint8Array): Uint8Array {
    return this.#deflate(piece, constants.Z_SYNC_FLUSH);
  }

  /** The last piece, which may be empty, and what ends the stream. */
  end(piece: Uint8Array): Uint8Array {
    return this.#deflate(piece, constants.Z_FINISH);
  }

  #deflate(piece: Uint8Array, finishFlush: number): Uint8Array {
    this.#crc32 = crc32(piece, this.#crc32);
    this.#size += piece.length;
    const deflated = deflateRawSync(piece, { level: this.#level, finishFlush, chunkSize: OUTPUT_CHUNK_BYTES });
    this.#deflatedSize += deflated.length;
    return deflated;
  }
}
