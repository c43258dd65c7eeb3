/** Every value of the chart does something: changed alone, it changes what the chart makes. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART, helm, printed } from './helm.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Path of a value -> another one than below and in values.yaml. A new value gets its line here. */
const OTHERS: Readonly<Record<string, unknown>> = {
  'image.repository': 'other',
  'image.tag': '9.9.9',
  'image.digest': `sha256:${'1'.repeat(64)}`,
  'image.pullPolicy': 'Never',
  imagePullSecrets: [{ name: 'other' }],
  'runner.image.repository': 'other',
  'runner.image.tag': '9.9.9',
  'runner.image.digest': `sha256:${'1'.repeat(64)}`,
  'runner.image.pullPolicy': 'Never',
  'runner.imagePullSecrets': ['other'],
  'runner.resources.requests': { cpu: '7' },
  'runner.resources.limits': { cpu: '7' },
  'python.image.repository': 'other',
  'python.image.tag': '9.9.9',
  'python.image.digest': `sha256:${'1'.repeat(64)}`,
  nameOverride: 'other',
  fullnameOverride: 'other',
  watchNamespaces: ['other'],
  replicaCount: 0,
  'leaderElection.enabled': false,
  'log.level': 'trace',
  'limits.maxRunning': 7,
  'limits.maxRunningPerNamespace': 7,
  'progress.enabled': false,
  'storage.endpoints': ['10.7.0.0/16'],
  'storage.identity': { other: ['reports'] },
  'secrets.requireAllowedHosts': true,
  'jobs.labelPrefixes': ['other/'],
  'jobs.priorityClasses': ['other'],
  'jobs.nodeSelectorKeys': ['other'],
  'jobs.tolerationKeys': ['other'],
  'crds.enabled': false,
  'crds.keep': false,
  'serviceAccount.create': false,
  'serviceAccount.name': 'other',
  'serviceAccount.annotations': { other: 'other' },
  'rbac.create': false,
  'rbac.clusterTemplates': false,
  'rbac.namespaceDeletion': false,
  'rbac.aggregateRoles': false,
  'admissionPolicy.enabled': false,
  'admissionPolicy.exemptUsers': ['other'],
  'systemTemplates.enabled': false,
  'systemTemplates.namespaces': ['other'],
  'systemTemplates.templates': ['nodes'],
  'networkPolicy.enabled': false,
  'networkPolicy.metricsFrom': [{ podSelector: {} }],
  'networkPolicy.customCode.namespaces': ['other'],
  'networkPolicy.customCode.blocked': ['10.7.0.0/16'],
  'networkPolicy.customCode.blockedIPv6': ['fd07::/16'],
  'metrics.service': false,
  'serviceMonitor.enabled': false,
  'serviceMonitor.labels': { other: 'other' },
  'serviceMonitor.interval': '7s',
  'prometheusRule.enabled': false,
  'prometheusRule.labels': { other: 'other' },
  'dashboards.enabled': false,
  'argocd.healthChecks.enabled': true,
  'dashboards.labels': { other: 'other' },
  'resources.requests': { cpu: 7 },
  'resources.limits': { cpu: 7 },
  podLabels: { other: 'other' },
  podAnnotations: { other: 'other' },
  extraEnv: [{ name: 'OTHER', value: 'other' }],
  nodeSelector: { other: 'other' },
  tolerations: [{ key: 'other' }],
  affinity: { podAffinity: {} },
  topologySpreadConstraints: [{ maxSkew: 7 }],
  priorityClassName: 'other',
  terminationGracePeriodSeconds: 77,
  'podDisruptionBudget.enabled': false,
  'podDisruptionBudget.maxUnavailable': '7%',
};

/** What is off by default is on, so that what belongs to it shows. */
const BASE = {
  crds: { enabled: false },
  networkPolicy: { enabled: true, customCode: { namespaces: ['billing'] } },
  serviceMonitor: { enabled: true },
  prometheusRule: { enabled: true },
  podDisruptionBudget: { enabled: true },
};
/** What is long, or in the way of others, or needed for nothing else is on only for its own values: their beginning -> what is on. */
const OWN: Readonly<Record<string, object>> = {
  'crds.': { crds: { enabled: true } },
  'dashboards.': { dashboards: { enabled: true } },
  'systemTemplates.': { systemTemplates: { enabled: true } },
  'rbac.namespaceDeletion': { watchNamespaces: ['billing'] },
};

function leaves({ properties }: Schema, path: readonly string[] = []): readonly string[] {
  return Object.entries(properties ?? {}).flatMap(([name, schema]) =>
    schema.properties === undefined ? [[...path, name].join('.')] : leaves(schema, [...path, name]),
  );
}

const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as Schema;
const paths = leaves(schema).filter((path) => path !== 'global');

test('the table above is of the values in values.schema.json, and all of these stand in values.yaml', () => {
  expect(Object.keys(OTHERS).toSorted()).toEqual(paths.toSorted());
  const values: unknown = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'));
  const missing = paths.filter(
    (path) => path.split('.').reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>>)[name], values) === undefined,
  );
  expect(missing).toEqual([]);
});

describe('makes a difference:', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dossier-values-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  /** Later values win. */
  const rendered = async (...values: readonly object[]): Promise<string> => {
    const files = values.map((each) => {
      const file = join(folder, `${randomUUID()}.yaml`);
      writeFileSync(file, JSON.stringify(each));
      return file;
    });
    return printed(helm(['template', 'dossier', CHART, '-n', 'dossier-system', ...files.flatMap((file) => ['-f', file])], { folder }));
  };
  const bases = new Map<string, { readonly values: object; readonly makes: string }>();
  beforeAll(async () => {
    for (const [beginning, own] of Object.entries({ '': {}, ...OWN })) {
      const values = { ...BASE, ...own };
      bases.set(beginning, { values, makes: await rendered(values) });
    }
  });

  test.each(paths)('%s', async (path) => {
    const base = bases.get(Object.keys(OWN).find((beginning) => path.startsWith(beginning)) ?? '');
    const change = path.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), OTHERS[path]) as object;
    expect((await rendered(base?.values ?? {}, change)) === base?.makes).toBe(false);
  });
});
