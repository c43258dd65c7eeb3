/** What listens behind a URL may be anything: these servers are not PostgreSQL, and the runner must neither crash nor hang nor say more than it should. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PLAN_ENV, type RunPlan } from '../../../../src/runner/plan.ts';
import type { RowSource } from '../../../../src/runner/rows.ts';
import { openSource } from '../../../../src/runner/sources/open.ts';
import { COMPLETE, FakePostgres, message, READY, row, SUSPENDED } from '../../../support/fake-postgres.ts';

const PASSWORD = 'SENTINEL-password';

/** Calls `serve` for each connection; resolves to its port. */
async function listen(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

function open(url: string, signal: AbortSignal = new AbortController().signal, allowLoopback = true): Promise<RowSource> {
  const plan = {
    report: { namespace: 'ns', name: 'r', uid: 'u' },
    timeZone: 'UTC',
    parameters: [],
    source: { kind: 'postgres', query: 'select 1' },
    allowLoopback,
  } as unknown as RunPlan;
  return openSource(plan, { [PLAN_ENV.sourceUrl]: url }, signal);
}

async function failureOf(url: string): Promise<{ readonly message: string; readonly retryable: boolean }> {
  try {
    await open(url);
  } catch (error) {
    expect(error).toMatchObject({ name: 'DossierError', reason: 'SourceFailed' });
    const failure = error as { readonly message: string; readonly retryable: boolean };
    expect(failure.message).not.toContain(PASSWORD);
    return failure;
  }
  throw new Error('it was opened');
}

const withTls = (port: number): string => `postgres://u:${PASSWORD}@127.0.0.1:${port}/d`;
const inClear = (port: number): string => `${withTls(port)}?sslmode=disable`;

test('a server that refuses TLS gets nothing but the question', async () => {
  const received: Buffer[] = [];
  const ended = Promise.withResolvers<void>();
  const port = await listen((socket) => {
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes);
      socket.write('N');
    });
    socket.on('close', () => {
      ended.resolve();
    });
  });
  expect(await failureOf(withTls(port))).toMatchObject({ retryable: false, message: expect.stringContaining('sslmode=disable') as string });
  await ended.promise;
  expect(Buffer.concat(received)).toHaveLength(8);
});

test.each<[answer: string, retryable: boolean, message: RegExp]>([
  ['Sx', false, /does not keep to the protocol/],
  ['S\u0016\u0003\u0001', false, /does not keep to the protocol/],
  ['HTTP/1.1 400 Bad Request\r\n\r\n', false, /does not keep to the protocol/],
  ['E', true, /ended the connection when it was asked for TLS/],
])('a server that answers %j to the question for TLS', async (answer, retryable, message) => {
  const port = await listen((socket) => socket.on('data', () => socket.write(answer)));
  const failure = await failureOf(withTls(port));
  expect(failure).toMatchObject({ retryable });
  expect(failure.message).toMatch(message);
});

test('a server that says yes to TLS and then speaks something else', async () => {
  const port = await listen((socket) => {
    socket.once('data', () => {
      socket.write('S');
      socket.once('data', () => socket.write('no TLS here, sorry'));
    });
  });
  expect(await failureOf(withTls(port))).toMatchObject({ retryable: false, message: expect.stringContaining('TLS') as string });
});

test.each<[what: string, bytes: number[]]>([
  ['a way to log in that nobody knows', [0x52, 0, 0, 0, 8, 0, 0, 0, 99]],
  ['a message that nobody knows', [0x01, 0, 0, 0, 4]],
  ['rows before any question', [0x44, 0, 0, 0, 6, 0, 0]],
  ['a message that ends before its field does', [0x54, 0, 0, 0, 6, 0, 9]],
])('a server that sends %s is an error and not a crash', async (_, bytes) => {
  const port = await listen((socket) => socket.once('data', () => socket.end(Buffer.from(bytes))));
  const failure = await failureOf(inClear(port));
  expect(failure.message).toMatch(/does not keep to the protocol|did not come to an end/);
});

test('a server that asks for a password that the URL does not have', async () => {
  const port = await listen((socket) => socket.once('data', () => socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))));
  const failure = await failureOf(`postgres://u@127.0.0.1:${port}/d?sslmode=disable`);
  expect(failure).toMatchObject({
    retryable: false,
    message: 'postgres: the server asks for a password, and the URL in the Secret has none',
  });
});

test('a server that hangs up is worth another try', async () => {
  const port = await listen((socket) => socket.destroy());
  expect(await failureOf(inClear(port))).toMatchObject({ retryable: true });
  expect(await failureOf(withTls(port))).toMatchObject({ retryable: true });
});

