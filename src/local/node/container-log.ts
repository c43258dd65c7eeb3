/**
 * The log of one run of a container, in the file format of container runtimes (CRI): `<time> <stream> <F or P> <text>`, P for a piece of a line.
 *
 * Output is written as it comes, synchronously, by the one agent that also serves it: so a line that a program wrote before it ended is in the file before its end is
 * reported, and a reader that follows needs no file watcher. https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { abortable } from '../../net/abortable.ts';

/** Longer lines are written in pieces, as container runtimes do. */
const PIECE_BYTES = 16 * 1024;
const READ_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export type LogStream = 'stdout' | 'stderr';

export interface LogOptions {
  readonly follow?: boolean;
  /** The last so many lines. */
  readonly tailLines?: number;
  /** At most so many bytes of output. */
  readonly limitBytes?: number;
  /** Only lines at or after this moment, in epoch milliseconds. */
  readonly sinceMs?: number;
  /** Each line begins with its time. */
  readonly timestamps?: boolean;
  /** Default both. */
  readonly stream?: LogStream;
}

export class ContainerLog {
  readonly path: string;
  readonly #file: number;
  readonly #now: () => string;
  readonly #unfinished: Record<LogStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #size = 0;
  #open = true;
  #changed = Promise.withResolvers<void>();

  /** `now` gives RFC 3339 with nanoseconds. */
  constructor(path: string, now: () => string) {
    this.path = path;
    this.#file = openSync(path, 'w');
    this.#now = now;
  }

  /** Takes output; whole lines and full pieces are in the file when it returns. */
  append(stream: LogStream, chunk: Buffer): void {
    if (!this.#open) return;
    let rest = Buffer.concat([this.#unfinished[stream], chunk]);
    const lines: Buffer[] = [];
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      const whole = end >= 0 && end <= PIECE_BYTES;
      if (!whole && rest.length < PIECE_BYTES) break;
      const length = whole ? end : PIECE_BYTES;
      lines.push(this.#line(stream, whole ? 'F' : 'P', rest.subarray(0, length)));
      rest = rest.subarray(whole ? length + 1 : length);
    }
    this.#unfinished[stream] = rest;
    this.#write(lines);
  }

  /** After the process has ended: what it wrote without a last newline goes in, and followers come to an end. */
  close(): void {
    if (!this.#open) return;
    const streams = ['stdout', 'stderr'] as const;
    this.#write(
      streams.filter((stream) => this.#unfinished[stream].length > 0).map((stream) => this.#line(stream, 'P', this.#unfinished[stream])),
    );
    this.#open = false;
    closeSync(this.#file);
    this.#changed.resolve();
  }

  /** The output that `options` ask for. Follows until the container has ended when asked to; the signal ends it early. */
  async *read(options: LogOptions, signal: AbortSignal): AsyncGenerator<Buffer> {
    let remaining = options.limitBytes ?? Infinity;
    let lineBegins = true;
    for await (const record of this.#records(options, signal)) {
      const { time, stream, whole, text } = record;
      const wanted =
        (options.stream === undefined || stream === options.stream) &&
        (options.sinceMs === undefined || Date.parse(time) >= options.sinceMs);
      if (!wanted) continue;
      const pieces = [text, ...(whole ? [Buffer.from('\n')] : [])];
      const output = Buffer.concat(options.timestamps === true && lineBegins ? [Buffer.from(`${time} `), ...pieces] : pieces);
      lineBegins = whole;
      yield output.subarray(0, Math.min(output.length, remaining));
      remaining -= output.length;
      if (remaining <= 0) return;
    }
  }

  async *#records({ follow, tailLines }: LogOptions, signal: AbortSignal): AsyncGenerator<LogRecord> {
    const file = await open(this.path, 'r');
    try {
      let position = tailLines === undefined ? 0 : await startOfTail(file, this.#size, tailLines);
      const end = this.#size;
      let rest = Buffer.alloc(0);
      for (;;) {
        const changed = this.#changed.promise;
        const until = follow === true ? this.#size : end;
        while (position < until) {
          signal.throwIfAborted();
          const chunk = await readAt(file, position, Math.min(READ_BYTES, until - position));
          position += chunk.length;
          rest = Buffer.concat([rest, chunk]);
          for (let newline = rest.indexOf(NEWLINE); newline >= 0; newline = rest.indexOf(NEWLINE)) {
            yield parseRecord(rest.subarray(0, newline));
            rest = rest.subarray(newline + 1);
          }
        }
        if (follow !== true || (!this.#open && position >= this.#size)) return;
        if (position >= this.#size) await abortable(changed, signal);
      }
    } finally {
      await file.close();
    }
  }

  #line(stream: LogStream, tag: 'F' | 'P', text: Uint8Array): Buffer {
    return Buffer.concat([Buffer.from(`${this.#now()} ${stream} ${tag} `), text, Buffer.of(NEWLINE)]);
  }

  #write(lines: readonly Uint8Array[]): void {
    if (lines.length === 0) return;
    const bytes = Buffer.concat(lines);
    for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written);
    this.#size += bytes.length;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

interface LogRecord {
  readonly time: string;
  readonly stream: string;
  readonly whole: boolean;
  readonly text: Buffer;
}

function parseRecord(line: Buffer): LogRecord {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  return {
    time: line.toString('latin1', 0, first),
    stream: line.toString('latin1', first + 1, second),
    whole: line[second + 1] === 'F'.charCodeAt(0),
    text: line.subarray(second + 3),
  };
}

/** Where the last `lines` lines begin, looking backwards from `size`. */
async function startOfTail(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  let found = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - READ_BYTES);
    const chunk = await readAt(file, start, end - start);
    for (let index = chunk.length - 1; index >= 0; index -= 1) {
      // The newline that ends the last line begins nothing.
      if (chunk[index] === NEWLINE && start + index + 1 < size && (found += 1) === lines) return start + index + 1;
    }
    end = start;
  }
  return 0;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
