/**
 * Rows that custom code has left in a file. The code is dead by now: the kubelet starts the runner only after it exited with 0, so the file does not grow and what is in it
 * is meant to be complete.
 *
 * What the code left there may still be anything: a link to another place, a pipe that never ends, one endless line, half a row. None of it becomes a short file.
 */
import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DossierError } from '../../errors.ts';
import { JsonError } from '../../json-stream/tokenizer.ts';
import { LineReader } from '../../line-reader.ts';
import type { RunPlan } from '../plan.ts';
import type { Column, RowBatch, RowSource } from '../rows.ts';
import { CODE_ENV } from './code/plan.ts';
import { RowLines } from './code/row-lines.ts';

/** Longest line in bytes (security.md 3). */
const LINE_LIMIT_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 128 * 1024;

/** @throws DossierError TemplateFailed when there is no such file, or it is none that can be read. */
export async function openCode(plan: RunPlan, env: Readonly<Record<string, string | undefined>>): Promise<RowSource> {
  const { columns, timeZone } = plan;
  const path = env[CODE_ENV.rows];
  if (columns === undefined || path === undefined) throw new TypeError('a plan for custom code has columns and a file of rows');
  const file = await openRegular(path);
  return new CodeSource(columns, file, new RowLines(columns, timeZone));
}

class CodeSource implements RowSource {
  readonly columns: readonly Column[];
  readonly #file: FileHandle;
  readonly #rows: RowLines;
  #closed: Promise<void> | undefined;

  constructor(columns: readonly Column[], file: FileHandle, rows: RowLines) {
    this.columns = columns;
    this.#file = file;
    this.#rows = rows;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<RowBatch> {
    const lines = new LineReader(LINE_LIMIT_BYTES, () => new JsonError(`has more than ${LINE_LIMIT_BYTES / 1024 / 1024} MiB`));
    const buffer = Buffer.alloc(READ_BYTES);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await this.#file.read(buffer, 0, READ_BYTES, null);
      if (bytesRead === 0) break;
      const batch = this.#rows.batch(() => lines.write(buffer.subarray(0, bytesRead)));
      if (batch.length > 0) yield batch;
    }
    const last = this.#rows.batch(() => {
      const rest = lines.end();
      return rest === undefined ? [] : [rest];
    });
    if (last.length > 0) yield last;
  }

  async close(): Promise<void> {
    this.#closed ??= this.#file.close();
    await this.#closed;
  }
}

/** Below the folder as it is, and nowhere else: the last step may be no link, and nothing that could make a reader wait. */
async function openRegular(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    const folder = await realpath(dirname(path));
    file = await open(join(folder, basename(path)), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
  } catch (error) {
    throw unreadable((error as NodeJS.ErrnoException).code);
  }
  await file.close();
  throw unreadable('not regular');
}

function unreadable(code: string | undefined): DossierError {
  return new DossierError('TemplateFailed', `code: the file of rows (${CODE_ENV.rows}) ${problemOf(code)}`, { retryable: false });
}

function problemOf(code: string | undefined): string {
  switch (code) {
    case 'ENOENT':
      return 'is not there although the code ended without an error; let it make the file also when there are no rows';
    case 'EACCES':
      return 'may not be read by the runner, which is another user; let everybody read it (mode 0644)';
    case 'ELOOP':
    case 'EMLINK':
      return 'is a symbolic link; let the code write the rows themselves there';
    case 'not regular':
    case 'ENXIO':
    case 'EISDIR':
      return 'is no regular file; let the code write a plain file there';
    default:
      return `cannot be read (${code ?? 'unknown error'})`;
  }
}
