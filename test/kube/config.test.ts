import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { apiserverAddresses, loadClusterConfig, loadUserConfig } from '../../src/kube/config.ts';
import { HttpTransport } from '../../src/kube/transport.ts';
import { Authority } from '../../src/local/authority.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-test-'));
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

function kubeconfig(user: object, cluster: object = { server: 'https://api.example:6443' }): Promise<string> {
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  return file('kubeconfig', JSON.stringify(document));
}

describe('in a cluster', () => {
  beforeEach(async () => {
    await file('ca.crt', 'CA');
    await file('token', 'first\n');
  });

  test.each([
    ['10.96.0.1', '443', 'https://10.96.0.1/'],
    ['10.96.0.1', undefined, 'https://10.96.0.1/'],
    ['kubernetes.default.svc', '6443', 'https://kubernetes.default.svc:6443/'],
    ['fd00:10:96::1', '6443', 'https://[fd00:10:96::1]:6443/'],
  ])('the apiserver is at the service %s, port %s', async (host, port, url) => {
    const env = { KUBERNETES_SERVICE_HOST: host, ...(port === undefined ? {} : { KUBERNETES_SERVICE_PORT: port }) };
    const config = await loadClusterConfig(undefined, env, folder);
    expect(config.server.href).toBe(url);
    expect(config.tls).toEqual({ ca: Buffer.from('CA'), rejectUnauthorized: true });
    expect(await config.authorization(false)).toBe('Bearer first');
  });

  test('a rotated token is used within a minute, and at once after a refusal', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const config = await loadClusterConfig(undefined, { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, folder);
    expect(await config.authorization(false)).toBe('Bearer first');
    await file('token', 'second');
    vi.advanceTimersByTime(59_000);
    expect(await config.authorization(false)).toBe('Bearer first');
    vi.advanceTimersByTime(2_000);
    expect(await config.authorization(false)).toBe('Bearer second');
    await file('token', 'third');
    expect(await config.authorization(false)).toBe('Bearer second');
    expect(await config.authorization(true)).toBe('Bearer third');
  });

  test('a token that cannot be read names the file', async () => {
    const config = await loadClusterConfig(undefined, { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, folder);
    await rm(join(folder, 'token'));
    await expect(config.authorization(false)).rejects.toThrow(
      `no credentials for the apiserver: ENOENT: no such file or directory, open '${join(folder, 'token')}'`,
    );
    await file('token', 'late');
    expect(await config.authorization(false)).toBe('Bearer late');
  });

  test('a kubeconfig that was named goes before the service account', async () => {
    const path = await kubeconfig({ token: 'named' });
    const config = await loadClusterConfig(path, { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, folder);
    expect(config.server.href).toBe('https://api.example:6443/');
    expect(await config.authorization(false)).toBe('Bearer named');
  });
});

describe('a kubeconfig', () => {
  test.each<[string, object, string | undefined]>([
    ['a token', { token: 'abc' }, 'Bearer abc'],
    ['user name and password', { username: 'ada', password: 'pä:ss' }, `Basic ${Buffer.from('ada:pä:ss').toString('base64')}`],
    ['nothing', {}, undefined],
  ])('with %s', async (_, user, header) => {
    const config = await loadClusterConfig(await kubeconfig(user), {});
    expect(await config.authorization(false)).toBe(header);
  });

  test('without a name is the one of KUBECONFIG', async () => {
    vi.stubEnv('KUBECONFIG', await kubeconfig({ token: 'from-env' }));
    expect(await (await loadClusterConfig(undefined, {})).authorization(false)).toBe('Bearer from-env');
  });

  test('keeps the path below which a hosted apiserver lives', async () => {
    const config = await loadClusterConfig(await kubeconfig({}, { server: 'https://rancher.example/k8s/clusters/c-1' }), {});
    expect(config.server.pathname).toBe('/k8s/clusters/c-1');
  });

  test('says how the server is to be verified', async () => {
    const ca = Buffer.from('PEM').toString('base64');
    const cluster = { server: 'https://api.example', 'certificate-authority-data': ca, 'tls-server-name': 'inner.example' };
    expect((await loadClusterConfig(await kubeconfig({}, cluster), {})).tls).toEqual({
      ca: Buffer.from('PEM'),
      servername: 'inner.example',
      rejectUnauthorized: true,
    });
    const careless = { server: 'https://api.example', 'insecure-skip-tls-verify': true };
    expect((await loadClusterConfig(await kubeconfig({}, careless), {})).tls).toEqual({ rejectUnauthorized: false });
  });

  test('finds certificates and keys in files beside it', async () => {
    await file('cert.pem', 'CERT');
    await file('key.pem', 'KEY');
    const config = await loadClusterConfig(await kubeconfig({ 'client-certificate': 'cert.pem', 'client-key': 'key.pem' }), {});
    expect(config.tls).toMatchObject({ cert: Buffer.from('CERT'), key: Buffer.from('KEY') });
    expect(await config.authorization(false)).toBeUndefined();
  });

  test('with an exec plugin starts it once for all who ask, and again after a refusal', async () => {
    const counter = join(folder, 'runs');
    const script = `
      const { appendFileSync, readFileSync } = require('node:fs');
      appendFileSync(${JSON.stringify(counter)}, '.');
      const token = 'token-' + readFileSync(${JSON.stringify(counter)}, 'utf8').length;
      console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } }));`;
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
      interactiveMode: 'Never',
    };
    const config = await loadClusterConfig(await kubeconfig({ exec }), {});
    const together = await Promise.all([1, 2, 3].map(() => config.authorization(false)));
    expect(together).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
    const refused = await Promise.all([1, 2, 3].map(() => config.authorization(true)));
    expect(refused).toEqual(['Bearer token-2', 'Bearer token-2', 'Bearer token-2']);
  });
});

test.each([
  ['https://192.0.2.7', ['192.0.2.7:443']],
  ['http://192.0.2.7', ['192.0.2.7:80']],
  ['https://192.0.2.7:6443/k8s/clusters/c-1', ['192.0.2.7:6443']],
  ['https://[fd00::1]:6443', ['[fd00::1]:6443']],
])('the addresses of the apiserver %s are %j', async (url, addresses) => {
  expect(await apiserverAddresses(new URL(url))).toEqual(addresses);
});

test('an apiserver that is named by DNS is known by every address', async () => {
  expect(await apiserverAddresses(new URL('https://localhost:6443'))).toContain('127.0.0.1:6443');
});

describe('a kubeconfig that cannot be used says so and shows nothing of it', () => {
  test.each<[string, () => Promise<string>, RegExp]>([
    ['not there', async () => join(folder, 'none'), /cannot use the kubeconfig .*: ENOENT/],
    ['not YAML', () => file('kubeconfig', 'users: [{name: u, user: {token: sentinel\n'), /cannot use the kubeconfig .*: YAMLException$/],
    ['empty', () => file('kubeconfig', ''), /cannot use the kubeconfig .*: YAMLException$/],
    ['that is a list', () => file('kubeconfig', '- sentinel'), /has no current context with a cluster$/],
    ['without a current context', () => file('kubeconfig', '{"clusters": [], "users": []}'), /has no current context with a cluster$/],
    ['that impersonates somebody', () => kubeconfig({ token: 'sentinel', as: 'somebody' }), /asks to impersonate a user/],
    [
      'whose plugin fails',
      () =>
        kubeconfig({ exec: { apiVersion: 'v1', command: process.execPath, args: ['-e', 'console.error("sentinel"); process.exit(1)'] } }),
      /cannot use the kubeconfig .*: Error$/,
    ],
    [
      'whose plugin talks no JSON',
      () => kubeconfig({ exec: { apiVersion: 'v1', command: process.execPath, args: ['-e', 'console.log("sentinel")'] } }),
      /cannot use the kubeconfig .*: SyntaxError$/,
    ],
  ])('%s', async (_, make, message) => {
    const path = await make();
    const error = await loadClusterConfig(path, {}).then(
      () => expect.fail('it should not load'),
      (thrown: unknown) => thrown as Error,
    );
    expect(error.message).toMatch(message);
    expect(error.message).toContain(path);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('sentinel');
  });
});

test('client certificate, authority and server name reach the wire', async () => {
  const authority = await Authority.create('test');
  const identity = await authority.issueServer('inner', ['inner.example']);
  const client = await authority.issueClient('ada', ['system:masters']);
  const server = createServer({
    cert: identity.certificate,
    key: identity.key,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('request', (request, response) => response.end(JSON.stringify((request.socket as TLSSocket).getPeerCertificate().subject)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const user = { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) };
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ca = base64(authority.certificate);
  const other = base64((await Authority.create('other')).certificate);
  const ask = async (cluster: object): Promise<unknown> => {
    const transport = new HttpTransport(await loadClusterConfig(await kubeconfig(user, cluster), {}), 'test');
    try {
      return JSON.parse(await transport.request({ method: 'GET', path: '/', signal: AbortSignal.timeout(5_000) }));
    } finally {
      await transport.close();
    }
  };
  try {
    const right = { server: url, 'certificate-authority-data': ca, 'tls-server-name': 'inner.example' };
    expect(await ask(right)).toMatchObject({ CN: 'ada', O: 'system:masters' });
    await expect(ask({ ...right, 'certificate-authority-data': other })).rejects.toThrow(
      /no answer from the apiserver at 127.0.0.1:\d+ \([A-Z_]+\): GET \//,
    );
    await expect(ask({ ...right, 'tls-server-name': 'outer.example' })).rejects.toThrow('ERR_TLS_CERT_ALTNAME_INVALID');
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

describe('for a person', () => {
  const contexts = [
    { name: 'here', context: { cluster: 'c', user: 'u', namespace: 'billing' } },
    { name: 'there', context: { cluster: 'd', user: 'u' } },
  ];
  const clusters = [
    { name: 'c', cluster: { server: 'https://here.example:6443' } },
    { name: 'd', cluster: { server: 'https://there.example:6443' } },
  ];
  const written = (): Promise<string> =>
    file(
      'contexts',
      JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters, users: [{ name: 'u', user: {} }], contexts, 'current-context': 'here' }),
    );

  test('the context that is current says which cluster and which namespace', async () => {
    const { cluster, namespace } = await loadUserConfig({ kubeconfig: await written(), context: undefined }, {});
    expect([cluster.server.host, namespace]).toEqual(['here.example:6443', 'billing']);
  });

  test('a context that is named goes before it, and without a namespace it is default', async () => {
    const { cluster, namespace } = await loadUserConfig({ kubeconfig: await written(), context: 'there' }, {});
    expect([cluster.server.host, namespace]).toEqual(['there.example:6443', 'default']);
  });

  test('a context that is not there is named in the error', async () => {
    const kubeconfig = await written();
    await expect(loadUserConfig({ kubeconfig, context: 'elsewhere' }, {})).rejects.toThrow(/context "elsewhere"/);
  });
});
