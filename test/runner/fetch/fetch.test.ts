import { randomBytes } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fetchTree, type FetchLimits } from '../../../src/runner/fetch/fetch.ts';
import { FETCH_ENV, type GitPlan } from '../../../src/runner/fetch/plan.ts';
import { GitServer } from '../../support/git-server.ts';

const SIGNAL = AbortSignal.timeout(120_000);

let server: GitServer;
let first = '';
let second = '';
beforeAll(async () => {
  server = await GitServer.start();
  first = await server.commit('reports', { 'usage/usage.ts': 'export const n = 1;\n', 'README.md': 'one\n' });
  await server.tag('reports', 'v1.0.0', first);
  second = await server.commit('reports', { 'usage/usage.ts': 'export const n = 2;\n' });
});
afterAll(() => server.close());

let folder = '';
let tmp = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-checkout-'));
  tmp = await mkdtemp(join(tmpdir(), 'dossier-tmp-'));
});
afterEach(async () => {
  // Whatever happens, keys and packs are gone afterwards.
  expect(await readdir(tmp)).toEqual([]);
  await rm(folder, { recursive: true, force: true });
  await rm(tmp, { recursive: true, force: true });
});

type Env = Readonly<Record<string, string>>;

async function fetched(plan: Partial<GitPlan>, env: Env = {}, limits?: FetchLimits): Promise<string> {
  const whole: GitPlan = { url: server.url('reports'), ref: { kind: 'branch', name: 'main' }, path: '', allowLoopback: true, ...plan };
  return fetchTree(whole, folder, tmp, { [FETCH_ENV.ca]: server.ca, ...env }, SIGNAL, limits);
}

/** What the run would say, and whether another try could help. */
async function refusal(
  plan: Partial<GitPlan>,
  env?: Env,
  limits?: FetchLimits,
): Promise<{ readonly message: string; readonly retryable: boolean }> {
  const error = (await fetched(plan, env, limits).catch((thrown: unknown) => thrown)) as {
    reason?: string;
    retryable: boolean;
    message: string;
  };
  expect(error).toMatchObject({ reason: 'TemplateFailed' });
  return error;
}

const inTree = (path: string): Promise<string> => readFile(join(folder, 'tree', path), 'utf8');

