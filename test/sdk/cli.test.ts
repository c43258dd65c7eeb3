/** `dossier-template` as one types it, in a folder of one's own. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const CLI = join(import.meta.dirname, '../../src/sdk/cli.ts');
const TEMPLATE = `
metadata: {name: usage}
spec:
  parameters:
    - {name: month, type: Period, required: true, maxDays: 31}
    - {name: most, type: Integer, default: 7}
    - {name: customers, type: Strings}
  columns:
    - {name: id, type: String}
    - {name: total, type: Decimal}
`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-sdk-'));
  await writeFile(join(folder, 'template.yaml'), TEMPLATE);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function cli(...args: readonly string[]): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  execFile(execPath, [CLI, ...args], { cwd: folder, env: { PATH: process.env['PATH'] }, timeout: 20_000 }, (error, stdout, stderr) =>
    resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
  );
  return promise;
}

async function run(module: string, parameters: string): Promise<Outcome> {
  await writeFile(join(folder, 'usage.ts'), module);
  await writeFile(join(folder, 'parameters.yaml'), parameters);
  return cli('run', 'usage.ts', '--template', 'template.yaml', '--parameters', 'parameters.yaml', '--time-zone', 'Europe/Berlin');
}

const MONTH = 'month: {from: "2026-10-01", to: "2026-11-01"}\n';

describe('dossier-template run', () => {
  test('gives a module what a Report would, and prints its rows', async () => {
    const { code, stdout, stderr } = await run(
      `export default function* ({ parameters, timeZone, log }) { log('hello'); yield [JSON.stringify({ parameters, timeZone }), '1.50']; }`,
      `${MONTH}customers: [acme, 7]\n`,
    );
    expect(code).toBe(0);
    const [told = ''] = JSON.parse(stdout) as readonly string[];
    expect(JSON.parse(told)).toEqual({
      parameters: { month: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' }, most: 7, customers: ['acme', '7'] },
      timeZone: 'Europe/Berlin',
    });
    expect(stderr).toBe('hello\n1 rows, which fit the columns of usage\n');
  });

  test('writes them to a file when it is asked to', async () => {
    await writeFile(join(folder, 'plain.mjs'), 'export const generate = () => [{ a: 1n }];');
    expect(await cli('run', 'plain.mjs', '--rows', 'out.ndjson')).toEqual({ code: 0, stdout: '', stderr: '1 rows\n' });
    expect(await readFile(join(folder, 'out.ndjson'), 'utf8')).toBe('{"a":1}\n');
  });

  test('holds a module against the entry of a descriptor', async () => {
    await writeFile(join(folder, 'usage.ts'), 'export default function* () { yield [1]; }');
    await writeFile(
      join(folder, 'dossier.yaml'),
      'templates: [{ name: usage, entrypoint: ./usage.ts, columns: [{ name: id, type: String }] }]\n',
    );
    const { code, stderr } = await cli('run', 'usage.ts', '--template', 'dossier.yaml');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^code: row 1: column "id" is an Integer/);
  });

  test.each([
    ['ends the process', `yield ['a', 1]; process.exit(0);`],
    ['waits for what never comes', `yield ['a', 1]; await new Promise(() => undefined);`],
  ])('says so of a module that %s, and prints no rows', async (_, body) => {
    const { code, stdout, stderr } = await run(`export default async function* () { ${body} }`, MONTH);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/the module ended the process, or waits for something that never comes: there are no rows\n$/);
  });

  test.each([
    [
      'parameters that the template refuses, all at once',
      'export default function* () {}',
      'month: {from: "2026-01-01", to: "2027-01-01"}\nmosst: 8\n',
      64,
      /did you mean "most"[^]*longer than 31 days/,
    ],
    [
      'a row that does not fit',
      `export default function* () { yield ['a', 1]; yield { id: 'b', total: 'x' }; }`,
      MONTH,
      1,
      /^code: row 2: column "total" is a String of 1 character/,
    ],
    ["the user's mistake", `export default function* (c) { c.fail('no such customer'); }`, MONTH, 64, /^no such customer$/],
    [
      'what the module throws, with its place',
      `export default function* () { throw new Error('reason'); }`,
      MONTH,
      1,
      /Error: reason\n\s+at .*usage\.ts:1/,
    ],
    ['parameters that are no mapping', 'export default function* () {}', '- a\n', 64, /parameters\.yaml: must hold names and values/],
  ])('tells %s', async (_, module, parameters, code, says) => {
    const outcome = await run(module, parameters);
    expect(outcome.stderr.trimEnd()).toMatch(says);
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: '' });
  });

  test.each([
    [['run'], /needs exactly one module/],
    [['run', 'a.ts', '--nothing'], /Unknown option '--nothing'/],
    [['run', 'a.ts', '--time-zone', 'Mars/Phobos'], /--time-zone .*Mars\/Phobos/],
    [['run', 'nothing.ts'], /^there is no module .*nothing\.ts$/m],
    [['run', '.'], /^there is no module /m],
    [['run', 'template.yaml'], /^the entrypoint cannot be loaded: Unknown file extension "\.yaml"/m],
    [['run', 'one.ts', '--rows', 'no/where'], /^--rows: there is no folder .*no$/m],
    [['run', 'one.ts', '--template', 'none.yaml'], /^there is no file .*none\.yaml$/m],
    [['run', 'one.ts', '--template', 'values.yaml'], /values\.yaml: is no ReportTemplate \(spec\) and no descriptor \(templates\)$/m],
    [['run', 'one.ts', '--template', 'dossier.yaml'], /no entry of templates has the entrypoint one\.ts; they have: two\.ts$/m],
    [['init', 'one.ts'], /one\.ts is no folder$/m],
    [['describe', 'nothing'], /^there is no folder .*nothing$/m],
    [['describe', 'empty'], /^dossier\.yaml: there is none in this folder, and no reports\.json/m],
    [['describe', '.'], /^dossier\.yaml: templates "two": entrypoint: there is no file "two\.ts"$/m],
    [['dance'], /unknown command "dance"/],
  ])('%j is told what is wrong', async (args, says) => {
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'one.ts'), 'export default function* () {}');
    await writeFile(join(folder, 'values.yaml'), 'a: 1\n');
    await writeFile(join(folder, 'dossier.yaml'), 'templates: [{ name: two, entrypoint: two.ts }]\n');
    const { code, stderr } = await cli(...args);
    expect(code).toBe(64);
    expect(stderr).toMatch(says);
  });
});

test('dossier-template init makes a template that runs at once, and never in a folder with something in it', async () => {
  const made = await cli('init', 'mine');
  expect(made.code).toBe(0);
  // The command stands in the README, too, and nothing there leads to where the new folder is not.
  const [command = ''] = /^npm run template -- .*$/m.exec(made.stderr) ?? [];
  const readme = await readFile(join(folder, 'mine/README.md'), 'utf8');
  expect(readme).toContain(command);
  expect(readme).not.toMatch(/\.\.\/|examples\/custom-template/);
  expect(await cli(...command.split(' ').slice(4))).toMatchObject({ code: 0 });
  expect((await readdir(join(folder, 'mine'))).sort()).toEqual([
    'README.md',
    'parameters.json',
    'reports',
    'repository.yaml',
    'template.yaml',
  ]);
  const { code, stdout } = await cli(
    'run',
    'mine/reports/working-days.ts',
    '--template',
    'mine/template.yaml',
    '--parameters',
    'mine/parameters.json',
  );
  expect(code).toBe(0);
  expect(stdout.split('\n')[0]).toBe('{"day":"2026-12-21","weekday":"Monday","worked":true,"hours":"7.50"}');
  const described = await cli('describe', 'mine/reports');
  expect(described).toMatchObject({ code: 0, stderr: '1 template\n' });
  expect(described.stdout).toContain('entrypoint: working-days.ts');
  expect(await cli('init', 'mine')).toMatchObject({ code: 64, stderr: expect.stringContaining('is not empty') as string });
});
