/**
 * HTTP to the apiserver: one pool of kept connections, raw JSON in and out.
 *
 * A generated client opens a pool a request and models every kind (pitfalls.md); an operator needs neither. Client-side rate limits are off: API Priority and Fairness
 * tells us to wait with 429 and Retry-After, and that is honoured here, for every caller, because a 429 is sent before anything was done.
 */
import { Agent, type Dispatcher } from '../net/undici.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, KubeError, toKubeError } from './errors.ts';
import type { ClusterConfig } from './config.ts';
import { abortable } from '../net/abortable.ts';
import { Deadline } from '../net/deadline.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Longest silence, before the answer and within it. */
const SILENCE_TIMEOUT_MS = 30_000;
/** The apiserver itself ends a request after 60 s, unless it is a watch. */
export const REQUEST_DEADLINE_MS = 60_000;
/** client-go's bound on tries that a Retry-After asks for. */
const MAX_THROTTLED_TRIES = 10;
const MAX_RETRY_AFTER_MS = 30_000;
const MAX_CONNECTIONS = 32;

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, already encoded. */
  readonly path: string;
  readonly body?: string;
  /** Of the body; default application/json. */
  readonly contentType?: string;
  /** Default application/json. */
  readonly accept?: string;
  readonly signal: AbortSignal;
}

/** A response whose body is read piece by piece: a watch, or a log. */
export interface KubeStream {
  readonly body: AsyncIterable<Buffer>;
  /** Ends the connection; safe twice. */
  close(): void;
}

/** Whoever counts: one call for each request that was sent, tries that were told to wait included. `status` undefined = no answer. */
export type RequestObserver = (method: KubeRequest['method'], status: number | undefined, ms: number) => void;

export interface Transport {
  /** The body of a successful answer. Throws KubeError or ConnectionError. */
  request(request: KubeRequest): Promise<string>;
  /** As `request`, but without a bound on how long the body takes; the signal ends it. */
  stream(request: KubeRequest): Promise<KubeStream>;
  close(): Promise<void>;
}

export class HttpTransport implements Transport {
  readonly #config: ClusterConfig;
  readonly #requests: Agent;
  readonly #streams: Agent;
  readonly #userAgent: string;
  readonly #deadlineMs: number;
  readonly #observe: RequestObserver | undefined;

  /** `deadlineMs`: how long a request may take in all, waits for a 429 included; streams have none. */
  constructor(config: ClusterConfig, userAgent: string, deadlineMs: number = REQUEST_DEADLINE_MS, observe?: RequestObserver) {
    this.#observe = observe;
    this.#config = config;
    this.#userAgent = userAgent;
    this.#deadlineMs = deadlineMs;
    const connect = { ...config.tls, timeout: CONNECT_TIMEOUT_MS };
    // undici would speak HTTP/2 by itself: all watches and requests then share one connection and its fate, and a stream that was aborted before the connection broke
    // raises an error that nobody can catch, which ends the process.
    const allowH2 = false;
    this.#requests = new Agent({
      connect,
      allowH2,
      connections: MAX_CONNECTIONS,
      headersTimeout: SILENCE_TIMEOUT_MS,
      bodyTimeout: SILENCE_TIMEOUT_MS,
    });
    // Watches hold a connection each for minutes; they must neither wait for a place in the pool nor be cut by its time-outs. Their reader has its own.
    this.#streams = new Agent({ connect, allowH2, headersTimeout: SILENCE_TIMEOUT_MS, bodyTimeout: 0 });
  }

  async request(request: KubeRequest): Promise<string> {
    using deadline = new Deadline(request.signal, this.#deadlineMs);
    try {
      const response = await this.#send(this.#requests, { ...request, signal: deadline.signal }, false);
      return await response.body.text();
    } catch (error) {
      throw this.#explain(request, error);
    }
  }

  async stream(request: KubeRequest): Promise<KubeStream> {
    try {
      const { body } = await this.#send(this.#streams, request, false);
      body.on('error', () => undefined); // A cut stream reaches its reader through the iterator; without a listener it would end the process.
      return { body, close: () => body.destroy() };
    } catch (error) {
      throw this.#explain(request, error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#streams.destroy()]);
  }

  async #send(agent: Agent, request: KubeRequest, freshCredentials: boolean): Promise<Dispatcher.ResponseData> {
    for (let tries = 1; ; tries += 1) {
      const response = await this.#once(agent, request, freshCredentials);
      if (response.statusCode < 300) return response;
      const retryAfter = response.headers['retry-after'];
      const body = await response.body.text().catch(() => '');
      const error = toKubeError(response.statusCode, body, typeof retryAfter === 'string' ? retryAfter : undefined);
      if (error.status === 401 && !freshCredentials) return this.#send(agent, request, true);
      if (error.status !== 429 || error.retryAfterSeconds === undefined || tries >= MAX_THROTTLED_TRIES) throw error;
      await sleep(Math.min(error.retryAfterSeconds * 1000, MAX_RETRY_AFTER_MS), undefined, { signal: request.signal }).catch(() => {
        throw error; // No time left to wait: the 429 is what happened.
      });
    }
  }

  async #once(agent: Agent, request: KubeRequest, freshCredentials: boolean): Promise<Dispatcher.ResponseData> {
    const headers: Record<string, string> = { accept: request.accept ?? 'application/json', 'user-agent': this.#userAgent };
    const authorization = await this.#config.authorization(freshCredentials);
    if (authorization !== undefined) headers['authorization'] = authorization;
    if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
    const sent = performance.now();
    const answer = agent.request({
      origin: this.#config.server.origin,
      path: this.#config.server.pathname.replace(/\/$/, '') + request.path, // some hosted apiservers live below a path
      method: request.method,
      headers,
      body: request.body ?? null,
      signal: request.signal,
    });
    answer.then(
      ({ statusCode }) => this.#observe?.(request.method, statusCode, performance.now() - sent),
      () => this.#observe?.(request.method, undefined, performance.now() - sent),
    );
    // undici looks at the signal of a request only once its connection stands, which a frozen apiserver can hold up for as long as connecting may take.
    return abortable(answer, request.signal);
  }

  /** The caller's own stop stays what it is, and a refusal or missing credentials too; everything else is one type that says which call had no answer, and never carries headers. */
  #explain(request: KubeRequest, error: unknown): unknown {
    if (request.signal.aborted) return request.signal.reason;
    if (error instanceof KubeError || error instanceof ConnectionError) return error;
    const code =
      error instanceof Error && 'code' in error && typeof error.code === 'string'
        ? error.code
        : error instanceof Error
          ? error.name
          : 'unknown';
    return new ConnectionError(
      `no answer from the apiserver at ${this.#config.server.host} (${code}): ${request.method} ${request.path.split('?')[0]}`,
      error,
    );
  }
}
