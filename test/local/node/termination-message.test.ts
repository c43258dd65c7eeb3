import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ContainerLog } from '../../../src/local/node/container-log.ts';
import { terminationMessage } from '../../../src/local/node/termination-message.ts';

interface Given {
  readonly written?: string | Uint8Array;
  readonly output?: string;
  readonly exitCode?: number;
  readonly policy?: 'File' | 'FallbackToLogsOnError';
}

async function folderAndLog(output: string): Promise<{ folder: string; log: ContainerLog }> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-message-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const log = new ContainerLog(join(folder, '0.log'), () => '2026-11-23T08:00:00.000000000Z');
  log.append('stdout', Buffer.from(output));
  log.close();
  return { folder, log };
}

async function message({ written, output = '', exitCode = 1, policy = 'File' }: Given): Promise<string> {
  const { folder, log } = await folderAndLog(output);
  const file = join(folder, 'message');
  if (written !== undefined) await writeFile(file, written);
  return terminationMessage({ name: 'runner', image: 'x', terminationMessagePolicy: policy }, exitCode, file, log);
}

const MANY_LINES = Array.from({ length: 100 }, (_, index) => `line ${index}\n`);

test.each<readonly [string, Given, string]>([
  ['what was written', { written: '{"ok":true}' }, '{"ok":true}'],
  ['the last 4,096 bytes of it', { written: `lost${'x'.repeat(4096)}` }, 'x'.repeat(4096)],
  ['no half character at its beginning', { written: `${'é'.repeat(2048)}x` }, `${'é'.repeat(2047)}x`],
  ['nothing', { output: 'hello\n' }, ''],
  ['nothing after a success', { output: 'hello\n', exitCode: 0, policy: 'FallbackToLogsOnError' }, ''],
  ['the output of a failure, when asked for', { written: '', output: 'hello\n', policy: 'FallbackToLogsOnError' }, 'hello\n'],
  ['what was written rather than the output', { written: 'why', output: 'hello\n', policy: 'FallbackToLogsOnError' }, 'why'],
  ['at most 80 lines of output', { output: MANY_LINES.join(''), policy: 'FallbackToLogsOnError' }, MANY_LINES.slice(20).join('')],
  ['at most 2,048 bytes of output', { output: 'y'.repeat(9000), policy: 'FallbackToLogsOnError' }, 'y'.repeat(2048)],
])('is %s', async (_, given, expected) => expect(await message(given)).toBe(expected));

test('does not follow a link that the container left there', async () => {
  const { folder, log } = await folderAndLog('');
  await symlink('/etc/hostname', join(folder, 'message'));
  expect(await terminationMessage({ name: 'runner', image: 'x' }, 0, join(folder, 'message'), log)).toBe(
    'Error on reading termination log: ELOOP',
  );
});

test('does not wait at a pipe that the container left there', async () => {
  const { folder, log } = await folderAndLog('');
  execFileSync('mkfifo', [join(folder, 'message')]);
  expect(await terminationMessage({ name: 'runner', image: 'x' }, 0, join(folder, 'message'), log)).toBe('');
});
