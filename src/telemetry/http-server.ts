/** What the small servers of a process (health, metrics) have in common. */
import type { Server } from 'node:http';

/** Nobody who asks for a few lines needs longer for the question. */
const REQUEST_TIMEOUT_MS = 5_000;

/** 0 = any free port. Rejects when it cannot be had; `flag` is what names it. */
export async function listen(server: Server, port: number, flag: string): Promise<void> {
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void =>
      reject(new Error(`cannot listen on port ${port} (${flag}): ${error.code ?? error.name}`));
    server.once('error', refuse).listen(port, () => resolve());
  });
}

export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
