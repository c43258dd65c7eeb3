/** The deflate stream that the kernel makes of its text, with the checksum and the size that ZIP and gzip put beside it. */
import { crc32 } from 'node:zlib';
import type { KernelExports } from '../../kernel/kernel.ts';

export class PackedStream {
  readonly #kernel: KernelExports;
  readonly #onPacked: (bytes: Uint8Array) => void;
  #crc32 = 0;
  #size = 0;

  /** Begins a stream. `onPacked` gets its bytes as they come, and keeps them: they are its own. */
  constructor(kernel: KernelExports, onPacked: (bytes: Uint8Array) => void) {
    this.#kernel = kernel;
    this.#onPacked = onPacked;
    kernel.beginPacked();
  }

  /** Of the text so far. */
  get crc32(): number {
    return this.#crc32;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes what waits in the kernel. */
  take(): void {
    const kernel = this.#kernel;
    const [from, to] = [kernel.textStart(), kernel.textEnd()];
    if (from !== to) {
      this.#crc32 = crc32(new Uint8Array(kernel.memory.buffer, from, to - from), this.#crc32);
      this.#size += to - from;
    }
    kernel.taken();
    this.#takePacked();
  }

  end(): void {
    this.take();
    this.#kernel.endPacked();
    this.#takePacked();
  }

  #takePacked(): void {
    const [from, to] = [this.#kernel.packedStart(), this.#kernel.packedEnd()];
    if (from === to) return;
    this.#onPacked(Buffer.from(new Uint8Array(this.#kernel.memory.buffer, from, to - from)));
    this.#kernel.packedTaken();
  }
}
