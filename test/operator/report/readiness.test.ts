/** Which storage a Report gets, and which it waits for. */
import { expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { IndexedStore } from '../../../src/kube/store.ts';
import { RunLimiter } from '../../../src/operator/report/limits.ts';
import { REPORTS_BY_SCHEDULE } from '../../../src/operator/schedule/marks.ts';
import { STORAGES_BY_NAMESPACE, type ReportParts } from '../../../src/operator/report/parts.ts';
import { readinessOf } from '../../../src/operator/report/readiness.ts';
import { aReport, CREATED } from './given.ts';

const READY = {
  observedGeneration: 1,
  conditions: [{ type: 'Ready', status: 'True', observedGeneration: 1, reason: 'Fine', message: '' }],
};
const TEMPLATE = {
  apiVersion: 'dossier.dev/v1alpha1',
  kind: 'ReportTemplate',
  metadata: {
    name: 'invoices',
    namespace: 'billing',
    uid: 'template-uid',
    resourceVersion: '3',
    generation: 1,
    creationTimestamp: CREATED,
  },
  spec: {
    source: { inline: { rows: [] } },
    columns: [{ name: 'id', type: 'Integer' }],
    formats: ['CSV'],
    compression: 'None',
    xlsx: {},
    job: { activeDeadlineSeconds: 60, backoffLimit: 2, ttlSecondsAfterFinished: 60, scratchSize: '1Gi' },
  },
  status: READY,
};

function aStorage(name: string, deleting: boolean): KubeObject {
  const meta = { name, namespace: 'billing', uid: `uid-of-${name}`, resourceVersion: '5', generation: 1, creationTimestamp: CREATED };
  const spec = { default: true, s3: { bucket: name, region: 'us-east-1', checksums: 'Auto' } };
  const metadata = { ...meta, ...(deleting ? { deletionTimestamp: CREATED } : {}) };
  return { apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportStorage', metadata, spec, status: READY } as KubeObject;
}

async function outcome(report: Report, ...given: readonly KubeObject[]): Promise<string> {
  const storages = new IndexedStore<KubeObject>({ [STORAGES_BY_NAMESPACE]: ({ metadata }) => [metadata.namespace ?? ''] });
  for (const storage of given) storages.set(storage);
  const templates = new IndexedStore<KubeObject>({});
  templates.set(TEMPLATE);
  const limits = { total: 1, perNamespace: 1 };
  const parts = {
    reports: new IndexedStore({ [REPORTS_BY_SCHEDULE]: () => [] }),
    templates,
    storages,
    limiter: new RunLimiter(
      limits,
      () => [],
      () => undefined,
    ),
    runner: { image: 'runner', imagePullPolicy: 'Never', imagePullSecrets: [], resources: { requests: {}, limits: {} } },
  } as unknown as ReportParts;
  const readiness = await readinessOf(parts, report, AbortSignal.timeout(5_000));
  switch (readiness.kind) {
    case 'ready':
      return readiness.facts.storage.name;
    case 'behind':
      return readiness.sibling;
    default:
      return `${readiness.reason}: ${readiness.message}`;
  }
}

test.each<[string, Report, readonly KubeObject[], RegExp]>([
  ['the default one', aReport(), [aStorage('archive', false)], /^archive$/],
  ['none while there are two', aReport(), [aStorage('archive', false), aStorage('other', false)], /^StorageNotFound: .*archive, other/],
  ['the one that stays where the other is being deleted', aReport(), [aStorage('archive', true), aStorage('new', false)], /^new$/],
  ['none that is being deleted', aReport(), [aStorage('archive', true)], /^StorageUnavailable: ReportStorage "archive" is being deleted/],
  [
    'none that it names and that is being deleted',
    aReport({ spec: { storageRef: { name: 'archive' } } }),
    [aStorage('archive', true), aStorage('new', false)],
    /^StorageUnavailable: ReportStorage "archive" is being deleted/,
  ],
  ['the one that it holds already', aReport({ finalizer: true }), [aStorage('archive', true)], /^archive$/],
])('a Report gets %s', async (_, report, storages, expected) => {
  expect(await outcome(report, ...storages)).toMatch(expected);
});
