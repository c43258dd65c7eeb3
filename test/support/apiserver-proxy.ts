/**
 * A proxy before a real apiserver: plain HTTP on the loopback address towards the program under test, TLS as an administrator towards the apiserver.
 *
 * For each request a test decides what befalls it: passed on, lost before it arrives, or done and its answer lost.
 */
import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as sendTls } from 'node:https';
import type { ControlPlaneFacts } from '../integration/support/servers.ts';

/** What a test does with one request. `lost`: it never arrives. `unanswered`: the apiserver does it, and the answer never comes. */
export type Fate = 'passes' | 'lost' | 'unanswered';

export interface ProxiedRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
}

export interface ApiserverProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** `fate` is asked for every request; `afterwards` is called when a request that is `lost` or `unanswered` has met its fate. */
export async function startApiserverProxy(
  facts: Pick<ControlPlaneFacts, 'url' | 'ca' | 'admin'>,
  fate: (request: ProxiedRequest) => Fate,
  afterwards: (request: ProxiedRequest) => void = () => undefined,
): Promise<ApiserverProxy> {
  const server = createServer((incoming, outgoing) => {
    const seen = { method: incoming.method ?? '', path: (incoming.url ?? '').split('?')[0] ?? '' };
    const chosen = fate(seen);
    if (chosen === 'lost') {
      incoming.socket.destroy();
      afterwards(seen);
      return;
    }
    forward(facts, incoming, outgoing, chosen === 'unanswered' ? () => afterwards(seen) : undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => close(server) };
}

function forward(
  facts: Pick<ControlPlaneFacts, 'url' | 'ca' | 'admin'>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  swallow: (() => void) | undefined,
): void {
  const { host: _host, connection: _connection, ...headers } = incoming.headers;
  const target = new URL(incoming.url ?? '/', facts.url);
  const options = { method: incoming.method, headers, ca: facts.ca, cert: facts.admin.certificate, key: facts.admin.key };
  const onward = (target.protocol === 'https:' ? sendTls : send)(target, options, (answer) => {
    if (swallow !== undefined) {
      answer.resume();
      answer.once('end', () => {
        incoming.socket.destroy();
        swallow();
      });
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
    answer.once('error', () => outgoing.destroy());
  });
  onward.once('error', () => outgoing.destroy());
  outgoing.once('close', () => onward.destroy());
  incoming.pipe(onward);
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
