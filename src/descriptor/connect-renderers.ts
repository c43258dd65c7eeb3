/** Renderers of a reports.json by Connect's rules: known types, unique ids, at most one default, files that exist, and a workbook with the sheet that is filled. */
import { foreignText, quoted } from '../foreign-text.ts';
import type { Place } from './mistakes.ts';
import { type Fields } from './mistakes.ts';
import { pathProblem, type Tree } from './tree.ts';
import { workbookHeader, WORKBOOK_LIMIT_BYTES } from './workbook-header.ts';

/** The sheet that Connect fills. */
const SHEET = 'Data';
const TYPES = ['xlsx', 'csv', 'json', 'jinja2', 'pdf'];
const PLACE_LIMIT = 10_000;

export interface Renderer {
  readonly id: string;
  readonly type: string;
  readonly isDefault: boolean;
  readonly workbook?: Workbook;
}

/** A sheet that is filled, and the names that its columns have above the rows. */
export interface Workbook {
  readonly path: string;
  readonly sheet: string;
  readonly startRow: number;
  readonly startColumn: number;
  readonly headers: readonly string[];
}

/** Undefined: they cannot be known; mistakes are told. */
export async function checkRenderers(report: Place, fields: Fields, tree: Tree): Promise<readonly Renderer[] | undefined> {
  const spec = report.text(fields, 'report_spec', 8);
  if (spec === undefined) return undefined;
  if (spec === '1') return [{ id: 'xlsx', type: 'xlsx', isDefault: true, ...(await workbookOf(report, fields, fields, tree)) }];
  if (spec !== '2') {
    report.inside('report_spec').wrong(`must be "1" or "2", not ${quoted(spec)}`);
    return undefined;
  }
  const renderers: Renderer[] = [];
  for (const [index, entry] of report.inside('renderers').list(fields['renderers'], 1, 32).entries()) {
    const own = report.inside(`renderers[${index}]`).object(entry);
    if (own === undefined) continue;
    const place = report.inside(typeof own['id'] === 'string' ? `renderers ${quoted(own['id'])}` : `renderers[${index}]`);
    const renderer = await checkOne(place, own, tree);
    if (renderer === undefined) continue;
    if (renderers.some(({ id }) => id === renderer.id)) place.wrong('its id is another renderer’s, too; each needs its own');
    if (renderer.isDefault && renderers.some(({ isDefault }) => isDefault))
      place.inside('default').wrong('another renderer is the default already; only one can be');
    renderers.push(renderer);
  }
  return renderers;
}

async function checkOne(place: Place, fields: Fields, tree: Tree): Promise<Renderer | undefined> {
  const id = place.text(fields, 'id', 256);
  const type = place.text(fields, 'type', 64);
  place.text(fields, 'description', 16_384);
  const isDefault = fields['default'] ?? false;
  if (typeof isDefault !== 'boolean') place.inside('default').wrong('must be true or false');
  const args = fields['args'] === undefined || fields['args'] === null ? {} : place.inside('args').object(fields['args']);
  if (type !== undefined && !TYPES.includes(type)) place.inside('type').wrong(`must be one of ${TYPES.join(', ')}, not ${quoted(type)}`);
  if (id === undefined || type === undefined || args === undefined) return undefined;
  const renderer = { id: foreignText(id, 64), type, isDefault: isDefault === true };
  if (type === 'xlsx') return { ...renderer, ...(await workbookOf(place, fields, args, tree)) };
  if (type === 'jinja2' || type === 'pdf') await pageOf(place, fields, args, tree);
  return renderer;
}

/** A template of jinja2, which is checked although it is not used: what Connect refuses is a mistake here, too. */
async function pageOf(place: Place, fields: Fields, args: Fields, tree: Tree): Promise<void> {
  const template = place.text(fields, 'template', 512);
  if (template !== undefined) {
    await expectFile(place.inside('template'), template, tree);
    if (!/[^/]\.[^./]+\.j2$/.test(template)) place.inside('template').wrong('must have a name of the form <name>.<ext>.j2');
  }
  const css = args['css_file'];
  if (typeof css === 'string' && css !== '') await expectFile(place.inside('args.css_file'), css, tree);
}

async function workbookOf(place: Place, fields: Fields, args: Fields, tree: Tree): Promise<{ readonly workbook?: Workbook }> {
  const template = place.text(fields, 'template', 512);
  const row = positionOf(place, args, 'start_row', 2);
  const column = positionOf(place, args, 'start_col', 1);
  if (template === undefined || row === undefined || column === undefined) return {};
  const at = place.inside('template');
  const problem = pathProblem(template);
  if (problem !== undefined) {
    at.wrong(problem);
    return {};
  }
  const found = await tree.read(template, WORKBOOK_LIMIT_BYTES);
  if (found.kind === 'missing') at.wrong(`there is no file ${quoted(template)}`);
  if (found.kind === 'tooLarge') at.wrong(`${quoted(template)} has more than ${WORKBOOK_LIMIT_BYTES / 1024 / 1024} MiB`);
  if (found.kind !== 'bytes') return {};
  const header = workbookHeader(found.bytes, SHEET, row - 1, column);
  if (header.kind === 'invalid') at.wrong(`${quoted(template)} ${header.problem}`);
  if (header.kind === 'invalid' || header.headers.length === 0) return {};
  return { workbook: { path: template, sheet: SHEET, startRow: row, startColumn: column, headers: header.headers } };
}

function positionOf(place: Place, args: Fields, field: string, fallback: number): number | undefined {
  const value = args[field] ?? fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= PLACE_LIMIT) return value;
  place.inside(field).wrong(`must be a whole number from 1 to ${PLACE_LIMIT.toLocaleString('en-US')}`);
  return undefined;
}

async function expectFile(at: Place, path: string, tree: Tree): Promise<void> {
  const problem = pathProblem(path);
  if (problem !== undefined) at.wrong(problem);
  else if ((await tree.at(path)) !== 'file') at.wrong(`there is no file ${quoted(path)}`);
}
