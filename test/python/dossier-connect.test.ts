/** The program of the Python image, as a pod runs it, with functions in every form that Connect knows. Needs a python3; the image brings its own. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const python = process.env['PYTHON'] ?? 'python3';
const present = spawnSync(python, ['--version']).status === 0;
const PROGRAM = join(import.meta.dirname, '../../src/python/dossier_connect.py');
const ENTRYPOINT = 'reports.usage.entrypoint.generate';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-connect-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Run {
  readonly module: string;
  readonly spec?: '1' | '2';
  readonly renderer?: string;
  readonly columns?: string;
  readonly parameters?: readonly object[];
  readonly values?: object;
  readonly env?: Readonly<Record<string, string>>;
}

interface Outcome {
  readonly code: number;
  readonly lastLine: string;
  readonly stdout: string;
  /** Undefined when there is no such file. */
  readonly rows: readonly unknown[] | undefined;
}

async function run({
  module,
  spec = '2',
  renderer = 'xlsx',
  columns = 'a=S,b=S',
  parameters = [],
  values = {},
  env = {},
}: Run): Promise<Outcome> {
  const files = {
    'reports.json': JSON.stringify({ reports: [{ entrypoint: ENTRYPOINT, report_spec: spec, parameters }] }),
    'reports/__init__.py': '',
    'reports/usage/__init__.py': '',
    'reports/usage/entrypoint.py': module,
    'parameters.json': JSON.stringify({ parameters: values }),
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const given = {
    PATH: process.env['PATH'] ?? '',
    DOSSIER_PARAMETERS: join(folder, 'parameters.json'),
    DOSSIER_ROWS: join(folder, 'rows'),
    ...env,
  };
  const { promise, resolve } = Promise.withResolvers<readonly [number, string, string]>();
  execFile(python, [PROGRAM, ENTRYPOINT, renderer, columns], { cwd: folder, env: given, timeout: 20_000 }, (error, stdout, stderr) =>
    resolve([error === null ? 0 : Number(error.code ?? -1), stderr, stdout]),
  );
  const [code, stderr, stdout] = await promise;
  const text = await readFile(join(folder, 'rows'), 'utf8').catch(() => undefined);
  const rows = text
    ?.split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
  return { code, lastLine: stderr.trim().split('\n').at(-1) ?? '', stdout, rows };
}

describe.runIf(present)('a function of Connect', () => {
  const five = 'client, parameters, progress_callback, renderer_type, extra_context_callback';
  test.each<readonly [form: string, run: Run]>([
    ['returns rows', { module: `def generate(${five}): return [['a', 1], ('b', 2)]` }],
    [
      'yields rows',
      { module: `def generate(${five}):\n  yield ['a', 1]\n  progress_callback(1, 2)\n  extra_context_callback({})\n  yield ['b', 2]` },
    ],
    ['returns rows asynchronously', { module: `async def generate(${five}): return [['a', 1], ['b', 2]]` }],
    ['yields rows asynchronously', { module: `async def generate(${five}):\n  yield ['a', 1]\n  yield ['b', 2]` }],
    [
      'has the three arguments of the first specification',
      { spec: '1', module: `def generate(client, parameters, progress): return [['a', 1], ['b', 2]]` },
    ],
    [
      'has names and defaults of its own',
      {
        module: `def generate(client=None, input_data=None, progress_callback=None, renderer_type='csv', extra=None): return [['a', 1], ['b', 2]]`,
      },
    ],
    [
      'puts a header before the rows of a CSV file',
      { renderer: 'csv', module: `def generate(${five}): return [['A', 'B'], ['a', 1], ['b', 2]]` },
    ],
  ])('that %s', async (_, given) => {
    expect(await run(given)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^2 rows$/m) as string,
      rows: [
        ['a', '1'],
        ['b', '2'],
      ],
    });
  });

  test('gets parameters as Connect gives them, and writes values as their columns have them', async () => {
    const parameters = [
      { id: 'date', type: 'date_range' },
      { id: 'product-list', type: 'product' },
      { id: 'status', type: 'checkbox' },
      { id: 'text', type: 'single_line' },
      { id: 'day', type: 'date' },
    ];
    const values = {
      date: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' },
      product_list: null,
      status: ['open'],
      text: null,
      day: '2026-10-01',
    };
    const module = `
import datetime, decimal, json, uuid
def generate(${five}):
    yield [json.dumps(parameters), renderer_type, None, float('nan')]
    yield [True, datetime.datetime(2026, 10, 1, 12, 30), decimal.Decimal('1.50'), 2 ** 70]
    yield [{'x': 1}, datetime.datetime(2026, 10, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2))), 1.25, 'pair \\U0001f600']
    yield [{'at': datetime.date(2026, 10, 1), 'rate': decimal.Decimal('1.50'), 'id': (uuid.UUID(int=1), None, float('nan'))}, None, None, 1]
    yield [None, None, {1: ['x', {'y': decimal.Decimal('0.10')}]}, None]
`;
    const { code, rows } = await run({ module, parameters, values, columns: 'text=S,at=T,amount=.,any=S' });
    expect(code).toBe(0);
    expect(JSON.parse((rows?.[0] as readonly string[])[0] ?? '')).toEqual({
      date: { after: '2026-09-30T22:00:00+00:00', before: '2026-10-31T22:59:59+00:00' },
      'product-list': { all: true, choices: [] },
      status: { all: false, choices: ['open'] },
      day: '2026-10-01',
    });
    expect(rows?.[0]).toMatchObject({ 1: 'xlsx', 2: null, 3: null });
    expect(rows?.[1]).toEqual(['true', '2026-10-01T12:30:00+00:00', '1.50', '1180591620717411303424']);
    expect(rows?.[2]).toEqual(['{"x": 1}', '2026-10-01T00:00:00+02:00', 1.25, 'pair \u{1f600}']);
    expect(rows?.[3]).toEqual([
      '{"at": "2026-10-01", "rate": "1.50", "id": ["00000000-0000-0000-0000-000000000001", null, null]}',
      null,
      null,
      '1',
    ]);
    expect(rows?.[4]).toEqual([null, null, { 1: ['x', { y: '0.10' }] }, null]);
  });

  test.each<readonly [story: string, run: Run, says: RegExp]>([
    [
      'speaks to users by a RuntimeError',
      { module: `def generate(${five}): raise RuntimeError('red must be\\nmore than yellow')` },
      /^red must be more than yellow$/,
    ],
    [
      'asks Connect without a key',
      { module: `def generate(${five}): return client.requests.all()` },
      /^the report asks Connect \(client\.requests\), and no key was given: set CONNECT_API_KEY/,
    ],
    ['is not there', { module: 'x = 1' }, /^the entrypoint reports\.usage\.entrypoint\.generate cannot be loaded: /],
    ['asks for a package that is not there', { module: 'import no_such_package' }, /cannot be loaded: No module named 'no_such_package'$/],
    [
      'has rows of another width',
      { module: `def generate(${five}): return [['a', 1, 2]]` },
      /^row 1 has 3 values for 2 columns; list the report in dossier\.yaml/,
    ],
    ['has rows that are none', { module: `def generate(${five}): return ['ab']` }, /^row 1 is a str, neither a list nor a dict$/],
    [
      'has values that are none',
      { module: `def generate(${five}): return [['a', object()]]` },
      /^row 1: "b" is a object, which is no value$/,
    ],
    ...['b=S', 'b=.'].flatMap((column): readonly (readonly [string, Run, RegExp])[] => {
      const columns = `a=S,${column}`;
      const rows = (value: string): Run => ({ columns, module: `def generate(${five}):\n  yield ['a', 1]\n  yield ['a', ${value}]` });
      return [
        [`has what is no value in a list (${column})`, rows('[1, [object()]]'), /^row 2: "b" holds a object, which is no value$/],
        [`has what is no value in a dict (${column})`, rows("{'x': (1, {2})}"), /^row 2: "b" holds a set, which is no value$/],
        [`has a key that is none (${column})`, rows("{('x',): 1}"), /^row 2: "b" has a key that is a tuple; give texts as keys$/],
        [`has an infinite number in a list (${column})`, rows("[float('inf')]"), /^row 2: "b" holds an infinite number/],
        [`has a list without end (${column})`, rows('(lambda x: x.append(x) or x)([])'), /^row 2: "b" holds itself/],
        [`has half a character (${column})`, rows("'lone \\ud800'"), /^row 2: "b" has half of a surrogate pair, which is no character; /],
        [`has half a character in a list (${column})`, rows("['\\udc00']"), /^row 2: "b" has half of a surrogate pair/],
        [`has half a character in a key (${column})`, rows("{'\\udc00': 1}"), /^row 2: "b" has half of a surrogate pair/],
      ];
    }),
    [
      'has rows with keys that are none',
      { module: `def generate(${five}): return [{('a',): 1}]` },
      /^row 1 has a key that is a tuple; give texts as keys$/,
    ],
    [
      'has a row of another width after the header of a CSV file',
      { renderer: 'csv', module: `def generate(${five}): return [['A', 'B'], ['a', 1, 2]]` },
      /^row 1 has 3 values for 2 columns/,
    ],
    ['returns nothing', { module: `def generate(${five}): pass` }, /^the function returned no rows/],
  ])('that %s fails the Report at once, and leaves no rows', async (_, given, says) => {
    const { code, lastLine, rows } = await run(given);
    expect({ code, rows }).toEqual({ code: 64, rows: undefined });
    expect(lastLine).toMatch(says);
  });

  test.each([
    ['raises anything else', `def generate(${five}):\n  yield ['a', 1]\n  raise ValueError('SENTINEL')`],
    ['raises what only looks like a word to users', `def generate(${five}): raise RecursionError('x')`],
    ['ends the process in the middle', `import os\ndef generate(${five}):\n  yield ['a', 1]\n  os._exit(0 + 3)`],
  ])('that %s is tried again, and leaves no rows', async (_, module) => {
    const { code, rows } = await run({ module });
    expect(rows).toBeUndefined();
    expect([1, 3]).toContain(code);
  });
});
