/**
 * `dossier.yaml`: the descriptor of a repository with templates for Dossier.
 *
 * What is checked here is what only the repository can tell (files, names, which fields there are); parameters, columns and the like are those of a ReportTemplate, and the
 * apiserver checks them by its schema.
 */
import { parseDocument } from 'yaml';
import { nestsDeeperThan } from '../exact-json.ts';
import { foreignText, quoted } from '../foreign-text.ts';
import {
  entryName,
  isEntryName,
  NAME_LIMIT,
  SPEC_FIELDS,
  TEMPLATES_LIMIT,
  VALUE_DEPTH_LIMIT,
  WORD_LIMIT,
  type Described,
  type DescribedCode,
  type DescribedTemplate,
} from './descriptor.ts';
import { Place, type Fields } from './mistakes.ts';
import { textOfFile } from './readme.ts';
import { columnsArgument, type ConnectReport } from './reports-json.ts';
import { pathProblem, type Tree } from './tree.ts';

export const DOSSIER_YAML = 'dossier.yaml';
/** Of a descriptor's file. */
export const FILE_LIMIT_BYTES = 256 * 1024;

const FIELDS = ['name', 'readme', 'entrypoint', 'image', 'command', 'args', 'connect', ...SPEC_FIELDS];
const OWNERS = "is for the namespace's owner to decide, in spec.templates of the ReportRepository; leave it out here";
const REFUSALS = new Map([
  ...['job', 'storageRef', 'allowedStorageRefs', 'maxRunning', 'env', 'serviceAccountName', 'credentialsSecretRef', 'caSecretRef'].map(
    (field) => [field, OWNERS] as const,
  ),
  ['trusted', 'cannot be said by a repository: its code never runs with the rights of a pod'] as const,
  ...['source', 'git', 'container', 'url', 'ref', 'path'].map(
    (field) => [field, 'is made from the ReportRepository; give entrypoint, or image and command, relative to this file'] as const,
  ),
]);
const RUNS = ['entrypoint', 'image', 'connect'];

/** `connect`: the reports of the reports.json beside it, or what is wrong with that; asked for only when an entry names one. */
export async function describeDossierYaml(
  bytes: Buffer,
  tree: Tree,
  connect: () => Promise<ReadonlyMap<string, ConnectReport> | readonly string[]>,
): Promise<Described> {
  const top = new Place(DOSSIER_YAML);
  const document = readYaml(bytes, top);
  const fields = document === undefined ? undefined : top.object(document);
  if (fields === undefined) return { kind: 'mistakes', mistakes: top.mistakes };
  top.knownOnly(fields, ['templates']);
  const entries = top.inside('templates').list(fields['templates'], 1, TEMPLATES_LIMIT);
  const templates: DescribedTemplate[] = [];
  for (const [index, entry] of entries.entries()) {
    const template = await templateOf(top, entry, index, tree, connect);
    if (template === undefined) continue;
    const other = templates.find(({ name }) => name === template.name);
    if (other === undefined) templates.push(template);
    else top.inside(`templates[${index}]`).wrong(`its name becomes ${quoted(template.name)}, as another's does; give it another name`);
  }
  return top.mistakes.length > 0 ? { kind: 'mistakes', mistakes: top.mistakes } : { kind: 'templates', templates, warnings: [] };
}

