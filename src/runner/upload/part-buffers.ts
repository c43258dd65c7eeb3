/** The memory of an upload: a few buffers of one part each, filled, sent and filled again. Nothing else holds bytes of the file. */

/** Allocates so many bytes; tests count. */
export type Allocate = (bytes: number) => Buffer;

/** A part that is being filled. */
export class PartBuffer {
  readonly memory: Buffer;
  #length = 0;

  constructor(memory: Buffer) {
    this.memory = memory;
  }

  get isFull(): boolean {
    return this.#length === this.memory.byteLength;
  }

  get content(): Uint8Array {
    return this.memory.subarray(0, this.#length);
  }

  /** Copies what fits and returns how much that was. */
  fill(bytes: Uint8Array): number {
    const taken = Math.min(bytes.byteLength, this.memory.byteLength - this.#length);
    this.memory.set(bytes.subarray(0, taken), this.#length);
    this.#length += taken;
    return taken;
  }
}

export class PartBuffers {
  readonly #allocate: Allocate;
  readonly #free: Buffer[] = [];

  constructor(allocate: Allocate) {
    this.#allocate = allocate;
  }

  /** An empty buffer of that size. Whoever asks bounds how many are out. */
  take(bytes: number): PartBuffer {
    const reusable = this.#free.pop();
    if (reusable?.byteLength === bytes) return new PartBuffer(reusable);
    // The parts have grown: smaller buffers are of no use any more.
    this.#free.length = 0;
    return new PartBuffer(this.#allocate(bytes));
  }

  /** Gives a buffer back whose bytes nobody reads any more. */
  release(buffer: PartBuffer): void {
    this.#free.push(buffer.memory);
  }
}
