/** `/metrics` for Prometheus, on a port of its own: whoever may scrape need not reach the probes, and a slow scrape never delays them. */
import { createServer } from 'node:http';
import { closeServer, listen, portOf } from '../http-server.ts';
import type { Registry } from './registry.ts';
import { CONTENT_TYPE } from './text.ts';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** 0 = any free port. */
export async function startMetricsServer(port: number, registry: Registry): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('not found: metrics are at /metrics\n');
      return;
    }
    response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(request.method === 'HEAD' ? '' : registry.text());
  });
  await listen(server, port, '--metrics-port');
  return { port: portOf(server), close: () => closeServer(server) };
}
