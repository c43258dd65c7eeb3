/**
 * One GET at a time, redirects included, through the guarded dialer: each hop's name is resolved and checked anew, so a redirect reaches nothing that the url could not.
 *
 * Headers of the template go to the origin of its url and nowhere else, whatever redirects say, and a connection that began behind TLS never goes on without it. A
 * server that is silent, before its answer or within, is given up; how long it may go on answering is the run's deadline to say.
 */
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from '../../../net/undici.ts';
import type { Dialer, Trust } from '../../../net/dialer.ts';
import { failed, requestFailed } from './errors.ts';

/** Most redirects of one request (security.md 10). */
const REDIRECTS_LIMIT = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** How undici ends a connection on which something comes that nobody asked for. */
const BYTES_WITHOUT_REQUEST = 'bad response';

export interface ClientOptions {
  /** All requests begin at this origin. */
  readonly origin: URL;
  /** For the origin of the url only. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** For every server; the template's headers win. */
  readonly ownHeaders: Readonly<Record<string, string>>;
  readonly dialer: Dialer;
  readonly trust: Trust;
  /** Longest silence before an answer, in milliseconds. */
  readonly answerTimeoutMs: number;
  /** Longest silence within a body, in milliseconds; time that nobody reads does not count. */
  readonly silenceTimeoutMs: number;
}

/** An answer that is no redirect. Whoever gets it closes it. */
export interface HttpAnswer {
  readonly status: number;
  /** Where it came from in the end. */
  readonly url: URL;
  /** Whether `url` is at another origin than the one that was asked. */
  readonly elsewhere: boolean;
  /** All values of a header, joined by commas; undefined = there is none. */
  header(name: string): string | undefined;
  /** As it was sent; ends in order only when the whole body has come. */
  readonly body: AsyncIterable<Buffer>;
  /** Whether bytes were seen behind the end that the answer gave its body; known when the body has ended. */
  isLonger(): boolean;
  /** Ends the connection if the body was not read to its end; safe twice. */
  close(): Promise<void>;
}

interface Connected {
  readonly client: Client;
  /** The connection made last. */
  socket: Socket | undefined;
}

export class HttpClient {
  readonly #options: ClientOptions;
  readonly #client: Connected;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#client = this.#connect(options.origin);
  }

  /** @throws DossierError SourceFailed, or the signal's reason */
  async get(url: URL, signal: AbortSignal): Promise<HttpAnswer> {
    let hop = url;
    for (let redirects = 0; ; redirects += 1) {
      const answer = await this.#ask(hop, signal);
      if (!REDIRECTS.has(answer.status)) return answer;
      await answer.close();
      if (redirects === REDIRECTS_LIMIT) throw failed(`more than ${REDIRECTS_LIMIT} redirects, one after the other`, false);
      hop = redirectTarget(hop, answer.header('location'));
    }
  }

  async close(): Promise<void> {
    await this.#client.client.destroy();
  }

  async #ask(url: URL, signal: AbortSignal): Promise<HttpAnswer> {
    const { origin, headers, ownHeaders } = this.#options;
    const elsewhere = url.origin !== origin.origin;
    const connected = elsewhere ? this.#connect(url) : this.#client;
    const { client } = connected;
    const close = async (): Promise<void> => {
      if (elsewhere) await client.destroy();
    };
    try {
      const {
        statusCode,
        headers: received,
        body,
      } = await client.request({
        method: 'GET',
        path: url.pathname + url.search,
        headers: merged(ownHeaders, elsewhere ? [] : headers),
        signal,
      });
      body.on('error', () => undefined); // It reaches the reader through the iterator; without a listener it would end the process.
      return {
        status: statusCode,
        url,
        elsewhere,
        header: (name) => joined(received[name]),
        body: body as AsyncIterable<Buffer>,
        isLonger: () => connected.socket?.errored?.message === BYTES_WITHOUT_REQUEST,
        close: async () => {
          body.destroy();
          await close();
        },
      };
    } catch (error) {
      await close();
      if (signal.aborted) throw signal.reason;
      throw requestFailed(error, elsewhere ? undefined : origin.host);
    }
  }

  #connect(url: URL): Connected {
    const { dialer, trust, answerTimeoutMs, silenceTimeoutMs } = this.#options;
    const connect = dialer.connector(trust);
    const client = new Client(url.origin, {
      connect: (options, callback) => {
        connect(options, (...[error, socket]) => {
          if (error !== null) callback(error, null);
          else callback(null, (connected.socket = socket));
        });
      },
      headersTimeout: answerTimeoutMs,
      bodyTimeout: silenceTimeoutMs,
      pipelining: 1,
    });
    const connected: Connected = { client, socket: undefined };
    return connected;
  }
}

/** @throws DossierError SourceFailed, which never repeats what the server said */
export function redirectTarget(from: URL, location: string | undefined): URL {
  if (location === undefined) throw failed('a redirect without a Location', false);
  const target = URL.parse(location, from.href);
  if (target === null) throw failed('a redirect to something that is no URL', false);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') throw failed('a redirect to something other than http and https', false);
  if (from.protocol === 'https:' && target.protocol === 'http:')
    throw failed('a redirect from https to http, which would go on without TLS', false);
  if (target.username !== '' || target.password !== '') throw failed('a redirect to a URL with a user or password', false);
  target.hash = '';
  return target;
}

function merged(own: Readonly<Record<string, string>>, headers: ClientOptions['headers']): Record<string, string> {
  const names = new Set(headers.map(({ name }) => name.toLowerCase()));
  return Object.fromEntries([
    ...Object.entries(own).filter(([name]) => !names.has(name)),
    ...headers.map(({ name, value }) => [name, value] as const),
  ]);
}

function joined(values: Dispatcher.ResponseData['headers'][string]): string | undefined {
  return typeof values === 'string' || values === undefined ? values : values.join(', ');
}
