/**
 * HTTP for the S3 client, with the bounds that its own handler lacks (security.md 8): connections by the guarded dialer, an answer counted and looked at before anything
 * parses it, no redirects, and an end to every wait.
 *
 * A request body goes out in pieces, so that silence can be told from slowness: a large part on a slow line may take minutes as long as it moves, and a store that
 * stops reading is noticed within seconds.
 */
import { Readable } from 'node:stream';
import { Agent, type Dispatcher } from '../net/undici.ts';
import type { Dialer, Trust } from '../net/dialer.ts';
import { ANSWER_LIMIT_BYTES, isPlainAnswer } from './answer.ts';
import { toStoreError } from './error-mapping.ts';
import { StoreError } from './errors.ts';

const SILENCE_MS = 30_000;
const BODY_PIECE_BYTES = 256 * 1024;

/** A signed request as the SDK hands it over. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[] | null>>;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

/** Runs one request, when there is room for it. */
export type Admission = <T>(signal: AbortSignal, send: () => Promise<T>) => Promise<T>;

export interface HandlerOptions {
  readonly dialer: Dialer;
  readonly trust: Trust;
  /** Sockets at once. */
  readonly connections: number;
  /** Whether sockets are kept for the next request. */
  readonly keepAlive: boolean;
  /** How long the store may neither take bytes nor give any, in milliseconds; default 30 s. */
  readonly silenceMs?: number;
  /** Bound on one whole request in milliseconds, from its admission on; absent = only silence ends it. */
  readonly wholeRequestMs?: number;
  /** Default: at once. */
  readonly admission?: Admission;
  /** Whether the body of an object is handed on while it arrives, unbounded and as it is; whoever reads it bounds the wait for each piece. Default: as any answer. */
  readonly streamObjects?: boolean;
}

export class S3HttpHandler {
  readonly #agent: Agent;
  readonly #options: HandlerOptions;

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#agent = new Agent({
      connect: options.dialer.connector(options.trust),
      connections: options.connections,
      pipelining: options.keepAlive ? 1 : 0,
      // The time-outs below know what a request is doing; these do not.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** `requestTimeout`: `silenceMs` of this request. Throws StoreError, or the reason of `abortSignal`. */
  async handle(
    request: SdkRequest,
    options: { readonly abortSignal?: unknown; readonly requestTimeout?: number } = {},
  ): Promise<{ response: SdkResponse }> {
    const signal = options.abortSignal instanceof AbortSignal ? options.abortSignal : new AbortController().signal;
    const admit = this.#options.admission ?? ((_signal, send) => send());
    return admit(signal, async () => ({
      response: await this.#send(request, signal, options.requestTimeout ?? this.#options.silenceMs ?? SILENCE_MS),
    }));
  }

  /** The SDK's way to hand over settings; ours come by the constructor. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {};
  }

  destroy(): void {
    void this.#agent.destroy();
  }

  async #send(request: SdkRequest, signal: AbortSignal, silenceMs: number): Promise<SdkResponse> {
    const watch = new SilenceWatch(silenceMs, this.#options.wholeRequestMs);
    try {
      const answer = await this.#agent.request({
        origin: `${request.protocol}//${bracketed(request.hostname)}${request.port === undefined ? '' : `:${request.port}`}`,
        path: request.path + queryString(request.query),
        method: request.method,
        headers: request.headers,
        body: bodyOf(request, watch),
        signal: AbortSignal.any([signal, watch.signal]),
      });
      watch.moved();
      const headers = joinedHeaders(answer.headers);
      if (this.#options.streamObjects && isObject(request, answer.statusCode))
        return { statusCode: answer.statusCode, headers, body: answer.body };
      const bytes = await readAnswer(answer.body, watch);
      return { statusCode: answer.statusCode, headers, body: Readable.from([bytes], { objectMode: false }) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw watch.signal.aborted ? new StoreError('TimedOut') : toStoreError(error);
    } finally {
      watch.stop();
    }
  }
}

/** The SDK says in the query what it asks for. */
function isObject({ query }: SdkRequest, status: number): boolean {
  return query['x-id'] === 'GetObject' && (status === 200 || status === 206);
}

/** Aborts its signal after so long without a movement, and after so long in all. */
class SilenceWatch {
  readonly #abort = new AbortController();
  readonly #silence: NodeJS.Timeout;
  readonly #whole: NodeJS.Timeout | undefined;

  constructor(silenceMs: number, wholeMs: number | undefined) {
    const end = (): void => {
      this.#abort.abort();
    };
    this.#silence = setTimeout(end, silenceMs);
    this.#whole = wholeMs === undefined ? undefined : setTimeout(end, wholeMs);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  moved(): void {
    this.#silence.refresh();
  }

  stop(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#whole);
  }
}

async function readAnswer(body: Dispatcher.ResponseData['body'], watch: SilenceWatch): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    watch.moved();
    length += piece.byteLength;
    if (length > ANSWER_LIMIT_BYTES) throw new StoreError('AnswerRefused');
    pieces.push(piece);
  }
  const bytes = Buffer.concat(pieces, length);
  if (!isPlainAnswer(bytes)) throw new StoreError('AnswerRefused');
  return bytes;
}

function bodyOf({ body }: SdkRequest, watch: SilenceWatch): string | Uint8Array | Readable | null {
  if (body === undefined || body === null || typeof body === 'string') return body ?? null;
  if (!(body instanceof Uint8Array)) throw new TypeError('request bodies are bytes or text');
  if (body.byteLength <= BODY_PIECE_BYTES) return body;
  // A request that fails tears its body down; that it did so is told by the request.
  return Readable.from(pieces(body, watch), { highWaterMark: 1 }).on('error', () => undefined);
}

function* pieces(body: Uint8Array, watch: SilenceWatch): Iterable<Uint8Array> {
  for (let start = 0; start < body.byteLength; start += BODY_PIECE_BYTES) {
    watch.moved();
    yield body.subarray(start, start + BODY_PIECE_BYTES);
  }
}

/** As the signature was made: RFC 3986, sorted by name. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function queryString(query: SdkRequest['query']): string {
  const pairs = Object.keys(query)
    .sort()
    .flatMap((name) => {
      const value = query[name];
      if (value === null || value === undefined) return [encode(name)];
      return (typeof value === 'string' ? [value] : value).map((one: string) => `${encode(name)}=${encode(one)}`);
    });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function joinedHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]],
    ),
  );
}

function bracketed(hostname: string): string {
  return hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
}