describe('a repository is fetched', () => {
  test('at the newest commit of a branch', async () => {
    expect(await fetched({ path: 'usage', entrypoint: 'usage.ts' })).toBe(second);
    expect(await inTree('usage/usage.ts')).toContain('2');
    expect(await readdir(join(folder, 'tree'))).toEqual(['usage']);
    expect(await readFile(join(folder, 'revision'), 'utf8')).toBe(second);
  });

  test('at the commit of an annotated tag', async () => {
    expect(await fetched({ ref: { kind: 'tag', name: 'v1.0.0' } })).toBe(first);
    expect(await inTree('usage/usage.ts')).toContain('1');
  });

  test('at a commit that no branch has any more', async () => {
    expect(await fetched({ ref: { kind: 'commit', name: first } })).toBe(first);
    expect(await inTree('README.md')).toBe('one\n');
  });

  test('by branch, tag and commit when its objects are named by SHA-256, over https and ssh', async () => {
    await server.createSha256('sha256');
    const commit = await server.commit('sha256', { 'usage.ts': 'export const n = 256;\n' });
    expect(commit).toMatch(/^[0-9a-f]{64}$/);
    await server.tag('sha256', 'v1', commit);
    const ssh = { [FETCH_ENV.sshKey]: server.key, [FETCH_ENV.knownHosts]: server.knownHosts };
    for (const [url, env] of [[server.url('sha256'), {}] as const, [server.sshUrl('sha256'), ssh] as const]) {
      for (const ref of [
        { kind: 'branch', name: 'main' },
        { kind: 'tag', name: 'v1' },
        { kind: 'commit', name: commit },
      ] as const) {
        expect(await fetched({ url, ref, entrypoint: 'usage.ts' }, env), `${url} ${ref.kind}`).toBe(commit);
        expect(await inTree('usage.ts')).toContain('256');
        await rm(join(folder, 'tree'), { recursive: true });
      }
    }
    for (const [repository, name, digits] of [['sha256', first, 64] as const, ['reports', commit, 40] as const]) {
      expect(await refusal({ url: server.url(repository), ref: { kind: 'commit', name } })).toMatchObject({
        message: expect.stringMatching(`has no commit ${name}: its commits have ${digits} digits; give one of these`) as string,
        retryable: false,
      });
    }
    expect(await refusal({ url: server.url('sha256'), ref: { kind: 'branch', name: 'nothing' } })).toMatchObject({
      message: expect.stringMatching(/has no branch nothing$/) as string,
      retryable: false,
    });
  });

  test('with user and password, with a token, and never without', async () => {
    await server.commit('private', { a: 'x' });
    server.accounts.set('private', { username: 'reader', password: 'it\'s "secret" $HOME' });
    const plan = { url: server.url('private') };
    await fetched(plan, { [FETCH_ENV.username]: 'reader', [FETCH_ENV.password]: 'it\'s "secret" $HOME\n' });
    await rm(join(folder, 'tree'), { recursive: true });
    server.accounts.set('private', { username: 'git', password: 'token-1' });
    await fetched(plan, { [FETCH_ENV.token]: 'token-1' });
    expect((await refusal(plan, { [FETCH_ENV.token]: 'SENTINEL' })).message).toBe(
      `git: ${plan.url} refuses the credentials; correct the Secret of credentialsSecretRef`,
    );
    expect(await refusal(plan)).toMatchObject({
      message: expect.stringContaining('asks for credentials; name a Secret') as string,
      retryable: false,
    });
  });

  test('over ssh, by a key and a server that is known', async () => {
    const env = { [FETCH_ENV.sshKey]: server.key, [FETCH_ENV.knownHosts]: server.knownHosts };
    const plan = { url: server.sshUrl('reports') };
    expect(await fetched(plan, env)).toBe(second);
    expect(await inTree('usage/usage.ts')).toContain('2');
    expect((await refusal(plan, { ...env, [FETCH_ENV.sshKey]: server.otherKey })).message).toContain('refuses the ssh key');
    expect(
      (await refusal(plan, { ...env, [FETCH_ENV.knownHosts]: server.knownHosts.replace(/AAAA.{30}/, 'AAAAB3NzaC1yc2EAAAADAQABAAABAQCx') }))
        .message,
    ).toContain('is not the server that known_hosts');
    expect((await refusal(plan, { [FETCH_ENV.sshKey]: server.key })).message).toContain('is not the server that known_hosts');
    expect((await refusal(plan, { ...env, [FETCH_ENV.sshKey]: 'SENTINEL' })).message).toContain('is no key without a passphrase');
  });
});

