/**
 * Gets a file by its link so that it is there whole or not at all: into a file of another name beside the place where it will be, counted and hashed as it comes, and renamed only
 * when it has the size and the SHA-256 that its Report says.
 */
import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Agent, request } from 'undici';
import { CommandError } from './command.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Longest silence. */
const SILENCE_MS = 60_000;

export interface ExpectedFile {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Resolves once `target` is the file; a file that was there is replaced. Throws CommandError, which never has the link; nothing is left then. */
export async function fetchFile(
  url: string,
  expected: ExpectedFile,
  target: string,
  authority: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const part = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.part`);
  try {
    await write(url, expected, part, authority, signal);
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function write(url: string, expected: ExpectedFile, path: string, authority: string | undefined, signal: AbortSignal): Promise<void> {
  const connect = { timeout: CONNECT_TIMEOUT_MS, ...(authority === undefined ? {} : { ca: authority }) };
  const agent = new Agent({ connect, headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS });
  const file = await open(path, 'wx');
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const answer = await request(url, { dispatcher: agent, signal }).catch((error: unknown) => broken(url, error, signal));
    if (answer.statusCode !== 200)
      throw new CommandError(`the object store at ${hostOf(url)} answered ${answer.statusCode}: the link is not accepted`);
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        bytes += chunk.byteLength;
        if (bytes > expected.sizeBytes)
          throw new CommandError(`more than the ${expected.sizeBytes} bytes of the Report's file arrive: it was replaced`);
        hash.update(chunk);
        // A disk that is nearly full takes a part and says no error before it is asked again.
        for (let at = 0; at < chunk.byteLength;) at += (await file.write(chunk, at)).bytesWritten;
      }
    } catch (error) {
      if (error instanceof CommandError) throw error;
      broken(url, error, signal);
    }
    if (bytes < expected.sizeBytes) throw new CommandError(`only ${bytes} of ${expected.sizeBytes} bytes arrived; try again`);
    if (hash.digest('hex') !== expected.sha256) throw new CommandError(`what arrived is not the Report's file: its SHA-256 is another one`);
    await file.sync();
  } finally {
    await file.close();
    await agent.destroy();
  }
}

/** An error of the network or of the disk; the link stays out of it. */
function broken(url: string, error: unknown, signal: AbortSignal): never {
  if (signal.aborted) throw signal.reason;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'broken off';
  throw new CommandError(`no file from the object store at ${hostOf(url)} (${code}); try again`);
}

function hostOf(url: string): string {
  return new URL(url).host;
}
