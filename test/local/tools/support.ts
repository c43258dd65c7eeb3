/** A site that publishes the tools, on the loopback address, with small scripts in the place of programs; and a folder for a cache. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Environment } from '../../../src/local/tools/cache.ts';
import { TOOLS, type Platform, type Tool } from '../../../src/local/tools/catalog.ts';
import type { ProvideOptions } from '../../../src/local/tools/provide.ts';
import { Progress } from '../../../src/local/tools/progress.ts';

export const PLATFORM: Platform = { os: 'linux', arch: 'x64' };

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dossier-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export function writeProgram(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** Answers one request, instead of with the file. */
export type Weather = (response: ServerResponse, body: Buffer) => void;

export interface Site {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly requests: readonly string[];
  close(): void;
}

/** Publishes every tool as its real site does: files, archives, checksums. `weather` maps the name of a file to what happens to it. */
export async function publish(weather: Readonly<Record<string, Weather>> = {}): Promise<Site> {
  const files = new Map<string, Buffer>();
  for (const tool of Object.values(TOOLS)) addRelease(files, tool);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const body = files.get(path);
    if (body === undefined) response.writeHead(404).end('no such file');
    else (weather[basename(path)] ?? ((to, bytes) => to.end(bytes)))(response, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}

function addRelease(files: Map<string, Buffer>, tool: Tool): void {
  const release = tool.release(PLATFORM);
  if (release === undefined) throw new Error(`no release of ${tool.name}`);
  const script = `#!/bin/sh\necho downloaded ${tool.name}\n`;
  const body = release.member === undefined ? Buffer.from(script) : archive(release.member, script);
  const digest = createHash('sha256').update(body).digest('hex');
  files.set(release.path, body);
  files.set(release.checksumPath, Buffer.from(release.member === undefined ? digest : `${'0'.repeat(64)}  another-file\n${digest}  ${basename(release.path)}\n`));
}

function archive(member: string, script: string): Buffer {
  const folder = makeFolder();
  writeProgram(join(folder, member), script);
  execFileSync('tar', ['-czf', join(folder, 'archive'), '-C', folder, dirname(member)]);
  return readFileSync(join(folder, 'archive'));
}

/** Options that keep a test inside `cache`, `site` and the programs in `path`; `lines` takes what a person would see. */
export function optionsFor(cache: string, site: string, path: string, lines: string[] = []): ProvideOptions & { readonly env: Environment } {
  return {
    env: { DOSSIER_CACHE: cache, DOSSIER_KUBERNETES_DOWNLOADS: site, DOSSIER_GITHUB_DOWNLOADS: site, DOSSIER_HELM_DOWNLOADS: site, PATH: path },
    platform: PLATFORM,
    progress: new Progress({ write: (text) => lines.push(text) }),
    silence: { connectMs: 2_000, answerMs: 2_000, nextByteMs: 1_000 },
  };
}
