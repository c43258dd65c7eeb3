/** The runner as its image has it: bundled, it must still find everything that it loads only when a Report needs it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../scripts/bundle.ts';
import { PLAN_ENV } from '../../src/runner/plan.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-bundle-'));
  await bundle(folder, { runner: 'src/runner/main.ts' });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** How a run ends, in the words of its result. Nothing listens where it looks. */
async function messageOf(source: object, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const result = join(folder, 'result');
  const plan = {
    version: 1,
    report: { namespace: 'billing', name: 'r', uid: 'u' },
    attempt: 1,
    timeZone: 'Europe/Berlin',
    parameters: [],
    source,
    columns: [{ name: 'a', header: 'A', type: 'Integer', path: '$.a' }],
    format: 'CSV',
    compression: 'None',
    csv: { delimiter: ',', header: true, bom: false, quote: 'Minimal', lineEnding: 'LF', null: '', formulas: 'Escape' },
    json: { decimals: 'String', integers: 'Number' },
    xlsx: { sheetName: 'Report', freezeHeader: true, autoFilter: true, info: false },
    output: {
      bucket: {
        bucket: 'reports',
        endpoint: 'http://127.0.0.1:9',
        region: 'r',
        forcePathStyle: true,
        checksums: 'Auto',
        credentials: 'Pod',
      },
      key: 'k',
    },
    allowLoopback: true,
  };
  // Its own folder has no packages beside it, as in the image.
  const run = promisify(execFile)(process.execPath, [join(folder, 'runner', 'runner.mjs')], {
    env: { [PLAN_ENV.plan]: JSON.stringify(plan), [PLAN_ENV.terminationLog]: result, AWS_EC2_METADATA_DISABLED: 'true', ...env },
  });
  await run.catch(() => undefined);
  return (JSON.parse(await readFile(result, 'utf8')) as { readonly message?: unknown }).message;
}

test.each<[kind: string, source: object, env: Record<string, string>, message: string]>([
  [
    'postgres',
    { query: 'select 1' },
    { [PLAN_ENV.sourceUrl]: 'postgres://u:p@127.0.0.1:9/d?sslmode=disable' },
    'postgres: 127.0.0.1:9 refused',
  ],
  ['mysql', { query: 'select 1' }, { [PLAN_ENV.sourceUrl]: 'mysql://u:p@127.0.0.1:9/d?sslmode=disable' }, 'mysql: 127.0.0.1:9 refused'],
  ['inline', { rows: [{ a: 1 }] }, {}, 'bucket "reports"'],
])('a bundled runner has its source %s', async (kind, source, env, message) => {
  expect(await messageOf({ kind, ...source }, env)).toContain(message);
});
