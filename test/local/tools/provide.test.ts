import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, join, relative } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cacheFolder } from '../../../src/local/tools/cache.ts';
import { SERVER_TOOLS, TOOL_NAMES, TOOLS, type Paths, type ToolName } from '../../../src/local/tools/catalog.ts';
import { provideTools } from '../../../src/local/tools/provide.ts';
import { makeFolder, optionsFor, PLATFORM, publish, type Weather, writeProgram } from './support.ts';

const SYSTEM_PATH = '/usr/bin:/bin';
/** The URL of a port where nobody listens. */
async function refusingSite(): Promise<string> {
  const site = await publish();
  site.close();
  return site.url;
}

/** A folder with a `go` that writes a program to the path after `-o`, or fails. */
function fakeGo(behaviour: 'builds' | 'fails'): string {
  const folder = makeFolder();
  const build = 'echo k8s.io/some/package >&2; while [ "$1" != "-o" ]; do shift; done; printf "#!/bin/sh\\necho built\\n" > "$2"';
  writeProgram(join(folder, 'go'), behaviour === 'builds' ? build : 'echo "go: module lookup disabled" >&2; exit 1');
  return [folder, SYSTEM_PATH].join(delimiter);
}

function say(paths: Paths<ToolName>): Readonly<Record<string, string>> {
  return Object.fromEntries(TOOL_NAMES.map((name) => [name, execFileSync(paths[name], { encoding: 'utf8' }).trim()]));
}

const every = (text: (name: ToolName) => string): Readonly<Record<string, string>> => Object.fromEntries(TOOL_NAMES.map((name) => [name, text(name)]));

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it succeeded',
    (error: unknown) => (error as Error).message,
  );
}