describe('what cannot be fetched is told in so many words:', () => {
  test.for<readonly [story: string, plan: () => Partial<GitPlan>, says: string, retryable: boolean, env?: () => Env]>([
    [
      'a repository that does not exist',
      () => ({ url: server.url('nothing') }),
      'is no repository, or one that these credentials may not read',
      false,
    ],
    ['a branch', () => ({ ref: { kind: 'branch', name: 'nothing' } }), 'has no branch nothing', false],
    ['a tag that is a branch', () => ({ ref: { kind: 'tag', name: 'main' } }), 'has no tag main', false],
    ['a commit', () => ({ ref: { kind: 'commit', name: 'a'.repeat(40) } }), `has no commit ${'a'.repeat(40)} (any more)`, false],
    ['a folder', () => ({ path: 'nothing' }), 'has no folder "nothing" at commit', false],
    ['a folder that is a file', () => ({ path: 'usage/usage.ts' }), 'has no folder "usage/usage.ts" at commit', false],
    ['an entrypoint', () => ({ path: 'usage', entrypoint: 'other.ts' }), 'has no file "usage/other.ts" at commit', false],
    ['a path that leads outside', () => ({ path: '../../..' }), 'has no folder "../../.." at commit', false],
    [
      'an authority that nobody knows',
      () => ({}),
      'has a certificate of an authority that is not known',
      false,
      () => ({ [FETCH_ENV.ca]: '' }),
    ],
    ['a server that does not answer', () => ({ url: 'https://127.0.0.1:1/a.git' }), 'does not answer', true],
    ['the loopback address', () => ({ allowLoopback: false }), 'is a loopback address, which is not allowed', false],
    ['a metadata address', () => ({ url: 'https://169.254.169.254/a.git' }), 'is a metadata address, which is not allowed', false],
    ['an address that is an option', () => ({ url: '--upload-pack=touch /tmp/x' }), 'is no address of a repository', false],
    ['a transport of its own', () => ({ url: 'ext::sh -c id' }), 'is no address of a repository', false],
    ['a file', () => ({ url: 'file:///etc' }), 'is no address of a repository', false],
    ['a ref that is an option', () => ({ ref: { kind: 'branch', name: '--upload-pack=x' } }), 'has no branch --upload-pack=x', false],
  ])('%s', async ([, plan, says, retryable, env]) => {
    const told = await refusal(plan(), env?.());
    expect(told.message).toContain(says);
    expect(told.retryable).toBe(retryable);
  });

  test('a redirect is not followed', async () => {
    let asked = 0;
    server.answers.set('elsewhere', (_, response) => response.writeHead(302, { location: server.url('trap') + '/info/refs' }).end());
    server.answers.set('trap', (_, response) => {
      asked += 1;
      response.end();
    });
    expect((await refusal({ url: server.url('elsewhere') })).message).toContain('answers with a redirect');
    expect(asked).toBe(0);
  });

  test('a server that fails is tried again', async () => {
    server.answers.set('broken', (_, response) => response.writeHead(503).end());
    expect(await refusal({ url: server.url('broken') })).toMatchObject({
      message: expect.stringMatching(/broken.git failed$/) as string,
      retryable: true,
    });
  });
});

