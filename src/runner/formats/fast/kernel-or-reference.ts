/** A file by the kernel, or by the reference encoder of its format where the kernel cannot write it: without WebAssembly, without memory, or beyond what it holds. */
import type { Column, RowBatch, RowEncoder, WireRows } from '../../rows.ts';

/** What writes one file by the kernel. */
export interface KernelFile {
  /** As of RowEncoder. */
  readonly sheets: number;
  start(): Uint8Array;
  encode(batch: RowBatch | WireRows): Uint8Array;
  end(): Uint8Array;
}

export class KernelOrReference implements RowEncoder {
  readonly #open: (columns: readonly Column[]) => KernelFile | undefined;
  readonly #reference: RowEncoder;
  #file: KernelFile | undefined;

  /** `open`: undefined when the kernel cannot write a file with these columns. */
  constructor(open: (columns: readonly Column[]) => KernelFile | undefined, reference: RowEncoder) {
    this.#open = open;
    this.#reference = reference;
  }

  get sheets(): number {
    return this.#file?.sheets ?? this.#reference.sheets;
  }

  start(columns: readonly Column[]): Uint8Array {
    this.#file = this.#open(columns);
    return this.#file?.start() ?? this.#reference.start(columns);
  }

  encode(batch: RowBatch): Uint8Array {
    return this.#file?.encode(batch) ?? this.#reference.encode(batch);
  }

  encodeWire(rows: WireRows): Uint8Array {
    return this.#file?.encode(rows) ?? this.#reference.encode(rows.cells());
  }

  end(): Uint8Array {
    return this.#file?.end() ?? this.#reference.end();
  }
}
