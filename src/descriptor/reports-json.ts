/**
 * `reports.json`: the descriptor of CloudBlue Connect's report repositories, held to the rules of its own tools (connect-reports-core: schema, unique ids, files that exist,
 * one default renderer), and turned into templates of ours.
 *
 * A report's columns stand nowhere but in the header row of the workbook that its xlsx renderer fills; rows are lists in that order. What Dossier cannot make (pages by jinja2
 * and pdf, reports whose columns are not known) is told as a warning, and everything else goes on.
 */
import { foreignText, quoted } from '../foreign-text.ts';
import { checkParameters } from './connect-parameters.ts';
import { checkRenderers, type Renderer, type Workbook } from './connect-renderers.ts';
import {
  entryName,
  isEntryName,
  NAME_LIMIT,
  TEMPLATES_LIMIT,
  WARNINGS_LIMIT,
  WORD_LIMIT,
  type Described,
  type DescribedTemplate,
  type TemplatePart,
} from './descriptor.ts';
import { Place, type Fields } from './mistakes.ts';
import { textOfFile } from './readme.ts';
import type { Tree } from './tree.ts';

export const REPORTS_JSON = 'reports.json';

/** A report as a template; `columns` are those of its workbook, as texts. */
export interface ConnectReport {
  readonly name: string;
  readonly place: string;
  /** For the program of the Python image: the function and the renderer whose rows it is asked for. */
  readonly args: readonly string[];
  readonly spec: TemplatePart;
  /** What cannot be made of it. */
  readonly warnings: readonly string[];
}

export async function describeReportsJson(bytes: Buffer, tree: Tree): Promise<Described> {
  const { reports, mistakes } = await readReportsJson(bytes, tree);
  if (mistakes.length > 0) return { kind: 'mistakes', mistakes };
  const templates: DescribedTemplate[] = [];
  const warnings: string[] = [];
  for (const { name, place, args, spec, warnings: own } of reports.values()) {
    warnings.push(...own.map((warning) => foreignText(`${place}: ${warning}`)));
    const columns = spec.columns === undefined ? undefined : columnsArgument(spec.columns);
    if (columns !== undefined && spec.formats !== undefined)
      templates.push({ name, place, code: { kind: 'python', args: [...args, columns] }, spec });
  }
  const left = warnings.length - WARNINGS_LIMIT;
  const told = left > 0 ? [...warnings.slice(0, WARNINGS_LIMIT - 1), `and ${left + 1} more`] : warnings;
  return { kind: 'templates', templates, warnings: told };
}

/** By entrypoint. */
export async function readReportsJson(
  bytes: Buffer,
  tree: Tree,
): Promise<{ readonly reports: ReadonlyMap<string, ConnectReport>; readonly mistakes: readonly string[] }> {
  const top = new Place(REPORTS_JSON);
  const reports = new Map<string, ConnectReport>();
  const fields = readJson(bytes, top);
  if (fields === undefined) return { reports, mistakes: top.mistakes };
  for (const field of ['name', 'version']) top.text(fields, field, 4096);
  if (top.text(fields, 'language', 64) !== undefined && fields['language'] !== 'python') top.inside('language').wrong('must be python');
  await readme(top, fields, tree);
  const taken = new Map<string, string>();
  for (const [index, entry] of top.inside('reports').list(fields['reports'], 1, TEMPLATES_LIMIT).entries()) {
    const report = await reportOf(top, entry, index, tree);
    if (report === undefined) continue;
    const [entrypoint = ''] = report.args;
    const other = taken.get(report.name);
    if (other !== undefined) {
      top
        .inside(`reports ${quoted(entrypoint)}`)
        .wrong(`its module becomes the name ${quoted(report.name)}, as that of ${quoted(other)} does; put it into another`);
    }
    taken.set(report.name, entrypoint);
    reports.set(entrypoint, report);
  }
  return { reports, mistakes: top.mistakes };
}

async function reportOf(top: Place, entry: unknown, index: number, tree: Tree): Promise<ConnectReport | undefined> {
  const fields = top.inside(`reports[${index}]`).object(entry);
  if (fields === undefined) return undefined;
  const given = typeof fields['entrypoint'] === 'string' ? fields['entrypoint'] : undefined;
  const place = top.inside(given === undefined ? `reports[${index}]` : `reports ${quoted(given)}`);
  const title = place.text(fields, 'name', 4096);
  const description = await readme(place, fields, tree);
  const audience = place.inside('audience').list(fields['audience'], 1, 100);
  if (!audience.every((who) => typeof who === 'string')) place.inside('audience').wrong('must be a list of texts');
  const name = await checkEntrypoint(place, fields, tree);
  const parameters = checkParameters(place, fields['parameters']);
  const renderers = await checkRenderers(place, fields, tree);
  if (given === undefined || name === undefined || renderers === undefined) return undefined;
  return {
    name,
    place: place.path,
    args: [given, rowsOf(renderers)],
    warnings: warningsOf(renderers),
    spec: {
      ...(title === undefined ? {} : { title: foreignText(title, 200) }),
      ...(description === undefined ? {} : { description }),
      ...(parameters.length === 0 ? {} : { parameters }),
      ...renderedAs(renderers),
    },
  };
}

