/** `dossier-template run`: a module as a Report's pod would run it, with the same parameters, and each row held against the template's columns as the runner does. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import type { ParameterDeclaration, GivenParameter } from '../api/parameters/declaration.ts';
import { resolveParameters } from '../api/parameters/resolve.ts';
import { codeValues } from '../runner/sources/code/parameters.ts';
import { RowLines } from '../runner/sources/code/row-lines.ts';
import type { Column } from '../runner/rows.ts';
import { timeZoneProblem } from '../time/zones.ts';
import type { ParameterValue } from './index.ts';
import { Mistake, runModule } from './module-run.ts';

const OPTIONS = {
  parameters: { type: 'string' },
  template: { type: 'string' },
  rows: { type: 'string' },
  'time-zone': { type: 'string', default: 'UTC' },
} as const;

/** What is read of a ReportTemplate. */
interface TemplateFile {
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly parameters?: readonly ParameterDeclaration[]; readonly columns?: readonly Column[] };
}

/** @throws Mistake, DossierError for rows that do not fit, or whatever the module throws */
export async function tryModule(args: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
  const { values, entrypoint } = read(args);
  const timeZone = values['time-zone'];
  const zone = timeZoneProblem(timeZone);
  if (zone !== undefined) throw new Mistake(`--time-zone ${zone}`);
  const template = values.template === undefined ? undefined : ((await readYaml(resolve(folder, values.template))) as TemplateFile);
  const given = values.parameters === undefined ? {} : await readYaml(resolve(folder, values.parameters));
  const parameters = template === undefined ? given : resolved(template.spec?.parameters ?? [], given, timeZone);
  const columns = template?.spec?.columns;
  const lines = columns === undefined ? undefined : new RowLines(columns, timeZone);
  const own = await mkdtemp(join(tmpdir(), 'dossier-template-'));
  try {
    const rows = values.rows === undefined ? join(own, 'rows.ndjson') : resolve(folder, values.rows);
    const name = template?.metadata?.name ?? 'template';
    const count = await runModule({
      entrypoint: resolve(folder, entrypoint),
      given: {
        report: { name: 'try', namespace: 'default', uid: '00000000-0000-0000-0000-000000000000' },
        template: name,
        parameters: parameters as Readonly<Record<string, ParameterValue>>,
        timeZone,
      },
      rows,
      signal,
      log: (message) => stderr.write(`${message}\n`),
      onRow: (line) => lines?.batch(() => [Buffer.from(line)]),
    });
    if (values.rows === undefined) stdout.write(await readFile(rows));
    stderr.write(`${count} rows${columns === undefined ? '' : `, which fit the columns of ${name}`}\n`);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

function read(args: readonly string[]): { readonly values: ReturnType<typeof parsed>['values']; readonly entrypoint: string } {
  try {
    const { values, positionals } = parsed(args);
    const [entrypoint, ...more] = positionals;
    if (entrypoint !== undefined && more.length === 0) return { values, entrypoint };
  } catch (error) {
    throw new Mistake((error as Error).message);
  }
  throw new Mistake('run needs exactly one module: dossier-template run ENTRYPOINT');
}

function parsed(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

async function readYaml(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new Mistake(`${path}: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
  throw new Mistake(`${path}: must hold names and values`);
}

/** As the operator resolves what a Report gives: defaults, types, rules, and every mistake at once. */
function resolved(
  declared: readonly ParameterDeclaration[],
  given: Readonly<Record<string, unknown>>,
  zone: string,
): Readonly<Record<string, unknown>> {
  const list = Object.entries(given).flatMap(([name, value]) => givenParameter(name, value));
  const resolution = resolveParameters(declared, list, { zone, createdAt: Date.now() });
  if (!resolution.ok) throw new Mistake(resolution.problems.join('\n'));
  return codeValues(resolution.parameters);
}

function givenParameter(name: string, value: unknown): readonly GivenParameter[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [{ name, values: value.map(String) }];
  if (typeof value === 'object') return [{ name, period: value }];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return [{ name, value }];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [{ name, value: String(value) }] : [];
}
