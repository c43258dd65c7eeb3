/** What a person sees while tools are fetched or built: one line that changes on a terminal, a plain line now and then in a log. */
const PLAIN_EVERY_MS = 10_000;
const REDRAW_EVERY_MS = 100;

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class Progress {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #shownAt = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds. */
  constructor(stream: ProgressStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
  }

  /** A line that stays. */
  say(text: string): void {
    this.#stream.write(`${this.#erase()}${text}\n`);
    this.#shownAt = this.#now();
  }

  /** How far the present work is; shown at most ten times a second on a terminal and every ten seconds elsewhere. */
  update(text: string): void {
    const now = this.#now();
    if (now - this.#shownAt < (this.#stream.isTTY ? REDRAW_EVERY_MS : PLAIN_EVERY_MS)) return;
    this.#shownAt = now;
    this.#stream.write(this.#stream.isTTY ? this.#erase() + text.slice(0, (this.#stream.columns ?? 80) - 1) : `${text}\n`);
  }

  #erase(): string {
    return this.#stream.isTTY ? '\r\u001b[2K' : '';
  }
}

/** Bytes for people: `47.3 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
