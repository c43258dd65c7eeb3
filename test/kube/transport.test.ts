import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConnectionError, KubeError } from '../../src/kube/errors.ts';
import { HttpTransport, type KubeRequest } from '../../src/kube/transport.ts';
import { Authority } from '../../src/local/authority.ts';
import { FakeApiserver } from '../support/fake-apiserver.ts';
import { cutInTheMiddle, hangUp, noAnswer, refuse, silence } from '../support/weather.ts';

const LIST = '/api/v1/configmaps';
let server: FakeApiserver;
let transport: HttpTransport;

beforeEach(async () => {
  server = await FakeApiserver.start();
  transport = new HttpTransport(server.config, 'dossier-test/1');
});
afterEach(async () => {
  await transport.close();
  await server.close();
});

function get(path = LIST, signal: AbortSignal = new AbortController().signal): Promise<string> {
  return transport.request({ method: 'GET', path, signal });
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error,
  );
}

describe('a request', () => {
  test('says who asks, and gives the body of the answer as it came', async () => {
    server.objects.put(LIST, { metadata: { name: 'a', namespace: 'n' }, data: { text: 'grüße' } });
    const body = JSON.parse(await get(`${LIST}?limit=5`)) as { items: { data: unknown }[] };
    expect(body.items[0]?.data).toEqual({ text: 'grüße' });
    const [request] = server.requests;
    expect(request?.url.search).toBe('?limit=5');
    expect(request?.headers).toMatchObject({
      accept: 'application/json',
      authorization: 'Bearer sentinel-token',
      'user-agent': 'dossier-test/1',
    });
    expect(request?.headers).not.toHaveProperty('content-type');
  });

  test.each<[string, Partial<KubeRequest>, Record<string, string>]>([
    ['a body of JSON by default', {}, { 'content-type': 'application/json', accept: 'application/json' }],
    [
      'a patch by its own type',
      { method: 'PATCH', contentType: 'application/json-patch+json' },
      { 'content-type': 'application/json-patch+json' },
    ],
    [
      'what else it accepts',
      { accept: 'application/json;as=PartialObjectMetadataList' },
      { accept: 'application/json;as=PartialObjectMetadataList' },
    ],
  ])('sends %s', async (_, given, headers) => {
    server.next('write', ({ response }) => response.writeHead(201).end('{}'));
    const body = '{"name":"größe"}';
    await transport.request({ method: 'POST', path: LIST, body, signal: new AbortController().signal, ...given });
    expect(server.requests[0]?.headers).toMatchObject({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
    expect(server.requests[0]?.body).toBe(body);
    expect(server.requests[0]?.method).toBe(given.method ?? 'POST');
  });

  test('a DELETE carries its options in a body', async () => {
    server.next('write', ({ response }) => response.writeHead(200).end('{}'));
    await transport.request({
      method: 'DELETE',
      path: `${LIST}/a`,
      body: '{"kind":"DeleteOptions"}',
      signal: new AbortController().signal,
    });
    expect(server.requests[0]).toMatchObject({ method: 'DELETE', body: '{"kind":"DeleteOptions"}' });
  });

  test('a refusal is a KubeError with the Status’ own reason and message', async () => {
    const error = await failure(get('/api/v1/namespaces/n/configmaps/none'));
    expect(error).toBeInstanceOf(KubeError);
    expect(error).toMatchObject({ status: 404, reason: 'NotFound', message: 'the fake says NotFound' });
  });

  test('a refusal by something that is no apiserver says the code and none of its body', async () => {
    server.next('list', ({ response }) => response.writeHead(502).end('<html>sentinel-body</html>'));
    const error = await failure(get());
    expect(error).toMatchObject({ status: 502, message: 'the apiserver answered 502' });
    expect(String((error as Error).stack)).not.toContain('sentinel-body');
  });
});

describe('an apiserver below a path', () => {
  test.each(['/k8s/clusters/c-1', '/k8s/clusters/c-1/'])('is asked below it: %s', async (prefix) => {
    await using hosted = await FakeApiserver.start('/k8s/clusters/c-1');
    const config = { ...hosted.config, server: new URL(prefix, hosted.config.server) };
    const below = new HttpTransport(config, 'test');
    try {
      await below.request({ method: 'GET', path: `${LIST}?limit=1`, signal: new AbortController().signal });
      expect(hosted.requests.map(({ url }) => url.pathname + url.search)).toEqual([`${LIST}?limit=1`]);
    } finally {
      await below.close();
    }
  });
});

describe('429', () => {
  test('is waited out as long as Retry-After says', async () => {
    server.next('list', refuse(429, 'TooManyRequests', { 'retry-after': '1' }));
    const started = performance.now();
    await get();
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
    expect(server.requests).toHaveLength(2);
  });

  test('is not waited out for ever: ten tries, then it is an error', async () => {
    server.next('list', ...Array.from({ length: 12 }, () => refuse(429, 'TooManyRequests', { 'retry-after': '0' })));
    expect(await failure(get())).toMatchObject({ name: 'KubeError', status: 429 });
    expect(server.requests).toHaveLength(10);
  });

  test.each([
    ['without Retry-After', {}],
    ['with a date, which apiservers never send', { 'retry-after': 'Mon, 23 Nov 2026 10:00:00 GMT' }],
    ['with a negative time', { 'retry-after': '-5' }],
  ])('%s is an error at once', async (_, headers) => {
    server.next('list', refuse(429, 'TooManyRequests', headers));
    expect(await failure(get())).toMatchObject({ status: 429, retryAfterSeconds: undefined });
    expect(server.requests).toHaveLength(1);
  });

  test('a write that was held back is sent again: nothing was done with it', async () => {
    server.next('write', refuse(429, 'TooManyRequests', { 'retry-after': '0' }));
    const body = JSON.stringify({ metadata: { name: 'a', namespace: 'n' } });
    await transport.request({ method: 'POST', path: '/api/v1/namespaces/n/configmaps', body, signal: new AbortController().signal });
    expect(server.requests.map((request) => request.body)).toEqual([body, body]);
    expect(server.objects.list(LIST)).toHaveLength(1);
  });

  test('a caller who stops waits no longer, however long Retry-After is', async () => {
    server.next('list', refuse(429, 'TooManyRequests', { 'retry-after': '999999' }));
    const stop = new AbortController();
    const waiting = failure(get(LIST, stop.signal));
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    stop.abort(new Error('enough'));
    expect(await waiting).toBe(stop.signal.reason);
  });

  test('a wait that is longer than the request may take ends as the 429 that it is', async () => {
    const hasty = new HttpTransport(server.config, 'test', 2_000); // Time enough for an answer on a busy machine, and too little for the wait.
    server.next('list', refuse(429, 'TooManyRequests', { 'retry-after': '30' }));
    try {
      const error = await failure(hasty.request({ method: 'GET', path: LIST, signal: new AbortController().signal }));
      expect(error).toMatchObject({ name: 'KubeError', status: 429, retryAfterSeconds: 30 });
    } finally {
      await hasty.close();
    }
  });
});

describe('401', () => {
  test('is answered once with fresh credentials', async () => {
    const asked: boolean[] = [];
    const rotating = new HttpTransport(
      { ...server.config, authorization: async (fresh) => `Bearer ${asked.push(fresh) === 1 ? 'old' : 'new'}` },
      'test',
    );
    server.next('list', refuse(401, 'Unauthorized'));
    try {
      await rotating.request({ method: 'GET', path: LIST, signal: new AbortController().signal });
      expect(asked).toEqual([false, true]);
      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    } finally {
      await rotating.close();
    }
  });

  test('twice is an error', async () => {
    server.next('list', refuse(401, 'Unauthorized'), refuse(401, 'Unauthorized'));
    expect(await failure(get())).toMatchObject({ name: 'KubeError', status: 401 });
    expect(server.requests).toHaveLength(2);
  });

  test('opens a stream with fresh credentials, too', async () => {
    server.next('watch', refuse(401, 'Unauthorized'));
    const stream = await transport.stream({ method: 'GET', path: `${LIST}?watch=1`, signal: new AbortController().signal });
    stream.close();
    expect(server.received('watch')).toHaveLength(2);
  });
});

describe('no answer', () => {
  async function closedPort(): Promise<number> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, 'close');
    return port;
  }

  test('a refused connection is a ConnectionError that names server and call, and neither query nor credentials', async () => {
    const config = { ...server.config, server: new URL(`http://127.0.0.1:${await closedPort()}`) };
    const alone = new HttpTransport(config, 'test');
    try {
      const request = { method: 'GET', path: `${LIST}?fieldSelector=sentinel-query`, signal: new AbortController().signal } as const;
      for (const error of [await failure(alone.request(request)), await failure(alone.stream(request))]) {
        expect(error).toBeInstanceOf(ConnectionError);
        expect((error as Error).message).toBe(`no answer from the apiserver at ${config.server.host} (ECONNREFUSED): GET ${LIST}`);
        expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/sentinel/);
      }
    } finally {
      await alone.close();
    }
  });

  test.each([
    ['hangs up', hangUp],
    ['hangs up in the middle of the body', cutInTheMiddle],
  ])('a server that %s is a ConnectionError', async (_, weather) => {
    server.next('list', weather);
    const error = await failure(get());
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toContain(`GET ${LIST}`);
  });

  test.each([
    ['does not answer', noAnswer],
    ['answers and then falls silent', silence],
  ])('a server that %s is a ConnectionError after the time a request may take', async (_, weather) => {
    const hasty = new HttpTransport(server.config, 'test', 50);
    server.next('list', weather);
    try {
      expect(await failure(hasty.request({ method: 'GET', path: LIST, signal: new AbortController().signal }))).toBeInstanceOf(
        ConnectionError,
      );
    } finally {
      await hasty.close();
    }
  });

  test.each([
    ['before the answer', noAnswer],
    ['within the body', silence],
  ])('a caller who stops %s gets its own reason', async (_, weather) => {
    server.next('list', weather);
    const stop = new AbortController();
    const waiting = failure(get(LIST, stop.signal));
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    stop.abort(new Error('enough'));
    expect(await waiting).toBe(stop.signal.reason);
  });

  test('a caller who has stopped already sends nothing', async () => {
    await failure(get(LIST, AbortSignal.abort(new Error('enough'))));
    expect(server.requests).toHaveLength(0);
  });
});

