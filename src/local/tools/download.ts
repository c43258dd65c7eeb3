/**
 * Fetching a published program and proving it with the checksum published beside it.
 *
 * A download may take as long as it makes progress: what is bounded is the silence (connecting 5 s, an answer 20 s, the next byte 30 s). A site that could not be reached is
 * not asked again in the same run, so that without a network five tools cost one time-out and not five. HTTP proxies of the environment are used, as `go` does.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch, type Dispatcher, type Response } from 'undici';
import type { Environment } from './cache.ts';
import { SITES, type Release } from './catalog.ts';
import { megabytes, type Progress } from './progress.ts';
import { runToEnd } from '../process/run-to-end.ts';

export interface Silence {
  readonly connectMs: number;
  readonly answerMs: number;
  readonly nextByteMs: number;
}
const SILENCE: Silence = { connectMs: 5_000, answerMs: 20_000, nextByteMs: 30_000 };

export class Downloader {
  readonly #env: Environment;
  readonly #progress: Progress;
  readonly #dispatcher: Dispatcher;
  readonly #unreachable = new Map<string, string>();

  constructor(env: Environment, progress: Progress, silence: Silence = SILENCE) {
    this.#env = env;
    this.#progress = progress;
    this.#dispatcher = new EnvHttpProxyAgent({
      connect: { timeout: silence.connectMs },
      headersTimeout: silence.answerMs,
      bodyTimeout: silence.nextByteMs,
      httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'] ?? '',
      httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '',
      noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
    });
  }

  /** Fetches, checks and unpacks `release` of a site into `folder`; resolves to the program's path. Errors say what went wrong in one line. */
  async fetch(siteName: keyof typeof SITES, release: Release, folder: string, signal: AbortSignal): Promise<string> {
    const site = this.#env[SITES[siteName].variable] || SITES[siteName].url;
    const name = basename(release.path);
    const expected = parseChecksum(await this.#text(site, release.checksumPath, signal), name);
    if (expected === undefined) throw new Error(`${site}${release.checksumPath} has no SHA-256 of ${name}`);
    const file = join(folder, name);
    const actual = await this.#save(site, release.path, file, signal);
    if (actual !== expected) throw new Error(`${site}${release.path} has SHA-256 ${actual}, but ${expected} is published: the file was not used`);
    if (release.member === undefined) return file;
    await runToEnd('tar', ['-xf', file, '-C', folder], { signal });
    return join(folder, release.member);
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #text(site: string, path: string, signal: AbortSignal): Promise<string> {
    const response = await this.#get(site, path, signal);
    return response.text().catch((error: unknown) => {
      signal.throwIfAborted();
      throw new Error(`${site}${path} broke off: ${rootCause(error)}`, { cause: error });
    });
  }

  /** Streams to `file`; resolves to the SHA-256 in hexadecimal. */
  async #save(site: string, path: string, file: string, signal: AbortSignal): Promise<string> {
    const response = await this.#get(site, path, signal);
    const total = Number(response.headers.get('content-length') ?? Number.NaN);
    const hash = createHash('sha256');
    const progress = this.#progress;
    let received = 0;
    try {
      if (response.body === null) throw new Error('the answer is empty');
      await pipeline(
        response.body,
        async function* (chunks: AsyncIterable<Uint8Array>) {
          for await (const chunk of chunks) {
            received += chunk.length;
            hash.update(chunk);
            progress.update(`downloading ${basename(path)}: ${megabytes(received)}${Number.isNaN(total) ? '' : ` of ${megabytes(total)}`}`);
            yield chunk;
          }
        },
        createWriteStream(file),
        { signal },
      );
    } catch (error) {
      signal.throwIfAborted();
      throw new Error(`${site}${path} broke off after ${received} bytes: ${rootCause(error)}`, { cause: error });
    }
    return hash.digest('hex');
  }

  async #get(site: string, path: string, signal: AbortSignal): Promise<Response> {
    const known = this.#unreachable.get(site);
    if (known !== undefined) throw new Error(known);
    let response: Response;
    try {
      response = await fetch(`${site}${path}`, { dispatcher: this.#dispatcher, signal });
    } catch (error) {
      signal.throwIfAborted();
      const problem = `${site} cannot be reached: ${rootCause(error)}`;
      this.#unreachable.set(site, problem);
      throw new Error(problem, { cause: error });
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw new Error(`${site}${path} answered ${response.status}`);
  }
}

/** The SHA-256 of `file` in a checksum file: a lone digest, or the line `<digest>  <file>` (`*` marks binary mode). */
export function parseChecksum(text: string, file: string): string | undefined {
  for (const line of text.split('\n')) {
    const [digest, name] = line.trim().split(/\s+/);
    if (digest !== undefined && /^[0-9a-f]{64}$/i.test(digest) && (name === undefined || name.replace(/^\*/, '') === file)) return digest.toLowerCase();
  }
  return undefined;
}

/** fetch says only "fetch failed"; what happened stands in its cause. */
function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}
