/** The step `describe` as a pod runs it, on checkouts that are sound and on ones that are made to lead it elsewhere. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseDescribed, type Described } from '../../../src/descriptor/descriptor.ts';
import { DiskTree } from '../../../src/runner/describe/disk-tree.ts';
import { framed, parseFrameFacts } from '../../../src/runner/describe/frame.ts';

const MAIN = join(import.meta.dirname, '../../../src/runner/main.ts');

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'dossier-describe-')));
  await mkdir(join(folder, 'tree'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(): Promise<{ readonly code: number; readonly described: Described | undefined }> {
  const termination = join(folder, 'termination');
  const env = { DOSSIER_DESCRIBE: join(folder, 'tree'), DOSSIER_TERMINATION_LOG: termination };
  const { promise, resolve } = Promise.withResolvers<readonly [number, string]>();
  execFile(execPath, [MAIN, 'describe'], { env, timeout: 20_000 }, (error, stdout) =>
    resolve([error === null ? 0 : Number(error.code), stdout]),
  );
  const [code, stdout] = await promise;
  const facts = parseFrameFacts(await readFile(termination, 'utf8'));
  const text = facts === undefined ? undefined : framed(stdout, facts);
  return { code, described: text === undefined ? undefined : parseDescribed(text) };
}

test('prints what the descriptor says', async () => {
  await writeFile(join(folder, 'tree/usage.ts'), '');
  await writeFile(
    join(folder, 'tree/dossier.yaml'),
    'templates: [{ name: usage, entrypoint: usage.ts, columns: [{ name: id, type: String }] }]',
  );
  expect(await run()).toMatchObject({ code: 0, described: { templates: [{ name: 'usage' }] } });
});

test('prints its mistakes, which are a result too', async () => {
  expect(await run()).toEqual({
    code: 0,
    described: {
      kind: 'mistakes',
      mistakes: [
        'dossier.yaml: there is none in this folder, and no reports.json; put one there, or correct spec.path of the ReportRepository',
      ],
    },
  });
});

test('nothing outside of the checkout is read, and nothing that is no file', async () => {
  await writeFile(join(folder, 'secret'), 'SENTINEL');
  await symlink('../secret', join(folder, 'tree/link'));
  await symlink('/', join(folder, 'tree/root'));
  await symlink('loop', join(folder, 'tree/loop'));
  execFileSync('mkfifo', [join(folder, 'tree/fifo')]);
  const tree = new DiskTree(join(folder, 'tree'));
  for (const path of ['link', '../secret', 'root/etc/passwd', 'loop', 'fifo', '.', 'a/b', 'x'.repeat(5000)]) {
    expect(await tree.read(path, 1000)).toEqual({ kind: 'missing' });
  }
  expect(await tree.at('link')).toBeUndefined();
  expect(await tree.at('fifo')).toBeUndefined();
  await writeFile(join(folder, 'tree/large'), 'x'.repeat(1001));
  expect(await tree.read('large', 1000)).toEqual({ kind: 'tooLarge' });
});
