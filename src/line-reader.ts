/** Lines out of bytes that arrive in pieces: what NDJSON and CSV have in common. Holds one line, which is bounded, however slowly its end comes. */

const LINE_FEED = 0x0a;

export class LineReader {
  readonly #limitBytes: number;
  readonly #tooLong: () => Error;
  /** Copies of what earlier pieces brought of the line under way. */
  #parts: Buffer[] = [];
  #bytes = 0;

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
    if (start === piece.length) return lines;
    const rest = piece.subarray(start);
    this.#count(rest);
    this.#parts.push(Buffer.from(rest));
    return lines;
  }

  /** The last line when nothing ends it; undefined when there is none. */
  end(): Buffer | undefined {
    return this.#bytes === 0 ? undefined : this.#whole(Buffer.alloc(0));
  }

  #whole(end: Buffer): Buffer {
    this.#count(end);
    const line = this.#parts.length === 0 ? end : Buffer.concat([...this.#parts, end]);
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }

  #count(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#limitBytes) throw this.#tooLong();
  }
}
