/**
 * The shared local node, which runs in vitest's main process, for tests, which run in workers: a few calls over loopback HTTP.
 *
 * Tests that pause or stop a node, or want it small, start one of their own with another schedulerName.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import type { LocalImage } from '../../../src/local/node/images.ts';
import type { LocalNode } from '../../../src/local/node/node.ts';

export interface LocalNodeFacts {
  readonly name: string;
  readonly controlUrl: string;
  /** An image that runs whatever `command` says, of the machine's own programs. */
  readonly toolsImage: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly localNode: LocalNodeFacts;
  }
}

type NodeCall =
  | { readonly kind: 'addImage'; readonly name: string; readonly image: LocalImage }
  | { readonly kind: 'evict'; readonly namespace: string; readonly pod: string };

export function localNode(): LocalNodeFacts {
  return inject('localNode');
}

/** Gives the shared node an image that it did not have; use a name of your own. */
export async function addImage(name: string, image: LocalImage): Promise<void> {
  await call({ kind: 'addImage', name, image });
}

/** Evicts a pod of the shared node as memory pressure would. */
export async function evict(namespace: string, pod: string): Promise<void> {
  await call({ kind: 'evict', namespace, pod });
}

async function call(order: NodeCall): Promise<void> {
  const response = await fetch(localNode().controlUrl, { method: 'POST', body: JSON.stringify(order) });
  if (!response.ok) throw new Error(await response.text());
}

/** For setup.ts: takes the calls above. Ends with the process. */
export async function serveNodeControl(node: LocalNode): Promise<string> {
  const server = createServer((request, response) => {
    void text(request)
      .then((body) => obey(node, JSON.parse(body) as NodeCall))
      .then(
        () => response.end(),
        (error: unknown) => response.writeHead(400).end(String(error)),
      );
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function obey(node: LocalNode, order: NodeCall): void {
  switch (order.kind) {
    case 'addImage':
      node.addImage(order.name, order.image);
      return;
    case 'evict':
      node.evict(order.namespace, order.pod);
  }
}
