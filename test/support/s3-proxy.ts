/**
 * Bad weather between a client and an object store: an HTTP proxy that knows S3's operations and does to each request what a test says.
 *
 * It passes bytes and headers on as they are, Host included, so that signatures stay right. What was seen is kept in order.
 */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type S3Operation =
  | 'HeadBucket'
  | 'ListObjects'
  | 'ListMultipartUploads'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'Other';

export interface SeenRequest {
  readonly operation: S3Operation;
  /** How many of this operation came so far, from 1. */
  readonly nth: number;
  readonly partNumber: number | undefined;
  readonly headers: Readonly<IncomingMessage['headers']>;
  /** Path and query. */
  readonly url: string;
}

export type Weather =
  | 'pass'
  /** The store does what was asked, and its answer never arrives. */
  | 'loseReply'
  /** The connection ends before the store hears of it. */
  | 'cut'
  /** The store never hears of it, and nothing is ever answered. */
  | 'hang'
  /** The first byte of the body arrives as another one. */
  | 'corrupt'
  | { readonly status: number; readonly code?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** Goes on when the promise resolves. */
  | { readonly after: Promise<void> }
  /** The store never hears of it; nothing is answered for so long, and then the connection ends. */
  | { readonly hangMs: number }
  /** The connection ends when so many bytes of the body have gone on to the store, or all of them. */
  | { readonly cutAfterBytes: number }
  /** The connection ends when so many bytes of the answer's body have arrived. */
  | { readonly cutAnswerAfterBytes: number }
  /** So many bytes of the answer's body arrive, and then nothing. */
  | { readonly hangAnswerAfterBytes: number };

export class S3Proxy {
  readonly seen: SeenRequest[] = [];
  weather: (request: SeenRequest) => Weather = () => 'pass';
  readonly #target: URL;
  readonly #server: Server;
  readonly #counts = new Map<S3Operation, number>();

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  /** `target`: `http://host:port`. */
  static async start(target: string): Promise<S3Proxy> {
    const proxy = new S3Proxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Names of the operations seen, in order. */
  get operations(): readonly S3Operation[] {
    return this.seen.map(({ operation }) => operation);
  }

  count(operation: S3Operation): number {
    return this.#counts.get(operation) ?? 0;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    const seen = this.#note(request);
    let weather = this.weather(seen);
    if (typeof weather === 'object' && 'after' in weather) {
      await weather.after;
      weather = 'pass';
    }
    if (weather === 'pass' || weather === 'loseReply' || weather === 'corrupt') return this.#forward(request, response, weather);
    if (weather === 'cut') return void request.socket.destroy();
    if (typeof weather === 'object' && 'cutAfterBytes' in weather) return this.#cutWithin(request, weather.cutAfterBytes);
    if (typeof weather === 'object' && 'cutAnswerAfterBytes' in weather) {
      await this.#beginAnswer(request, response, weather.cutAnswerAfterBytes);
      return void request.socket.destroy();
    }
    if (typeof weather === 'object' && 'hangAnswerAfterBytes' in weather)
      return this.#beginAnswer(request, response, weather.hangAnswerAfterBytes);
    request.resume();
    if (weather === 'hang') return;
    if ('hangMs' in weather) {
      await sleep(weather.hangMs);
      return void request.socket.destroy();
    }
    const { status, code, body, headers } = weather;
    const document = body ?? (code === undefined ? '' : `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`);
    response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(document), ...headers });
    response.end(document);
  }

  async #forward(request: IncomingMessage, response: ServerResponse, weather: 'pass' | 'loseReply' | 'corrupt'): Promise<void> {
    const { hostname, port } = this.#target;
    const onward = httpRequest({ hostname, port, method: request.method, path: request.url, headers: request.headers });
    request.on('close', () => {
      if (!request.complete) onward.destroy();
    });
    if (weather === 'corrupt') request.once('data', (piece: Buffer) => (piece[0] = ~(piece[0] ?? 0)));
    request.pipe(onward);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    if (weather === 'loseReply') {
      answer.resume();
      await once(answer, 'end');
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  }

  async #beginAnswer(request: IncomingMessage, response: ServerResponse, bytes: number): Promise<void> {
    const { hostname, port } = this.#target;
    const onward = httpRequest({ hostname, port, method: request.method, path: request.url, headers: request.headers });
    onward.end();
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    let left = bytes;
    for await (const piece of answer as AsyncIterable<Buffer>) {
      await new Promise((resolve) => response.write(piece.subarray(0, left), resolve));
      left -= piece.byteLength;
      if (left <= 0) break;
    }
    onward.destroy();
  }

  async #cutWithin(request: IncomingMessage, bytes: number): Promise<void> {
    const { hostname, port } = this.#target;
    const onward = httpRequest({ hostname, port, method: request.method, path: request.url, headers: request.headers });
    onward.on('error', () => undefined);
    let left = bytes;
    for await (const piece of request as AsyncIterable<Buffer>) {
      await new Promise((resolve) => onward.write(piece.subarray(0, left), resolve));
      left -= piece.byteLength;
      if (left <= 0) break;
    }
    onward.destroy();
    request.socket.destroy();
  }

  #note(request: IncomingMessage): SeenRequest {
    const url = request.url ?? '';
    const { pathname, searchParams } = new URL(url, this.#target);
    const operation = operationOf(request.method ?? '', pathname.replace(/\/$/, '').split('/').length > 2, searchParams);
    const nth = this.count(operation) + 1;
    this.#counts.set(operation, nth);
    const part = searchParams.get('partNumber');
    const seen = { operation, nth, partNumber: part === null ? undefined : Number(part), headers: request.headers, url };
    this.seen.push(seen);
    return seen;
  }
}

function operationOf(method: string, hasKey: boolean, query: URLSearchParams): S3Operation {
  switch (method) {
    case 'HEAD':
      return hasKey ? 'HeadObject' : 'HeadBucket';
    case 'GET':
      return hasKey ? 'GetObject' : query.has('uploads') ? 'ListMultipartUploads' : query.has('list-type') ? 'ListObjects' : 'Other';
    case 'PUT':
      return query.has('partNumber') ? 'UploadPart' : hasKey ? 'PutObject' : 'Other';
    case 'POST':
      return query.has('uploads') ? 'CreateMultipartUpload' : query.has('uploadId') ? 'CompleteMultipartUpload' : 'Other';
    case 'DELETE':
      return query.has('uploadId') ? 'AbortMultipartUpload' : hasKey ? 'DeleteObject' : 'Other';
    default:
      return 'Other';
  }
}
