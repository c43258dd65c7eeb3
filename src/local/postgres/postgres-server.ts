/**
 * A real Postgres on the loopback address, with its data in the temporary folder and durability off. It can be stopped and started again on its port with its data.
 */
import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from '../authority.ts';
import { onFreePorts } from '../process/ports.ts';
import { StartError, untilReady } from '../process/readiness.ts';
import type { ServerProcess, ServerSpec } from '../process/server-process.ts';
import type { Workspace } from '../workspace.ts';
import { type PostgresAccess, runStatement } from './access.ts';
import { findPostgres, type PostgresBinaries } from './binaries.ts';

const HOST = '127.0.0.1';
const USER = 'postgres';

export interface PostgresServerOptions {
  /** Offer TLS with this certificate, for 127.0.0.1, besides plain connections. Default: the server refuses TLS. */
  readonly tls?: Identity;
  readonly signal?: AbortSignal;
}

export class PostgresServer {
  /** For createDatabase and databaseUrl (access.ts), from any process. */
  readonly access: PostgresAccess;
  readonly #workspace: Workspace;
  readonly #spec: ServerSpec;
  #server: ServerProcess | undefined;

  private constructor(workspace: Workspace, spec: ServerSpec, access: PostgresAccess) {
    this.#workspace = workspace;
    this.#spec = spec;
    this.access = access;
  }

  static async start(workspace: Workspace, { tls, signal }: PostgresServerOptions = {}): Promise<PostgresServer> {
    const folder = await workspace.makeFolder('postgres');
    const binaries = await findPostgres(folder);
    const password = randomBytes(16).toString('hex');
    const data = await initialise(workspace, folder, binaries, password, signal);
    const security = tls === undefined ? [] : await tlsOptions(folder, tls, binaries);
    return onFreePorts(1, async ([port = 0]) => {
      const options = [
        `port=${port}`,
        `listen_addresses=${HOST}`,
        'unix_socket_directories=',
        'fsync=off',
        'full_page_writes=off',
        'synchronous_commit=off',
        'timezone=UTC',
        ...security,
      ];
      const spec: ServerSpec = {
        name: 'postgres',
        logFile: join(folder, 'postgres.log'),
        command: binaries.postgres,
        args: ['-D', data, ...options.flatMap((option) => ['-c', option])],
        // Its "fast" shutdown; SIGTERM would wait until every client has gone.
        stopSignal: 'SIGINT',
        ...(binaries.user === undefined ? {} : { user: binaries.user }),
      };
      const server = new PostgresServer(workspace, spec, { host: HOST, port, user: USER, password });
      await server.start(signal);
      return server;
    });
  }

  /** Starts it again after `stop`, on the same port and with the same data. */
  async start(signal?: AbortSignal): Promise<void> {
    const server = await this.#workspace.start(this.#spec);
    this.#server = server;
    try {
      await untilReady([server], () => runStatement(this.access, 'SELECT 1').then(() => true), signal);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}

/** Makes the data folder. Locale and encoding are Postgres' own and the same on every machine. */
async function initialise(
  workspace: Workspace,
  folder: string,
  binaries: PostgresBinaries,
  password: string,
  signal?: AbortSignal,
): Promise<string> {
  const { initdb, user } = binaries;
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) for (const path of [folder, passwordFile]) await chown(path, user.uid, user.gid);
  const data = join(folder, 'data');
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const making = await workspace.start({
    name: 'initdb',
    logFile: join(folder, 'initdb.log'),
    command: initdb,
    args: [`--pgdata=${data}`, `--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-sync', ...locale],
    ...(user === undefined ? {} : { user }),
  });
  const stop = (): void => void making.stop();
  signal?.addEventListener('abort', stop);
  const { code } = await making.exited;
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  if (code !== 0) throw new StartError('initdb failed', making);
  return data;
}

/** Postgres insists that the key belongs to whom it runs as and is readable for nobody else. */
async function tlsOptions(folder: string, { certificate, key }: Identity, { user }: PostgresBinaries): Promise<readonly string[]> {
  const files = { certificate: join(folder, 'server.crt'), key: join(folder, 'server.key') };
  await writeFile(files.certificate, certificate, { mode: 0o600 });
  await writeFile(files.key, key, { mode: 0o600 });
  if (user !== undefined) for (const file of Object.values(files)) await chown(file, user.uid, user.gid);
  return ['ssl=on', `ssl_cert_file=${files.certificate}`, `ssl_key_file=${files.key}`];
}
