/**
 * CSV, JSON and NDJSON by the kernel, packed by its own deflate into one member of gzip: what a column's text looked like last is where it looks for matches
 * (docs/rendering.md).
 */
import { GZIP_HEADER, gzipTrailer } from '../../compression/gzip.ts';
import { CellFeed } from '../../kernel/cell-feed.ts';
import type { KernelExports } from '../../kernel/kernel.ts';
import type { RowBatch, RowEncoder, WireRows } from '../../rows.ts';
import { KernelOrReference, type KernelFile } from './kernel-or-reference.ts';
import { PackedStream } from './packed-stream.ts';
import { compileForKernel, type CompiledText, type TextFormat } from './text-format.ts';

/** Rests of texts that are searched, in bytes. With 12, files are 6 % larger and take as long. */
const SHORTEST_SEARCHED = 6;

/** `reference` writes the file where the kernel cannot. */
export function fastGzipEncoder(format: TextFormat, reference: RowEncoder): RowEncoder {
  return new KernelOrReference((columns) => {
    const compiled = compileForKernel(format, columns);
    return compiled === undefined ? undefined : new SwiftGzip(compiled.kernel, compiled.format);
  }, reference);
}

class SwiftGzip implements KernelFile {
  readonly sheets = 1;
  readonly #format: CompiledText;
  readonly #stream: PackedStream;
  readonly #feed: CellFeed;
  #packed: Uint8Array[] = [GZIP_HEADER];
  #rows = 0;

  constructor(kernel: KernelExports, format: CompiledText) {
    this.#format = format;
    kernel.setPacked(SHORTEST_SEARCHED);
    this.#stream = new PackedStream(kernel, (bytes) => this.#packed.push(bytes));
    this.#feed = new CellFeed(kernel, format, () => {
      this.#stream.take();
    });
  }

  start(): Uint8Array {
    this.#feed.addRaw(this.#format.start);
    return this.#take();
  }

  encode(batch: RowBatch | WireRows): Uint8Array {
    if (this.#rows === 0 && batch.length > 0) this.#feed.addRaw(this.#format.beforeFirstRow);
    this.#feed.add(batch, this.#rows);
    this.#rows += batch.length;
    this.#stream.take();
    return this.#take();
  }

  end(): Uint8Array {
    this.#feed.addRaw(this.#format.end(this.#rows));
    this.#stream.end();
    this.#packed.push(gzipTrailer(this.#stream));
    return this.#take();
  }

  #take(): Uint8Array {
    const packed = this.#packed;
    this.#packed = [];
    return Buffer.concat(packed);
  }
}