test.each(['?sslmode=disable&connect_timeout=1', '?connect_timeout=1'])(
  'a server that is silent is given up after connect_timeout: %s',
  async (options) => {
    const port = await listen((socket) => socket.resume());
    expect(await failureOf(`${withTls(port)}${options}`)).toMatchObject({
      retryable: true,
      message: `postgres: no login at 127.0.0.1:${port} within 1 s (connect_timeout in the URL)`,
    });
  },
);

test.each(['?sslmode=disable', ''])('an abort ends the login at once, with its own reason: %j', async (options) => {
  const connected = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const port = await listen((socket) => {
    socket.once('data', () => {
      connected.resolve();
    });
    socket.once('close', () => {
      gone.resolve();
    });
  });
  const abort = new AbortController();
  const opening = open(`${withTls(port)}${options}`, abort.signal);
  await connected.promise;
  abort.abort(new Error('stop'));
  await expect(opening).rejects.toThrow('stop');
  await gone.promise;
});

test('loopback is no address for a database outside of the demo and tests', async () => {
  const port = await listen((socket) => socket.destroy());
  await expect(open(inClear(port), undefined, false)).rejects.toMatchObject({
    reason: 'SourceFailed',
    retryable: false,
    message: 'postgres: 127.0.0.1 is a loopback address, which is not allowed',
  });
});

describe('a server that speaks the protocol but not to its end', () => {
  async function rowsOf(columns: readonly string[], fetches: readonly Buffer[]): Promise<unknown> {
    await using fake = await FakePostgres.start(columns, fetches);
    const source = await open(inClear(fake.port));
    try {
      return (await Array.fromAsync(source.batches(new AbortController().signal))).flat();
    } finally {
      await source.close();
    }
  }

  test('is read when it does it right', async () => {
    const fetches = [Buffer.concat([row('a', 'b'), SUSPENDED, READY]), Buffer.concat([row('c', 'd'), COMPLETE, READY])];
    expect(await rowsOf(['x', 'y'], fetches)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test.each<[what: string, answer: Buffer]>([
    ['is ready again without saying that the rows have ended', Buffer.concat([row('a', 'b'), READY])],
    ['sends a row with too few values', Buffer.concat([row('a'), COMPLETE, READY])],
    ['sends a row with too many values', Buffer.concat([row('a', 'b', 'c'), COMPLETE, READY])],
    ['wants data to be copied in', message('G', Buffer.from([0, 0, 0]))],
    ['claims a row longer than it is', Buffer.concat([message('D', Buffer.from([0, 2, 0, 0, 255, 255])), COMPLETE, READY])],
  ])('and %s, fails the report', async (_, answer) => {
    await expect(rowsOf(['x', 'y'], [answer])).rejects.toMatchObject({
      reason: 'SourceFailed',
      retryable: false,
      message: 'postgres: the server does not keep to the protocol of PostgreSQL',
    });
  });
});

test.each<[env: Record<string, string>, message: RegExp]>([
  [{}, /connection URL in the Secret/],
  [
    { [PLAN_ENV.sourceUrl]: `postgres://u:${PASSWORD}@h/d?sslmode=disable`, [PLAN_ENV.sourceCa]: 'x' },
    /sslmode=disable, but the source has a caSecretRef/,
  ],
  [{ [PLAN_ENV.sourceUrl]: `postgres://u:${PASSWORD}@h/d`, [PLAN_ENV.sourceCa]: 'no certificate' }, /caSecretRef: the bundle/],
])('what the Secrets hold is checked before anything is connected (%#)', async (env, message) => {
  const plan = { timeZone: 'UTC', parameters: [], report: {}, source: { kind: 'postgres', query: 'select 1' } } as unknown as RunPlan;
  const failure = await openSource(plan, env, new AbortController().signal).catch((error: unknown) => error);
  expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false, message: expect.stringMatching(message) as string });
});

test.each<[query: string, message: RegExp]>([
  ["select 'x", /^postgres: the query cannot be read: line 1, column 8: the string/],
  ['select :nobody', /^postgres: :nobody in the query is no parameter/],
])('a template that cannot be right fails before anything is connected: %s', async (query, message) => {
  const plan = { timeZone: 'UTC', parameters: [], source: { kind: 'postgres', query } } as unknown as RunPlan;
  const failure = await openSource(plan, {}, new AbortController().signal).catch((error: unknown) => error);
  expect(failure).toMatchObject({ reason: 'TemplateFailed', retryable: false, message: expect.stringMatching(message) as string });
});