async function templateOf(
  top: Place,
  entry: unknown,
  index: number,
  tree: Tree,
  connect: () => Promise<ReadonlyMap<string, ConnectReport> | readonly string[]>,
): Promise<DescribedTemplate | undefined> {
  const fields = top.inside(`templates[${index}]`).object(entry);
  if (fields === undefined) return undefined;
  const given = typeof fields['name'] === 'string' ? fields['name'] : undefined;
  const place = top.inside(given === undefined ? `templates[${index}]` : `templates ${quoted(given)}`);
  place.knownOnly(fields, FIELDS, REFUSALS);
  const name = nameOf(place, fields);
  const own = Object.fromEntries(SPEC_FIELDS.flatMap((field) => (fields[field] === undefined ? [] : [[field, fields[field]]])));
  const readme = await readmeOf(place, fields, tree);
  const described = readme === undefined ? own : { ...own, description: readme };
  await checkWorkbook(place, fields, tree);
  const run = await runOf(place, fields, tree, connect);
  const spec = { ...run?.spec, ...described };
  const isOfConnect = run === undefined && fields['connect'] !== undefined;
  if (spec.columns === undefined && !isOfConnect)
    place.inside('columns').wrong('is missing: list each column with the name and the type that it has in the rows of your code');
  if (name === undefined || run === undefined || spec.columns === undefined) return undefined;
  if (run.code.kind !== 'python') return { name, place: place.path, code: run.code, spec };
  const columns = columnsArgument(spec.columns);
  if (columns === undefined) {
    place
      .inside('columns')
      .wrong(`the names of all columns together have more than ${WORD_LIMIT.toLocaleString('en-US')} characters; shorten them`);
    return undefined;
  }
  return { name, place: place.path, code: { kind: 'python', args: [...run.code.args, columns] }, spec };
}

function nameOf(place: Place, fields: Fields): string | undefined {
  const given = place.text(fields, 'name', 256);
  if (given === undefined) return undefined;
  const name = entryName(given);
  if (isEntryName(name)) return name;
  place
    .inside('name')
    .wrong(`becomes ${quoted(name)}, which must have at most ${NAME_LIMIT} characters and end with a letter or a digit; give another one`);
  return undefined;
}

interface Run {
  readonly code: DescribedCode;
  /** What the entry need not say itself. */
  readonly spec: Readonly<Record<string, unknown>>;
}

async function runOf(
  place: Place,
  fields: Fields,
  tree: Tree,
  connect: () => Promise<ReadonlyMap<string, ConnectReport> | readonly string[]>,
): Promise<Run | undefined> {
  const given = RUNS.filter((field) => fields[field] !== undefined);
  if (given.length !== 1) {
    place.wrong(
      `must have exactly one of entrypoint (a .ts or .js module), image (a program of your own) and connect (a function of reports.json)${given.length === 0 ? '' : `; it has ${given.join(' and ')}`}`,
    );
    return undefined;
  }
  if (fields['image'] === undefined) {
    for (const field of ['command', 'args'])
      if (fields[field] !== undefined) place.inside(field).wrong('is for an image of your own; set image, or leave it out');
  }
  if (fields['entrypoint'] !== undefined) return moduleOf(place, fields, tree);
  return fields['image'] === undefined ? connectOf(place, fields, connect) : imageOf(place, fields);
}

async function moduleOf(place: Place, fields: Fields, tree: Tree): Promise<Run | undefined> {
  const entrypoint = place.text(fields, 'entrypoint', 512);
  if (entrypoint === undefined) return undefined;
  const at = place.inside('entrypoint');
  const problem = pathProblem(entrypoint);
  if (problem !== undefined) at.wrong(problem);
  else if (!/\.(ts|mts|js|mjs)$/.test(entrypoint))
    at.wrong('must be a module with the ending .ts, .mts, .js or .mjs; for another language give image and command');
  else if ((await tree.at(entrypoint)) !== 'file') at.wrong(`there is no file ${quoted(entrypoint)}`);
  return { code: { kind: 'module', entrypoint }, spec: {} };
}

function imageOf(place: Place, fields: Fields): Run | undefined {
  const image = place.text(fields, 'image', 512);
  if (image === undefined) return undefined;
  if (/[\s\p{Cc}]/u.test(image)) place.inside('image').wrong('must be the name of an image, without spaces');
  const words = (field: string): Readonly<Record<string, readonly string[]>> => {
    if (fields[field] === undefined) return {};
    const list = place.inside(field).list(fields[field], 1, 64);
    const isText = (word: unknown): word is string => typeof word === 'string' && word !== '' && word.length <= WORD_LIMIT;
    if (!list.every(isText))
      place.inside(field).wrong(`must be a list of texts of 1 to ${WORD_LIMIT.toLocaleString('en-US')} characters; put numbers in quotes`);
    return { [field]: list.filter(isText) };
  };
  return { code: { kind: 'image', image, ...words('command'), ...words('args') }, spec: {} };
}

