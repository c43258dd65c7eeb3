/** What the chart makes of values, without a cluster. Snapshots are rewritten by `npx vitest run --project integration test/integration/chart -u`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { manifestsIn } from '../../../scripts/generate-chart.ts';
import { parseOptions } from '../../../src/operator/options.ts';
import { CHART, helm, printed, type Printed } from './helm.ts';

const folder = mkdtempSync(join(tmpdir(), 'dossier-chart-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function template(values: object = {}): Promise<Printed> {
  writeFileSync(join(folder, 'values.yaml'), stringify(values));
  return helm(['template', 'dossier', CHART, '-n', 'dossier-system', '-f', join(folder, 'values.yaml')], { folder });
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly object[];
  readonly spec?: {
    readonly names?: { readonly kind: string };
    readonly template?: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } };
  };
}

async function manifests(values: object = {}): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await printed(template(values)));
  return documents.map((document) => document.toJS() as Manifest | null).filter((manifest) => manifest !== null);
}

function named(all: readonly Manifest[]): readonly string[] {
  return all
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`)
    .toSorted();
}

const EVERYTHING = {
  image: { repository: 'registry.example.com/operator', digest: `sha256:${'0'.repeat(64)}`, pullPolicy: 'Always' },
  imagePullSecrets: [{ name: 'registry' }],
  runner: { image: { repository: 'registry.example.com/runner', tag: '1.2.3' }, imagePullSecrets: ['registry'] },
  python: { image: { repository: '' } },
  replicaCount: 2,
  storage: { endpoints: ['10.0.0.0/8', 'minio.example.com:9000'], identity: { billing: ['reports/2026'] } },
  jobs: { labelPrefixes: [], priorityClasses: ['low'], nodeSelectorKeys: ['pool'], tolerationKeys: ['pool'] },
  admissionPolicy: { exemptUsers: ['system:serviceaccount:velero:velero'] },
  networkPolicy: {
    enabled: true,
    metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
    customCode: { namespaces: ['billing'] },
  },
  serviceAccount: { annotations: { 'example.com/role': 'reports' } },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  podLabels: { team: 'platform' },
  podAnnotations: { note: 'reports' },
  extraEnv: [{ name: 'TZ', value: 'UTC' }],
  nodeSelector: { pool: 'system' },
  tolerations: [{ key: 'pool', operator: 'Exists' }],
  affinity: { podAntiAffinity: {} },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }],
  priorityClassName: 'system-cluster-critical',
  podDisruptionBudget: { enabled: true },
  systemTemplates: { enabled: true, namespaces: ['reports', 'audit'], templates: ['reports'] },
};

test.each([
  ['defaults', {}],
  ['everything', EVERYTHING],
  ['some-namespaces', { watchNamespaces: ['billing', 'sales'], rbac: { clusterTemplates: false } }],
])('%s', async (name, values) => {
  const text = await printed(template({ ...values, crds: { enabled: false } }));
  await expect(text).toMatchFileSnapshot(`snapshots/${name}.yaml`);
});

test('is what helm lint finds nothing to say about', async () => {
  const { code, stdout } = await helm(['lint', '--strict', CHART], { folder });
  expect([code, stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
});

test('has every CRD, kept or not, with every number as it was', async () => {
  const kept = await printed(template());
  expect(kept.match(/^ {4}helm\.sh\/resource-policy: keep$/gm)).toHaveLength(kept.match(/^kind: CustomResourceDefinition$/gm)?.length ?? 0);
  expect(await printed(template({ crds: { keep: false } }))).not.toContain('resource-policy');
  expect(named(await manifests({ crds: { enabled: false } })).filter((name) => name.startsWith('CustomResource'))).toEqual([]);
  expect(kept).not.toMatch(/: [0-9.]+e\+[0-9]+$/m);
});

test('alerts and dashboards are those of the files, whole', async () => {
  const all = await manifests({
    prometheusRule: { enabled: true, labels: { release: 'a' } },
    dashboards: { enabled: true, labels: { folder: 'b' } },
  });
  const rule = all.find(({ kind }) => kind === 'PrometheusRule');
  expect(rule?.metadata.labels).toMatchObject({ release: 'a', 'app.kubernetes.io/name': 'dossier' });
  expect(rule?.spec).toEqual(parse(readFileSync(join(CHART, 'files/alerts.yaml'), 'utf8')));
  const dashboards = all.filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels['folder'] === 'b');
  expect(dashboards.map(({ data }) => data)).toEqual([
    { 'dossier.json': readFileSync(join(CHART, 'files/dashboards/dossier.json'), 'utf8') },
  ]);
});

test.each([
  ['every kind', [], ['ClusterReportTemplate']],
  ['every kind that the operator judges', ['billing'], []],
])('the health checks for Argo CD are of %s', async (_, watchNamespaces, ofAll) => {
  const all = await manifests({ watchNamespaces, argocd: { healthChecks: { enabled: true } } });
  const checks = all.find(({ metadata }) => metadata.name === 'dossier-operator-argocd-health')?.data ?? {};
  const lua = (file: string): string => readFileSync(join(CHART, `files/argocd/${file}.lua`), 'utf8');
  const own = ['Report', 'ReportDownload', 'ReportRepository', 'ReportSchedule'].map((kind) => [kind, lua(kind)]);
  const ready = ['ReportStorage', 'ReportTemplate', ...ofAll].map((kind) => [kind, lua('ready')]);
  const key = (kind = ''): string => `resource.customizations.health.dossier.dev_${kind}`;
  expect(checks).toEqual(Object.fromEntries([...own, ...ready].map(([kind, text]) => [key(kind), text])));
  const kinds = all.filter(({ kind }) => kind === 'CustomResourceDefinition').map(({ spec }) => key(spec?.names?.kind));
  expect(Object.keys(checks).toSorted()).toEqual(kinds.filter((kind) => ofAll.length > 0 || !kind.includes('Cluster')).toSorted());
});

test('system templates are those of the files, for the namespaces that the values name', async () => {
  const namespaces = ['reports', 'audit'];
  const all = await manifests({ systemTemplates: { enabled: true, namespaces } });
  const shipped = [...(await manifestsIn('config/system-templates'))].filter(([path]) => !path.startsWith('rbac/'));
  expect(shipped.length).toBeGreaterThan(5);
  for (const [path, text] of shipped) {
    const file = parse(text) as Manifest;
    const made = all.find(({ kind, metadata }) => kind === file.kind && metadata.name === file.metadata.name);
    const allowedNamespaces = { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces }] };
    expect(made?.spec, path).toEqual({ ...file.spec, allowedNamespaces });
    expect(made?.metadata.labels).toMatchObject({ 'app.kubernetes.io/component': 'system-template', 'helm.sh/chart': 'dossier-0.1.0' });
  }
  const rights = parseAllDocuments((await manifestsIn('config/system-templates')).get('rbac/rbac.yaml') ?? '').map(
    (each) => each.toJS() as Manifest,
  );
  for (const { metadata, rules } of rights.filter(({ kind }) => kind === 'ClusterRole'))
    expect(all.find(({ kind, metadata: { name } }) => kind === 'ClusterRole' && name === metadata.name)?.rules).toEqual(rules);
  expect(named(all).filter((name) => /dossier-system-reports$/.test(name))).toEqual([
    'ClusterRole dossier-system-reports',
    'ClusterRoleBinding dossier-system-reports',
    'ServiceAccount audit/dossier-system-reports',
    'ServiceAccount reports/dossier-system-reports',
  ]);
});

test('with watchNamespaces there are no rights beyond them but those of cluster templates and of the deletion of namespaces', async () => {
  const both = named(await manifests({ watchNamespaces: ['billing', 'sales'], crds: { enabled: false }, rbac: { aggregateRoles: false } }));
  expect(both.filter((name) => /Role /.test(name))).toEqual([
    'ClusterRole dossier-operator',
    'Role billing/dossier-operator',
    'Role dossier-system/dossier-operator-leader',
    'Role sales/dossier-operator',
  ]);
  const only = await manifests({ watchNamespaces: ['billing'], rbac: { clusterTemplates: false } });
  expect(only.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'dossier-operator')?.rules).toEqual([
    { apiGroups: ['dossier.dev'], resources: ['reports', 'reportstorages'], verbs: ['get', 'list', 'watch', 'patch'] },
    { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
  ]);
  const none = await manifests({
    watchNamespaces: ['billing'],
    rbac: { clusterTemplates: false, namespaceDeletion: false, aggregateRoles: false },
  });
  expect(named(none).filter((name) => name.startsWith('ClusterRole'))).toEqual([]);
});

test.each([
  ['with', { enabled: true, templates: ['nodes', 'images'] }, ['system-nodes', 'system-images']],
  ['without', { enabled: false }, undefined],
])('with watchNamespaces and %s system templates, only their status is written', async (_, systemTemplates, resourceNames) => {
  const all = await manifests({ watchNamespaces: ['dossier-system'], systemTemplates });
  const rules = all.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'dossier-operator')?.rules ?? [];
  const resources = ['clusterreporttemplates/status'];
  expect(rules.filter((rule) => JSON.stringify(rule).includes('/status'))).toEqual(
    resourceNames === undefined ? [] : [{ apiGroups: ['dossier.dev'], resources, resourceNames, verbs: ['patch'] }],
  );
});

test.each([
  [
    'defaults',
    {},
    { runner: { image: 'dossier-runner:0.1.0' }, allow: { labelPrefixes: ['kueue.x-k8s.io/'], priorityClassNames: undefined } },
  ],
  [
    'everything',
    EVERYTHING,
    {
      runner: { image: 'registry.example.com/runner:1.2.3', imagePullSecrets: ['registry'], resources: { limits: { memory: '512Mi' } } },
      allow: { labelPrefixes: [], priorityClassNames: ['low'], nodeSelectorKeys: ['pool'], tolerationKeys: ['pool'] },
      identityStorages: new Map([['billing', ['reports/2026']]]),
      storageEndpoints: { private: 'listed', allowed: ['10.0.0.0/8', 'minio.example.com:9000'] },
      leaderElection: { enabled: true, namespace: 'dossier-system', name: 'dossier-operator' },
    },
  ],
  ['some namespaces', { watchNamespaces: ['billing', 'sales'] }, { namespaces: ['billing', 'sales'], clusterTemplates: true }],
])('the operator takes the arguments of %s', async (_, values, settings) => {
  const deployment = (await manifests(values)).find(({ kind }) => kind === 'Deployment');
  expect(parseOptions(deployment?.spec?.template?.spec.containers[0]?.args ?? [], {})).toMatchObject(settings);
});

test.each([
  ['a misspelt value', { leaderElecton: { enabled: false } }, "additional properties 'leaderElecton' not allowed"],
  ['a misspelt value inside', { crds: { keeep: true } }, "additional properties 'keeep' not allowed"],
  ['a value of another type', { replicaCount: 'two' }, "at '/replicaCount': got string, want integer"],
  ['a level that is none', { log: { level: 'loud' } }, "at '/log/level': value must be one of"],
  [
    'a system template that there is none of',
    { systemTemplates: { templates: ['pods'] } },
    "at '/systemTemplates/templates/0': value must be one of",
  ],
  [
    'system templates without the right to read them',
    { systemTemplates: { enabled: true }, rbac: { clusterTemplates: false } },
    "at '/rbac/clusterTemplates': value must be true",
  ],
  [
    'a namespace of system templates that the operator does not work in',
    { systemTemplates: { enabled: true }, watchNamespaces: ['billing'] },
    'systemTemplates.namespaces: the operator does not work in the namespace "dossier-system"; name one of watchNamespaces (billing), or add it there',
  ],
  ['two replicas without a leader', { replicaCount: 2, leaderElection: { enabled: false } }, "at '/replicaCount': maximum"],
  [
    'resources as numbers',
    { runner: { resources: { requests: {}, limits: { cpu: 2 } } } },
    "at '/runner/resources/limits/cpu': got number, want string",
  ],
])('%s is refused by name', async (_, values, message) => {
  const { code, stderr } = await template(values);
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
});
