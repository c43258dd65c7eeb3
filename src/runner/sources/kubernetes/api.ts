/**
 * Reads from the apiserver over plain HTTPS, with the token that the kubelet mounts and renews.
 *
 * An answer is taken whole before anything of it is used: while a slow bucket takes rows no connection waits, which the apiserver would cut after a minute, and a
 * request that failed in the middle can be sent again. The token is read for each request, because it lives an hour at most and reports may run longer.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Dispatcher } from '../../../net/undici.ts';
import { parseJson } from '../../../json-stream/value-builder.ts';
import { PLAN_ENV } from '../../plan.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { failed, noAnswer, type Refusal } from './errors.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Longer than the minute after which the apiserver itself gives up. */
const SILENCE_TIMEOUT_MS = 75_000;
const TRIES = 6;
const MAX_PAUSE_MS = 8_000;
/** A run does not hold a pod for an apiserver that wants to be left alone for longer. */
const RETRY_AFTER_LIMIT_MS = 120_000;
/** Of an answer that says why not. */
const REFUSAL_LIMIT_BYTES = 64 * 1024;

/** The body in the pieces in which it came. */
export interface Body {
  readonly kind: 'body';
  readonly pieces: readonly Buffer[];
}

export type Answer = Body | { readonly kind: 'tooLarge' } | Refusal;

interface Trouble {
  readonly kind: 'trouble';
  readonly failure: Error;
  readonly retryAfterMs: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

export class KubeApi {
  readonly #client: Client;
  readonly #tokenPath: string;
  readonly #firstPauseMs: number;

  /** Server from the variables that every pod has, authority and token from the files that the operator names. @throws DossierError SourceFailed */
  constructor(env: Environment, firstPauseMs: number) {
    const host = required(env, 'KUBERNETES_SERVICE_HOST');
    const ca = readAuthority(required(env, PLAN_ENV.kubeCa));
    this.#tokenPath = required(env, PLAN_ENV.kubeToken);
    this.#firstPauseMs = firstPauseMs;
    const origin = `https://${host.includes(':') ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
    this.#client = new Client(origin, {
      connect: { ca, timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: SILENCE_TIMEOUT_MS,
      bodyTimeout: SILENCE_TIMEOUT_MS,
    });
  }

  /**
   * The answer to a GET; `path` is encoded. A busy or broken apiserver is asked again some times, as its Retry-After says.
   * @throws DossierError SourceFailed when it stays so, or the signal's reason.
   */
  async get(path: string, accept: string, limitBytes: number, signal: AbortSignal): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#once(path, accept, limitBytes, signal);
      if (answer.kind !== 'trouble') return answer;
      const pauseMs = answer.retryAfterMs ?? Math.min(MAX_PAUSE_MS, this.#firstPauseMs * 2 ** (tries - 1));
      if (tries === TRIES || pauseMs > RETRY_AFTER_LIMIT_MS) throw answer.failure;
      await sleep(pauseMs, undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    }
  }

  async close(): Promise<void> {
    await this.#client.destroy();
  }

  async #once(path: string, accept: string, limitBytes: number, signal: AbortSignal): Promise<Answer | Trouble> {
    try {
      const headers = { accept, authorization: `Bearer ${await this.#token()}`, 'user-agent': 'dossier-runner' };
      const response = await this.#client.request({ method: 'GET', path, headers, signal });
      const { statusCode: status, body } = response;
      if (status === 200) {
        const pieces = await readBody(body, limitBytes);
        return pieces === undefined ? { kind: 'tooLarge' } : { kind: 'body', pieces };
      }
      const message = messageOf(await readBody(body, REFUSAL_LIMIT_BYTES));
      if (status !== 429 && status < 500) return { kind: 'refused', status, message };
      const header = response.headers['retry-after'];
      return {
        kind: 'trouble',
        failure: failed(status === 429 ? 'the apiserver has too many requests (429)' : `the apiserver failed with status ${status}`, true),
        retryAfterMs: retryAfterMs(typeof header === 'string' ? header : undefined, Date.now()),
      };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failure = noAnswer(error);
      if (!failure.retryable) throw failure;
      return { kind: 'trouble', failure, retryAfterMs: undefined };
    }
  }

  async #token(): Promise<string> {
    try {
      return (await readFile(this.#tokenPath, 'utf8')).trim();
    } catch {
      throw failed("the service account's token cannot be read from its volume", false);
    }
  }
}

/** Undefined when it is larger than the limit; what remains is not read then. */
async function readBody(body: Dispatcher.ResponseData['body'], limitBytes: number): Promise<readonly Buffer[] | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    bytes += piece.byteLength;
    if (bytes > limitBytes) return undefined; // leaving the loop closes the connection
    pieces.push(piece);
  }
  return pieces;
}

/** `message` of a Status, as far as the answer is one. */
function messageOf(pieces: readonly Buffer[] | undefined): string {
  try {
    const status = parseJson(Buffer.concat(pieces ?? []));
    if (typeof status === 'object' && status !== null && 'message' in status && typeof status.message === 'string') return status.message;
  } catch {
    // Not a Status.
  }
  return 'nothing';
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw failed(`the pod has no ${name}`, false);
  return value;
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw failed("the certificate of the cluster's authority cannot be read from its volume", false);
  }
}
