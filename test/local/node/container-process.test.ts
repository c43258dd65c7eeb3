import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ContainerLog } from '../../../src/local/node/container-log.ts';
import { ContainerProcess } from '../../../src/local/node/container-process.ts';
import { bytesBelow, memoryByGroup } from '../../../src/local/node/usage.ts';
import { Guardian } from '../../../src/local/process/guardian.ts';
import { until } from '../until.ts';

let guardian: Guardian;
let folder = '';
let count = 0;
beforeAll(async () => {
  guardian = await Guardian.start();
  folder = await mkdtemp(join(tmpdir(), 'dossier-process-'));
});
afterAll(async () => {
  await guardian.close();
  await rm(folder, { recursive: true });
});

async function start(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ running: ContainerProcess; log: ContainerLog }> {
  const log = new ContainerLog(join(folder, `${(count += 1)}.log`), () => 'now');
  const PATH = process.env['PATH'] ?? '';
  const running = await ContainerProcess.start(
    { command: ['sh', '-c', script], environment: { PATH, ...environment }, workingDirectory: folder },
    log,
    guardian,
  );
  return { running, log };
}

async function logText(log: ContainerLog): Promise<string> {
  return readFile(log.path, 'utf8');
}

/** A process that ended but was not reaped yet has a group and no memory. */
async function groupRuns(pid: number): Promise<boolean> {
  return ((await memoryByGroup(new Set([pid]))).get(pid) ?? 0) > 0;
}

test.each([
  ['exit 0', 0],
  ['exit 64', 64],
  ['kill -KILL $$', 137],
  ['kill -TERM $$', 143],
])('`%s` ends with %d', async (script, code) => expect(await (await start(script)).running.exited).toBe(code));

test('output of both streams is in the log when the end is told', async () => {
  const { running, log } = await start('echo out; echo err >&2; printf last');
  await running.exited;
  expect((await logText(log)).split('\n').toSorted()).toEqual(['', 'now stderr F err', 'now stdout F out', 'now stdout P last']);
});

test('nothing of our own environment is passed on', async () => {
  const { running, log } = await start('env', { ONLY: 'this' });
  await running.exited;
  const names = [...(await logText(log)).matchAll(/ F (\w+)=/g)].map(([, name]) => name);
  expect(names).toEqual(expect.arrayContaining(['ONLY', 'PATH']));
  expect(names.filter((name) => !['ONLY', 'PATH', 'PWD', 'SHLVL', '_', 'OLDPWD'].includes(name ?? ''))).toEqual([]);
});

test('what the first process leaves behind dies with it', async () => {
  const { running } = await start('sleep 600 & exit 3');
  expect(await running.exited).toBe(3);
  await until('the group is gone', async () => !(await groupRuns(running.pid)));
});

test('a stop asks first, and every process of the group', async () => {
  const { running, log } = await start('trap "echo bye; exit 75" TERM; echo up; sleep 600 & wait');
  await until('it is up', async () => (await logText(log)).includes('up'));
  running.stop(60_000);
  expect(await running.exited).toBe(75);
  expect(await logText(log)).toContain('bye');
});

test('a stop kills after the grace, which a second stop can shorten but not prolong', async () => {
  const { running, log } = await start('trap "" TERM; echo up; while :; do sleep 0.05; done');
  await until('it is up', async () => (await logText(log)).includes('up'));
  running.stop(60_000);
  running.stop(50);
  running.stop(60_000);
  expect(await running.exited).toBe(137);
});

test('a program that does not exist is the error of the system', async () => {
  const log = new ContainerLog(join(folder, 'none.log'), () => 'now');
  const spec = { command: ['/no/such/program'], environment: {}, workingDirectory: folder };
  await expect(ContainerProcess.start(spec, log, guardian)).rejects.toMatchObject({ code: 'ENOENT' });
  log.close();
});

test('an environment string that is too long is the error of the system', async () => {
  const tooLong = start('exit 0', { PLAN: 'x'.repeat(140_000) });
  if (process.platform === 'linux') await expect(tooLong).rejects.toMatchObject({ code: 'E2BIG' });
  else expect(await (await tooLong).running.exited).toBe(0);
});

test('memory of a group is that of all its processes', async () => {
  const hold = `${process.execPath} -e 'const held = Buffer.alloc(80e6, 1); console.log("up"); setInterval(() => held, 1e6)'`;
  const { running, log } = await start(`${hold} & ${hold} & wait`);
  await until('both are up', async () => (await logText(log)).split(' up\n').length === 3);
  const bytes = (await memoryByGroup(new Set([running.pid]))).get(running.pid) ?? 0;
  expect(bytes).toBeGreaterThan(160e6);
  expect(bytes).toBeLessThan(500e6);
  running.kill();
  await running.exited;
});

test('disk use of a folder is that of everything below it', async () => {
  const { running } = await start(
    'mkdir -p use/a && head -c 300000 /dev/zero > use/a/x && head -c 100000 /dev/zero > use/y && ln -s /usr use/z',
  );
  await running.exited;
  const bytes = await bytesBelow(join(folder, 'use'));
  expect(bytes).toBeGreaterThanOrEqual(400_000);
  expect(bytes).toBeLessThan(500_000);
  expect(await bytesBelow(join(folder, 'nowhere'))).toBe(0);
});

test('containers of an agent that is killed are gone soon after', async () => {
  const agent = spawn(process.execPath, [fileURLToPath(new URL('./agent-program.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(agent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(await groupRuns(pid)).toBe(true);
  agent.kill('SIGKILL');
  await until('the container is gone', async () => !(await groupRuns(pid)));
});
