/**
 * A real MariaDB or MySQL for tests, where one can be had: the server that `DOSSIER_MYSQL_URL` names, else installed programs, else (root on Debian) those of its package, unpacked
 * in the cache and not installed. Where none can be had, `findMysql` says why, and tests of the real server are reported as skipped; those of the protocol run everywhere.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import type { Identity } from '../../src/local/authority.ts';
import { onFreePorts } from '../../src/local/process/ports.ts';
import { untilReady } from '../../src/local/process/readiness.ts';
import { cacheFolder } from '../../src/local/tools/cache.ts';
import type { Workspace } from '../../src/local/workspace.ts';

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 60_000;
const CACHE = join(cacheFolder(process.env), 'mariadb');

export type FoundMysql =
  /** Somebody's server; the URL's user may make databases and users. */
  | { readonly kind: 'server'; readonly url: string }
  | {
      readonly kind: 'programs';
      readonly server: string;
      readonly installDb: string;
      readonly base: string;
      readonly libraries: string | undefined;
    }
  | { readonly kind: 'none'; readonly why: string };

export async function findMysql(): Promise<FoundMysql> {
  const url = process.env['DOSSIER_MYSQL_URL'];
  if (url !== undefined && url !== '') return { kind: 'server', url };
  return installed('/usr') ?? (await fromPackage());
}

/** Programs of MariaDB below the usual folders. */
function installed(base: string, libraries?: string): Extract<FoundMysql, { kind: 'programs' }> | undefined {
  const folders = [...(libraries === undefined ? (process.env['PATH'] ?? '').split(delimiter) : []), join(base, 'sbin'), join(base, 'bin')];
  const find = (name: string): string | undefined => folders.map((folder) => join(folder, name)).find(existsSync);
  const [server, installDb] = [find('mariadbd'), find('mariadb-install-db')];
  return server === undefined || installDb === undefined
    ? undefined
    : { kind: 'programs', server, installDb, base: dirname(dirname(installDb)), libraries };
}

async function fromPackage(): Promise<FoundMysql> {
  const tree = join(CACHE, 'tree');
  const libraries = join(tree, 'usr', 'lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`);
  const cached = installed(join(tree, 'usr'), libraries);
  if (cached !== undefined) return cached;
  const how = 'install MariaDB (mariadb-server-core), or name a server by DOSSIER_MYSQL_URL=mysql://user:password@host:port';
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return { kind: 'none', why: how };
  try {
    const packages = join(CACHE, 'packages');
    await mkdir(join(packages, 'partial'), { recursive: true });
    const options = [
      '-o',
      `Dir::Cache::archives=${packages}`,
      '-o',
      'APT::Sandbox::User=root',
      '-o',
      'Debug::NoLocking=1',
      '-o',
      'Acquire::http::Timeout=5',
      '-o',
      'Acquire::Retries=0',
    ];
    const names = ['mariadb-server-core', 'mariadb-client-core'];
    await run('apt-get', [...options, 'install', '--yes', '--download-only', '--no-install-recommends', '--reinstall', ...names], {
      timeout: COMMAND_TIMEOUT_MS,
    });
    const unpacking = `${tree}-${process.pid}`;
    for (const name of (await readdir(packages)).filter((file) => file.endsWith('.deb')))
      await run('dpkg-deb', ['--extract', join(packages, name), unpacking], { timeout: COMMAND_TIMEOUT_MS });
    await rename(unpacking, tree).catch(() => rm(unpacking, { recursive: true, force: true })); // Another run was quicker.
    return installed(join(tree, 'usr'), libraries) ?? { kind: 'none', why: `its package has no mariadbd; ${how}` };
  } catch {
    return { kind: 'none', why: `its package could not be had by apt-get; ${how}` };
  }
}

export interface MysqlServer {
  readonly host: string;
  readonly port: number;
  /** Runs statements as an administrator. */
  admin(...statements: readonly string[]): Promise<void>;
}

/** A server in the workspace; with `tls`, it offers TLS with that certificate. */
export async function startMysql(workspace: Workspace, found: Exclude<FoundMysql, { kind: 'none' }>, tls?: Identity): Promise<MysqlServer> {
  if (found.kind === 'server') {
    const url = new URL(found.url);
    return { host: url.hostname, port: Number(url.port === '' ? '3306' : url.port), admin: adminAt(found.url) };
  }
  const folder = await workspace.makeFolder('mysql');
  const data = join(folder, 'data');
  const env = { ...process.env, ...(found.libraries === undefined ? {} : { LD_LIBRARY_PATH: found.libraries }) };
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const common = ['--no-defaults', `--basedir=${found.base}`, `--datadir=${data}`, ...user];
  await run(found.installDb, [...common, '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'], {
    env,
    timeout: COMMAND_TIMEOUT_MS,
  });
  const security = tls === undefined ? [] : await tlsOptions(folder, tls);
  return onFreePorts(1, async ([port = 0]) => {
    const server = await workspace.start({
      name: 'mariadbd',
      logFile: join(folder, 'mariadbd.log'),
      command: found.server,
      args: [
        ...common,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        `--socket=${join(folder, 's')}`,
        `--pid-file=${join(folder, 'pid')}`,
        '--innodb-flush-log-at-trx-commit=0',
        '--skip-log-bin',
        '--character-set-server=utf8mb4',
        ...security,
      ],
      ...(found.libraries === undefined ? {} : { env: { LD_LIBRARY_PATH: found.libraries } }),
    });
    const admin = adminAt(`mysql://root@127.0.0.1:${port}/`);
    try {
      await untilReady([server], () => admin('select 1').then(() => true));
    } catch (error) {
      await server.stop();
      throw error;
    }
    return { host: '127.0.0.1', port, admin };
  });
}

function adminAt(url: string): MysqlServer['admin'] {
  return async (...statements) => {
    const connection = await createConnection({ uri: url });
    connection.on('error', () => undefined);
    try {
      for (const statement of statements) await connection.query(statement);
    } finally {
      await connection.end();
    }
  };
}

async function tlsOptions(folder: string, { certificate, key }: Identity): Promise<readonly string[]> {
  const files = { certificate: join(folder, 'server.crt'), key: join(folder, 'server.key') };
  await writeFile(files.certificate, certificate, { mode: 0o600 });
  await writeFile(files.key, key, { mode: 0o600 });
  return [`--ssl-cert=${files.certificate}`, `--ssl-key=${files.key}`];
}
