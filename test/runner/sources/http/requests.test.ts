/** Where requests go, what they carry, and what never leaves. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Authority } from '../../../../src/local/authority.ts';
import type { Resolve } from '../../../../src/net/dialer.ts';
import { redirectTarget } from '../../../../src/runner/sources/http/client.ts';
import { serve } from '../../../support/http-server.ts';
import { failureOf, open, read, type Reading } from './reading.ts';

/** A server that says what it was asked, and answers with one row. */
async function listening(
  listener?: RequestListener,
): Promise<{ readonly url: string; readonly port: number; readonly seen: { url: string; headers: IncomingHttpHeaders }[] }> {
  const seen: { url: string; headers: IncomingHttpHeaders }[] = [];
  const url = await serve((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    if (listener === undefined) response.end('[{"id":1}]');
    else listener(request, response);
  });
  return { url, port: Number(new URL(url).port), seen };
}

const redirectTo =
  (location: string, status = 302): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { location }).end();
  };

/** Every name has these addresses. */
const at =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address }));

/** An address of this machine that is not loopback. */
const machineAddress = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

const refusedRedirect = {
  reason: 'SourceFailed',
  retryable: false,
  message:
    'http: a redirect leads to an address that is not allowed; private addresses are reached when allowedHosts of the source lists them, loopback, link-local and metadata addresses never',
};

const secrets: Reading = {
  headers: [
    { name: 'Authorization', env: 'TOKEN' },
    { name: 'Cookie', value: 'session=1' },
    { name: 'X-Tenant', value: 'acme' },
  ],
  env: { TOKEN: 'Bearer sentinel-token\n' },
};

