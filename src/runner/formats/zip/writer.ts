/**
 * A ZIP archive written in one pass and in constant memory: entries one after the other, bytes taken as they come, nothing ever gone back to.
 *
 * Each `write` is deflated by one synchronous call that ends on a byte border (Z_SYNC_FLUSH), so that the pieces of an entry follow each other as one valid
 * stream. A call costs some microseconds and five bytes and forgets what was before it: callers write large pieces. The bytes depend on the pieces alone.
 */
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { centralHeader, dataDescriptor, endOfArchive, localHeader, type ZipEntry } from './records.ts';

/** Level 6 takes half as long again for files a tenth smaller; level 1 gains a twentieth and makes them a tenth larger. */
const LEVEL = 3;
const OUTPUT_CHUNK_BYTES = 128 * 1024;

/** An entry whose numbers still grow. */
type OpenEntry = { -readonly [Field in keyof ZipEntry]: ZipEntry[Field] };

export class ZipWriter {
  readonly #entries: ZipEntry[] = [];
  #open: OpenEntry | undefined;
  #output: Uint8Array[] = [];
  #offset = 0;

  /** Begins an entry; `write`s belong to it until `close`. `name` is ASCII. */
  open(name: string): void {
    if (this.#open !== undefined) throw new Error(`zip entry ${this.#open.name} is still open`);
    this.#open = { name, offset: this.#offset, crc32: 0, compressedSize: 0, size: 0 };
    this.#push(localHeader(name));
  }

  write(bytes: Uint8Array): void {
    const entry = this.#current();
    entry.crc32 = crc32(bytes, entry.crc32);
    entry.size += bytes.length;
    this.#deflate(bytes, constants.Z_SYNC_FLUSH);
  }

  close(): void {
    const entry = this.#current();
    this.#deflate(new Uint8Array(0), constants.Z_FINISH);
    this.#push(dataDescriptor(entry));
    this.#entries.push(entry);
    this.#open = undefined;
  }

  /** A whole entry at once. */
  add(name: string, content: string): void {
    this.open(name);
    this.write(Buffer.from(content));
    this.close();
  }

  /** Ends the archive. */
  finish(): void {
    const offset = this.#offset;
    for (const entry of this.#entries) this.#push(centralHeader(entry));
    this.#push(endOfArchive({ entries: this.#entries.length, offset, size: this.#offset - offset }));
  }

  /** The archive's bytes since the last call. */
  take(): Uint8Array {
    const output = this.#output;
    this.#output = [];
    return Buffer.concat(output);
  }

  #current(): OpenEntry {
    if (this.#open === undefined) throw new Error('no zip entry is open');
    return this.#open;
  }

  #deflate(bytes: Uint8Array, finishFlush: number): void {
    const deflated = deflateRawSync(bytes, { level: LEVEL, finishFlush, chunkSize: OUTPUT_CHUNK_BYTES });
    this.#current().compressedSize += deflated.length;
    this.#push(deflated);
  }

  #push(bytes: Uint8Array): void {
    this.#output.push(bytes);
    this.#offset += bytes.length;
  }
}
