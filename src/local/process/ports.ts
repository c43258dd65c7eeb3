/**
 * Free ports on the loopback address.
 *
 * Between finding a port free and the server's binding it somebody else may take it: so a start that failed for that is tried again with others. Ports come from below the
 * range from which systems choose ports for outgoing connections (Linux 32768, macOS 49152), so that a server which is stopped for a while can have its port back.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartError } from './readiness.ts';

const LOWEST = 15_000;
const HIGHEST = 29_999;
const ATTEMPTS = 5;

/** Calls `start` with free ports, and again with others when it failed because one was taken meanwhile. `start` cleans up after itself before it throws. */
export async function onFreePorts<T>(count: number, start: (ports: readonly number[]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePorts(count));
    } catch (error) {
      if (!(error instanceof StartError && error.portTaken) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** `count` different ports that nobody listens on. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
