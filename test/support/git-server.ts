/** A git server on the loopback address: repositories of its own behind https (`git http-backend`) and ssh, with an authority and keys of its own. */
import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import { Authority } from '../../src/local/authority.ts';

const run = promisify(execFile);

export type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>;

export interface Account {
  readonly username: string;
  readonly password: string;
}

export class GitServer {
  /** PEM of the authority that signed the certificate of its https. */
  readonly ca: string;
  /** PEM of the private key that its ssh lets in, without a passphrase, and of one that it does not. */
  readonly key: string;
  readonly otherKey: string;
  /** Of its ssh, for known_hosts. */
  readonly knownHosts: string;
  readonly httpsPort: number;
  readonly sshPort: number;
  /** Repositories that ask for this account over https. */
  readonly accounts = new Map<string, Account>();
  /** Answers of https instead of git's, by repository. */
  readonly answers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  readonly #folder: string;
  readonly #https: Server;
  readonly #ssh: InstanceType<typeof ssh2.Server>;

  private constructor(
    folder: string,
    https: Server,
    ssh: InstanceType<typeof ssh2.Server>,
    facts: Pick<GitServer, 'ca' | 'key' | 'otherKey' | 'knownHosts' | 'httpsPort' | 'sshPort'>,
  ) {
    this.#folder = folder;
    this.#https = https;
    this.#ssh = ssh;
    this.ca = facts.ca;
    this.key = facts.key;
    this.otherKey = facts.otherKey;
    this.knownHosts = facts.knownHosts;
    this.httpsPort = facts.httpsPort;
    this.sshPort = facts.sshPort;
  }

