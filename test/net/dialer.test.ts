import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { Client } from 'undici';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Authority, type Identity } from '../../src/local/authority.ts';
import type { AddressPolicy } from '../../src/net/address-policy.ts';
import { Dialer, Trust, type Resolve } from '../../src/net/dialer.ts';

const open: AddressPolicy = { allowLoopback: true, private: 'allow', allowed: [], refused: [] };
const guarded: AddressPolicy = { ...open, allowLoopback: false };

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  server.listen(0, host);
  await once(server, 'listening');
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function dialer(policy: AddressPolicy, resolve?: Resolve, connectTimeoutMs = 5_000): Dialer {
  return new Dialer({ policy, connectTimeoutMs, ...(resolve === undefined ? {} : { resolve }) });
}

const to =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address }));

async function dialed(socket: Promise<Socket>): Promise<Socket> {
  const open = await socket;
  cleanUps.push(() => open.destroy());
  return open;
}

describe('the dialer', () => {
  test('connects to the address that was checked and asks the resolver once', async () => {
    const port = await listen(createServer());
    let asked = 0;
    const rebinding: Resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2' }];
    const socket = await dialed(dialer(open, rebinding).dial({ host: 'store.example', port }));
    expect([socket.remoteAddress, asked]).toEqual(['127.0.0.1', 1]);
  });

  test.each(['127.0.0.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', 'localhost', '::1', '::ffff:127.0.0.1', '0.0.0.0', '0'])(
    'does not reach this machine as %s',
    async (host) => {
      const port = await listen(
        createServer(() => {
          throw new Error('reached');
        }),
      );
      await expect(dialer(guarded).dial({ host, port })).rejects.toMatchObject({ name: 'NetworkError', kind: 'addressRefused' });
    },
  );

  test('reaches the allowed one among several addresses', async () => {
    const port = await listen(createServer());
    const policy = { ...open, refused: ['10.96.0.1'] };
    const socket = await dialed(dialer(policy, to('10.96.0.1', '169.254.169.254', '127.0.0.1')).dial({ host: 'x', port }));
    expect(socket.remoteAddress).toBe('127.0.0.1');
  });

  // Only Linux gives a machine the whole of 127.0.0.0/8.
  test.skipIf(process.platform !== 'linux')('goes on to the next address when one does not answer', async () => {
    const port = await listen(createServer(), '127.0.0.2');
    const socket = await dialed(dialer(open, to('127.0.0.3', '127.0.0.2')).dial({ host: 'x', port }));
    expect(socket.remoteAddress).toBe('127.0.0.2');
  });

  test('names the class of the address it refuses, not the address', async () => {
    await expect(dialer(guarded, to('169.254.169.254')).dial({ host: 'store.example', port: 80 })).rejects.toThrow(
      /^store\.example is a metadata address, which is not allowed$/,
    );
  });

  test('says that nobody listens', async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    await expect(dialer(open).dial({ host: '127.0.0.1', port })).rejects.toMatchObject({ kind: 'refused' });
  });

  test('says that a name is unknown', async () => {
    const unknown: Resolve = () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
    await expect(dialer(open, unknown).dial({ host: 'nowhere.example', port: 80 })).rejects.toMatchObject({ kind: 'unresolved' });
    await expect(dialer(open, to()).dial({ host: 'nowhere.example', port: 80 })).rejects.toMatchObject({ kind: 'unresolved' });
  });

  test('does not wait longer than its time-out for a resolver', async () => {
    const never: Resolve = () => new Promise(() => undefined);
    await expect(dialer(open, never, 20).dial({ host: 'x', port: 80 })).rejects.toMatchObject({ kind: 'timedOut' });
  });

  test('does not wait longer than its time-out for a TLS handshake', async () => {
    const port = await listen(createServer());
    await expect(dialer(open, undefined, 50).dial({ host: '127.0.0.1', port }, { trust: new Trust() })).rejects.toMatchObject({
      kind: 'timedOut',
    });
  });

  test('stops with the reason of its signal', async () => {
    const never: Resolve = () => new Promise(() => undefined);
    const stop = new AbortController();
    const reason = new Error('stopped by the user');
    const dialing = dialer(open, never).dial({ host: 'x', port: 80 }, { signal: stop.signal });
    stop.abort(reason);
    await expect(dialing).rejects.toBe(reason);
  });
});

