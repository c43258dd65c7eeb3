/** `dossier-template run`: a module as a Report's pod would run it, with the same parameters, and each row held against the template's columns as the runner does. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
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

/** What is read of a ReportTemplate, or of an entry of a descriptor. */
interface TemplateParts {
  readonly parameters?: readonly ParameterDeclaration[];
  readonly columns?: readonly Column[];
}

interface TemplateFile {
  readonly metadata?: { readonly name?: string };
  readonly spec?: TemplateParts;
  readonly templates?: readonly (TemplateParts & { readonly name?: string; readonly entrypoint?: string })[];
}

type NamedTemplate = TemplateParts & { readonly name: string };

/** @throws Mistake, DossierError for rows that do not fit, or whatever the module throws */
export async function tryModule(args: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
  const { values, entrypoint } = read(args);
  const timeZone = values['time-zone'];
  const zone = timeZoneProblem(timeZone);
  if (zone !== undefined) throw new Mistake(`--time-zone ${zone}`);
  const path = resolve(folder, entrypoint);
  if ((await stat(path).catch(() => undefined))?.isFile() !== true) throw new Mistake(`there is no module ${path}`);
  const template = values.template === undefined ? undefined : await readTemplate(resolve(folder, values.template), path);
  const given = values.parameters === undefined ? {} : await readYaml(resolve(folder, values.parameters));
  const parameters = template === undefined ? given : resolved(template.parameters ?? [], given, timeZone);
  const columns = template?.columns;
  const lines = columns === undefined ? undefined : new RowLines(columns, timeZone);
  const own = await mkdtemp(join(tmpdir(), 'dossier-template-'));
  try {
    const rows = values.rows === undefined ? join(own, 'rows.ndjson') : resolve(folder, values.rows);
    if ((await stat(dirname(rows)).catch(() => undefined))?.isDirectory() !== true)
      throw new Mistake(`--rows: there is no folder ${dirname(rows)}`);
    const name = template?.name ?? 'template';
    const count = await runModule({
      entrypoint: path,
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

/** A ReportTemplate, or of a repository's dossier.yaml the entry with that module. */
async function readTemplate(file: string, module: string): Promise<NamedTemplate> {
  const { metadata, spec, templates } = (await readYaml(file)) as TemplateFile;
  if (typeof spec === 'object') return { ...spec, name: metadata?.name ?? 'template' };
  if (!Array.isArray(templates)) throw new Mistake(`${file}: is no ReportTemplate (spec) and no descriptor (templates)`);
  const entries = templates as NonNullable<TemplateFile['templates']>;
  const entry = entries.find(({ entrypoint }) => entrypoint !== undefined && resolve(dirname(file), entrypoint) === module);
  if (entry !== undefined) return { ...entry, name: entry.name ?? 'template' };
  const others = entries.flatMap(({ entrypoint }) => entrypoint ?? []).join(', ');
  throw new Mistake(
    `${file}: no entry of templates has the entrypoint ${relative(dirname(file), module)}; they have: ${others === '' ? 'none' : others}`,
  );
}

/** @throws Mistake for what holds no names and values */
export async function readYaml(path: string): Promise<Readonly<Record<string, unknown>>> {
  if ((await stat(path).catch(() => undefined))?.isFile() !== true) throw new Mistake(`there is no file ${path}`);
  try {
    const value: unknown = parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new Mistake(`${path}: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
  throw new Mistake(`${path}: must hold names and values`);
}

/** As the operator resolves what a Report gives: defaults, types, rules, and every mistake at once. @throws Mistake */
export function resolved(
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
