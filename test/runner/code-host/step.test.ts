/** The step `code` as a pod runs it: a process with a module, a file of parameters and a file to write. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, '../../../src/runner/main.ts');
const GIVEN = {
  report: { name: 'usage-2026-10', namespace: 'billing', uid: 'u' },
  template: 'usage',
  parameters: { month: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' }, customers: ['acme', 'initech'] },
  timeZone: 'Europe/Berlin',
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-module-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly lastLine: string;
  /** Undefined when there is no such file. */
  readonly rows: string | undefined;
  readonly stdout: string;
}

async function run(module: string, name = 'usage.ts'): Promise<Outcome> {
  const [entrypoint, parameters, rows] = [join(folder, name), join(folder, 'parameters.json'), join(folder, 'rows.ndjson')];
  await writeFile(entrypoint, module);
  await writeFile(parameters, JSON.stringify(GIVEN));
  const env = { DOSSIER_ENTRYPOINT: entrypoint, DOSSIER_PARAMETERS: parameters, DOSSIER_ROWS: rows };
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  execFile(execPath, [MAIN, 'code'], { env, timeout: 20_000 }, (error, stdout, stderr) => {
    const code = error === null ? 0 : Number(error.code ?? -1);
    const finish = (text: string | undefined): void =>
      resolve({ code, lastLine: stderr.trimEnd().split('\n').at(-1) ?? '', rows: text, stdout });
    if (existsSync(rows)) void readFile(rows, 'utf8').then(finish);
    else finish(undefined);
  });
  return promise;
}

describe('a module', () => {
  test('in TypeScript yields rows by name or in order, with every digit', async () => {
    const { code, rows, stdout } = await run(`
      interface Context { readonly parameters: { readonly customers: readonly string[] }; readonly timeZone: string; log(text: string): void }
      export default async function* ({ parameters, timeZone, log }: Context): AsyncGenerator<unknown> {
        log('zone ' + timeZone);
        for (const id of parameters.customers) yield { id, total: '12.50', seen: new Date(0) };
        yield ['big', 9007199254740993n, null];
      }`);
    expect(code).toBe(0);
    expect(rows).toBe(
      '{"id":"acme","total":"12.50","seen":"1970-01-01T00:00:00.000Z"}\n{"id":"initech","total":"12.50","seen":"1970-01-01T00:00:00.000Z"}\n["big",9007199254740993,null]\n',
    );
    expect(stdout).toBe('zone Europe/Berlin\n3 rows\n');
  });

  test.each([
    ['a list', 'export const generate = () => [["a"], ["b"]];', '["a"]\n["b"]\n'],
    ['a promise of a list', 'export default async () => [["a"]];', '["a"]\n'],
    ['nothing', 'export default function* () {}', ''],
    [
      'rows although a server and a timer are left',
      `import { createServer } from 'node:net'; export function generate() { createServer().listen(0); setInterval(() => 0, 1000); return [["a"]]; }`,
      '["a"]\n',
    ],
  ])('may return %s', async (_, module, expected) => {
    const { code, rows } = await run(module, 'usage.mjs');
    expect({ code, rows }).toEqual({ code: 0, rows: expected });
  });

  test('in CommonJS may export generate', async () => {
    expect(await run(`exports.generate = () => [['a']];`, 'usage.js')).toMatchObject({ code: 0, rows: '["a"]\n' });
  });

  test('writes many rows whole', async () => {
    const { rows } = await run(`export default function* () { for (let n = 0; n < 50_000; n += 1) yield [n, 'ü'.repeat(n % 50)]; }`);
    const lines = (rows ?? '').split('\n');
    expect(lines).toHaveLength(50_001);
    expect(lines.slice(0, -1).every((line, n) => line === JSON.stringify([n, 'ü'.repeat(n % 50)]))).toBe(true);
  });

  test.each([
    [
      'says what the user did wrong',
      `export default function* (context) { yield ['a']; context.fail('no customer\\n of that name'); }`,
      64,
      /^no customer of that name$/,
    ],
    ['exports nothing', 'export const x = 1;', 64, /^the entrypoint exports no function by default, and none that is called generate$/],
    ['returns no rows', 'export default () => 7;', 64, /^the function of the entrypoint returns no rows/],
    ['is no JavaScript', 'export default function* ( {', 64, /^the entrypoint cannot be loaded: /],
    [
      'is TypeScript that is more than types',
      'enum A { B } export default function* () { yield [A.B]; }',
      64,
      /^the entrypoint cannot be loaded: .*enum/,
    ],
    [
      'imports what is not there',
      `import './nothing.ts'; export default function* () {}`,
      64,
      /^the entrypoint cannot be loaded: Cannot find module/,
    ],
    ['throws', `export default function* () { yield ['a']; throw new Error('reason'); }`, 1, /at /],
    [
      'rejects somewhere else',
      `export default async function* () { yield ['a']; void Promise.reject(new Error('x')); await new Promise((go) => setTimeout(go, 50)); }`,
      1,
      /Node\.js v/,
    ],
    ['ends the process in the middle', `export default function* () { yield ['a']; process.exit(0); }`, 0, /^$/],
    ['waits for nothing', `export default async function* () { yield ['a']; await new Promise(() => undefined); }`, 13, /./],
    ['yields no row', `export default function* () { yield ['a']; yield 'b'; }`, 1, /at /],
    ['yields what JSON would make null', `export default function* () { yield ['a', NaN]; }`, 1, /at /],
    ['yields an invalid date', `export default function* () { yield { day: new Date('x') }; }`, 1, /at /],
    ['yields a function', `export default function* () { yield { f: () => 1 }; }`, 1, /at /],
  ])('that %s leaves no file of rows', async (_, module, code, says) => {
    const outcome = await run(module);
    expect(outcome.code).toBe(code);
    expect(outcome.lastLine).toMatch(says);
    expect(outcome.rows).toBeUndefined();
  });
});