describe('connections', () => {
  // Two and not one: the next request may be sent before the pool has noted that the last one is over.
  test('are kept: a hundred requests one after the other need two at most', async () => {
    for (let request = 0; request < 100; request += 1) await get();
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('are bounded: three hundred requests at once need at most 32', async () => {
    await Promise.all(Array.from({ length: 300 }, () => get()));
    expect(server.requests).toHaveLength(300);
    expect(server.connections).toBeLessThanOrEqual(32);
  });

  test('of refusals are kept, too', async () => {
    for (let request = 0; request < 50; request += 1) await failure(get('/api/v1/namespaces/n/configmaps/none'));
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('of watches do not take the place of requests, and end when they are closed', async () => {
    const signal = new AbortController().signal;
    const streams = await Promise.all(
      Array.from({ length: 40 }, () => transport.stream({ method: 'GET', path: `${LIST}?watch=1`, signal })),
    );
    await get();
    expect(server.openWatches).toBe(40);
    for (const stream of streams) {
      stream.close();
      stream.close();
    }
    await vi.waitFor(() => expect(server.openWatches).toBe(0));
  });

  test('are all gone after close', async () => {
    await get();
    await transport.stream({ method: 'GET', path: `${LIST}?watch=1`, signal: new AbortController().signal });
    expect(server.openConnections).toBeGreaterThanOrEqual(2);
    await transport.close();
    await vi.waitFor(() => expect(server.openConnections).toBe(0));
  });

  test('speak HTTP/1.1 to a server that would rather speak HTTP/2', async () => {
    const authority = await Authority.create('apiserver');
    const { certificate, key } = await authority.issueServer('apiserver');
    const secure = createSecureServer({ cert: certificate, key, allowHTTP1: true }, (request, response) => {
      response.end(request.httpVersion);
    });
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const { port } = secure.address() as AddressInfo;
    const tls = { ca: authority.certificate, rejectUnauthorized: true };
    const config = { server: new URL(`https://127.0.0.1:${port}`), tls, authorization: async () => undefined };
    const encrypted = new HttpTransport(config, 'dossier-test/1');
    const signal = new AbortController().signal;
    expect(await encrypted.request({ method: 'GET', path: LIST, signal })).toBe('1.1');
    const { body } = await encrypted.stream({ method: 'GET', path: `${LIST}?watch=1`, signal });
    expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe('1.1');
    await encrypted.close();
    secure.close();
    await once(secure, 'close');
  });
});

test('an abort is felt at once, also while a connection to a frozen apiserver is being made', async () => {
  const frozen = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(frozen, 'listening');
  const { port } = frozen.address() as AddressInfo;
  const toFrozen = new HttpTransport({ ...server.config, server: new URL(`https://127.0.0.1:${port}`) }, 'dossier-test/1');
  try {
    const accepted = once(frozen, 'connection');
    const stop = new AbortController();
    const failed = failure(toFrozen.request({ method: 'GET', path: LIST, signal: stop.signal }));
    await accepted;
    const aborted = performance.now();
    stop.abort(new Error('told to stop'));
    expect(await failed).toMatchObject({ message: 'told to stop' });
    expect(performance.now() - aborted).toBeLessThan(2_000); // connecting may take 5 s
  } finally {
    await toFrozen.close();
    frozen.close();
  }
});
