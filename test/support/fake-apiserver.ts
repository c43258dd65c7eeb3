/**
 * An apiserver of plain HTTP on the loopback address, for tests of the client layer: it lists in pages, watches from a position, and refuses writes that conflict.
 *
 * It can do what no real one does on demand: bad weather (weather.ts) is queued by kind of request and used up one a request; then the sky is clear again.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { KubeClient } from '../../src/kube/client.ts';
import type { ClusterConfig } from '../../src/kube/config.ts';
import { HttpTransport } from '../../src/kube/transport.ts';
import { serveObject, serveStatus } from './object-verbs.ts';
import { type Change, ObjectTable } from './object-table.ts';

/** `page` = a list that goes on with a continue token. */
export type RequestKind = 'list' | 'page' | 'watch' | 'get' | 'write';

export interface ReceivedRequest {
  readonly kind: RequestKind;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Exchange {
  readonly request: ReceivedRequest;
  readonly response: ServerResponse;
  readonly server: FakeApiserver;
  /** Answers as in fair weather. */
  readonly serve: () => void;
}

/** What happens to one request instead of its answer. */
export type Weather = (exchange: Exchange) => void;

export interface ObjectPath {
  /** Of all namespaces. */
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export class FakeApiserver implements AsyncDisposable {
  readonly objects = new ObjectTable();
  readonly requests: ReceivedRequest[] = [];
  /** Connections accepted so far. */
  connections = 0;
  /** Where the apiserver lives below its host; '' = at the root. */
  readonly #prefix: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #weather = new Map<RequestKind, Weather[]>();
  readonly #watches = new Set<ServerResponse>();
  readonly #snapshots = new Map<string, { readonly items: readonly unknown[]; readonly version: string }>();
  readonly #transports: HttpTransport[] = [];

  private constructor(prefix: string) {
    this.#prefix = prefix;
    this.#server = createServer((incoming, response) => void this.#receive(incoming, response));
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(prefix = ''): Promise<FakeApiserver> {
    const fake = new FakeApiserver(prefix);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get config(): ClusterConfig {
    const { port } = this.#server.address() as AddressInfo;
    return {
      server: new URL(`http://127.0.0.1:${port}${this.#prefix}`),
      tls: { rejectUnauthorized: true },
      authorization: async () => 'Bearer sentinel-token',
    };
  }

  /** A client of its own connections, which end with the server. */
  client(beforeWrite: () => void = () => undefined): KubeClient {
    const transport = new HttpTransport(this.config, 'test');
    this.#transports.push(transport);
    return new KubeClient(transport, beforeWrite);
  }

  /** What happens to the next requests of a kind, one each, after what was queued before. */
  next(kind: RequestKind, ...weather: readonly Weather[]): void {
    this.#weather.set(kind, [...(this.#weather.get(kind) ?? []), ...weather]);
  }

  /** Weather that no request has met yet. */
  get weatherLeft(): number {
    return [...this.#weather.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Every watch ends as if its time were up. */
  endWatches(): void {
    for (const response of [...this.#watches]) response.end();
  }

  received(kind: RequestKind): readonly ReceivedRequest[] {
    return this.requests.filter((request) => request.kind === kind);
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.close()));
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const url = new URL(incoming.url ?? '/', 'http://fake');
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return; // The client hung up.
    }
    if (!url.pathname.startsWith(this.#prefix)) return serveStatus(response, 404, 'NotFound');
    url.pathname = url.pathname.slice(this.#prefix.length);
    const path = parsePath(url.pathname);
    const method = incoming.method ?? 'GET';
    const kind = kindOf(method, url, path);
    const request = { kind, method, url, headers: incoming.headers, body: Buffer.concat(chunks).toString('utf8') };
    this.requests.push(request);
    const serve = (): void => this.#serve(request, path, response);
    const weather = this.#weather.get(kind)?.shift();
    if (weather === undefined) serve();
    else weather({ request, response, server: this, serve });
  }

  #serve(request: ReceivedRequest, path: ObjectPath, response: ServerResponse): void {
    if (request.kind === 'watch') this.#serveWatch(request.url, path, response);
    else if (request.kind === 'list' || request.kind === 'page') this.#serveList(request.url, path, response);
    else serveObject(this.objects, request, path, response);
  }

  #serveList(url: URL, path: ObjectPath, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? '0') || Infinity;
    const [id = '', offset = '0'] = (url.searchParams.get('continue') ?? '').split(':');
    // A page shows what was true when the first one was read.
    const items = this.objects.list(path.collection).filter((object) => within(path, object.metadata.namespace));
    const { items: all, version } = this.#snapshots.get(id) ?? { items, version: this.objects.version };
    const from = Number(offset);
    const rest = all.length - from - limit;
    const token = id === '' ? String(this.#snapshots.size + 1) : id;
    if (rest > 0) this.#snapshots.set(token, { items: all, version });
    const metadata = { resourceVersion: version, ...(rest > 0 ? { continue: `${token}:${from + limit}`, remainingItemCount: rest } : {}) };
    // As the real one does: items of a list do not say their kind.
    const page = all.slice(from, from + limit).map((object) => ({ ...(object as object), apiVersion: undefined, kind: undefined }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ kind: 'List', metadata, items: page }));
  }

  #serveWatch(url: URL, path: ObjectPath, response: ServerResponse): void {
    const position = Number(url.searchParams.get('resourceVersion'));
    const missed = this.objects.since(path.collection, position);
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    if (missed === undefined) {
      response.end(watchLine('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: `too old resource version: ${position}` }));
      return;
    }
    const send = ({ type, collection, object }: Change): void => {
      if (collection === path.collection && within(path, object.metadata.namespace)) response.write(watchLine(type, object));
    };
    for (const change of missed) send(change);
    const stop = this.objects.listen(send);
    this.#watches.add(response);
    const end = (): void => {
      stop();
      this.#watches.delete(response);
    };
    response.once('finish', end).once('close', end);
  }
}

export function watchLine(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function parsePath(pathname: string): ObjectPath {
  const match = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?/.exec(pathname);
  return { collection: `${match?.[1] ?? ''}/${match?.[3] ?? ''}`, namespace: match?.[2], name: match?.[4] };
}

function kindOf(method: string, url: URL, path: ObjectPath): RequestKind {
  if (method !== 'GET') return 'write';
  if (path.name !== undefined) return 'get';
  if (url.searchParams.has('watch')) return 'watch';
  return url.searchParams.has('continue') ? 'page' : 'list';
}

function within({ namespace }: ObjectPath, of: string | undefined): boolean {
  return namespace === undefined || namespace === of;
}
