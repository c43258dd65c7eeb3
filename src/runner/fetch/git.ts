/**
 * Runs git with nothing to lean on but what is given here: no configuration of the system or of a user, no hooks, no other transports than https and ssh, no redirects, no
 * submodules, and links as plain files (security.md 14). Credentials are files in a private folder, never arguments.
 *
 * Whatever a server sends is bounded: one file by the kernel (`ulimit -f`), what git prints by us, and all of it by time.
 */
import { spawn } from 'node:child_process';
import { env } from 'node:process';

/** Largest pack and largest file, in bytes; the shell counts blocks of 512. */
export const FETCH_LIMIT_BYTES = 512 * 1024 * 1024;
const STDERR_TAIL_BYTES = 8 * 1024;

const GUARDS: readonly string[] = [
  'protocol.allow=never',
  'protocol.https.allow=always',
  'protocol.ssh.allow=always',
  'http.followRedirects=false',
  'http.proxy=',
  'http.sslVerify=true',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=60',
  'credential.helper=',
  'core.hooksPath=/dev/null',
  'core.symlinks=false',
  'core.fsmonitor=false',
  'core.autocrlf=false',
  'core.protectHFS=true',
  'core.protectNTFS=true',
  'core.bigFileThreshold=8m',
  'transfer.bundleURI=false',
  'transfer.fsckObjects=false',
  'fetch.unpackLimit=1', // what comes is one file, which the kernel bounds
  'fetch.recurseSubmodules=false',
  'submodule.recurse=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'pack.threads=1',
  'advice.detachedHead=false',
];

export interface GitSetup {
  /** More configuration, e.g. `http.sslCAInfo=…`; no secrets. */
  readonly config: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Empty and private: git's home. */
  readonly home: string;
  /** Of one file that git writes. */
  readonly limitBytes: number;
  readonly signal: AbortSignal;
}

export class GitFailure extends Error {
  /** The end of what git said, in English. */
  readonly stderr: string;
  readonly exitCode: number | undefined;

  constructor(stderr: string, exitCode: number | undefined) {
    super('git failed');
    this.stderr = stderr;
    this.exitCode = exitCode;
  }
}

/** More than was allowed came from the server. */
export class TooMuch extends Error {}

/** Standard output of a git command, at most `limitBytes` of it. @throws GitFailure, TooMuch, or the signal's reason */
export async function git(setup: GitSetup, args: readonly string[], limitBytes = 64 * 1024): Promise<Buffer> {
  const { config, environment, home, signal } = setup;
  const options = [...GUARDS, ...config].flatMap((entry) => ['-c', entry]);
  const script = `umask 022; ulimit -f ${setup.limitBytes / 512} && exec git "$@"`;
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...options, ...args], {
    env: {
      PATH: env['PATH'] ?? '',
      HOME: home,
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_TEMPLATE_DIR: '',
      GIT_TERMINAL_PROMPT: '0',
      ...environment,
    },
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // git's helpers are its children: they end together
  });
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await outputOf(child, limitBytes, stop);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function outputOf(child: ReturnType<typeof spawn>, limitBytes: number, stop: () => void): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let stderr = Buffer.alloc(0);
  child.stdout?.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > limitBytes) stop();
    else pieces.push(piece);
  });
  child.stderr?.on('data', (piece: Buffer) => {
    stderr = Buffer.concat([stderr, piece]).subarray(-STDERR_TAIL_BYTES);
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  child.once('error', reject);
  child.once('close', (code) => resolve(code ?? undefined));
  const exitCode = await promise;
  if (bytes > limitBytes) throw new TooMuch();
  if (exitCode !== 0) throw new GitFailure(stderr.toString('utf8'), exitCode);
  return Buffer.concat(pieces);
}
