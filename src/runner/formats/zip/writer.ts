/**
 * A ZIP archive written in one pass and in constant memory: entries one after the other, bytes taken as they come, nothing ever gone back to.
 *
 * The bytes depend on the pieces that are written alone; large ones are packed best (deflate.ts).
 */
import { DeflatedData } from '../../compression/deflate.ts';
import { centralHeader, dataDescriptor, endOfArchive, localHeader, type ZipEntry } from './records.ts';

/** Level 6 takes half as long again for files a tenth smaller; level 1 gains a twentieth and makes them a tenth larger. */
const LEVEL = 3;

interface OpenEntry extends Pick<ZipEntry, 'name' | 'offset'> {
  readonly data: DeflatedData;
}

export class ZipWriter {
  readonly #entries: ZipEntry[] = [];
  #open: OpenEntry | undefined;
  #openDeflated: Pick<ZipEntry, 'name' | 'offset'> | undefined;
  /** Where the data of a deflated entry begins. */
  #dataOffset = 0;
  #output: Uint8Array[] = [];
  #offset = 0;

  /** Begins an entry; `write`s belong to it until `close`. `name` is ASCII. */
  open(name: string): void {
    this.#requireNoneOpen();
    this.#open = { name, offset: this.#offset, data: new DeflatedData(LEVEL) };
    this.#push(localHeader(name));
  }

  write(bytes: Uint8Array): void {
    this.#push(this.#current().data.write(bytes));
  }

  close(): void {
    const { name, offset, data } = this.#current();
    this.#push(data.end(new Uint8Array(0)));
    this.#end({ name, offset, crc32: data.crc32, compressedSize: data.deflatedSize, size: data.size });
    this.#open = undefined;
  }

  /** Begins an entry whose data comes deflated already, by `writeDeflated`, until `closeDeflated`. */
  openDeflated(name: string): void {
    this.#requireNoneOpen();
    this.#openDeflated = { name, offset: this.#offset };
    this.#push(localHeader(name));
    this.#dataOffset = this.#offset;
  }

  /** The writer keeps the bytes until they are taken. */
  writeDeflated(bytes: Uint8Array): void {
    this.#push(bytes);
  }

  /** `crc32` and `size` are those of the data before it was deflated. */
  closeDeflated({ crc32, size }: Pick<ZipEntry, 'crc32' | 'size'>): void {
    if (this.#openDeflated === undefined) throw new Error('no deflated zip entry is open');
    this.#end({ ...this.#openDeflated, crc32, compressedSize: this.#offset - this.#dataOffset, size });
    this.#openDeflated = undefined;
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

  #requireNoneOpen(): void {
    const open = this.#open ?? this.#openDeflated;
    if (open !== undefined) throw new Error(`zip entry ${open.name} is still open`);
  }

  #end(entry: ZipEntry): void {
    this.#push(dataDescriptor(entry));
    this.#entries.push(entry);
  }

  #current(): OpenEntry {
    if (this.#open === undefined) throw new Error('no zip entry is open');
    return this.#open;
  }

  #push(bytes: Uint8Array): void {
    this.#output.push(bytes);
    this.#offset += bytes.length;
  }
}
