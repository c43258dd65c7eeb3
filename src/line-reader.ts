/** Lines out of bytes that arrive in pieces: what NDJSON and CSV have in common. Holds one line, which is bounded, however slowly its end comes. */
import { ByteBuffer } from './byte-buffer.ts';

const LINE_FEED = 0x0a;

export class LineReader {
  readonly #limitBytes: number;
  readonly #tooLong: () => Error;
  /** What earlier pieces brought of the line under way. */
  readonly #begun = new ByteBuffer();

  /** `tooLong` makes what is thrown when a line has more than `limitBytes`. */
  constructor(limitBytes: number, tooLong: () => Error) {
    this.#limitBytes = limitBytes;
    this.#tooLong = tooLong;
  }

  /** The lines that this piece ends, without their line feeds; they may share memory with the piece. */
  write(piece: Buffer): readonly Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, start)) {
      lines.push(this.#whole(piece.subarray(start, end)));
      start = end + 1;
    }
    if (start < piece.length) this.#begin(piece.subarray(start));
    return lines;
  }

  /** The last line when nothing ends it; undefined when there is none. */
  end(): Buffer | undefined {
    return this.#begun.length === 0 ? undefined : this.#begun.take();
  }

  #whole(rest: Buffer): Buffer {
    if (this.#begun.length > 0) {
      this.#begin(rest);
      return this.#begun.take();
    }
    if (rest.length > this.#limitBytes) throw this.#tooLong();
    return rest;
  }

  #begin(part: Buffer): void {
    if (this.#begun.length + part.length > this.#limitBytes) throw this.#tooLong();
    this.#begun.append(part);
  }
}
