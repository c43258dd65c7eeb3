import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Guardian } from '../../../src/local/process/guardian.ts';
import { ServerProcess } from '../../../src/local/process/server-process.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { until } from '../until.ts';

const PARENT = fileURLToPath(new URL('./parent-program.ts', import.meta.url));

/** Starts a parent with these servers and resolves when they run. */
async function startParent(...scripts: readonly string[]): Promise<{ parent: ChildProcess; folder: string; pids: readonly number[] }> {
  const parent = spawn(process.execPath, [PARENT, ...scripts], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  return { parent, ...(JSON.parse(line) as { folder: string; pids: number[] }) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // An orphan that ended but was not reaped yet still has a process id.
  return process.platform !== 'linux' || !/^\d+ \(.*\) Z/.test(readStat(pid));
}

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return `${pid} (gone) Z`;
  }
}

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'servers and folder of a parent that ends by %s are gone soon after',
  async (signal) => {
    const { parent, folder, pids } = await startParent('exec sleep 600', 'sleep 600 & wait');
    expect(pids.map(isAlive)).toEqual([true, true]);
    expect(existsSync(folder)).toBe(true);

    parent.kill(signal);

    await until('the servers end', () => !pids.some(isAlive));
    await until('the folder is removed', () => !existsSync(folder));
  },
);

test('servers that ignore SIGTERM or are frozen are gone too, after the grace', async () => {
  const { parent, folder, pids } = await startParent('trap "" TERM; while :; do sleep 1; done', 'exec sleep 600');
  process.kill(pids[1] ?? Number.NaN, 'SIGSTOP');
  parent.kill('SIGKILL');
  await until('the servers end', () => !pids.some(isAlive), 20_000);
  await until('the folder is removed', () => !existsSync(folder));
});

test('closing a workspace stops its servers and removes its folder before it resolves', async () => {
  const workspace = await Workspace.create();
  const server = await workspace.start({ name: 'sleeper', logFile: join(workspace.folder, 'log'), command: 'sleep', args: ['600'] });
  expect(isAlive(server.pid)).toBe(true);
  await workspace.close();
  expect(isAlive(server.pid)).toBe(false);
  expect(existsSync(workspace.folder)).toBe(false);
});

test('without a guardian no server gets past its gate', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const guardian = await Guardian.start();
  const { pid } = guardian;
  if (pid === undefined) throw new Error('the guardian has no process id');
  process.kill(pid, 'SIGKILL');
  await until('the guardian is gone', () => !isAlive(pid));
  const marker = join(folder, 'marker');

  const start = ServerProcess.start({ name: 'server', logFile: join(folder, 'log'), command: 'touch', args: [marker] }, guardian);

  await expect(start).rejects.toThrow('the guardian process is gone');
  expect(existsSync(marker)).toBe(false);
});