async function readme(place: Place, fields: Fields, tree: Tree): Promise<string | undefined> {
  const path = place.text(fields, 'readme_file', 512);
  return path === undefined ? undefined : textOfFile(place.inside('readme_file'), path, tree);
}

/** The entry's name: the second part of the function's dotted name, as Connect has it. */
async function checkEntrypoint(place: Place, fields: Fields, tree: Tree): Promise<string | undefined> {
  const entrypoint = place.text(fields, 'entrypoint', 256);
  if (entrypoint === undefined) return undefined;
  const at = place.inside('entrypoint');
  const parts = entrypoint.split('.');
  if (parts.length < 2 || !parts.every((part) => /^[A-Za-z_]\w*$/.test(part))) {
    at.wrong('must be the dotted name of a function in a package, e.g. reports.usage.entrypoint.generate');
    return undefined;
  }
  const module = parts.slice(0, -1).join('/');
  const isThere = (await tree.at(`${module}.py`)) === 'file' || (await tree.at(`${module}/__init__.py`)) === 'file';
  if (!isThere) at.wrong(`there is no module ${quoted(`${module}.py`)}`);
  const name = entryName((parts.length > 2 ? parts[1] : parts[0]) ?? '');
  if (isEntryName(name)) return name;
  at.wrong(`becomes the name ${quoted(name)}, which must have at most ${NAME_LIMIT} characters and end with a letter or a digit`);
  return undefined;
}

const FORMATS: ReadonlyMap<string, string> = new Map([
  ['xlsx', 'XLSX'],
  ['csv', 'CSV'],
  ['json', 'JSON'],
]);

/** Which renderer's rows the function is asked for: those for a workbook are plain lists, without a header. */
function rowsOf(renderers: readonly Renderer[]): string {
  return ['xlsx', 'json', 'csv'].find((type) => renderers.some((renderer) => renderer.type === type)) ?? 'xlsx';
}

function renderedAs(renderers: readonly Renderer[]): TemplatePart {
  const byDefault = [...renderers].sort((a, b) => Number(b.isDefault) - Number(a.isDefault));
  const formats = [...new Set(byDefault.flatMap(({ type }) => FORMATS.get(type) ?? []))];
  const workbook = renderers.find(({ workbook: found }) => found !== undefined)?.workbook;
  return {
    ...(formats.length === 0 ? {} : { formats }),
    ...(workbook === undefined ? {} : { columns: columnsOf(workbook.headers) }),
    // As Connect writes them.
    ...(formats.includes('CSV') ? { csv: { delimiter: ';', quote: 'All' } } : {}),
    ...(workbook === undefined ? {} : { xlsx: { info: true, workbook: sheetOf(workbook) } }),
  };
}

/** As `xlsx.workbook` of a template has it. */
function sheetOf({ path, sheet, startRow, startColumn }: Workbook): object {
  return { path, sheet, startRow, startColumn };
}

function warningsOf(renderers: readonly Renderer[]): readonly string[] {
  const pages = renderers.filter(({ type }) => !FORMATS.has(type));
  const others = renderers.length - pages.length;
  const unmade = pages.map(
    ({ id, type }) =>
      `the renderer ${quoted(id)} of type ${type} is not supported (${others === 0 ? 'the report has no template' : 'the others are'})`,
  );
  if (others === 0 || renderers.some(({ workbook }) => workbook !== undefined)) return unmade;
  return [
    ...unmade,
    `its columns are not known, so it has no template: give it an xlsx renderer whose workbook names them in the row above start_row, or list it in dossier.yaml (connect, columns)`,
  ];
}

/** A name for each header; texts, because a workbook says nothing of types. */
function columnsOf(headers: readonly string[]): readonly object[] {
  const taken = new Set<string>();
  return headers.map((header) => {
    const stem = columnName(header);
    let name = stem;
    for (let number = 2; taken.has(name); number += 1) name = `${stem}_${number}`;
    taken.add(name);
    return { name, header: foreignText(header, 256), type: 'String' };
  });
}

function columnName(header: string): string {
  const plain = header
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 56);
  return /^[a-z]/.test(plain) ? plain : `column_${plain}`.replace(/_$/, '');
}

/** What the program of the Python image is told of columns: `name=S` for texts, T for timestamps, D for dates, `.` for others. Undefined: too long for one word. */
export function columnsArgument(columns: unknown): string | undefined {
  const list = (Array.isArray(columns) ? columns : []) as readonly ({ readonly name?: unknown; readonly type?: unknown } | null)[];
  const kinds = new Map<unknown, string>([
    ['String', 'S'],
    ['Timestamp', 'T'],
    ['Date', 'D'],
  ]);
  const text = list.map((column) => `${String(column?.name)}=${kinds.get(column?.type) ?? '.'}`).join(',');
  return text.length === 0 || text.length > WORD_LIMIT ? undefined : text;
}

function readJson(bytes: Buffer, top: Place): Fields | undefined {
  try {
    return top.object(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    top.wrong(`is no JSON: ${foreignText((error as Error).message, 200)}`);
    return undefined;
  }
}
