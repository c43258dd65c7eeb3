/** A template's HTTP source: what its run is told, where its Secrets would be sent, and what is wrong with it beyond the schema. */
import { foreignText, quoted } from '../../foreign-text.ts';
import { addressGuard } from '../../net/address-policy.ts';
import { PLAN_ENV } from '../../runner/plan.ts';
import { columnHeaders, columnPaths, defaultPath, documentPaths } from '../../runner/sources/http/paths.ts';
import type { HttpHeader, HttpPlan, Pagination } from '../../runner/sources/http/plan.ts';
import { checkQuery } from '../../runner/sources/http/query.ts';
import type { Template } from './template.ts';

type HttpSpec = NonNullable<Template['spec']['source']['http']>;
type HeaderSpec = NonNullable<HttpSpec['headers']>[number];

/** Where a header's value comes from, and the environment variable that holds it. */
export interface HeaderSecret {
  readonly header: string;
  readonly env: string;
  readonly secret: { readonly name: string; readonly key: string };
}

/** Undefined when the template has another source. */
export function httpPlan({ spec }: Template): HttpPlan | undefined {
  const { http } = spec.source;
  if (http === undefined) return undefined;
  return {
    kind: 'http',
    url: http.url,
    query: http.query ?? [],
    headers: (http.headers ?? []).map(headerOf),
    format: http.format,
    rows: http.rows ?? '$',
    paths: (spec.columns ?? []).map(({ name, path }) => path ?? defaultPath(name, http.format)),
    pagination: paginationOf(http.pagination),
    allowedHosts: http.allowedHosts ?? [],
  };
}

/** In the order of the headers; those with a plain value have none. */
export function headerSecrets({ spec }: Template): readonly HeaderSecret[] {
  return (spec.source.http?.headers ?? []).flatMap(({ name, valueFrom }, index) =>
    valueFrom === undefined ? [] : [{ header: name, env: headerEnv(index), secret: valueFrom.secretKeyRef }],
  );
}

/** `host:port` that headers are sent to; undefined for a URL that is none, which is no sound template. */
export function httpDestination({ url }: HttpSpec): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  const port = parsed.port === '' ? (parsed.protocol === 'https:' ? '443' : '80') : parsed.port;
  return `${parsed.hostname}:${port}`;
}

/** Every mistake as a sentence that begins with the field. */
export function httpProblems(template: Template): readonly string[] {
  const plan = httpPlan(template);
  if (plan === undefined) return [];
  const field = 'spec.source.http';
  return [
    ...(URL.canParse(plan.url) ? [] : [`${field}.url: is no URL that can be asked; check host and port`]),
    ...checkQuery(plan.query, template.spec.parameters ?? []).map((problem) => `${field}.query: ${problem}`),
    ...headerProblems(plan.headers).map((problem) => `${field}.headers: ${problem}`),
    ...pathProblems(plan, template),
    ...paginationProblems(plan).map((problem) => `${field}.pagination.${problem}`),
    ...plan.allowedHosts.flatMap((entry) => hostProblem(entry)).map((problem) => `${field}.allowedHosts: ${problem}`),
  ];
}

function headerOf({ name, value }: HeaderSpec, index: number): HttpHeader {
  return value === undefined ? { name, env: headerEnv(index) } : { name, value };
}

function headerEnv(index: number): string {
  return `${PLAN_ENV.sourceHeader}${index}`;
}

/** The schema has seen to it that each type has its fields. */
function paginationOf(pagination: HttpSpec['pagination']): Pagination {
  if (pagination === undefined || pagination.type === 'None') return { type: 'None' };
  const { type, parameter = '', cursor = '', start, shortPageEnds = false } = pagination;
  const size = {
    ...(pagination.size === undefined ? {} : { size: pagination.size }),
    ...(pagination.sizeParameter === undefined ? {} : { sizeParameter: pagination.sizeParameter }),
  };
  switch (type) {
    case 'Link':
      return { type, ...size };
    case 'Page':
      return { type, parameter, start: start ?? 1, shortPageEnds, ...size };
    case 'Offset':
      return { type, parameter, start: start ?? 0, shortPageEnds, ...size };
    case 'Cursor':
      return { type, parameter, cursor, ...size };
  }
}

/** Names of headers do not differ by case, which the schema's list does not know; blanks around a value are no part of it (RFC 9110, 5.5). */
function headerProblems(headers: readonly HttpHeader[]): readonly string[] {
  const names = headers.map(({ name }) => name);
  return headers.flatMap((header, index) => {
    const { name } = header;
    const other = names.slice(0, index).find((earlier) => earlier.toLowerCase() === name.toLowerCase());
    return [
      ...(other === undefined ? [] : [`${quoted(other)} and ${quoted(name)} are one header; give it once`]),
      ...('value' in header && header.value.trim() !== header.value
        ? [`the value of ${quoted(name)} begins or ends with a blank, which no server would see; leave it out`]
        : []),
    ];
  });
}

function pathProblems(plan: HttpPlan, { spec }: Template): readonly string[] {
  const names = (spec.columns ?? []).map(({ name }) => name);
  const columns = plan.format === 'CSV' ? columnHeaders(plan.paths, names) : columnPaths(plan.paths, names);
  const document = documentPaths(plan.rows, plan.pagination.type === 'Cursor' ? plan.pagination.cursor : undefined);
  return [
    ...(document.ok ? [] : document.problems.map((problem) => `spec.source.http.${problem}`)),
    ...(columns.ok ? [] : columns.problems.map((problem) => `spec.columns: ${problem}`)),
  ];
}

/** Two values of one name: which of them a server takes is its own affair. */
function paginationProblems({ url, query, pagination }: HttpPlan): readonly string[] {
  const given = new Set([...(URL.parse(url)?.searchParams.keys() ?? []), ...query.map(({ name }) => name)]);
  const parameter = 'parameter' in pagination ? pagination.parameter : undefined;
  const sizeParameter = 'sizeParameter' in pagination ? pagination.sizeParameter : undefined;
  const taken = (field: string, name: string | undefined): readonly string[] =>
    name !== undefined && given.has(name) ? [`${field}: "${foreignText(name, 64)}" stands in the query already; leave it out there`] : [];
  const same = parameter !== undefined && parameter === sizeParameter ? ['sizeParameter: must differ from parameter'] : [];
  return [...taken('parameter', parameter), ...taken('sizeParameter', sizeParameter), ...same];
}

function hostProblem(entry: string): readonly string[] {
  try {
    addressGuard({ allowLoopback: false, private: 'listed', allowed: [entry], refused: [] });
    return [];
  } catch (error) {
    if (error instanceof TypeError) return [foreignText(error.message)];
    throw error;
  }
}
