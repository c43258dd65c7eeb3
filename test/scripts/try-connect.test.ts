/** What a user sees who tries a repository of CloudBlue Connect: every form of function, with a client that is none. Needs a python3. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import exceljs from 'exceljs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const python = process.env['PYTHON'] ?? 'python3';
const present = spawnSync(python, ['--version']).status === 0;
const SCRIPT = join(import.meta.dirname, '../../scripts/try-connect.ts');
const ARGUMENTS = 'client, parameters, progress_callback, renderer_type, extra_context_callback';

const FUNCTIONS = {
  plain: `from connect.client import R
def generate(${ARGUMENTS}):
    query = R()
    query &= R().created.ge(parameters['period']['after'])
    found = client.ns('subscriptions').assets.filter(query).order_by('-created')
    return [[asset['id'], asset['tiers']['customer']['name']] for asset in found.all()]`,
  generator: `def generate(${ARGUMENTS}):
    for number, request in enumerate(client.requests.select('asset')):
        progress_callback(number, client.requests.count())
        yield {'a': request.get('id'), 'b': [item for item in request['items']]}`,
  asynchronous: `async def generate(${ARGUMENTS}):
    first = await client.products.first()
    async for product in client.collection('products').all():
        yield [product['id'], await client.products[product['id']].items.count() + int(first['count'])]`,
  demanding: `def generate(${ARGUMENTS}):
    raise RuntimeError(f"{parameters['text']} is no number")`,
  wide: `def generate(${ARGUMENTS}): return [['a', 'b', 'c']]`,
  broken: `def generate(${ARGUMENTS}): return 1 / 0`,
  cut: `import os
def generate(${ARGUMENTS}):
    with open(os.environ['DOSSIER_ROWS'], 'w') as rows:
        rows.write('["a", ')
    os._exit(0)`,
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-try-connect-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function lay(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

function tried(...args: readonly string[]): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(execPath, [SCRIPT, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], PYTHON: python },
  });
  return { code: status, stdout, stderr };
}

describe.runIf(present)('a repository of Connect is tried', () => {
  test('report by report, each with its template and what came of its function', async () => {
    const book = new exceljs.Workbook();
    book.addWorksheet('Data').addRow(['A', 'B']);
    const reports = Object.keys(FUNCTIONS).map((name) => ({
      name,
      readme_file: 'README.md',
      entrypoint: `reports.${name}.generate`,
      audience: ['vendor'],
      report_spec: '2',
      parameters: [
        { id: 'period', type: 'date_range', name: 'Period', description: 'When', required: true },
        { id: 'text', type: 'single_line', name: 'Text', description: 'Any', required: true },
      ],
      renderers: [
        { id: 'x', type: 'xlsx', description: 'x', default: true, template: 'reports/t.xlsx', args: { start_row: 2, start_col: 1 } },
      ],
    }));
    await lay({
      'reports.json': JSON.stringify({ name: 'r', readme_file: 'README.md', version: '1.0.0', language: 'python', reports }),
      'README.md': '# r',
      'reports/__init__.py': '',
      'reports/t.xlsx': Buffer.from(await book.xlsx.writeBuffer()),
      ...Object.fromEntries(Object.entries(FUNCTIONS).map(([name, text]) => [`reports/${name}.py`, text])),
      'values.yaml': 'text: seven\n',
    });
    const { code, stdout } = tried(folder, '--parameters', join(folder, 'values.yaml'));
    expect(code).toBe(0);
    const outcomes = new Map([...stdout.matchAll(/^([a-z-]+)\n[^]*?^ {2}run +(.*)$/gm)].map(([, name = '', text = '']) => [name, text]));
    expect(Object.fromEntries(outcomes)).toEqual({
      plain: '2 rows, which fit its columns',
      generator: '2 rows, which fit its columns',
      asynchronous: '2 rows, which fit its columns',
      demanding: 'says: seven is no number',
      wide: 'says: row 1 has 3 values for 2 columns; list the report in dossier.yaml (connect, columns) with all its columns',
      broken: 'failed: ZeroDivisionError: division by zero',
      cut: 'ended in the middle of a row',
    });
    expect(stdout).toContain('  function    reports.plain.generate, told to make xlsx\n  formats     XLSX\n');
    expect(stdout).toContain('  parameters  period: Period, required; text: String, required\n  columns     2: A, B\n');
    expect(stdout).toMatch(/\n7 templates: 3 with rows, 2 with words to its user, 2 failed\n$/);
  });

  test.each<readonly [story: string, args: () => readonly string[], says: RegExp]>([
    ['not without a folder', () => [], /^needs exactly one folder or address of a git repository$/],
    ['not in a folder that is not there', () => [join(folder, 'none')], /^there is no folder \/.*none$/],
    ['not without a descriptor', () => [folder], /^dossier\.yaml: there is none in this folder, and no reports\.json/],
    ['not from an address where there is none', () => ['file:///nothing.git'], /nothing\.git/],
    ['not with an option that there is not', () => [folder, '--nothing'], /^Unknown option '--nothing'/],
  ])('%s', (_, args, says) => {
    const { code, stderr } = tried(...args());
    expect(stderr.trim()).toMatch(says);
    expect(code).toBe(64);
  });
});
