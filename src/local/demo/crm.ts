/**
 * A small HTTP API on the loopback address, for the demo's report from an API: subscriptions of the billing database's customers, in pages, for whoever knows the token.
 *
 * It answers as such APIs do: 401 without the token, `{"data": [...], "next": <cursor or null>}` otherwise, amounts as numbers with two digits behind the point.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { subscriptions, type Subscription } from './billing.ts';

/** What one answer holds at most, whatever is asked for. */
const LIMIT = 200;
const DEFAULT_LIMIT = 50;

export interface CrmAccess {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** Value of the header Authorization. */
  readonly authorization: string;
}

export class Crm {
  readonly access: CrmAccess;
  readonly #server: Server;

  private constructor(server: Server, access: CrmAccess) {
    this.#server = server;
    this.access = access;
  }

  static async start(): Promise<Crm> {
    const authorization = `Bearer ${randomBytes(16).toString('hex')}`;
    const all = subscriptions();
    const server = createServer((request, response) => answer(all, authorization, request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Crm(server, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, authorization });
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function answer(all: readonly Subscription[], authorization: string, request: IncomingMessage, response: ServerResponse): void {
  const say = (status: number, body: string): unknown => response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  if (!isSame(request.headers.authorization ?? '', authorization)) return void say(401, '{"error":"unauthorized"}');
  const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
  if (request.method !== 'GET' || url?.pathname !== '/v1/subscriptions') return void say(404, '{"error":"not found"}');
  const query = url.searchParams;
  const status = query.get('status');
  const limit = Math.min(LIMIT, whole(query.get('limit')) ?? DEFAULT_LIMIT);
  const from = whole(query.get('after')) ?? 0;
  const rows = all.filter((each) => status === null || each.status === status);
  const next = from + limit < rows.length ? `"${from + limit}"` : 'null';
  say(
    200,
    `{"data":[${rows
      .slice(from, from + limit)
      .map(rowText)
      .join(',')}],"next":${next}}`,
  );
}

/** By hand, because JSON.stringify makes 89.5 of 89.50. */
function rowText({ id, customer, plan, seats, price, currency, since, status }: Subscription): string {
  const money = `{"amount":${price},"currency":${JSON.stringify(currency)}}`;
  const rest = JSON.stringify({ id, status, customer, plan, seats, since });
  return `${rest.slice(0, -1)},"price":${money}}`;
}

/** Undefined unless it is a whole number above zero. */
function whole(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