describe('a request', () => {
  test('has the query of the url, then the pairs with their parameters', async () => {
    const server = await listening();
    await read(`${server.url}/v1?b=%20&a=1`, {
      query: [
        { name: 'from', value: '{{month_from}}' },
        { name: 'who', value: '{{who}}' },
        { name: 'none', value: '{{missing}}' },
      ],
      parameters: [
        { name: 'month', type: 'Period', value: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' } },
        { name: 'who', type: 'Strings', value: ['a&b', 'c d'] },
        { name: 'missing', type: 'String', value: null },
      ],
      timeZone: 'Europe/Berlin',
    });
    expect(server.seen[0]?.url).toBe('/v1?b=%20&a=1&from=2026-10-01T00%3A00%3A00%2B02%3A00&who=a%26b&who=c%20d');
  });

  test('carries the headers of the template, with Secrets in them and without the line break behind one', async () => {
    const server = await listening();
    await read(server.url, secrets);
    expect(server.seen[0]?.headers).toMatchObject({ authorization: 'Bearer sentinel-token', cookie: 'session=1', 'x-tenant': 'acme' });
  });

  test('lets the template have its own Accept, Accept-Encoding and User-Agent', async () => {
    const server = await listening();
    const own = { accept: 'application/vnd.api+json', 'accept-encoding': 'identity', 'user-agent': 'me' };
    await read(server.url, { headers: Object.entries(own).map(([name, value]) => ({ name: name.toUpperCase(), value })) });
    expect(server.seen[0]?.headers).toMatchObject(own);
  });

  test.each([
    ['a line break', 'sentinel\r\nX-Other: 1', 'header "Authorization" has a line break or a character beyond ASCII'],
    ['a character beyond ASCII', 'sentinel-é', 'header "Authorization" has a line break or a character beyond ASCII'],
    ['nothing', '\n', 'the Secret of header "Authorization" is empty'],
  ])('is not made with %s in a Secret', async (_, token, clause) => {
    const server = await listening();
    const failure = await failureOfOpening(server.url, { ...secrets, env: { TOKEN: token } });
    expect(failure).toContain(clause);
    expect(failure).not.toContain('sentinel');
    expect(server.seen).toEqual([]);
  });

  test('uses one connection for all pages', async () => {
    const ports = new Set<number | undefined>();
    const server = await listening((request, response) => {
      ports.add(request.socket.remotePort);
      response.end(request.url?.endsWith('=5') === true ? '[]' : '[{"id":1}]');
    });
    await read(server.url, { pagination: { type: 'Page', parameter: 'p', start: 1, shortPageEnds: false } });
    expect(server.seen).toHaveLength(5);
    expect(ports.size).toBe(1);
  });
});

async function failureOfOpening(url: string, reading: Reading): Promise<string> {
  try {
    await open(url, reading).close();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was opened');
}

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('with status %i is followed', async (status) => {
    const server = await listening((request, response) => {
      if (request.url === '/a') redirectTo('/b?c=d', status)(request, response);
      else response.end('[{"id":7}]');
    });
    expect(await read(`${server.url}/a`, secrets)).toEqual([[7]]);
    expect(server.seen.map(({ url }) => url)).toEqual(['/a', '/b?c=d']);
    expect(server.seen[1]?.headers).toMatchObject({ authorization: 'Bearer sentinel-token' });
  });

  test('to another origin takes no header of the template along, and one back does', async () => {
    const home = await listening((request, response) => {
      if (request.url === '/') redirectTo(other.url)(request, response);
      else response.end('[{"id":8}]');
    });
    const other = await listening((request, response) => {
      redirectTo(`${home.url}/back`)(request, response);
    });
    expect(await read(home.url, secrets)).toEqual([[8]]);
    expect(other.seen[0]?.headers).toEqual({
      accept: 'application/json, */*;q=0.1',
      'accept-encoding': 'gzip, deflate, br',
      'user-agent': 'dossier',
      host: new URL(other.url).host,
      connection: 'keep-alive',
    });
    expect(home.seen[1]?.headers).toMatchObject({ authorization: 'Bearer sentinel-token' });
  });

  test('to another origin that wants credentials says that it gets none', async () => {
    const other = await listening((_request, response) => response.writeHead(401).end());
    const home = await listening(redirectTo(other.url));
    expect((await failureOf(home.url, secrets)).message).toBe(
      'http: status 401: the server asks for credentials, or refuses those it got; check the headers of the source and their Secrets; a redirect led to another origin than that of the url, to which no headers are sent',
    );
  });

  test('is followed five times and not six', async () => {
    const hops = async (count: number): Promise<string> => {
      const server = await listening((request, response) => {
        const hop = Number(request.url?.slice(1));
        if (hop === 0) response.end('[{"id":1}]');
        else redirectTo(`/${hop - 1}`)(request, response);
      });
      return `${server.url}/${count}`;
    };
    expect(await read(await hops(5))).toEqual([[1]]);
    expect(await failureOf(await hops(6))).toMatchObject({ retryable: false, message: 'http: more than 5 redirects, one after the other' });
  });

  test.each([
    ['no Location', undefined, 'a redirect without a Location'],
    ['no URL', 'http://[sentinel', 'a redirect to something that is no URL'],
    ['a file', 'file:///etc/sentinel', 'a redirect to something other than http and https'],
    ['a user', 'https://sentinel:x@127.0.0.1/', 'a redirect to a URL with a user or password'],
    ['less than TLS', 'http://api.example/sentinel', 'a redirect from https to http'],
  ])('to %s is refused, and not told', (_, location, clause) => {
    const go = (): unknown => redirectTarget(new URL('https://api.example/v1'), location);
    expect(go).toThrow(
      expect.objectContaining({ reason: 'SourceFailed', retryable: false, message: expect.stringContaining(clause) as string }),
    );
    expect(go).not.toThrow('sentinel');
  });

  test('is resolved where it came from, and its fragment is dropped', () => {
    expect(redirectTarget(new URL('https://a/b/c?d'), '../e#f').href).toBe('https://a/e');
    expect(redirectTarget(new URL('http://a/'), 'https://b/').href).toBe('https://b/');
  });

  test.each([
    ['link-local', 'http://169.254.1.1/sentinel'],
    ['metadata', 'http://169.254.169.254/latest/sentinel'],
    ['metadata in IPv6', 'http://[fd00:ec2::254]/sentinel'],
    ['metadata within IPv6', 'http://[::ffff:169.254.169.254]/sentinel'],
    ['metadata behind NAT64', 'http://[64:ff9b::a9fe:a9fe]/sentinel'],
    ['metadata by a name that is a secret', 'http://sentinel.example/'],
    ['a private address', 'http://10.0.0.1/sentinel'],
    ['no address of a machine', 'http://0.0.0.0/sentinel'],
  ])('to %s is refused, and its host is not told', async (_, location) => {
    const server = await listening(redirectTo(location));
    expect(await failureOf(server.url, { resolve: at('169.254.169.254') })).toMatchObject(refusedRedirect);
    expect(server.seen).toHaveLength(1);
  });

  // A server that is not on loopback, so that loopback can be refused: one that listens on an address of this machine's network.
  test
    .runIf(machineAddress !== undefined)
    .each(['http://127.0.0.1:1/sentinel', 'http://[::1]:1/', 'http://localhost:1/', 'http://[::ffff:7f00:1]:1/'])(
    'to loopback is refused: %s',
    async (location) => {
      const address = machineAddress ?? '';
      const server = createServer(redirectTo(location));
      server.listen(0, address);
      await once(server, 'listening');
      onTestFinished(() => {
        server.close();
        server.closeAllConnections();
      });
      const url = `http://${address}:${(server.address() as AddressInfo).port}`;
      expect(await failureOf(url, { allowLoopback: false, allowedHosts: [address] })).toMatchObject(refusedRedirect);
    },
  );
});

