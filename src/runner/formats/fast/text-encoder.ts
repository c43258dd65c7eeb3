/**
 * CSV, JSON and NDJSON by the kernel: the same bytes as the reference encoder of the format, at a fraction of its time (docs/rendering.md).
 */
import { CellFeed } from '../../kernel/cell-feed.ts';
import type { KernelExports } from '../../kernel/kernel.ts';
import type { Column, RowBatch, RowEncoder, WireRows } from '../../rows.ts';
import { compileForKernel, type CompiledText, type TextFormat } from './text-format.ts';

export class FastTextEncoder implements RowEncoder {
  readonly sheets = 1;
  readonly #format: TextFormat;
  readonly #reference: RowEncoder;
  #swift: SwiftText | undefined;

  /** @param reference Writes the file where the kernel cannot. */
  constructor(format: TextFormat, reference: RowEncoder) {
    this.#format = format;
    this.#reference = reference;
  }

  start(columns: readonly Column[]): Uint8Array {
    const compiled = compileForKernel(this.#format, columns);
    if (compiled === undefined) return this.#reference.start(columns);
    this.#swift = new SwiftText(compiled.kernel, compiled.format);
    return Buffer.from(compiled.format.start);
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

class SwiftText {
  readonly #kernel: KernelExports;
  readonly #format: CompiledText;
  readonly #feed: CellFeed;
  /** Text of the batch for which the kernel had no more room. */
  #taken: Buffer[] = [];
  #rows = 0;

  constructor(kernel: KernelExports, format: CompiledText) {
    this.#kernel = kernel;
    this.#format = format;
    this.#feed = new CellFeed(kernel, format, () => {
      if (kernel.textStart() !== kernel.textEnd()) this.#taken.push(Buffer.from(this.#waiting()));
      kernel.taken();
    });
  }

  encode(batch: RowBatch | WireRows): Uint8Array {
    this.#kernel.taken();
    if (this.#rows === 0 && batch.length > 0) this.#feed.addRaw(this.#format.beforeFirstRow);
    this.#feed.add(batch, this.#rows);
    this.#rows += batch.length;
    if (this.#taken.length === 0) return this.#waiting();
    const taken = this.#taken;
    this.#taken = [];
    return Buffer.concat([...taken, this.#waiting()]);
  }

  end(): Uint8Array {
    return Buffer.from(this.#format.end(this.#rows));
  }

  /** The kernel's own memory. */
  #waiting(): Uint8Array {
    const from = this.#kernel.textStart();
    return new Uint8Array(this.#kernel.memory.buffer, from, this.#kernel.textEnd() - from);
  }
}
