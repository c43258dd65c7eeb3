/**
 * The node's HTTPS server, of which the apiserver asks logs: `GET /containerLogs/<namespace>/<pod>/<container>`, with the kubelet's parameters and answers.
 *
 * Only an administrator's client certificate of the cluster's own authority may ask; the apiserver has one. While the node is paused it hangs up, as a machine would whose
 * network is gone.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import type { Identity } from '../authority.ts';
import type { ContainerLog, LogOptions } from './container-log.ts';
import type { PodRun } from './pod-run.ts';
import type { ContainerRecord } from './status.ts';

const LOOPBACK = '127.0.0.1';
const ADMINISTRATORS = 'system:masters';

export interface LogServerOptions {
  readonly serving: Identity;
  /** PEM of the authority of the callers' certificates. */
  readonly clientCa: string;
  readonly find: (namespace: string, pod: string) => PodRun | undefined;
  readonly isPaused: () => boolean;
  readonly onError: (error: unknown) => void;
}

/** An answer that is not a log. */
class Refusal extends Error {
  readonly status: 400 | 403 | 404 | 405 | 422;

  constructor(status: Refusal['status'], message: string) {
    super(message);
    this.status = status;
  }
}

export class LogServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port of the loopback address. */
  static async start(options: LogServerOptions): Promise<LogServer> {
    const { serving, clientCa } = options;
    const tls = { cert: serving.certificate, key: serving.key, ca: clientCa, requestCert: true, rejectUnauthorized: true };
    const server = createServer(tls, (request, response) => void answer(request, response, options));
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    return new LogServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, options: LogServerOptions): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    if (options.isPaused()) {
      request.socket.destroy();
      return;
    }
    const { log, query } = locate(request, options);
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    await pipeline(log.read(query, gone.signal), response);
  } catch (error) {
    if (gone.signal.aborted || response.destroyed) return;
    if (!(error instanceof Refusal)) options.onError(error);
    if (response.headersSent) response.destroy();
    else response.writeHead(error instanceof Refusal ? error.status : 500).end(error instanceof Refusal ? error.message : 'internal error');
  }
}

function locate(request: IncomingMessage, { find }: LogServerOptions): { readonly log: ContainerLog; readonly query: LogOptions } {
  const organizations = [(request.socket as TLSSocket).getPeerCertificate().subject.O].flat();
  if (!organizations.includes(ADMINISTRATORS)) throw new Refusal(403, 'Forbidden');
  if (request.method !== 'GET') throw new Refusal(405, 'Method Not Allowed');
  const url = new URL(request.url ?? '/', 'https://node');
  const [, root, namespace = '', pod = '', container = '', ...more] = url.pathname.split('/').map(decodeURIComponent);
  if (root !== 'containerLogs' || container === '' || more.length > 0) throw new Refusal(404, '404 page not found');
  const run = find(namespace, pod);
  if (run === undefined) throw new Refusal(404, `pod "${pod}" does not exist`);
  const found = run.containers.find((candidate) => candidate.container.name === container);
  if (found === undefined) throw new Refusal(404, `container "${container}" not found in pod "${pod}"`);
  const id = containerIdFor(found.record, url.searchParams.get('previous') === 'true', `container "${container}" in pod "${pod}"`);
  const log = found.log(id);
  if (log === undefined) throw new Refusal(400, `container "${container}" in pod "${pod}" has no log`);
  return { log, query: parseLogOptions(url.searchParams) };
}

/** The run of a container whose log is meant; the kubelet's refusals where there is none (pkg/kubelet `validateContainerLogStatus`). */
export function containerIdFor(record: ContainerRecord | undefined, previous: boolean, container: string): string {
  const last = record?.lastState.terminated?.containerID;
  if (previous) {
    if (last === undefined) throw new Refusal(400, `previous terminated ${container} not found`);
    return last;
  }
  const waiting = record === undefined ? { reason: 'ContainerCreating' } : record.state.waiting;
  if (waiting === undefined && record?.containerId !== undefined) return record.containerId;
  if (last !== undefined) return last;
  const why =
    waiting?.reason === 'ErrImagePull'
      ? "image can't be pulled"
      : waiting?.reason === 'ImagePullBackOff'
        ? 'trying and failing to pull image'
        : (waiting?.reason ?? 'no logs yet');
  throw new Refusal(400, `${container} is waiting to start: ${why}`);
}

/** PodLogOptions as the apiserver passes them on. Throws a refusal for what is no number or no time. */
export function parseLogOptions(query: URLSearchParams): LogOptions {
  const count = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw new Refusal(422, `invalid ${name}`);
    return Number(text);
  };
  const seconds = count('sinceSeconds');
  const time = query.get('sinceTime');
  const sinceMs = seconds === undefined ? (time === null ? undefined : Date.parse(time)) : Date.now() - seconds * 1000;
  if (Number.isNaN(sinceMs)) throw new Refusal(422, 'invalid sinceTime');
  const stream = query.get('stream')?.toLowerCase();
  const tailLines = count('tailLines');
  const limitBytes = count('limitBytes');
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(stream === 'stdout' || stream === 'stderr' ? { stream } : {}),
  };
}
