/**
 * CSV, JSON and NDJSON by the kernel: the same bytes as the reference encoder of the format, at a fraction of its time (docs/rendering.md).
 */
import { CellFeed, type CellWriting } from '../../kernel/cell-feed.ts';
import { newKernel, type KernelExports } from '../../kernel/kernel.ts';
import type { Column, RowBatch, RowEncoder } from '../../rows.ts';
import { requireColumns } from '../failures.ts';

/** Bytes of constant text around the cells of a row's column; names and nulls are far shorter, and the page must hold any cell with it. */
const AROUND_LIMIT_BYTES = 65_536;

/** A text format as the kernel needs it. */
export interface TextFormat {
  /** The largest number of constant bytes around any cell, in front of a row and behind it. */
  compile(columns: readonly Column[]): CompiledText;
}

export interface CompiledText extends CellWriting {
  readonly aroundBytes: number;
  /** Tells the kernel all of the format. */
  setUp(kernel: KernelExports): void;
  /** At the start of the file. */
  readonly start: string;
  readonly beforeFirstRow: string;
  /** At the end of a file with so many rows. */
  end(rows: number): string;
}

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
    requireColumns(columns);
    const format = this.#format.compile(columns);
    const kernel = format.aroundBytes > AROUND_LIMIT_BYTES ? undefined : newKernel();
    if (kernel === undefined) return this.#reference.start(columns);
    this.#swift = new SwiftText(kernel, format);
    return Buffer.from(format.start);
  }

  encode(batch: RowBatch): Uint8Array {
    return this.#swift?.encode(batch) ?? this.#reference.encode(batch);
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
    format.setUp(kernel);
    this.#feed = new CellFeed(kernel, format, () => {
      if (kernel.textStart() !== kernel.textEnd()) this.#taken.push(Buffer.from(this.#waiting()));
      kernel.taken();
    });
  }

  encode(batch: RowBatch): Uint8Array {
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