describe('tools are looked for in order', () => {
  test('a tool that its own variable names is taken from there, before everything else', async () => {
    const [folder, cache, site] = [makeFolder(), makeFolder(), await publish()];
    const own = writeProgram(join(folder, 'mine'), 'echo mine');
    writeProgram(join(folder, 'assets', 'etcd'), 'echo asset');
    const options = optionsFor(cache, site.url, SYSTEM_PATH);
    const paths = await provideTools({ ...options, env: { ...options.env, KUBEBUILDER_ASSETS: join(folder, 'assets'), DOSSIER_ETCD: own } });
    expect(paths.etcd).toBe(own);
  });

  test('a variable that names no program is an error, not a reason to take another program', async () => {
    const [cache, site] = [makeFolder(), await publish()];
    const options = optionsFor(cache, site.url, SYSTEM_PATH);
    const message = await messageOf(provideTools({ ...options, env: { ...options.env, DOSSIER_ETCD: '/nowhere/etcd' } }));
    expect(message).toContain('DOSSIER_ETCD: /nowhere/etcd is not a program');
    expect(message).toContain('correct or unset DOSSIER_ETCD');
    expect(message).not.toContain('kubectl');
    expect(site.requests.filter((path) => path.includes('etcd'))).toEqual([]);
  });

  test('KUBEBUILDER_ASSETS gives the tools of a fitting version that it has, and the rest comes from elsewhere', async () => {
    const [assets, cache, site, lines] = [makeFolder(), makeFolder(), await publish(), [] as string[]];
    const held: Readonly<Record<string, string>> = {
      etcd: 'echo "etcd Version: 3.5.9"; echo "Go Version: go1.26.8"',
      'kube-apiserver': 'echo Kubernetes v1.37.0',
      kubectl: 'echo "Client Version: v1.31.4"; echo "Kustomize Version: v1.37.0"',
      'kube-controller-manager': 'echo "unknown flag" >&2; exit 1',
    };
    for (const [name, script] of Object.entries(held)) writeProgram(join(assets, name), script);
    const options = optionsFor(cache, site.url, SYSTEM_PATH, lines);
    const paths = await provideTools({ ...options, env: { ...options.env, KUBEBUILDER_ASSETS: relative(process.cwd(), assets) } });
    const taken = TOOL_NAMES.filter((name) => paths[name] === join(assets, name));
    expect(taken).toEqual(['etcd', 'kube-apiserver']);
    expect(lines.filter((line) => line.includes('not taken')).map((line) => line.split(assets)[1])).toEqual([
      '/kube-controller-manager has version unknown\n',
      '/kubectl has version v1.31.4\n',
    ]);
  });

  test('what was downloaded once is found in the cache, without a network', async () => {
    const [cache, site] = [makeFolder(), await publish()];
    const first = await provideTools(optionsFor(cache, site.url, SYSTEM_PATH));
    expect(say(first)).toEqual(every((name) => `downloaded ${name}`));
    site.close();
    const lines: string[] = [];
    expect(await provideTools(optionsFor(cache, site.url, SYSTEM_PATH, lines))).toEqual(first);
    expect(lines).toEqual([]);
  });

  test('only the tools that are asked for are made', async () => {
    const [cache, site] = [makeFolder(), await publish()];
    const paths = await provideTools(optionsFor(cache, site.url, SYSTEM_PATH), SERVER_TOOLS);
    expect(Object.keys(paths)).toEqual(SERVER_TOOLS);
    expect(readdirSync(cache).filter((name) => name.startsWith('helm'))).toEqual([]);
  });

  test('a cache of another platform or version is not used', async () => {
    const [cache, site] = [makeFolder(), await publish()];
    const { version } = TOOLS.etcd;
    for (const folder of [`etcd-${version}-linux-arm64`, `etcd-v3.0.0-linux-x64`]) writeProgram(join(cache, folder, 'etcd'), 'echo wrong');
    expect(say(await provideTools(optionsFor(cache, site.url, SYSTEM_PATH)))['etcd']).toBe('downloaded etcd');
  });

  test('without a network they are built', async () => {
    const lines: string[] = [];
    const paths = await provideTools(optionsFor(makeFolder(), await refusingSite(), fakeGo('builds'), lines));
    expect(say(paths)).toEqual(every(() => 'built'));
    expect(lines.filter((line) => line.includes('cannot be reached: connect ECONNREFUSED'))).toHaveLength(TOOL_NAMES.length);
  });

  test('a site that cannot be reached is tried once and not for every tool', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    await provideTools(optionsFor(makeFolder(), `http://127.0.0.1:${(server.address() as AddressInfo).port}`, fakeGo('builds')));
    expect(connections).toBe(1);
  });

  test('a platform without an official binary is built for without a request', async () => {
    const site = await publish();
    const paths = await provideTools({ ...optionsFor(makeFolder(), site.url, fakeGo('builds')), platform: { os: 'freebsd', arch: 'x64' } });
    expect(say(paths)).toEqual(every(() => 'built'));
    expect(site.requests).toEqual([]);
  });
});