describe('behind TLS', () => {
  let authority: Authority;
  let identity: Identity;
  beforeAll(async () => {
    authority = await Authority.create('test authority');
    identity = await authority.issueServer('store', ['store.example', '127.0.0.1']);
  });

  const tlsServer = async (): Promise<{ port: number; names: Promise<string | false | null> }> => {
    const name = Promise.withResolvers<string | false | null>();
    const server = createTlsServer({ cert: identity.certificate, key: identity.key }, (socket: TLSSocket) => {
      name.resolve(socket.servername);
      socket.on('error', () => undefined);
    });
    server.on('tlsClientError', () => undefined);
    return { port: await listen(server), names: name.promise };
  };

  test('a certificate of the given authority is trusted, and the server hears the name', async () => {
    const { port, names } = await tlsServer();
    await dialed(dialer(open, to('127.0.0.1')).dial({ host: 'store.example', port }, { trust: new Trust(authority.certificate) }));
    expect(await names).toBe('store.example');
  });

  test('a server is checked by its address where it is called by one', async () => {
    const { port } = await tlsServer();
    const socket = await dialed(dialer(open).dial({ host: '127.0.0.1', port }, { trust: new Trust(authority.certificate) }));
    expect((socket as TLSSocket).authorized).toBe(true);
  });

  test('an authority that was not given is not trusted', async () => {
    const { port } = await tlsServer();
    await expect(dialer(open).dial({ host: '127.0.0.1', port }, { trust: new Trust() })).rejects.toMatchObject({
      kind: 'unknownAuthority',
    });
  });

  test('a given bundle replaces the authorities of the system', async () => {
    const { port } = await tlsServer();
    const other = await Authority.create('another authority');
    await expect(dialer(open).dial({ host: '127.0.0.1', port }, { trust: new Trust(other.certificate) })).rejects.toMatchObject({
      kind: 'unknownAuthority',
    });
  });

  test('a certificate for another name is refused', async () => {
    const { port } = await tlsServer();
    const dialing = dialer(open, to('127.0.0.1')).dial({ host: 'other.example', port }, { trust: new Trust(authority.certificate) });
    await expect(dialing).rejects.toMatchObject({ kind: 'certificateInvalid' });
  });

  test('a server without TLS is told apart', async () => {
    const port = await listen(createHttpServer((_, response) => response.end('hello')));
    await expect(dialer(open).dial({ host: '127.0.0.1', port }, { trust: new Trust() })).rejects.toMatchObject({ kind: 'notTls' });
  });

  test.each(['', 'garbage', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])('the bundle %j is refused', (bundle) => {
    expect(() => new Trust(bundle)).toThrow('readable PEM certificates');
  });
});

describe('as a connector of undici', () => {
  test('it carries requests to the checked address under the name of the URL', async () => {
    const port = await listen(createHttpServer((request, response) => response.end(request.headers.host)));
    const client = new Client(`http://store.example:${port}`, { connect: dialer(open, to('127.0.0.1')).connector(new Trust()) });
    cleanUps.push(() => void client.destroy());
    const { body } = await client.request({ method: 'GET', path: '/' });
    expect(await body.text()).toBe(`store.example:${port}`);
  });

  test('a refused address fails the request with its kind', async () => {
    const client = new Client('http://127.0.0.1:1', { connect: dialer(guarded).connector(new Trust()) });
    cleanUps.push(() => void client.destroy());
    await expect(client.request({ method: 'GET', path: '/' })).rejects.toMatchObject({ kind: 'addressRefused' });
  });
});