describe('a hostile repository', () => {
  test('has links and submodules that are plain files or nothing', async () => {
    await server.commit('links', {
      'a.txt': 'a',
      out: { link: '/etc' },
      passwd: { link: '../../../../etc/passwd' },
      'dir/up': { link: '..' },
    });
    const tree = await server.in('links', 'ls-tree', 'refs/heads/main');
    const module = `${tree}\n160000 commit ${'b'.repeat(40)}\tmodule`;
    await server.commitTree('links', await makeTree('links', module));
    await fetched({ url: server.url('links') });
    for (const name of ['out', 'passwd', 'dir/up']) expect((await lstat(join(folder, 'tree', name))).isFile()).toBe(true);
    expect(await inTree('out')).toBe('/etc');
    expect((await readdir(join(folder, 'tree'))).sort()).toEqual(['a.txt', 'dir', 'module', 'out', 'passwd']);
    expect(await readdir(join(folder, 'tree', 'module'))).toEqual([]);
    await rm(join(folder, 'tree'), { recursive: true });
    expect((await refusal({ url: server.url('links'), path: 'out' })).message).toContain('has no folder "out"');
  });

  test.each(['.git', '.GIT', '..'])('cannot have an entry called %s', async (name) => {
    await server.commit('names', { a: 'x' });
    const blob = (await server.in('names', 'rev-parse', 'refs/heads/main:a')).trim();
    // A tree of that name is written by hand, because git itself would not.
    const raw = Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, 'hex')]);
    await server.commitTree('names', await hashTree('names', raw));
    const { message } = await refusal({ url: server.url('names') });
    expect(message).toMatch(/cannot be fetched|is no repository/);
  });

  test('runs no hook and no filter that it brings', async () => {
    await server.commit('hooks', {
      '.gitattributes': '* filter=evil\n* text eol=crlf\n',
      '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ext::touch /tmp/evil\n\tupdate = !touch /tmp/evil\n',
      '.gitconfig': '[filter "evil"]\n\tsmudge = touch evil\n',
      'hooks/post-checkout': '#!/bin/sh\ntouch evil\n',
      'a.txt': 'a\n',
    });
    await fetched({ url: server.url('hooks') });
    expect((await readdir(join(folder, 'tree'))).sort()).toEqual(['.gitattributes', '.gitconfig', '.gitmodules', 'a.txt', 'hooks']);
  });

  test('that unpacks to more than 512 MiB is not unpacked', async () => {
    await server.commit('bomb', { zeros: new Uint8Array(1024 * 1024) });
    const blob = (await server.in('bomb', 'rev-parse', 'refs/heads/main:zeros')).trim();
    await server.commitTree(
      'bomb',
      await makeTree('bomb', Array.from({ length: 600 }, (_, n) => `100644 blob ${blob}\tzeros-${n}`).join('\n')),
    );
    expect((await refusal({ url: server.url('bomb') })).message).toContain('holds 600 MiB of files; at most 512 MiB are fetched');
    expect(await readdir(folder)).toEqual([]);
  });

  test('that sends more than it may is cut while it sends', async () => {
    // Noise, which no pack makes smaller.
    await server.commit('heavy', { noise: randomBytes(3 * 1024 * 1024) });
    const limits = { timeoutMs: 60_000, bytes: 1024 * 1024 };
    expect(await refusal({ url: server.url('heavy') }, {}, limits)).toMatchObject({
      message: expect.stringMatching(/heavy\.git sends more than 1 MiB, which is the most that is fetched$/) as string,
      retryable: false,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('that sends one byte now and then is given up after its time', async () => {
    const dribbling = new Set<NodeJS.Timeout>();
    server.answers.set('slow', (_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
      const timer = setInterval(() => response.write('0'), 20);
      dribbling.add(timer);
      response.on('close', () => {
        clearInterval(timer);
        dribbling.delete(timer);
      });
    });
    expect(await refusal({ url: server.url('slow') }, {}, { timeoutMs: 600, bytes: 1024 * 1024 })).toMatchObject({
      message: expect.stringMatching(/slow\.git was not fetched within 0\.01 minutes$/) as string,
      retryable: true,
    });
    // git and its helpers have ended with it.
    await expect.poll(() => dribbling.size).toBe(0);
  });

  test('that has a million entries in a few trees is not listed to its end', async () => {
    await server.commit('wide', { a: 'x' });
    let entry = `100644 blob ${(await server.in('wide', 'rev-parse', 'refs/heads/main:a')).trim()}`;
    for (let level = 0; level < 6; level += 1) {
      const tree = await makeTree('wide', Array.from({ length: 10 }, (_, n) => `${entry}\tentry-${n}`).join('\n'));
      entry = `040000 tree ${tree}`;
    }
    await server.commitTree('wide', entry.split(' ')[2] ?? '');
    expect(await refusal({ url: server.url('wide') })).toMatchObject({
      message: expect.stringContaining('wide.git has too many files or too long paths: the list of them takes more than 8 MiB') as string,
      retryable: false,
    });
  });

  test('that has more files than are fetched, and a list of them that is short, is told how many they may be', async () => {
    await server.commit('many', { a: 'x' });
    const blob = (await server.in('many', 'rev-parse', 'refs/heads/main:a')).trim();
    const files = Array.from({ length: 20_001 }, (_, n) => `100644 blob ${blob}\tf${n}`);
    await server.commitTree('many', await makeTree('many', files.join('\n')));
    expect(await refusal({ url: server.url('many') })).toMatchObject({
      message: expect.stringMatching(/many\.git has more than 20,000 files$/) as string,
      retryable: false,
    });
  });

  test('that has few files with long paths is not told that they are too many', async () => {
    await server.commit('deep', { a: 'x' });
    const blob = (await server.in('deep', 'rev-parse', 'refs/heads/main:a')).trim();
    let tree = await makeTree('deep', Array.from({ length: 5_000 }, (_, n) => `100644 blob ${blob}\tf${n}`).join('\n'));
    for (let level = 0; level < 8; level += 1) tree = await makeTree('deep', `040000 tree ${tree}\t${'p'.repeat(250)}`);
    await server.commitTree('deep', tree);
    expect((await refusal({ url: server.url('deep') })).message).toContain('too long paths: the list of them takes more than 8 MiB');
  });
});

/** A tree from lines as `git ls-tree` prints them. */
async function makeTree(repository: string, lines: string): Promise<string> {
  return server.input(repository, `${lines}\n`, 'mktree', '--missing');
}

async function hashTree(repository: string, raw: Buffer): Promise<string> {
  return server.input(repository, raw, 'hash-object', '-t', 'tree', '-w', '--stdin', '--literally');
}
