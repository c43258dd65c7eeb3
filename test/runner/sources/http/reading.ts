/** What tests of the http source need: a source on a server of theirs, read to its end or to its failure. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { DossierError } from '../../../../src/errors.ts';
import type { Resolve } from '../../../../src/net/dialer.ts';
import type { RunPlan } from '../../../../src/runner/plan.ts';
import type { Cell, ColumnType, RowSource } from '../../../../src/runner/rows.ts';
import { openHttp } from '../../../../src/runner/sources/http.ts';
import { defaultPath } from '../../../../src/runner/sources/http/paths.ts';
import type { HttpPlan } from '../../../../src/runner/sources/http/plan.ts';
import type { Pacing } from '../../../../src/runner/upload/retry.ts';
import { FakePacing } from '../../upload/pacing.ts';

export interface Reading extends Partial<Omit<HttpPlan, 'kind' | 'url' | 'paths'>> {
  /** Declared columns by name; default: `id`, an Integer. */
  readonly columns?: Readonly<Record<string, ColumnType>>;
  /** Paths of columns that have one, by their names. */
  readonly at?: Readonly<Record<string, string>>;
  readonly parameters?: RunPlan['parameters'];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeZone?: string;
  readonly allowLoopback?: boolean;
  readonly activeDeadlineSeconds?: number;
  readonly resolve?: Resolve;
  readonly pacing?: Pacing;
  readonly answerTimeoutMs?: number;
  readonly silenceTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

export function open(url: string, reading: Reading = {}): RowSource {
  const { columns = { id: 'Integer' }, at = {}, format = 'JSON', resolve } = reading;
  const names = Object.keys(columns);
  const source: HttpPlan = {
    kind: 'http',
    url,
    query: reading.query ?? [],
    headers: reading.headers ?? [],
    format,
    rows: reading.rows ?? '$',
    paths: names.map((name) => at[name] ?? defaultPath(name, format)),
    pagination: reading.pagination ?? { type: 'None' },
    allowedHosts: reading.allowedHosts ?? [],
  };
  const plan = {
    timeZone: reading.timeZone ?? 'UTC',
    parameters: reading.parameters ?? [],
    columns: Object.entries(columns).map(([name, type]) => ({ name, header: name, type })),
    activeDeadlineSeconds: reading.activeDeadlineSeconds ?? 3600,
    allowLoopback: reading.allowLoopback ?? true,
  } as unknown as RunPlan;
  const opened = openHttp(source, plan, reading.env ?? {}, {
    pacing: reading.pacing ?? new FakePacing(),
    connectTimeoutMs: 5_000,
    answerTimeoutMs: reading.answerTimeoutMs ?? 10_000,
    silenceTimeoutMs: reading.silenceTimeoutMs ?? 10_000,
    ...(resolve === undefined ? {} : { resolve }),
  });
  onTestFinished(() => opened.close());
  return opened;
}

export async function read(url: string, reading: Reading = {}): Promise<readonly (readonly Cell[])[]> {
  const source = open(url, reading);
  try {
    return (await Array.fromAsync(source.batches(reading.signal ?? AbortSignal.timeout(30_000)))).flat();
  } finally {
    await source.close();
  }
}

/** The failure of a source that must fail; it tells nothing that the server said, which is where tests put `sentinel`. */
export async function failureOf(url: string, reading: Reading = {}): Promise<DossierError> {
  const failure = await read(url, reading).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof DossierError)) throw new Error('the source did not fail as it should', { cause: failure });
  expect(failure.message.toLowerCase()).not.toContain('sentinel');
  expect(failure.cause).toBeUndefined();
  return failure;
}

/** A server that does to each connection what `answer` says once a request has come; resolves to `http://127.0.0.1:<port>`. */
export async function serveRaw(answer: (socket: Socket, request: string, nth: number) => void): Promise<string> {
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    let request = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      request += bytes.toString('latin1');
      if (!request.endsWith('\r\n\r\n')) return;
      const whole = request;
      request = '';
      requests += 1;
      answer(socket, whole, requests);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
