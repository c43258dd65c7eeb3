/**
 * A proxy before a real apiserver: plain HTTP on the loopback address towards the program under test, TLS as an administrator towards the apiserver.
 *
 * For each request a test decides what befalls it. Answers of reflectors' lists are remembered, so that an old one can be given again, as a lagging apiserver does.
 */
import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as sendTls } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlaneFacts } from '../integration/support/servers.ts';

/** What a test does with one request. */
export type Fate =
  | 'passes'
  /** It never arrives; the connection ends. */
  | 'lost'
  /** The apiserver does it, and the answer never comes. */
  | 'unanswered'
  /** It never arrives, and a Status says no. */
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string; readonly retryAfter?: number }
  /** The apiserver does it, and a Status says that it failed. */
  | { readonly kind: 'misreported'; readonly code: number; readonly reason: string }
  /** It waits before it goes on its way. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The answer's connection ends after so many bytes of its body, wherever that is. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The answer's headers come, and then nothing for so long; then the connection ends. */
  | { readonly kind: 'silent'; readonly ms: number }
  /** A watch that says an error event and ends. */
  | { readonly kind: 'errorEvent'; readonly code: number; readonly reason: string }
  /** The oldest answer that this list ever had; the true one when there is none. */
  | 'stale';

export interface ProxiedRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface ApiserverProxy {
  readonly url: string;
  /** Lets go of everything that is under way, as a restarting apiserver does. */
  cutAll(): void;
  close(): Promise<void>;
}

type Facts = Pick<ControlPlaneFacts, 'url' | 'ca' | 'admin'>;

interface Exchange {
  readonly facts: Facts;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** First answers of lists, by path and query. */
  readonly lists: Map<string, Buffer>;
}

/** `fate` is asked for every request; `afterwards` is called when a request that is `lost` or `unanswered` has met its fate. */
export async function startApiserverProxy(
  facts: Facts,
  fate: (request: ProxiedRequest) => Fate,
  afterwards: (request: ProxiedRequest) => void = () => undefined,
): Promise<ApiserverProxy> {
  const lists = new Map<string, Buffer>();
  const server = createServer((incoming, outgoing) => {
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    const { pathname, searchParams } = new URL(incoming.url ?? '/', facts.url);
    const seen = { method: incoming.method ?? '', path: pathname, query: searchParams };
    meet({ facts, incoming, outgoing, lists }, fate(seen), () => afterwards(seen)).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    cutAll: () => server.closeAllConnections(),
    close: () => close(server),
  };
}

async function meet(exchange: Exchange, fate: Fate, afterwards: () => void): Promise<void> {
  const { incoming, outgoing, lists } = exchange;
  if (fate === 'lost') {
    incoming.socket.destroy();
    afterwards();
    return;
  }
  if (fate === 'stale') {
    const old = lists.get(incoming.url ?? '');
    if (old !== undefined) return void outgoing.writeHead(200, { 'content-type': 'application/json' }).end(old);
  }
  if (typeof fate === 'object' && fate.kind === 'refused') {
    incoming.resume();
    return answerStatus(outgoing, fate);
  }
  if (typeof fate === 'object' && fate.kind === 'errorEvent') {
    const { code, reason } = fate;
    return void outgoing.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object: statusOf(code, reason) })}\n`);
  }
  if (typeof fate === 'object' && fate.kind === 'slow') await sleep(fate.ms);
  const answer = await forward(exchange);
  if (fate === 'unanswered' || (typeof fate === 'object' && fate.kind === 'misreported')) {
    answer.resume();
    await once(answer, 'end');
    if (fate !== 'unanswered') return answerStatus(outgoing, fate);
    incoming.socket.destroy();
    afterwards();
    return;
  }
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.flushHeaders(); // A watch may have nothing to say for a long time.
  if (typeof fate === 'object' && fate.kind === 'silent') {
    answer.resume();
    await sleep(fate.ms);
    return void outgoing.destroy();
  }
  if (isReflectorsList(incoming)) remember(answer, lists, incoming.url ?? '');
  if (typeof fate === 'object' && fate.kind === 'cut') return cutAfter(answer, outgoing, fate.afterBytes);
  answer.pipe(outgoing);
}

/** Resolves to the answer's head. */
async function forward({ facts, incoming, outgoing }: Exchange): Promise<IncomingMessage> {
  const { host: _host, connection: _connection, ...headers } = incoming.headers;
  const target = new URL(incoming.url ?? '/', facts.url);
  const options = { method: incoming.method, headers, ca: facts.ca, cert: facts.admin.certificate, key: facts.admin.key };
  const onward = (target.protocol === 'https:' ? sendTls : send)(target, options);
  onward.on('error', () => outgoing.destroy());
  outgoing.once('close', () => onward.destroy());
  incoming.pipe(onward);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  answer.on('error', () => outgoing.destroy());
  return answer;
}

/** The first page of a cache. Lists without a limit ask the store itself, and an apiserver that answers those from the past has no excuse. */
function isReflectorsList({ method, url }: IncomingMessage): boolean {
  const { searchParams } = new URL(url ?? '/', 'http://proxy');
  return method === 'GET' && searchParams.has('limit') && !searchParams.has('fieldSelector');
}

function remember(answer: IncomingMessage, lists: Map<string, Buffer>, url: string): void {
  if (lists.has(url) || answer.statusCode !== 200) return;
  const pieces: Buffer[] = [];
  answer.on('data', (piece: Buffer) => pieces.push(piece));
  answer.once('end', () => lists.set(url, Buffer.concat(pieces)));
}

async function cutAfter(answer: IncomingMessage, outgoing: ServerResponse, bytes: number): Promise<void> {
  let left = bytes;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    const cut = piece.byteLength >= left;
    await new Promise((resolve) => outgoing.write(piece.subarray(0, left), resolve));
    if (cut) return void outgoing.destroy();
    left -= piece.byteLength;
  }
  outgoing.end();
}

function answerStatus(
  outgoing: ServerResponse,
  { code, reason, retryAfter }: { readonly code: number; readonly reason: string; readonly retryAfter?: number },
): void {
  outgoing.writeHead(code, {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
  outgoing.end(JSON.stringify(statusOf(code, reason)));
}

function statusOf(code: number, reason: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `the weather says ${reason}`, reason, code };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
