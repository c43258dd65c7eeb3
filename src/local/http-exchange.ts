/** One small HTTP exchange with a local server, on a connection of its own so that nothing of a server that died is reused; over TLS with a private authority where needed. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  /** Default GET. */
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** PEM of the server's authority, and of a client's certificate and key. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

/** Throws when there is no answer; any status is one. */
export async function exchange(
  url: string,
  { signal, method = 'GET', body, tls }: ExchangeOptions,
): Promise<{ readonly status: number; readonly text: string }> {
  const options = { method, agent: false as const, signal, headers: body === undefined ? {} : { 'content-type': 'application/json' } };
  const request = url.startsWith('https:') ? httpsRequest(url, { ...options, ...tls }) : httpRequest(url, options);
  request.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: await text(response) };
}