async function connectOf(
  place: Place,
  fields: Fields,
  connect: () => Promise<ReadonlyMap<string, ConnectReport> | readonly string[]>,
): Promise<Run | undefined> {
  const wanted = place.text(fields, 'connect', 512);
  if (wanted === undefined) return undefined;
  const reports = await connect();
  const at = place.inside('connect');
  if (!(reports instanceof Map)) {
    for (const mistake of reports as readonly string[]) at.wrong(mistake);
    return undefined;
  }
  const report = (reports as ReadonlyMap<string, ConnectReport>).get(wanted);
  if (report === undefined) {
    at.wrong(`reports.json has no report with the entrypoint ${quoted(wanted)}`);
    return undefined;
  }
  const { title, description, parameters, columns, formats, csv, xlsx } = report.spec;
  return {
    code: { kind: 'python', args: report.args },
    spec: Object.fromEntries(
      Object.entries({ title, description, parameters, columns, formats, csv, xlsx }).filter(([, value]) => value !== undefined),
    ),
  };
}

async function readmeOf(place: Place, fields: Fields, tree: Tree): Promise<string | undefined> {
  const path = place.optionalText(fields, 'readme', 512);
  if (path === undefined) return undefined;
  const at = place.inside('readme');
  if (fields['description'] !== undefined) at.wrong('and description are both given; leave one out');
  return textOfFile(at, path, tree);
}

/** A ConfigMap is the namespace's, not the repository's. */
async function checkWorkbook(place: Place, fields: Fields, tree: Tree): Promise<void> {
  const { workbook } = (fields['xlsx'] ?? {}) as { readonly workbook?: unknown };
  if (typeof workbook !== 'object' || workbook === null) return;
  const { path } = workbook as { readonly path?: unknown };
  if (typeof path === 'string') {
    const problem = pathProblem(path) ?? ((await tree.at(path)) === 'file' ? undefined : `there is no file ${quoted(path)}`);
    if (problem !== undefined) place.inside('xlsx.workbook.path').wrong(problem);
  }
  if (!('configMapRef' in workbook)) return;
  place
    .inside('xlsx.workbook.configMapRef')
    .wrong('names an object of the namespace, which a repository cannot; put the workbook into the repository');
}

function readYaml(bytes: Buffer, top: Place): unknown {
  try {
    const document = parseDocument(bytes.toString('utf8'), { schema: 'core', intAsBigInt: true, uniqueKeys: true, logLevel: 'error' });
    const mistakes = [...document.errors, ...document.warnings];
    for (const { code, message } of mistakes.slice(0, 20))
      top.wrong(code === 'MULTIPLE_DOCS' ? 'has more than one document; one is read' : `is no YAML: ${firstLine(message)}`);
    if (mistakes.length > 0) return undefined;
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (nestsDeeperThan(value, VALUE_DEPTH_LIMIT)) top.wrong(`nests deeper than ${VALUE_DEPTH_LIMIT} levels`);
    else return plain(value, top);
  } catch (error) {
    // Aliases that grow without bound, or more levels than the stack has.
    top.wrong(`cannot be read: ${firstLine((error as Error).message)}`);
  }
  return undefined;
}

/** The parser shows the text below it. */
function firstLine(message: string): string {
  return foreignText((message.split('\n')[0] ?? '').replace(/:$/, ''), 200);
}

/** Integers as Kubernetes takes them: those that a double cannot hold as their digits. */
function plain(value: unknown, top: Place): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    top.wrong('has a number that is not finite; put it in quotes if it is a text');
    return null;
  }
  if (Array.isArray(value)) return value.map((item) => plain(item, top));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, top)]));
}