  /** `names`: further names and addresses under which its https is reached. */
  static async start(...names: readonly string[]): Promise<GitServer> {
    const folder = await mkdtemp(join(tmpdir(), 'dossier-git-'));
    const authority = await Authority.create('git');
    const { certificate, key } = await authority.issueServer('git', ['localhost', '127.0.0.1', ...names]);
    const own: { server?: GitServer } = {};
    const https = createServer({ cert: certificate, key }, (request, response) => own.server?.httpBackend(request, response));
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    const [host, client, other] = [rsaKey(), rsaKey(), rsaKey()];
    const allowed = ssh2.utils.parseKey(client);
    if (allowed instanceof Error) throw allowed;
    const ssh = new ssh2.Server({ hostKeys: [host] }, (connection) => {
      connection.on('error', () => undefined);
      connection.on('authentication', (attempt) => {
        if (attempt.method !== 'publickey' || !attempt.key.data.equals(allowed.getPublicSSH())) attempt.reject(['publickey']);
        else attempt.accept();
      });
      connection.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, { command }) => own.server?.uploadPack(command, acceptExec()));
      });
    });
    ssh.listen(0, '127.0.0.1');
    await once(ssh, 'listening');
    const sshPort = (ssh.address() as AddressInfo).port;
    const hostKey = ssh2.utils.parseKey(host);
    if (hostKey instanceof Error) throw hostKey;
    const server = new GitServer(folder, https, ssh, {
      ca: authority.certificate,
      key: client,
      otherKey: other,
      knownHosts: `[127.0.0.1]:${sshPort} ssh-rsa ${hostKey.getPublicSSH().toString('base64')}\n`,
      httpsPort: (https.address() as AddressInfo).port,
      sshPort,
    });
    own.server = server;
    return server;
  }

  url(repository: string): string {
    return `https://127.0.0.1:${this.httpsPort}/${repository}.git`;
  }

  sshUrl(repository: string): string {
    return `ssh://git@127.0.0.1:${this.sshPort}/${repository}.git`;
  }

  /** A repository whose objects are named by SHA-256; `commit` makes others by itself. */
  async createSha256(repository: string): Promise<void> {
    const bare = join(this.#folder, `${repository}.git`);
    await this.git('init', '--quiet', '--bare', '--initial-branch=main', '--object-format=sha256', bare);
  }

  /** Commits these files as the whole tree of a branch, new or not; resolves to the commit. */
  async commit(repository: string, files: Files, branch = 'main'): Promise<string> {
    const bare = join(this.#folder, `${repository}.git`);
    await this.git('init', '--quiet', '--bare', '--initial-branch=main', bare);
    const work = await mkdtemp(join(this.#folder, 'work-'));
    try {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(work, path)), { recursive: true });
        if (typeof content === 'object' && 'link' in content) await symlink(content.link, join(work, path));
        else await writeFile(join(work, path), content);
      }
      const place = [`--git-dir=${bare}`, `--work-tree=${work}`];
      await this.git(...place, 'add', '--all', '--force');
      const tree = await this.git(...place, 'write-tree');
      return await this.commitTree(repository, tree, branch);
    } finally {
      await rm(work, { recursive: true });
    }
  }

  /** A commit of a tree that stands in the repository already. */
  async commitTree(repository: string, tree: string, branch = 'main'): Promise<string> {
    const bare = join(this.#folder, `${repository}.git`);
    const commit = await this.git(`--git-dir=${bare}`, 'commit-tree', '-m', 'a state', tree);
    await this.git(`--git-dir=${bare}`, 'update-ref', `refs/heads/${branch}`, commit);
    return commit;
  }

  /** An annotated tag. */
  async tag(repository: string, name: string, commit: string): Promise<void> {
    await this.git(`--git-dir=${join(this.#folder, `${repository}.git`)}`, 'tag', '-a', '-m', name, name, commit);
  }

  /** Runs git in the repository, for trees that no work tree can have. */
  async in(repository: string, ...args: readonly string[]): Promise<string> {
    return this.git(`--git-dir=${join(this.#folder, `${repository}.git`)}`, ...args);
  }

  /** As `in`, with what git reads from its standard input. */
  async input(repository: string, text: string | Uint8Array, ...args: readonly string[]): Promise<string> {
    const child = spawn('git', [`--git-dir=${join(this.#folder, `${repository}.git`)}`, ...args], { env: this.#environment() });
    child.stdin.end(text);
    const [stdout, stderr] = await Promise.all([readText(child.stdout), readText(child.stderr)]);
    if (stdout === '') throw new Error(stderr);
    return stdout.trim();
  }

  async git(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('git', args, { env: this.#environment() });
    return stdout.trim();
  }

  async close(): Promise<void> {
    this.#https.closeAllConnections();
    this.#https.close();
    this.#ssh.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** https://git-scm.com/docs/git-http-backend, https://www.rfc-editor.org/rfc/rfc3875 */
  httpBackend(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://git');
    const repository = url.pathname.split('/')[1]?.replace(/\.git$/, '') ?? '';
    const answer = this.answers.get(repository);
    if (answer !== undefined) {
      answer(request, response);
      return;
    }
    const account = this.accounts.get(repository);
    const wanted = account === undefined ? undefined : `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
    if (wanted !== undefined && request.headers.authorization !== wanted) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const backend = spawn('git', ['http-backend'], {
      env: {
        ...this.#environment(),
        GIT_PROJECT_ROOT: this.#folder,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    request.pipe(backend.stdin);
    backend.stdin.on('error', () => undefined);
    let head = Buffer.alloc(0);
    backend.stdout.on('data', (piece: Buffer) => {
      if (response.headersSent) {
        response.write(piece);
        return;
      }
      head = Buffer.concat([head, piece]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const fields = head
        .subarray(0, end)
        .toString()
        .split('\r\n')
        .map((line) => line.split(/: */, 2) as [string, string]);
      const status = Number(fields.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
      response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name !== 'Status')));
      response.write(head.subarray(end + 4));
    });
    backend.once('close', () => response.end());
  }

  /** What git asks for over ssh: `git-upload-pack '/name.git'`. */
  uploadPack(command: string, channel: ssh2.ServerChannel): void {
    const repository = /^git-upload-pack '\/?([A-Za-z0-9.-]+)\.git'$/.exec(command)?.[1];
    if (repository === undefined) {
      channel.exit(1);
      channel.end();
      return;
    }
    const child = spawn('git', ['upload-pack', join(this.#folder, `${repository}.git`)], { env: this.#environment() });
    channel.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.once('close', (code) => {
      channel.exit(code ?? 1);
      channel.end();
    });
  }

  #environment(): NodeJS.ProcessEnv {
    const who = { NAME: 'A Test', EMAIL: 'test@example.com', DATE: '2026-10-01T00:00:00Z' };
    return {
      PATH: process.env['PATH'],
      HOME: this.#folder,
      GIT_CONFIG_NOSYSTEM: '1',
      ...Object.fromEntries(
        Object.entries(who).flatMap(([name, value]) => [
          [`GIT_AUTHOR_${name}`, value],
          [`GIT_COMMITTER_${name}`, value],
        ]),
      ),
    };
  }
}

/** PEM, as `ssh-keygen -m PEM` makes them. */
function rsaKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}
