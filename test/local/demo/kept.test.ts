import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isDemoKept, KeptDemo, stopKept } from '../../../src/local/demo/kept.ts';
import type { Environment } from '../../../src/local/tools/cache.ts';

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kept-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function cacheIn(folder: string): Promise<Environment> {
  return { DOSSIER_CACHE: join(folder, 'cache') };
}

test('a demo is found from its announcement until it is withdrawn', async () => {
  const folder = await makeFolder();
  const env = await cacheIn(folder);
  expect(await isDemoKept(env)).toBe(false);
  const demo = await KeptDemo.announce(folder, env, () => undefined);
  expect(await isDemoKept(env)).toBe(true);
  await demo.withdraw();
  expect(await isDemoKept(env)).toBe(false);
});

test('whoever only asks does not stop it', async () => {
  const folder = await makeFolder();
  const env = await cacheIn(folder);
  let stopped = false;
  const demo = await KeptDemo.announce(folder, env, () => (stopped = true));
  await isDemoKept(env);
  await isDemoKept(env);
  expect(stopped).toBe(false);
  await demo.withdraw();
});

test('a second one is refused, so that the first can still be found', async () => {
  const [one, other] = [await makeFolder(), await makeFolder()];
  const env = await cacheIn(one);
  const demo = await KeptDemo.announce(one, env, () => undefined);
  await expect(KeptDemo.announce(other, env, () => undefined)).rejects.toThrow(/EEXIST/);
  expect(await isDemoKept(env)).toBe(true);
  await demo.withdraw();
});

test('what a killed demo left is no demo, and is removed', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'demo.json');
  await writeFile(file, JSON.stringify({ socket: join(folder, 'gone.sock') }));
  expect(await stopKept({ DOSSIER_CACHE: folder })).toBe(false);
  expect(existsSync(file)).toBe(false);
});
