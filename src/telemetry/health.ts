/**
 * `/healthz` and `/readyz` for the kubelet.
 *
 * Alive = the event loop answers. Ready = every check passes; the body names those that do not, so that `kubectl describe pod` says why.
 */
import { createServer } from 'node:http';
import { closeServer, listen, portOf } from './http-server.ts';

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
  await listen(server, port, '--health-port');
  return { port: portOf(server), close: () => closeServer(server) };
}
