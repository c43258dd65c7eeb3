/** A workbook from a repository, which its author may have filled with links and pipes. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PLAN_ENV, type RunPlan } from '../../src/runner/plan.ts';
import { readWorkbookFile } from '../../src/runner/workbook-file.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-workbook-'));
  await mkdir(join(folder, 'tree/forms'), { recursive: true });
  await writeFile(join(folder, 'tree/forms/form.xlsx'), 'form');
  await writeFile(join(folder, 'secret.xlsx'), 'secret');
  await symlink('../../secret.xlsx', join(folder, 'tree/forms/link.xlsx'));
  await symlink('..', join(folder, 'tree/out'));
  spawnSync('mkfifo', [join(folder, 'tree/forms/pipe.xlsx')]);
  await writeFile(join(folder, 'tree/forms/large.xlsx'), Buffer.alloc(20 * 1024 * 1024 + 1));
});

afterAll(() => rm(folder, { recursive: true }));

function read(path: string, format = 'XLSX'): Promise<Buffer | undefined> {
  const workbook = { from: { kind: 'git', path }, sheet: 'Data', startRow: 2, startColumn: 1 };
  const plan = { format, xlsx: { workbook } } as unknown as RunPlan;
  return readWorkbookFile(plan, { [PLAN_ENV.workbook]: join(folder, 'tree', path), [PLAN_ENV.workbookTree]: join(folder, 'tree') });
}

test('is read where it is one file below the checkout, and only for XLSX', async () => {
  expect((await read('forms/form.xlsx'))?.toString()).toBe('form');
  expect(await read('forms/form.xlsx', 'CSV')).toBeUndefined();
});

test.each([
  ['that is not there', 'forms/none.xlsx', 'the repository has no file "forms/none.xlsx" that can be read'],
  ['that is a link', 'forms/link.xlsx', 'the repository has no file "forms/link.xlsx" that can be read'],
  ['behind a link out of the tree', 'out/secret.xlsx', 'the file lies outside of the repository'],
  ['that is a pipe', 'forms/pipe.xlsx', 'the file is no regular one'],
  ['that is a folder', 'forms', 'the file is no regular one'],
  ['that is too large', 'forms/large.xlsx', 'the file has more than 20 MiB'],
])('one %s is refused', async (_, path, says) => {
  await expect(read(path)).rejects.toThrow(`xlsx.workbook: ${says}`);
});
