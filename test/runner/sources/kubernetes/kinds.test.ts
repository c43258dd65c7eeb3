/** Several kinds in one file, and what is made of their values: conditions, parts of texts, defaults, formulas, lists. */
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ResolvedParameter } from '../../../../src/runner/plan.ts';
import { failureOf, read, refuse, servePage, startCluster, type Cluster, type Column } from './cluster.ts';

const objects = parseAllDocuments(`
{kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{image: "registry.example.com:5000/web:1.2", resources: {requests: {cpu: 250m, memory: 1Gi}}}, {image: proxy, resources: {requests: {cpu: 500m}}}]}}
---
{kind: Pod, metadata: {name: job, namespace: batch}, spec: {containers: [{image: "job@sha256:0a", resources: {requests: {cpu: "2"}}}]}}
---
{kind: PersistentVolumeClaim, metadata: {name: data, namespace: shop}, spec: {resources: {requests: {storage: 10Gi}}, volumeName: pv-1}}
`).map((document) => document.toJS() as { readonly kind: string });

function ofKind(kind: string): readonly object[] {
  return objects.filter((object) => object.kind === kind);
}

async function cluster(): Promise<Cluster> {
  return startCluster((_request, response, url) => {
    if (url.pathname.endsWith('/pods')) servePage(response, url, ofKind('Pod'));
    else if (url.pathname.endsWith('/persistentvolumeclaims')) servePage(response, url, ofKind('PersistentVolumeClaim'));
    else refuse(response, 403);
  });
}

const NAMESPACE: Column = { path: '$.metadata.namespace' };
const CLAIMS = { apiVersion: 'v1', objectKind: 'PersistentVolumeClaim' } as const;

describe('kinds', () => {
  test('follow each other, with paths of their own where their values stand elsewhere', async () => {
    const also = [{ ...CLAIMS, paths: [{ column: 'what', path: '$.spec.volumeName' }] }];
    const columns: Readonly<Record<string, Column>> = { kind: { path: '$.kind' }, what: { path: '$.spec.containers[0].image' } };
    expect(await read(await cluster(), columns, { also })).toEqual([
      ['Pod', 'registry.example.com:5000/web:1.2'],
      ['Pod', 'job@sha256:0a'],
      ['PersistentVolumeClaim', 'pv-1'],
    ]);
  });

  test('are grouped together: a namespace has the sums of its pods and of its claims', async () => {
    const columns: Readonly<Record<string, Column>> = {
      namespace: NAMESPACE,
      pods: { type: 'Integer', path: '$.spec.containers[0].image', aggregate: 'Count' },
      cpu: { type: 'Quantity', path: '$.spec.containers[*].resources.requests.cpu', aggregate: 'Sum' },
      storage: { type: 'Quantity', path: '$.spec.resources.requests.storage', aggregate: 'Sum', default: '0' },
    };
    expect(await read(await cluster(), columns, { also: [CLAIMS], groupBy: ['namespace'] })).toEqual([
      ['batch', 1, '2', '0'],
      ['shop', 1, '0.75', '10737418240'],
    ]);
  });

  test('have rows of their own parts', async () => {
    const also = [{ apiVersion: 'v1', objectKind: 'Pod', forEach: '$.spec.containers[*]', paths: [{ column: 'what', path: '@.image' }] }];
    const rows = await read(await cluster(), { what: { path: '$.metadata.name' } }, { ...CLAIMS, also });
    expect(rows).toEqual([['data'], ['registry.example.com:5000/web:1.2'], ['proxy'], ['job@sha256:0a']]);
  });

  test('that may not be listed fail the report, and are named', async () => {
    const failure = await failureOf(
      read(await cluster(), { namespace: NAMESPACE }, { also: [{ apiVersion: 'v1', objectKind: 'Secret' }] }),
    );
    expect(failure.message).toContain('may not list secrets');
  });

  test('that are Secrets keep what they hold, whatever path reads the first kind', async () => {
    const also = [{ apiVersion: 'v1', objectKind: 'Secret' }];
    const reading = read(await cluster(), { spec: { type: 'JSON', path: '$.spec' } }, { also });
    expect((await failureOf(reading)).message).toMatch(/also\[0\].*of Secrets only/);
  });
});