describe('an address', () => {
  const url = 'http://api.example:1/';

  test.each([
    ['private', '10.1.2.3'],
    ['private', 'fd12::1'],
    ['private', '100.64.0.1'],
    ['loopback', '127.0.0.1'],
    ['linkLocal', '169.254.1.1'],
    ['metadata', '169.254.169.254'],
    ['unspecified', '0.0.0.0'],
    ['multicast', '224.0.0.1'],
  ])('that is %s is refused, with the remedy: %s', async (kind, address) => {
    const failure = await failureOf(url, { resolve: at(address), allowLoopback: false });
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toBe(
      `http: api.example is a ${kind} address, which is not allowed; private addresses are reached when allowedHosts of the source lists them, loopback, link-local and metadata addresses never`,
    );
  });

  test.each([
    ['metadata', '169.254.169.254', '169.254.169.254'],
    ['loopback', '127.0.0.1', '127.0.0.0/8'],
    ['loopback', '127.0.0.1', 'api.example'],
  ])('that is %s is refused although allowedHosts lists it: %s by %s', async (_, address, listed) => {
    expect(await failureOf(url, { resolve: at(address), allowLoopback: false, allowedHosts: [listed] })).toMatchObject({
      retryable: false,
    });
  });

  test.runIf(machineAddress !== undefined)(
    'is reached when allowedHosts lists its name, and the resolver is asked once a connection',
    async () => {
      const server = createServer((_request, response) => response.end('[{"id":1}]'));
      server.listen(0, machineAddress);
      await once(server, 'listening');
      onTestFinished(() => {
        server.close();
        server.closeAllConnections();
      });
      const { port } = server.address() as AddressInfo;
      let asked = 0;
      // DNS rebinding: whoever asks again is sent to the metadata service.
      const resolve: Resolve = async () => [{ address: asked++ === 0 ? (machineAddress ?? '') : '169.254.169.254' }];
      expect(await read(`http://api.example:${port}/`, { resolve, allowLoopback: false, allowedHosts: [`api.example:${port}`] })).toEqual([
        [1],
      ]);
      expect(asked).toBe(1);
    },
  );

  test("that cannot be read in allowedHosts is the template's mistake", async () => {
    expect(await failureOfOpening(url, { allowedHosts: ['a b'] })).toContain('http: allowedHosts: "a b" is not a host');
  });

  test('of a name that nobody knows may be there at the next try', async () => {
    const resolve: Resolve = async () => {
      throw Object.assign(new Error('sentinel'), { code: 'ENOTFOUND' });
    };
    expect(await failureOf(url, { resolve })).toMatchObject({
      retryable: true,
      message: 'http: api.example:1 has no address: the name is unknown to DNS',
    });
  });

  test('that refuses the connection may be there at the next try', async () => {
    const server = await listening();
    const unused = createServer();
    unused.listen(0, '127.0.0.1');
    await once(unused, 'listening');
    const { port } = unused.address() as AddressInfo;
    unused.close();
    await once(unused, 'close');
    expect(server.port).not.toBe(port);
    expect(await failureOf(`http://127.0.0.1:${port}/`)).toMatchObject({
      retryable: true,
      message: `http: 127.0.0.1:${port} refused the connection`,
    });
  });
});

