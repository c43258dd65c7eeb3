/**
 * Shows what becomes of a repository made for CloudBlue Connect, on one's own machine: each report with the template that it makes, and its function run as a Report's pod
 * would run it, with rows held against the template's columns.
 *
 * The client is a stub that answers every question with the same two objects, or Connect's own where CONNECT_API_KEY is set. What the function says is printed; nothing is
 * written to the repository.
 *
 *     npm run try-connect -- FOLDER-OR-GIT-URL [--parameters FILE] [--python PROGRAM]
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { argv, env, exit, stderr, stdout } from 'node:process';
import { parseArgs, promisify } from 'node:util';
import type { ParameterDeclaration } from '../src/api/parameters/declaration.ts';
import { describe } from '../src/descriptor/describe.ts';
import type { DescribedTemplate } from '../src/descriptor/descriptor.ts';
import { DiskTree } from '../src/runner/describe/disk-tree.ts';
import type { Column } from '../src/runner/rows.ts';
import { RowLines } from '../src/runner/sources/code/row-lines.ts';
import { Mistake } from '../src/sdk/module-run.ts';
import { readYaml, resolved } from '../src/sdk/try-module.ts';

const PROGRAM = join(import.meta.dirname, '../src/python/dossier_connect.py');
const STUB = join(import.meta.dirname, 'connect-stub');
const EXIT_MISTAKE = 64;
const RUN_TIMEOUT_MS = 60_000;
const ZONE = 'UTC';
const URL_FORM = /^[a-z+]+:\/\/|^[^/]+@[^/]+:/;

const run = promisify(execFile);

interface Options {
  readonly python: string;
  /** By name; the others get a sample. */
  readonly values: Readonly<Record<string, unknown>>;
  /** For files of runs. */
  readonly scratch: string;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv.slice(2),
    options: { parameters: { type: 'string' }, python: { type: 'string', default: env['PYTHON'] ?? 'python3' } },
    allowPositionals: true,
  });
  const [place, ...more] = positionals;
  if (place === undefined || more.length > 0) throw new Mistake('needs exactly one folder or address of a git repository');
  // `npm run` starts programs in the package's folder and tells here where it was called.
  const from = env['INIT_CWD'] ?? process.cwd();
  const scratch = await mkdtemp(join(tmpdir(), 'dossier-connect-'));
  try {
    const given = values.parameters === undefined ? {} : await readYaml(resolve(from, values.parameters));
    await show(await folderOf(place, from, scratch), { python: values.python, values: given, scratch });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function folderOf(place: string, from: string, scratch: string): Promise<string> {
  if (!URL_FORM.test(place)) {
    const folder = resolve(from, place);
    return realpath(folder).catch(() => {
      throw new Mistake(`there is no folder ${folder}`);
    });
  }
  const checkout = join(scratch, 'checkout');
  await run('git', ['clone', '--quiet', '--depth', '1', '--', place, checkout]).catch((error: unknown) => {
    throw new Mistake((error as { readonly stderr?: string }).stderr?.trim() ?? String(error));
  });
  return checkout;
}

async function show(folder: string, options: Options): Promise<void> {
  const described = await describe(new DiskTree(folder));
  if (described.kind === 'mistakes') throw new Mistake(described.mistakes.join('\n'));
  const outcomes = new Map<string, number>();
  for (const template of described.templates) {
    stdout.write(summary(template));
    const { kind, text } = await tried(template, folder, options);
    outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    stdout.write(`  run         ${text}\n\n`);
  }
  for (const warning of described.warnings) stdout.write(`not made: ${warning}\n`);
  const counts = [...outcomes].map(([kind, count]) => `${count} ${kind}`).join(', ');
  stdout.write(`${described.templates.length} templates${counts === '' ? '' : `: ${counts}`}\n`);
}

function summary({ name, code, spec }: DescribedTemplate): string {
  const {
    title = '',
    parameters = [],
    columns = [],
    formats = [],
  } = spec as {
    readonly title?: string;
    readonly parameters?: readonly ParameterDeclaration[];
    readonly columns?: readonly Column[];
    readonly formats?: readonly string[];
  };
  const lines = [
    ['title', title],
    ['function', code.kind === 'python' ? `${code.args[0] ?? ''}, told to make ${code.args[1] ?? ''}` : `none of Connect (${code.kind})`],
    ['formats', formats.join(', ')],
    ['parameters', parameters.map((each) => `${each.name}: ${each.type}${each.required === true ? ', required' : ''}`).join('; ')],
    ['columns', `${columns.length}: ${columns.map((column) => column.header).join(', ')}`],
  ];
  return `${name}\n${lines.map(([label = '', text = '']) => `  ${label.padEnd(12)}${text}\n`).join('')}`;
}

interface Outcome {
  readonly kind: 'with rows' | 'with words to its user' | 'failed' | 'not tried';
  readonly text: string;
}

async function tried({ name, code, spec }: DescribedTemplate, folder: string, { python, values, scratch }: Options): Promise<Outcome> {
  if (code.kind !== 'python') return { kind: 'not tried', text: 'it is no function of Connect' };
  const declared = (spec.parameters ?? []) as readonly ParameterDeclaration[];
  const given = Object.fromEntries(declared.map((each) => [each.name, values[each.name] ?? sampleOf(each)]));
  const own = join(scratch, name);
  await mkdir(own, { recursive: true });
  const [parameters, rows] = [join(own, 'parameters.json'), join(own, 'rows.ndjson')];
  await writeFile(parameters, JSON.stringify({ parameters: resolved(declared, given, ZONE) }));
  const hasKey = env['CONNECT_API_KEY'] !== undefined;
  const client = hasKey
    ? {}
    : { CONNECT_API_KEY: 'stub', PYTHONPATH: [STUB, env['PYTHONPATH'] ?? ''].filter((part) => part !== '').join(':') };
  const environment = { ...env, ...client, PYTHONDONTWRITEBYTECODE: '1', DOSSIER_PARAMETERS: parameters, DOSSIER_ROWS: rows };
  try {
    await run(python, [PROGRAM, ...code.args], { cwd: folder, env: environment, timeout: RUN_TIMEOUT_MS, maxBuffer: 64 << 20 });
  } catch (error) {
    const { code: exitCode, stderr: said = '', message } = error as Error & { readonly code?: unknown; readonly stderr?: string };
    const last = said.trim().split('\n').at(-1) ?? '';
    if (exitCode === EXIT_MISTAKE) return { kind: 'with words to its user', text: `says: ${last}` };
    return { kind: 'failed', text: `failed: ${last === '' ? message : last}` };
  }
  return judged(await readFile(rows), (spec.columns ?? []) as readonly Column[]);
}

/** As the runner would. */
function judged(rows: Buffer, columns: readonly Column[]): Outcome {
  const lines = rows.toString().split('\n');
  if (lines.pop() !== '') return { kind: 'failed', text: 'ended in the middle of a row' };
  const reader = new RowLines(columns, ZONE);
  try {
    for (const line of lines) reader.batch(() => [Buffer.from(line)]);
  } catch (error) {
    return { kind: 'failed', text: `gave rows that do not fit its columns: ${(error as Error).message}` };
  }
  return { kind: 'with rows', text: `${lines.length} rows, which fit its columns` };
}

function sampleOf({ type, required, choices = [] }: ParameterDeclaration): unknown {
  switch (type) {
    case 'Period':
      return { from: '2026-10-01', to: '2026-11-01' };
    case 'Strings':
      return required === true ? ['sample'] : null;
    case 'Choice':
      return choices[0]?.value;
    case 'Choices':
      return choices.map(({ value }) => value);
    case 'Date':
      return '2026-10-01';
    default:
      return 'sample';
  }
}

try {
  await main();
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const isTold = error instanceof Mistake || code.startsWith('ERR_PARSE_ARGS');
  stderr.write(`${isTold ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`);
  exit(isTold ? EXIT_MISTAKE : 1);
}