describe('a kind that is joined', () => {
  const names: Readonly<Record<string, Column>> = { namespace: NAMESPACE, name: { path: '$.metadata.name' } };
  const volume: Column = { path: '$.spec.volumeName' };
  const join = { ...CLAIMS, joinOn: ['namespace'] };

  test('fills the empty cells of rows that are equal, and makes none of its own', async () => {
    expect(await read(await cluster(), { ...names, volume }, { also: [join] })).toEqual([
      ['shop', 'web', 'pv-1'],
      ['batch', 'job', null],
    ]);
  });

  test('comes before defaults, conditions and groups', async () => {
    const columns: Readonly<Record<string, Column>> = {
      volume: { ...volume, default: 'none' },
      pods: { type: 'Integer', aggregate: 'Count' },
      namespace: NAMESPACE,
    };
    expect(await read(await cluster(), columns, { also: [join], groupBy: ['volume', 'namespace'] })).toEqual([
      ['none', 1, 'batch'],
      ['pv-1', 1, 'shop'],
    ]);
    const where = [{ column: 'volume', operator: 'In', values: ['pv-1'] }] as const;
    expect(await read(await cluster(), { ...names, volume }, { also: [join], where })).toEqual([['shop', 'web', 'pv-1']]);
  });

  test('must not have two rows for one', async () => {
    const also = [{ apiVersion: 'v1', objectKind: 'Pod', joinOn: ['kind'] }];
    const failure = await failureOf(read(await cluster(), { kind: { path: '$.kind' } }, { also }));
    expect(failure).toMatchObject({ retryable: false, message: expect.stringContaining('two rows of kind Pod are equal') as string });
  });
});

describe('conditions', () => {
  const columns: Readonly<Record<string, Column>> = {
    namespace: NAMESPACE,
    cpu: { type: 'Quantity', path: '$.spec.containers[*].resources.requests.cpu', aggregate: 'Sum' },
  };

  test('before groups are made leave rows out of them', async () => {
    const parameters: readonly ResolvedParameter[] = [{ name: 'only', type: 'Strings', value: ['shop'] }];
    const where = [{ column: 'namespace', operator: 'In', parameter: 'only' }] as const;
    expect(await read(await cluster(), columns, { groupBy: ['namespace'], where, parameters })).toEqual([['shop', '0.75']]);
  });

  test('on sums leave groups out', async () => {
    const where = [{ column: 'cpu', operator: 'AtLeast', values: ['1'] }] as const;
    expect(await read(await cluster(), columns, { groupBy: ['namespace'], where })).toEqual([['batch', '2']]);
  });

  test('hold for rows without groups', async () => {
    const where = [{ column: 'name', operator: 'NotIn', values: ['web'] }] as const;
    expect(await read(await cluster(), { name: { path: '$.metadata.name' } }, { where })).toEqual([['job']]);
  });
});

describe('values', () => {
  test('are parts of texts, and defaults where there is no such part', async () => {
    const image = { path: '@.image' };
    const columns: Readonly<Record<string, Column>> = {
      registry: { ...image, extract: '^([^/]*[.:][^/]*|localhost)/', default: 'docker.io' },
      tag: { ...image, extract: '^[^@]*:([^/@:]+)(?:@|$)' },
      digest: { ...image, extract: '@(sha256:[0-9a-f]+)$' },
    };
    expect(await read(await cluster(), columns, { forEach: '$.spec.containers[*]' })).toEqual([
      ['registry.example.com:5000', '1.2', null],
      ['docker.io', null, null],
      ['docker.io', null, 'sha256:0a'],
    ]);
  });

  test('are lists of what a group has, equal values once', async () => {
    const columns: Readonly<Record<string, Column>> = {
      kind: { path: '$.kind' },
      namespaces: { type: 'JSON', path: '$.metadata.namespace', aggregate: 'List' },
      cpu: { type: 'JSON', path: '$.spec.containers[*].resources.requests.cpu', aggregate: 'List' },
    };
    expect(await read(await cluster(), columns, { groupBy: ['kind'], also: [{ apiVersion: 'v1', objectKind: 'Pod' }] })).toEqual([
      ['Pod', '["shop","batch"]', '["250m","500m","2"]'],
    ]);
  });

  test('are worked out from sums and prices, to the cent', async () => {
    const columns: Readonly<Record<string, Column>> = {
      namespace: NAMESPACE,
      cpu: { type: 'Quantity', path: '$.spec.containers[*].resources.requests.cpu', aggregate: 'Sum' },
      memory: { type: 'Quantity', path: '$.spec.containers[*].resources.requests.memory', aggregate: 'Sum', default: '0' },
      cpuCost: { type: 'Decimal', formula: 'cpu * :cpuPrice', scale: 2 },
      total: { type: 'Decimal', formula: 'cpuCost + memory / 1073741824 * :gibPrice', scale: 2 },
      missing: { type: 'Decimal', formula: 'cpu * :notGiven', scale: 2 },
    };
    const parameters: readonly ResolvedParameter[] = [
      { name: 'cpuPrice', type: 'Decimal', value: '20.10' },
      { name: 'gibPrice', type: 'Decimal', value: '3' },
      { name: 'notGiven', type: 'Decimal', value: null },
    ];
    const where = [{ column: 'total', operator: 'AtMost', values: ['20'] }] as const;
    expect(await read(await cluster(), columns, { groupBy: ['namespace'], parameters })).toEqual([
      ['batch', '2', '0', '40.20', '40.20', null],
      ['shop', '0.75', '1073741824', '15.08', '18.08', null],
    ]);
    expect(await read(await cluster(), columns, { groupBy: ['namespace'], parameters, where })).toHaveLength(1);
  });
});