describe('a download that is not what was published', () => {
  const BAD: readonly (readonly [string, Weather, string])[] = [
    ['has another checksum', (to, body) => to.end(Buffer.concat([body, Buffer.from('tampered')])), 'the file was not used'],
    ['is cut short', (to, body) => to.writeHead(200, { 'content-length': body.length + 100 }).end(body, () => to.destroy()), 'broke off after'],
    ['stops in the middle', (to, body) => void to.writeHead(200, { 'content-length': body.length + 100 }).write(body), 'broke off after'],
    ['is not there', (to) => to.writeHead(404).end('gone'), 'answered 404'],
    ['is an error page', (to) => to.writeHead(503).end('busy'), 'answered 503'],
  ];

  test.each(BAD)('because it %s leads to a build and leaves nothing in the cache', async (_, weather, problem) => {
    const [cache, lines, site] = [makeFolder(), [] as string[], await publish({ kubectl: weather })];
    expect(say(await provideTools(optionsFor(cache, site.url, fakeGo('builds'), lines)))).toEqual(every((name) => (name === 'kubectl' ? 'built' : `downloaded ${name}`)));
    expect(lines.find((line) => line.includes('failed'))).toContain(problem);
    expect(readdirSync(cache).filter((name) => name.startsWith('partial-') || name === 'lock')).toEqual([]);
  });

  test('fails in one error that says for each tool what was tried, why it failed and what helps', async () => {
    const site = await publish({ kubectl: (to) => to.end('tampered'), 'checksums.txt': (to) => to.end('no digests here') });
    const cache = makeFolder();
    const message = await messageOf(provideTools(optionsFor(cache, site.url, fakeGo('fails'))));
    const [kubectl, versitygw, ...more] = message.split('\n\n');
    expect(more).toEqual([]);
    expect(kubectl).toMatch(/^kubectl v1\.37\.2 is needed/);
    expect(kubectl).toMatch(/download: .*kubectl has SHA-256 [0-9a-f]{64}, but [0-9a-f]{64} is published/);
    expect(kubectl).toMatch(/build: go ended with exit code 1\n\s+go: module lookup disabled/);
    expect(kubectl).toContain('DOSSIER_KUBECTL');
    expect(versitygw).toMatch(/download: .*checksums\.txt has no SHA-256 of versitygw_v1\.8\.0_Linux_x86_64\.tar\.gz/);
    expect(existsSync(join(cache, `kubectl-v1.37.2-${PLATFORM.os}-${PLATFORM.arch}`))).toBe(false);
  });

  test('says that Go is missing where it is', async () => {
    const message = await messageOf(provideTools(optionsFor(makeFolder(), await refusingSite(), makeFolder())));
    expect(message).toContain('build: go is not installed');
    expect(message).toContain('cannot be reached: connect ECONNREFUSED');
  });
});

describe('several at once', () => {
  test('share one download', async () => {
    const [cache, site] = [makeFolder(), await publish()];
    const all = await Promise.all([1, 2, 3].map(() => provideTools(optionsFor(cache, site.url, SYSTEM_PATH))));
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
    const programs = site.requests.filter((path) => !/sha256|SHA256SUMS|checksums/.test(path));
    expect(programs).toHaveLength(TOOL_NAMES.length);
  });

  test('what a crashed installation left is removed by the next', async () => {
    const [cache, site] = [makeFolder(), await publish()];
    mkdirSync(join(cache, 'partial-crashed'));
    writeFileSync(join(cache, 'partial-crashed', 'kubectl'), 'half');
    await provideTools(optionsFor(cache, site.url, SYSTEM_PATH));
    expect(existsSync(join(cache, 'partial-crashed'))).toBe(false);
  });

  test('an abort ends a download at once and leaves nothing', async () => {
    const stop = new AbortController();
    const cache = makeFolder();
    const site = await publish({
      kubectl: (to, body) => {
        to.writeHead(200, { 'content-length': 10_000 }).write(body);
        stop.abort(new Error('changed my mind'));
      },
    });
    const provided = provideTools({ ...optionsFor(cache, site.url, fakeGo('builds')), signal: stop.signal });
    await expect(provided).rejects.toThrow('changed my mind');
    expect(readdirSync(cache).filter((name) => /^(partial|kubectl|versitygw|lock)/.test(name))).toEqual([]);
  });
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['its own variable', { DOSSIER_CACHE: '/own', XDG_CACHE_HOME: '/xdg' }, '/own'],
  ['the XDG folder', { XDG_CACHE_HOME: '/xdg' }, '/xdg/dossier'],
  ['the home folder', {}, '/home/me/.cache/dossier'],
  ['the home folder when the variables are empty', { DOSSIER_CACHE: '', XDG_CACHE_HOME: '' }, '/home/me/.cache/dossier'],
])('the cache is in %s', (_, env, folder) => {
  expect(cacheFolder(env, '/home/me')).toBe(folder);
});
