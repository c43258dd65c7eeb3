/**
 * Runs a module that yields rows and writes them to a file: the same in a Report's pod and on one's own machine.
 *
 * Rows go to a file beside the one that is asked for, which gets its name only at the end: a module that ends the process in the middle leaves no file, not a short one.
 */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Context, Generate, Row } from './index.ts';
import { rowText } from './row-text.ts';

const WRITE_CHARACTERS = 64 * 1024;
const LOAD_FAILURES: ReadonlySet<string> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
  'ERR_UNKNOWN_FILE_EXTENSION',
]);

/** The user's mistake: the message is for people, and another try cannot help. */
export class Mistake extends Error {}

export type Given = Pick<Context, 'report' | 'template' | 'parameters' | 'timeZone'>;

export interface ModuleRun {
  /** Path of the module. */
  readonly entrypoint: string;
  readonly given: Given;
  /** Path of the file to write. */
  readonly rows: string;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
  /** Called with each line. May throw to end the run. */
  readonly onRow?: (line: string, number: number) => void;
}

/** Resolves to the number of rows. @throws Mistake, the signal's reason, or whatever the module throws */
export async function runModule({ entrypoint, given, rows, signal, log, onRow }: ModuleRun): Promise<number> {
  const generate = await load(entrypoint);
  const context: Context = {
    ...given,
    signal,
    log,
    fail: (message) => {
      throw new Mistake(message);
    },
  };
  const partial = `${rows}.partial`;
  const file = openSync(partial, 'w', 0o644);
  try {
    const written = await write(file, await generate(context), signal, onRow);
    closeSync(file);
    renameSync(partial, rows);
    return written;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

async function load(entrypoint: string): Promise<Generate> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(entrypoint).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !LOAD_FAILURES.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new Mistake(`the entrypoint cannot be loaded: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
  // What CommonJS exports comes by default, too, as an object.
  const found = [module['default'], module['generate']].find((each) => typeof each === 'function');
  if (found === undefined) throw new Mistake('the entrypoint exports no function by default, and none that is called generate');
  return found as Generate;
}

async function write(file: number, rows: unknown, signal: AbortSignal, onRow: ModuleRun['onRow']): Promise<number> {
  if (typeof rows !== 'object' || rows === null || !(Symbol.asyncIterator in rows || Symbol.iterator in rows))
    throw new Mistake('the function of the entrypoint returns no rows: let it be a generator (function*), or return a list');
  let number = 0;
  let pending = '';
  const flush = (): void => {
    const bytes = Buffer.from(pending);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    pending = '';
  };
  for await (const row of rows as AsyncIterable<Row>) {
    signal.throwIfAborted();
    number += 1;
    const line = rowText(row, number);
    onRow?.(line, number);
    pending += `${line}\n`;
    if (pending.length >= WRITE_CHARACTERS) flush();
  }
  signal.throwIfAborted();
  flush();
  return number;
}
