/**
 * CSV, JSON and NDJSON by the kernel: the same bytes as the reference encoder of the format, at a fraction of its time (docs/rendering.md).
 */
import { CellFeed } from '../../kernel/cell-feed.ts';
import type { KernelExports } from '../../kernel/kernel.ts';
import type { RowBatch, RowEncoder, WireRows } from '../../rows.ts';
import { KernelOrReference, type KernelFile } from './kernel-or-reference.ts';
import { compileForKernel, type CompiledText, type TextFormat } from './text-format.ts';

/** `reference` writes the file where the kernel cannot. */
export function fastTextEncoder(format: TextFormat, reference: RowEncoder): RowEncoder {
  return new KernelOrReference((columns) => {
    const compiled = compileForKernel(format, columns);
    return compiled === undefined ? undefined : new SwiftText(compiled.kernel, compiled.format);
  }, reference);
}

class SwiftText implements KernelFile {
  readonly sheets = 1;
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

  start(): Uint8Array {
    return Buffer.from(this.#format.start);
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
