/** The templates that Dossier ships: sound, described, each with an example, with rights that are exactly those it needs. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ClusterReportTemplate } from '../src/api/generated/clusterreporttemplate.ts';
import type { ReportSpecParameter } from '../src/api/generated/report.ts';
import { resolveParameters } from '../src/api/parameters/resolve.ts';
import { templateProblems } from '../src/operator/template/validate.ts';
import { page, section, tableRows } from './docs/pages.ts';

const ROOT = join(import.meta.dirname, '..');
const NAMES = ['access', 'certificates', 'failures', 'images', 'nodes', 'reports', 'resources', 'volumes', 'workloads'];
const ACCOUNT = 'dossier-system-reports';
const ALLOW = { labelPrefixes: [], priorityClassNames: undefined, nodeSelectorKeys: undefined, tolerationKeys: undefined };

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly name: string };
  readonly subjects?: readonly object[];
}

function documents<T>(...path: readonly string[]): readonly T[] {
  return parseAllDocuments(readFileSync(join(ROOT, ...path), 'utf8')).map((document) => document.toJS() as T);
}

/** File by file, in the order of their names. */
const templates = readdirSync(join(ROOT, 'config/system-templates'))
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => [file.slice(0, -'.yaml'.length), documents<ClusterReportTemplate>('config/system-templates', file)[0]!] as const);
const rbac = documents<Manifest>('config/system-templates/rbac/rbac.yaml');

/** The resources that a template lists, as RBAC names them. */
function resourcesOf({ spec: { source } }: ClusterReportTemplate): readonly string[] {
  const { apiVersion, kind, also = [] } = source.kubernetes!;
  const plurals = [{ apiVersion, kind }, ...also].map(
    (each) => `${each.apiVersion.includes('/') ? each.apiVersion.replace(/\/.*/, '') : ''}/${each.kind.toLowerCase()}s`,
  );
  return [...new Set(plurals)].toSorted();
}

function rulesOf(name: string): readonly Rule[] {
  return rbac.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === `dossier-system-${name}`)?.rules ?? [];
}

test('there is one for each purpose', () => {
  expect(templates.map(([name]) => name)).toEqual(NAMES);
});

describe.each(templates)('%s', (name, template) => {
  const { spec } = template;

  test('is a ClusterReportTemplate of that name, for the namespace of the installation alone', () => {
    expect(template).toMatchObject({ kind: 'ClusterReportTemplate', metadata: { name: `system-${name}` } });
    expect(spec.allowedNamespaces).toEqual({ matchLabels: { 'kubernetes.io/metadata.name': 'dossier-system' } });
  });

  test('is one that the operator finds ready', () => {
    expect(templateProblems({ ...template, spec: { ...spec, job: { ...spec.job } } }, ALLOW)).toEqual([]);
  });

  test('tells people what it is, what its parameters mean, and what stands above its columns', () => {
    expect(spec.title).toMatch(/\w/);
    expect(spec.description).toMatch(/^One line per /);
    for (const parameter of spec.parameters ?? []) {
      expect(parameter.description).toMatch(/\w+ \w+/);
      expect(spec.description, 'the description names each parameter').toContain(parameter.name.replace(/^.*(?=Price)/, '').toLowerCase());
    }
    expect(spec.columns?.filter(({ header }) => header === undefined)).toEqual([]);
    expect(spec.formats.toSorted()).toEqual(['CSV', 'JSON', 'NDJSON', 'XLSX']);
  });

  test('uses every parameter', () => {
    const text = JSON.stringify(spec.source.kubernetes?.where) + JSON.stringify(spec.columns);
    expect((spec.parameters ?? []).filter(({ name: parameter }) => !new RegExp(`"${parameter}"|:${parameter}\\b`).test(text))).toEqual([]);
  });

  test('may list what it reads, and nothing else', () => {
    const rules = rulesOf(name);
    expect(rules.map(({ verbs }) => verbs)).toEqual(rules.map(() => ['list']));
    const listed = rules.flatMap(({ apiGroups, resources }) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource}`)),
    );
    expect(listed.toSorted()).toEqual(resourcesOf(template));
  });

  test('reads as the service account that has that right', () => {
    expect(spec.job.serviceAccountName).toBe(ACCOUNT);
    const binding = rbac.find(({ kind, metadata }) => kind === 'ClusterRoleBinding' && metadata.name === `dossier-system-${name}`);
    expect(binding).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: `dossier-system-${name}` },
      subjects: [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: 'dossier-system' }],
    });
  });

  test('has an example that gives it what it needs', () => {
    interface Example {
      readonly metadata: { readonly namespace: string };
      readonly spec: {
        readonly templateRef: object;
        readonly parameters?: readonly ReportSpecParameter[];
        readonly format: string;
        readonly timeZone?: string;
      };
    }
    const [example] = documents<Example>('examples/system-templates', `report-${name}.yaml`);
    expect(example?.metadata.namespace).toBe('dossier-system');
    expect(example?.spec.templateRef).toEqual({ kind: 'ClusterReportTemplate', name: `system-${name}` });
    expect(spec.formats).toContain(example?.spec.format);
    const zone = example?.spec.timeZone ?? 'UTC';
    expect(resolveParameters(spec.parameters ?? [], example?.spec.parameters ?? [], { zone, createdAt: Date.now() })).toMatchObject({
      ok: true,
    });
  });

  test('stands in docs/system-templates.md with what it reads', () => {
    const rows = new Map(
      tableRows(section(page('docs/system-templates.md'), 'The templates')).map(([first = '', ...rest]) => [first, rest]),
    );
    const [title, reads, role] = rows.get(`system-${name}`) ?? [];
    expect(title).toBe(spec.title);
    expect(role).toBe(`dossier-system-${name}`);
    const resources = resourcesOf(template).map((resource) => resource.replace(/^\//, '').replace(/^([^/]+)\/(.*)$/, '$2.$1'));
    expect(reads?.split(', ').toSorted()).toEqual(resources.toSorted());
  });
});

test('no role reads Secrets, and none is there for nothing', () => {
  const roles = rbac.filter(({ kind }) => kind === 'ClusterRole');
  expect(roles.map(({ metadata }) => metadata.name).toSorted()).toEqual(NAMES.map((name) => `dossier-system-${name}`));
  expect(JSON.stringify(roles)).not.toMatch(/secrets|\*/);
});
