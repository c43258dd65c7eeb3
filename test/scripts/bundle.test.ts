/** What a pod pays for at every start. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { bundle } from '../../scripts/bundle.ts';

const TELL = 'process.on("exit", () => process.stderr.write(JSON.stringify(process.moduleLoadList)));';

test('the bundled operator starts without Node’s own undici, which a plain import of http would load', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-bundle-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await bundle(folder, { operator: 'src/operator/main.ts' });
  await writeFile(join(folder, 'tell.mjs'), TELL);
  const args = ['--import', join(folder, 'tell.mjs'), join(folder, 'operator/operator.mjs'), '--help'];
  const { stdout, stderr } = await promisify(execFile)(execPath, args, { env: {} });
  expect(stdout).toContain('--runner-image');
  const loaded = JSON.parse(stderr) as readonly string[];
  expect(loaded).toContain('NativeModule _http_server');
  expect(loaded.filter((name) => name.includes('deps/undici'))).toEqual([]);
});
