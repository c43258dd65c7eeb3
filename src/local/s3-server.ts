/**
 * An S3 server on the loopback address: versitygw over a folder. It can be stopped and started again on its port with its data, which is an outage of the object store.
 *
 * Metadata lies in files of its own (a "sidecar"), not in extended attributes, which some file systems for temporary files lack.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from './authority.ts';
import { exchange } from './http-exchange.ts';
import { onFreePorts } from './process/ports.ts';
import { untilReady } from './process/readiness.ts';
import type { ServerProcess, ServerSpec } from './process/server-process.ts';
import { newCredentials, type S3Admin, type S3Credentials } from './s3-admin.ts';
import type { ToolPaths } from './tools/catalog.ts';
import type { Workspace } from './workspace.ts';

export interface S3ServerOptions {
  /** Serve TLS with this certificate, for 127.0.0.1; `ca` is the PEM of its authority. Default plain HTTP. */
  readonly tls?: { readonly identity: Identity; readonly ca: string };
  readonly signal?: AbortSignal;
}

export class S3Server {
  /** `http://127.0.0.1:<port>`, or https. */
  readonly endpoint: string;
  readonly region = 'us-east-1';
  /** May do everything. */
  readonly root: S3Credentials;
  readonly #workspace: Workspace;
  readonly #spec: ServerSpec;
  readonly #ca: string | undefined;
  #server: ServerProcess | undefined;

  private constructor(workspace: Workspace, spec: ServerSpec, endpoint: string, root: S3Credentials, ca: string | undefined) {
    this.#workspace = workspace;
    this.#spec = spec;
    this.endpoint = endpoint;
    this.root = root;
    this.#ca = ca;
  }

  static async start(workspace: Workspace, tools: ToolPaths, { tls, signal }: S3ServerOptions = {}): Promise<S3Server> {
    const root = newCredentials();
    return onFreePorts(1, async ([port = 0]) => {
      const folder = await workspace.makeFolder('s3');
      const endpoint = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
      const spec = await serverSpec(folder, tools.versitygw, port, root, tls?.identity);
      const server = new S3Server(workspace, spec, endpoint, root, tls?.ca);
      await server.start(signal);
      return server;
    });
  }

  /** Starts it again after `stop`, on the same port and with the same data. */
  async start(signal?: AbortSignal): Promise<void> {
    const tls = this.#ca === undefined ? {} : { tls: { ca: this.#ca } };
    const server = await this.#workspace.start(this.#spec);
    this.#server = server;
    try {
      await untilReady(
        [server],
        async (probe) => (await exchange(`${this.endpoint}${healthPath(this.root)}`, { signal: probe, ...tls })).status === 200,
        signal,
      );
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** For createBucket and createUser (s3-admin.ts), from any process. */
  get admin(): S3Admin {
    return { command: this.#spec.command, endpoint: this.endpoint, region: this.region, root: this.root };
  }
}

async function serverSpec(
  folder: string,
  command: string,
  port: number,
  root: S3Credentials,
  identity: Identity | undefined,
): Promise<ServerSpec> {
  const path = (name: string): string => join(folder, name);
  for (const name of ['data', 'metadata', 'versions', 'users']) await mkdir(path(name));
  const args = ['--port', `127.0.0.1:${port}`, '--health', healthPath(root), '--iam-dir', path('users'), '--quiet'];
  if (identity !== undefined) {
    await writeFile(path('server.crt'), identity.certificate);
    await writeFile(path('server.key'), identity.key, { mode: 0o600 });
    args.push('--cert', path('server.crt'), '--key', path('server.key'));
  }
  args.push('posix', '--sidecar', path('metadata'), '--versioning-dir', path('versions'), path('data'));
  return {
    name: 'versitygw',
    logFile: path('versitygw.log'),
    command,
    args,
    env: { ROOT_ACCESS_KEY: root.accessKeyId, ROOT_SECRET_KEY: root.secretAccessKey },
  };
}

/** No bucket can have this name, and no other server knows it: an answer comes from the server that was started, not from whoever has its port. */
function healthPath({ accessKeyId }: S3Credentials): string {
  return `/-${accessKeyId}`;
}
