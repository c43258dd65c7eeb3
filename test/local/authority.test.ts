import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Authority, generateSigningKey, type Identity } from '../../src/local/authority.ts';

let authority: Authority;
let stranger: Authority;

beforeAll(async () => {
  authority = await Authority.create('ours');
  stranger = await Authority.create('somebody else');
});

/** Connects to a TLS server with `server`'s identity and resolves to whom that server sees, or rejects as the client does. */
async function handshake(
  server: Identity,
  client: { readonly ca: string; readonly servername?: string; readonly identity?: Identity },
): Promise<string> {
  const listening = createServer({
    cert: server.certificate,
    key: server.key,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  onTestFinished(() => void listening.close());
  const accepted = once(listening, 'secureConnection') as Promise<[TLSSocket]>;
  const socket = connect({
    port: (listening.address() as AddressInfo).port,
    host: '127.0.0.1',
    ca: client.ca,
    ...(client.servername === undefined ? {} : { servername: client.servername }),
    ...(client.identity === undefined ? {} : { cert: client.identity.certificate, key: client.identity.key }),
  });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  const [seen] = await accepted;
  seen.on('error', () => undefined);
  return seen.authorized ? (seen.getPeerX509Certificate()?.subject ?? 'nobody') : `unauthorized: ${seen.authorizationError.message}`;
}

describe('a server certificate', () => {
  test.each([undefined, 'localhost'])('is trusted under the name %s by whoever trusts the authority', async (servername) => {
    const server = await authority.issueServer('server');
    const client = await authority.issueClient('alice', ['dev', 'ops']);
    const named = servername === undefined ? {} : { servername };
    expect((await handshake(server, { ca: authority.certificate, identity: client, ...named })).split('\n').sort()).toEqual([
      'CN=alice',
      'O=dev',
      'O=ops',
    ]);
  });

  test('is trusted also when its name is that of the authority', async () => {
    const server = await authority.issueServer('ours');
    expect(await handshake(server, { ca: authority.certificate, identity: await authority.issueClient('ours') })).toBe('CN=ours');
  });

  test('is not trusted under another name', async () => {
    const server = await authority.issueServer('server', ['example.test', '10.0.0.1']);
    await expect(handshake(server, { ca: authority.certificate, servername: 'example.test' })).resolves.toContain('unauthorized');
    await expect(handshake(server, { ca: authority.certificate, servername: 'other.test' })).rejects.toThrow('does not match');
    await expect(handshake(server, { ca: authority.certificate })).rejects.toThrow('does not match');
  });

  test('is not trusted by whoever trusts another authority', async () => {
    await expect(handshake(await authority.issueServer('server'), { ca: stranger.certificate })).rejects.toThrow(
      /unable to verify|self-signed|local issuer/,
    );
  });
});

test('a client certificate of another authority is not accepted', async () => {
  const server = await authority.issueServer('server');
  expect(await handshake(server, { ca: authority.certificate, identity: await stranger.issueClient('mallory') })).toContain('unauthorized');
});

test('only the authority itself may sign certificates', async () => {
  const issued = [(await authority.issueServer('server')).certificate, (await authority.issueClient('client')).certificate];
  expect(new X509Certificate(authority.certificate).ca).toBe(true);
  for (const pem of issued) {
    const certificate = new X509Certificate(pem);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  }
});

test('a signing key is a pair', async () => {
  const { publicKey, privateKey } = await generateSigningKey();
  const signature = sign('sha256', Buffer.from('token'), createPrivateKey(privateKey));
  expect(verify('sha256', Buffer.from('token'), createPublicKey(publicKey), signature)).toBe(true);
});
