/**
 * CSV, JSON and NDJSON by the kernel, packed by its own deflate into one member of gzip: what a column's text looked like last is where it looks for matches
 * (docs/rendering.md).
 */
import { GZIP_HEADER, gzipTrailer } from '../../compression/gzip.ts';
import { CellFeed } from '../../kernel/cell-feed.ts';
import type { KernelExports } from '../../kernel/kernel.ts';
import type { Column, RowBatch, RowEncoder, WireRows } from '../../rows.ts';
import { PackedStream } from './packed-stream.ts';
import { compileForKernel, type CompiledText, type TextFormat } from './text-format.ts';

/** Rests of texts that are searched, in bytes. With 12, files are 6 % larger and take as long. */
const SHORTEST_SEARCHED = 6;

export class FastGzipEncoder implements RowEncoder {
  readonly sheets = 1;
  readonly #format: TextFormat;
  readonly #reference: RowEncoder;
  #swift: SwiftGzip | undefined;

  /** @param reference Writes the file where the kernel cannot. */
  constructor(format: TextFormat, reference: RowEncoder) {
    this.#format = format;
    this.#reference = reference;
  }

  start(columns: readonly Column[]): Uint8Array {
    const compiled = compileForKernel(this.#format, columns);
    if (compiled === undefined) return this.#reference.start(columns);
    this.#swift = new SwiftGzip(compiled.kernel, compiled.format);
    return this.#swift.start();
  }

  encode(batch: RowBatch): Uint8Array {
    return this.#swift?.encode(batch) ?? this.#reference.encode(batch);
  }

  encodeWire(rows: WireRows): Uint8Array {
    return this.#swift?.encode(rows) ?? this.#reference.encode(rows.cells());
  }

  end(): Uint8Array {
    return this.#swift?.end() ?? this.#reference.end();
  }
}

class SwiftGzip {
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
