/** Text that becomes bytes in pieces, so that a batch of long rows never becomes one huge string. */

/** In UTF-16 units. */
const PIECE_LENGTH = 256 * 1024;

export class TextPieces {
  #pieces: Uint8Array[] = [];
  #text = '';

  /** Takes text as it comes; a character must not be split between two calls. */
  add(text: string): void {
    this.#text += text;
    if (this.#text.length >= PIECE_LENGTH) this.#close();
  }

  /** All text since the last call, in UTF-8; lone surrogates are U+FFFD. */
  take(): Uint8Array {
    this.#close();
    const pieces = this.#pieces;
    this.#pieces = [];
    return Buffer.concat(pieces);
  }

  #close(): void {
    this.#pieces.push(Buffer.from(this.#text));
    this.#text = '';
  }
}
