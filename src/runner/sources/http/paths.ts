/**
 * The paths of a template: to the list of rows, to the cursor, and to the value of each column. The operator checks with the functions that the runner uses.
 *
 * Names, indexes from the front and `*` can be followed while a document arrives. Any other path may depend on what comes later, so it needs the whole document.
 */
import { compileJsonPath, type JsonPath } from '../../../json-path/json-path.ts';
import type { Step, StreamPath } from '../../../json-stream/row-reader.ts';
import type { HttpFormat } from './plan.ts';

/** How rows and cursor are found in a document. */
export type DocumentPaths =
  | { readonly kind: 'stream'; readonly rows: StreamPath; readonly cursor?: StreamPath }
  | { readonly kind: 'whole'; readonly rows: JsonPath; readonly cursor?: JsonPath };

type Compiled<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly problems: readonly string[] };

/** Problems begin with the field of `spec.source.http`. */
export function documentPaths(rowsText: string, cursorText: string | undefined): Compiled<{ readonly paths: DocumentPaths }> {
  const rows = compileJsonPath(rowsText, ['$']);
  const cursor = cursorText === undefined ? undefined : compileJsonPath(cursorText, ['$']);
  if (!rows.ok || cursor?.ok === false) {
    const problems = [
      ...(rows.ok ? [] : [`rows: ${rows.problem}`]),
      ...(cursor?.ok === false ? [`pagination.cursor: ${cursor.problem}`] : []),
    ];
    return { ok: false, problems };
  }
  return {
    ok: true,
    paths: inOnePass(rows.path, cursor?.path) ?? {
      kind: 'whole',
      rows: rows.path,
      ...(cursor === undefined ? {} : { cursor: cursor.path }),
    },
  };
}

function inOnePass(rowsPath: JsonPath, cursorPath: JsonPath | undefined): DocumentPaths | undefined {
  const rows = streamPath(rowsPath);
  if (rows === undefined || cursorPath === undefined) return rows && { kind: 'stream', rows };
  const cursor = cursorPath.singular ? streamPath(cursorPath) : undefined;
  // What is read as a row is not searched for a cursor.
  return cursor === undefined || rows.steps.every((step, at) => mayBe(step, cursor.steps[at]))
    ? undefined
    : { kind: 'stream', rows, cursor };
}

function streamPath({ text, segments }: JsonPath): StreamPath | undefined {
  const steps: Step[] = [];
  for (const { kind, selectors } of segments) {
    const [selector, ...others] = selectors;
    if (selector === undefined || others.length > 0 || kind !== 'child') return undefined;
    if (selector.kind === 'filter' || selector.kind === 'slice' || (selector.kind === 'index' && selector.index < 0)) return undefined;
    steps.push(selector);
  }
  return { text, steps };
}

/** Whether a step of rows can lead where a step of the cursor leads. */
function mayBe(step: Step, other: Step | undefined): boolean {
  switch (step.kind) {
    case 'wildcard':
      return other !== undefined;
    case 'name':
      return other?.kind === 'name' && other.name === step.name;
    case 'index':
      return other?.kind === 'index' && other.index === step.index;
  }
}

/** The paths of columns in rows of JSON; `names` for messages. Problems begin with the column. */
export function columnPaths(paths: readonly string[], names: readonly string[]): Compiled<{ readonly paths: readonly JsonPath[] }> {
  const compiled = paths.map((path) => compileJsonPath(path, ['$']));
  const problems = compiled.flatMap((path, index) => (path.ok ? [] : [`column "${names[index] ?? ''}": ${path.problem}`]));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, paths: compiled.flatMap((path) => (path.ok ? [path.path] : [])) };
}

/** The texts of the header that columns stand under in CSV: `name`, or a path of one name. Problems begin with the column. */
export function columnHeaders(paths: readonly string[], names: readonly string[]): Compiled<{ readonly headers: readonly string[] }> {
  const problems: string[] = [];
  const headers = paths.map((text, index) => {
    if (!text.startsWith('$')) return text;
    const compiled = compileJsonPath(text, ['$']);
    const column = `column "${names[index] ?? ''}"`;
    if (!compiled.ok) {
      problems.push(`${column}: ${compiled.problem}`);
      return '';
    }
    const [segment, ...others] = compiled.path.segments;
    const [selector] = segment?.selectors ?? [];
    if (compiled.path.singular && others.length === 0 && selector?.kind === 'name') return selector.name;
    problems.push(`${column}: a row of CSV has only names; write the text of the header, or $['…'] with it`);
    return '';
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, headers };
}

/** Where a column's value stands when the template does not say. */
export function defaultPath(name: string, format: HttpFormat): string {
  return format === 'CSV' ? name : `$.${name}`;
}
