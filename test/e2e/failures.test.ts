/** What goes wrong on nodes, in registries and in namespaces, and how it shows on a Report. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { messageOf, reasonOf } from '../integration/support/billing.ts';
import { bucketContent } from '../integration/support/bucket-content.ts';
import { apply, evict, kubectl, useWorkplace } from './cluster.ts';
import { Gate } from './gate.ts';

const workplace = useWorkplace('failures');
let gate: Gate;

beforeAll(async () => {
  gate = await Gate.make(workplace());
  await workplace().billing.priceList();
});

afterAll(async () => {
  await kubectl('uncordon', '-l', 'kubernetes.io/os=linux');
  await gate.close();
});

test('a runner that needs more memory than it may have ends as OutOfMemory, and leaves no file', async () => {
  const { billing } = workplace();
  const resources = { requests: { memory: '16Mi' }, limits: { memory: '24Mi' } };
  await billing.priceList('tiny', { job: { resources, backoffLimit: 0 } });
  await billing.report('tiny', { templateRef: { name: 'tiny' } });
  const report = await billing.finished('tiny');
  expect([report.status.phase, reasonOf(report)]).toEqual(['Failed', 'OutOfMemory']);
  expect(messageOf(report)).toContain('24Mi');
  expect(await bucketContent(billing.bucket, `${billing.namespace}/tiny/`)).toEqual({ objects: [], uploads: [] });
});

test('an image whose name is none ends as ImagePullFailed at once, one that is not there after five minutes, and both name the image', async () => {
  const { billing } = workplace();
  const container = (image: string): Readonly<Record<string, unknown>> => ({
    source: { container: { image } },
    columns: [{ name: 'a', type: 'String' }],
    formats: ['CSV'],
  });
  await billing.template('nameless', container('no//image'));
  await billing.template('missing', container('127.0.0.1:9/no-such-image:1'));
  for (const name of ['nameless', 'missing']) await billing.report(name, { templateRef: { name } });
  const nameless = await billing.finished('nameless');
  expect([reasonOf(nameless), messageOf(nameless)]).toEqual(['ImagePullFailed', expect.stringContaining('no//image')]);
  const missing = await billing.until('missing', (report) => messageOf(report).includes('no-such-image'));
  expect([missing.status.phase, reasonOf(missing)]).toEqual(['Deploying', 'ImagePull']);
  // Nobody waits here for the five minutes: they began ten minutes ago.
  const status = { reasonTime: new Date(Date.now() - 10 * 60_000).toISOString() };
  await kubectl(
    'patch',
    'report',
    'missing',
    '-n',
    billing.namespace,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status }),
  );
  const failed = await billing.finished('missing');
  expect([failed.status.phase, reasonOf(failed)]).toEqual(['Failed', 'ImagePullFailed']);
  expect(messageOf(failed)).toContain('127.0.0.1:9/no-such-image:1');
  expect(await kubectl('get', 'pods', '-n', billing.namespace, '-l', 'dossier.dev/report=missing', '-o', 'name')).toBe('');
});

test('a Secret that comes late is waited for', async () => {
  const { billing, databaseUrl } = workplace();
  await billing.template('late', {
    source: { postgres: { urlFrom: { secretKeyRef: { name: 'late', key: 'url' } }, query: 'select 1 as one' } },
    formats: ['CSV'],
  });
  await billing.report('late', { templateRef: { name: 'late' } });
  expect(messageOf(await billing.waiting('late', 'SecretNotFound'))).toContain('"late"');
  await billing.secret('late', { url: databaseUrl('postgres') });
  expect((await billing.finished('late')).status.phase).toBe('Ready');
});

test('a quota that leaves no room is waited for and named', async () => {
  const { billing } = workplace();
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'full', namespace: billing.namespace },
    spec: { hard: { pods: '0' } },
  };
  await apply(quota);
  // In force only when somebody has counted.
  await kubectl('wait', 'resourcequota/full', '-n', billing.namespace, '--for=jsonpath={.status.used.pods}', '--timeout=120s');
  await billing.report('squeezed', { templateRef: { name: 'prices' } });
  expect(messageOf(await billing.waiting('squeezed', 'QuotaExceeded'))).toContain('full');
  await kubectl('delete', 'resourcequota', 'full', '-n', billing.namespace);
  expect((await billing.finished('squeezed')).status.phase).toBe('Ready');
});

test('runs whose pods are drained from their node, deleted, killed or evicted go on in other pods, once and whole', async () => {
  const { billing } = workplace();
  const { namespace } = billing;
  const podsOf = async (name: string): Promise<readonly string[]> => {
    const all = await kubectl(
      'get',
      'pods',
      '-n',
      namespace,
      '-l',
      `dossier.dev/report=${name}`,
      '-o',
      'jsonpath={.items[*].metadata.name}',
    );
    return all.split(' ').filter((pod) => pod !== '');
  };
  // Drained first: a node that takes no pods would hold up the others.
  const disturb: Readonly<Record<string, (pod: string) => Promise<unknown>>> = {
    drained: async () => {
      const node = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
      const only = '--pod-selector=dossier.dev/report=drained';
      await kubectl('drain', node, only, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s');
      await kubectl('uncordon', node);
    },
    deleted: (pod) => kubectl('delete', 'pod', pod, '-n', namespace, '--wait=false'),
    killed: (pod) => kubectl('delete', 'pod', pod, '-n', namespace, '--grace-period=0', '--force'),
    evicted: (pod) => evict(namespace, pod),
  };
  const names = Object.keys(disturb);
  await gate.shut();
  for (const name of names) await billing.report(name, { templateRef: { name: 'gated' } });
  await gate.reached(names.length);
  const before = new Map<string, readonly string[]>();
  for (const name of names) before.set(name, await podsOf(name));
  for (const name of names) await disturb[name]?.(before.get(name)?.[0] ?? '');
  await gate.open();
  for (const name of names) {
    const report = await billing.finished(name);
    expect([name, report.status]).toMatchObject([name, { phase: 'Ready', file: { rows: 1000 } }]);
    expect((await podsOf(name)).filter((pod) => before.get(name)?.[0] !== pod)).toHaveLength(1);
    const { objects, uploads } = await bucketContent(billing.bucket, `${namespace}/${name}/`);
    expect([objects.length, uploads]).toEqual([1, []]);
  }
});

test('a namespace that allows only restricted pods takes the runner as it is', async () => {
  const { billing } = workplace();
  expect(inject('e2e').runnerImage).not.toBe('');
  const level = 'jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}';
  expect(await kubectl('get', 'namespace', billing.namespace, '-o', level)).toBe('restricted');
  await billing.report('restricted', { templateRef: { name: 'prices' } });
  expect((await billing.finished('restricted')).status.phase).toBe('Ready');
});
