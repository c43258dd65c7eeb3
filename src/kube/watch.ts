/**
 * One watch request, read as events until it ends.
 *
 * A connection that is silent is not one on which nothing happens: bookmarks come about once a minute, so silence beyond `idleMs` means that a middlebox or a
 * half-open socket swallowed the stream, and the reader is told so instead of waiting for the server's time-out.
 */
import { foreignText } from '../foreign-text.ts';
import { ConnectionError, KubeError, UnreadableError } from './errors.ts';
import { pathOf, type ResourceType } from './resources.ts';
import { query } from './client.ts';
import type { KubeObject } from './objects.ts';
import type { Transport } from './transport.ts';

/** An apiserver object is at most about 3 MB on the wire (etcd's 1.5 MiB limit, escaped). */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  /** Longest silence before the watch is given up. */
  readonly idleMs: number;
  readonly decode: (json: string) => unknown;
}

/**
 * Ends normally when the server ends it; throws KubeError for an error event (410 = list again), ConnectionError for a broken or silent stream, UnreadableError for an
 * event that is none.
 */
export async function* watch<T extends KubeObject>(
  transport: Transport,
  type: ResourceType,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds } = options;
  const search = query({ watch: 1, allowWatchBookmarks: true, resourceVersion, timeoutSeconds, labelSelector, fieldSelector });
  const idle = new AbortController();
  const timer = setTimeout(
    () => idle.abort(new ConnectionError(`watch of ${type.plural}: silent for ${options.idleMs} ms`, undefined)),
    options.idleMs,
  );
  timer.unref();
  try {
    const both = AbortSignal.any([signal, idle.signal]);
    const stream = await transport.stream({ method: 'GET', path: pathOf(type, namespace) + search, signal: both });
    try {
      for await (const line of lines(stream.body, timer)) yield parseEvent<T>(line, type, options.decode);
    } finally {
      stream.close();
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (idle.signal.aborted) throw idle.signal.reason;
    if (error instanceof KubeError || error instanceof ConnectionError || error instanceof UnreadableError) throw error;
    throw new ConnectionError(`watch of ${type.plural}: the stream broke`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Lines without their newline; every chunk, bookmark or not, shows that the stream lives. */
async function* lines(body: AsyncIterable<Buffer>, timer: NodeJS.Timeout): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of body) {
    timer.refresh();
    let start = 0;
    for (let newline = chunk.indexOf(10); newline >= 0; newline = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, newline);
      const line = rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
      rest = [];
      restBytes = 0;
      start = newline + 1;
      if (line.length > 0) yield line.toString('utf8');
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > MAX_LINE_BYTES) throw new ConnectionError(`watch: an event of more than ${MAX_LINE_BYTES} bytes`, undefined);
    }
  }
  if (restBytes > 0) throw new ConnectionError('watch: the stream ended within an event', undefined);
}

function parseEvent<T extends KubeObject>(line: string, { plural }: ResourceType, decode: (json: string) => unknown): WatchEvent<T> {
  let event: { readonly type?: unknown; readonly object?: Partial<KubeObject> & { readonly [field: string]: unknown } } | null;
  try {
    event = decode(line) as typeof event;
  } catch {
    throw new UnreadableError(`watch of ${plural}`);
  }
  const { type, object } = event ?? {};
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      if (typeof object?.metadata?.resourceVersion !== 'string') throw new UnreadableError(`watch of ${plural}`);
      return { type, object: object as unknown as T };
    case 'ERROR':
      throw new KubeError(
        typeof object?.['code'] === 'number' ? object['code'] : 500,
        typeof object?.['reason'] === 'string' ? foreignText(object['reason'], 128) : '',
        typeof object?.['message'] === 'string' ? foreignText(object['message']) : 'error event in a watch',
      );
    default:
      throw new UnreadableError(`watch of ${plural}`);
  }
}