describe('behind TLS', () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await Authority.create('api');
  });

  async function serveTls(listener: RequestListener, names = ['127.0.0.1']): Promise<string> {
    const { certificate: cert, key } = await authority.issueServer('api', names);
    const server = createTlsServer({ cert, key }, listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const trusting = (): Reading => ({ ...secrets, env: { ...secrets.env, DOSSIER_SOURCE_CA: authority.certificate } });
  const answering: RequestListener = (_request, response) => response.end('[{"id":1}]');

  test('a server of the authority that the template names is trusted', async () => {
    expect(await read(await serveTls(answering), trusting())).toEqual([[1]]);
  });

  test.each<[story: string, authority: () => Promise<string | undefined>]>([
    ['no authority is named', async () => undefined],
    ['another authority is named', async () => (await Authority.create('stranger')).certificate],
  ])('a server is refused when %s, and nothing was sent', async (_, named) => {
    let asked = false;
    const url = await serveTls((request, response) => {
      asked = true;
      answering(request, response);
    });
    const certificate = await named();
    const env = { ...secrets.env, ...(certificate === undefined ? {} : { DOSSIER_SOURCE_CA: certificate }) };
    const failure = await failureOf(url, { ...secrets, env });
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toMatch(
      /has a certificate of an authority that is not trusted; name its certificate by caSecretRef of the source$/,
    );
    expect(asked).toBe(false);
  });

  test('a certificate for another name is refused', async () => {
    const failure = await failureOf(await serveTls(answering, ['other.example']), trusting());
    expect(failure).toMatchObject({
      retryable: false,
      message: expect.stringContaining('for another name than the host of the url') as string,
    });
  });

  test('a server without TLS is refused, and is asked nothing', async () => {
    const plain = await listening();
    const failure = await failureOf(plain.url.replace('http:', 'https:'), trusting());
    expect(failure).toMatchObject({
      retryable: false,
      message: `http: 127.0.0.1:${plain.port} does not speak TLS that is accepted (1.2 or later)`,
    });
    expect(plain.seen).toEqual([]);
  });

  test('an authority that cannot be read is told', async () => {
    expect(await failureOfOpening('https://a', { env: { DOSSIER_SOURCE_CA: 'sentinel' } })).toBe(
      'http: caSecretRef: the bundle of certificate authorities is not a list of readable PEM certificates',
    );
  });

  test('a redirect to less than TLS is refused, and the other server is not asked', async () => {
    const plain = await listening();
    const url = await serveTls(redirectTo(`${plain.url}/sentinel`));
    expect((await failureOf(url, trusting())).message).toBe('http: a redirect from https to http, which would go on without TLS');
    expect(plain.seen).toEqual([]);
  });

  test('a redirect from plain HTTP goes on behind TLS', async () => {
    const url = await serveTls((request, response) => {
      response.end(JSON.stringify([{ id: request.headers.authorization === undefined ? 1 : 2 }]));
    });
    const plain = await listening(redirectTo(url));
    expect(await read(plain.url, trusting())).toEqual([[1]]);
  });
});
