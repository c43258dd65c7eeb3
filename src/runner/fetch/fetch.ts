/**
 * Gets a repository's tree at a tag, branch or commit, and nothing else of it: no history, no links, no submodules.
 *
 * Name and address of the server are resolved and checked here, and git is held to the address that was checked, so that neither a name that answers differently the second
 * time nor a redirect leads it elsewhere.
 */
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foreignText } from '../../foreign-text.ts';
import { Dialer } from '../../net/dialer.ts';
import { NetworkError } from '../../net/failure.ts';
import { parseGitAddress, type GitAddress } from './address.ts';
import { gitFailed, isOfOtherHash, meaningOf, refTitle } from './failures.ts';
import { FETCH_LIMIT_BYTES, git, GitFailure, TooMuch, type GitSetup } from './git.ts';
import { FETCH_ENV, isCommit, REVISION, TREE, type GitPlan } from './plan.ts';

const RESOLVE_TIMEOUT_MS = 10_000;
const FILES_LIMIT = 20_000;

export interface FetchLimits {
  /** Of all of it, however slowly a server sends. */
  readonly timeoutMs: number;
  /** Of the pack, of one file, and of all files. */
  readonly bytes: number;
}

const LIMITS: FetchLimits = { timeoutMs: 10 * 60_000, bytes: FETCH_LIMIT_BYTES };
/** In git's private home. */
const REPOSITORY = 'repository.git';
const LISTING_LIMIT_BYTES = 8 * 1024 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/** `folder` exists and is empty. @throws DossierError TemplateFailed, or the signal's reason */
export async function fetchTree(
  plan: GitPlan,
  folder: string,
  tmp: string,
  env: Environment,
  signal: AbortSignal,
  limits = LIMITS,
): Promise<string> {
  const address = parseGitAddress(plan.url);
  if (address === undefined) throw gitFailed(plan, 'is no address of a repository by https or ssh', false);
  const home = await mkdtemp(join(tmp, 'fetch-'));
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  try {
    const setup = { ...(await setupOf(plan, address, home, env, AbortSignal.any([signal, timeout]))), limitBytes: limits.bytes };
    const repository = join(home, REPOSITORY);
    const commit = await fetchCommit(plan, address, setup, repository);
    await checkSize(plan, setup, repository, commit);
    const tree = join(folder, TREE);
    await mkdir(tree);
    const place = [`--git-dir=${repository}`, `--work-tree=${tree}`];
    await git(setup, [...place, 'read-tree', commit]);
    await git(setup, [...place, '-C', tree, 'checkout-index', '--all', '--quiet']);
    await checkPlace(plan, tree, commit);
    await writeFile(join(folder, REVISION), commit);
    return commit;
  } catch (error) {
    if (timeout.aborted && !signal.aborted) throw gitFailed(plan, `was not fetched within ${limits.timeoutMs / 60_000} minutes`, true);
    if (error instanceof GitFailure && (await isFull(join(home, REPOSITORY), limits.bytes)))
      throw gitFailed(plan, `sends more than ${mebibytes(limits.bytes)} MiB, which is the most that is fetched`, false);
    if (error instanceof GitFailure) throw meaningOf(error, plan, hasCredentials(env));
    throw error;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function fetchCommit(plan: GitPlan, address: GitAddress, setup: GitSetup, repository: string): Promise<string> {
  const { kind, name } = plan.ref;
  const wanted = kind === 'commit' ? name : `refs/${kind === 'tag' ? 'tags' : 'heads'}/${name}`;
  try {
    await fetchInto(address, setup, repository, wanted, kind === 'commit' && name.length === 64 ? 'sha256' : 'sha1');
  } catch (error) {
    // Only the server knows by which hash a repository names its objects, and git does not ask it before it makes its own.
    if (kind === 'commit' || !(error instanceof GitFailure) || !isOfOtherHash(error)) throw error;
    await rm(repository, { recursive: true, force: true });
    await fetchInto(address, setup, repository, wanted, 'sha256');
  }
  const found = (await git(setup, [`--git-dir=${repository}`, 'rev-parse', '--verify', '--quiet', 'refs/dossier/fetched^{commit}']))
    .toString()
    .trim();
  if (!isCommit(found)) throw gitFailed(plan, `has a ${refTitle(plan.ref)} that is no commit`, false);
  if (kind === 'commit' && found !== name) throw gitFailed(plan, `sent commit ${found} for ${refTitle(plan.ref)}`, false);
  return found;
}

async function fetchInto(address: GitAddress, setup: GitSetup, repository: string, wanted: string, hash: 'sha1' | 'sha256'): Promise<void> {
  await git(setup, ['init', '--quiet', '--bare', `--object-format=${hash}`, repository]);
  const options = ['--depth=1', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--quiet'];
  await git(setup, [`--git-dir=${repository}`, 'fetch', ...options, '--', address.url, `+${wanted}:refs/dossier/fetched`]);
}

/** Whether the kernel stopped a pack at its limit; git itself says of that only that something is invalid. */
async function isFull(repository: string, limitBytes: number): Promise<boolean> {
  const folder = join(repository, 'objects/pack');
  const names = await readdir(folder).catch(() => []); // it may have failed before there was one
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.some((size) => size >= limitBytes);
}

/** Before anything is unpacked: a pack of a megabyte can hold files of a terabyte. */
async function checkSize(plan: GitPlan, setup: GitSetup, repository: string, commit: string): Promise<void> {
  const listing = await listingOf(plan, setup, repository, commit);
  let files = 0;
  let bytes = 0;
  for (const entry of listing.toString('latin1').split('\0')) {
    if (entry === '') continue;
    files += 1;
    // mode, type, object, size: https://git-scm.com/docs/git-ls-tree
    bytes += Number(/^\d+ blob [0-9a-f]+ +(\d+)\t/.exec(entry)?.[1] ?? 0);
  }
  if (files > FILES_LIMIT) throw gitFailed(plan, `has more than ${FILES_LIMIT.toLocaleString('en-US')} files`, false);
  if (bytes > setup.limitBytes)
    throw gitFailed(plan, `holds ${mebibytes(bytes)} MiB of files; at most ${mebibytes(setup.limitBytes)} MiB are fetched`, false);
}

/** Names and sizes of all files, as git prints them. */
async function listingOf(plan: GitPlan, setup: GitSetup, repository: string, commit: string): Promise<Buffer> {
  try {
    return await git(setup, [`--git-dir=${repository}`, 'ls-tree', '-r', '-l', '-z', '--full-tree', commit], LISTING_LIMIT_BYTES);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    const most = `more than ${mebibytes(LISTING_LIMIT_BYTES)} MiB`;
    throw gitFailed(
      plan,
      `has too many files or too long paths: the list of them takes ${most}; use a repository with fewer or shorter ones`,
      false,
    );
  }
}

function mebibytes(bytes: number): string {
  return Math.ceil(bytes / 1024 / 1024).toLocaleString('en-US');
}

/** `path` is a folder and `entrypoint` a file, both where they say they are. */
async function checkPlace(plan: GitPlan, tree: string, commit: string): Promise<void> {
  const root = await realpath(tree);
  const folder = await whatIsAt(root, plan.path);
  if (folder !== 'folder') throw gitFailed(plan, `has no folder "${foreignText(plan.path, 200)}" at commit ${commit}; correct path`, false);
  if (plan.entrypoint === undefined) return;
  const file = await whatIsAt(root, join(plan.path, plan.entrypoint));
  if (file !== 'file') {
    const where = foreignText(join(plan.path, plan.entrypoint), 200);
    throw gitFailed(plan, `has no file "${where}" at commit ${commit}; correct path and entrypoint`, false);
  }
}

async function whatIsAt(root: string, path: string): Promise<'folder' | 'file' | undefined> {
  try {
    const real = await realpath(join(root, path));
    if (real !== root && !real.startsWith(`${root}/`)) return undefined;
    const found = await stat(real);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function setupOf(
  plan: GitPlan,
  address: GitAddress,
  home: string,
  env: Environment,
  signal: AbortSignal,
): Promise<Omit<GitSetup, 'limitBytes'>> {
  const addresses = await addressesOf(plan, address, signal);
  const privately = async (name: string, content: string, mode = 0o600): Promise<string> => {
    const path = join(home, name);
    await writeFile(path, content, { mode });
    await chmod(path, mode);
    return path;
  };
  if (address.kind === 'https') {
    const ca = env[FETCH_ENV.ca];
    const password = env[FETCH_ENV.token] ?? env[FETCH_ENV.password];
    const pinned = `${bracketed(address.host)}:${address.port}:${addresses.map(bracketed).join(',')}`;
    const config = [`http.curloptResolve=${pinned}`, ...(ca === undefined ? [] : [`http.sslCAInfo=${await privately('ca.crt', ca)}`])];
    if (password === undefined) return { config, environment: {}, home, signal };
    // Servers that take tokens take any user name with them.
    const user = await privately('user', withoutLineEnd(env[FETCH_ENV.username] ?? 'git'));
    const secret = await privately('password', withoutLineEnd(password));
    const ask = await privately('askpass', `#!/bin/sh\ncase "$1" in Username*) cat '${user}' ;; *) cat '${secret}' ;; esac\n`, 0o700);
    return { config, environment: { GIT_ASKPASS: ask }, home, signal };
  }
  const key = await privately('key', `${withoutLineEnd(env[FETCH_ENV.sshKey] ?? '')}\n`);
  const knownHosts = await privately('known_hosts', `${withoutLineEnd(env[FETCH_ENV.knownHosts] ?? '')}\n`);
  const alias = address.port === 22 ? address.host : `[${address.host}]:${address.port}`;
  const options = [
    `HostName=${addresses[0] ?? ''}`,
    `HostKeyAlias=${alias}`,
    `IdentityFile="${key}"`,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    `UserKnownHostsFile="${knownHosts}"`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'PreferredAuthentications=publickey',
    'BatchMode=yes',
    'ProxyCommand=none',
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
    'ConnectTimeout=30',
    'ServerAliveInterval=30',
  ];
  const command = `ssh -F /dev/null ${options.map((option) => `-o '${option}'`).join(' ')}`;
  return { config: [], environment: { GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: 'ssh' }, home, signal };
}

/** Loopback, link-local and metadata addresses are refused; private ones are where git servers live. */
async function addressesOf(plan: GitPlan, { host, port }: GitAddress, signal: AbortSignal): Promise<readonly string[]> {
  const policy = { allowLoopback: plan.allowLoopback, private: 'allow', allowed: [], refused: [] } as const;
  try {
    const dialer = new Dialer({ policy, connectTimeoutMs: RESOLVE_TIMEOUT_MS });
    return await dialer.allowedAddresses({ host, port }, AbortSignal.any([signal, AbortSignal.timeout(RESOLVE_TIMEOUT_MS)]));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NetworkError && error.kind === 'addressRefused')
      throw gitFailed(plan, `cannot be fetched: ${foreignText(error.message)}`, false);
    throw gitFailed(plan, `cannot be fetched: the name ${foreignText(host, 100)} leads to no address`, true);
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function hasCredentials(env: Environment): boolean {
  return env[FETCH_ENV.token] !== undefined || env[FETCH_ENV.password] !== undefined || env[FETCH_ENV.sshKey] !== undefined;
}

function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, '');
}
