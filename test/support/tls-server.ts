/** An HTTPS server on the loopback address with an authority of its own, that ends with its test. */
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { Authority } from '../../src/local/authority.ts';

export interface TlsServer {
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  /** Ends what is under way, answered or not. */
  readonly closeAllConnections: () => void;
}

let authority: Promise<Authority> | undefined;

/** `onFinished`: a test that runs beside others gives its own. */
export async function serveTls(listener: RequestListener, onFinished: (end: () => void) => void = onTestFinished): Promise<TlsServer> {
  authority ??= Authority.create('tests');
  const signer = await authority;
  const { certificate, key } = await signer.issueServer('server');
  const server = createServer({ cert: certificate, key }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, ca: signer.certificate, closeAllConnections: () => server.closeAllConnections() };
}
