/**
 * `/healthz` and `/readyz` for the kubelet.
 *
 * Alive = the event loop answers. Ready = every check passes; the body names those that do not, so that `kubectl describe pod` says why.
 */
import { createServer, type Server } from 'node:http';

/** Undefined = fine; otherwise what is wrong. */
export type HealthCheck = () => string | undefined;

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startHealthServer(port: number, ready: HealthCheck): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const problem = request.url === '/readyz' ? ready() : undefined;
    const known = request.url === '/healthz' || request.url === '/readyz';
    response.writeHead(known ? (problem === undefined ? 200 : 503) : 404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(known ? (problem ?? 'ok') : 'not found');
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, () => resolve()));
  return { port: portOf(server), close: () => close(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
