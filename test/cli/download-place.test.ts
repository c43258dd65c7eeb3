/** Where a downloaded file goes when nobody says it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { placeOf } from '../../src/cli/commands/download.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-place-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the longest name that a Report may give its file is one that a download takes', async () => {
  const name = `${'ü'.repeat(100)}.ndjson.gz`;
  expect(await placeOf(folder, name)).toBe(join(folder, name));
});

test.each(['../x.csv', 'a/b.csv', '..', 'a\u202eb.csv', 'a\nb.csv', `${'x'.repeat(211)}`])('%j goes nowhere', async (name) => {
  await expect(placeOf(folder, name)).rejects.toThrow('give it another one with -o FILE');
});

test('a file that is there is not overwritten unless it is named', async () => {
  await writeFile(join(folder, 'x.csv'), 'older');
  await expect(placeOf(folder, 'x.csv')).rejects.toThrow('is there already');
  expect(await placeOf(join(folder, 'x.csv'), 'x.csv')).toBe(join(folder, 'x.csv'));
});
