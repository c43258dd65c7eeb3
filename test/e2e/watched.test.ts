/** The chart with watchNamespaces and system templates: Reports on the cluster itself in one namespace, and nothing in any other. */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Report } from '../../src/api/generated/report.ts';
import { REPORTS } from '../../src/kube/resources.ts';
import { bucketContent } from '../integration/support/bucket-content.ts';
import { Billing, messageOf } from '../integration/support/billing.ts';
import { newNamespace } from '../integration/support/servers.ts';
import { apply, kubectl, SYSTEM, until, useWorkplace } from './cluster.ts';

const workplace = useWorkplace('watched', (namespace) => ({
  watchNamespaces: [namespace],
  systemTemplates: { enabled: true, namespaces: [namespace], templates: ['nodes', 'images', 'failures'] },
}));
/** Nobody watches it. */
let other: Billing;

type Row = Readonly<Record<string, string>>;

async function rowsOf(name: string): Promise<readonly Row[]> {
  const { billing } = workplace();
  const report = await billing.finished(name);
  expect([messageOf(report), report.status.phase]).toEqual([expect.any(String), 'Ready']);
  const { objects } = await bucketContent(billing.bucket, `${billing.namespace}/${name}/`);
  return parse<Row>(objects[0]?.bytes.toString() ?? '', { columns: true });
}

/** Lines of a JSONPath of kubectl's own. */
async function lines(args: readonly string[], jsonpath: string): Promise<readonly string[]> {
  return (await kubectl('get', ...args, '-o', `jsonpath=${jsonpath}`)).split('\n').filter((line) => line !== '');
}

beforeAll(async () => {
  const { billing, endpoint } = workplace();
  other = new Billing(billing.client, await newNamespace(billing.client, 'unwatched'), billing.bucket);
  await other.storage('archive', { endpoint });
  await other.priceList();
  await other.report('alone', { templateRef: { name: 'prices' } });
  const container = (name: string, code: number): object => ({
    name,
    image: inject('e2e').runnerImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', `exit ${code}`],
  });
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'broken', namespace: other.namespace },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [container('fine', 0), container('bad', 3)] },
  });
  await until('a failed pod', async () => (await lines(['pod', 'broken', '-n', other.namespace], '{.status.phase}'))[0] === 'Failed');
  const hour = (ahead: number): string => new Date(Date.now() + ahead * 3_600_000).toISOString();
  const [images, failures] = [
    { name: 'namespaces', values: [other.namespace] },
    { name: 'period', period: { from: hour(-1), to: hour(1) } },
  ];
  const parameters = { nodes: [], images: [images], failures: [images, failures] };
  for (const [name, given] of Object.entries(parameters)) {
    const templateRef = { kind: 'ClusterReportTemplate', name: `system-${name}` };
    await billing.report(name, { templateRef, parameters: given, format: 'CSV' });
  }
});

// It has no finalizers, since nobody has cared for it.
afterAll(() => kubectl('delete', 'namespace', other.namespace, '--wait=false'));

test('the system template nodes says what kubectl says of the nodes', async () => {
  const path = [
    '.metadata.name',
    '.status.capacity.cpu',
    '.status.capacity.memory',
    '.status.allocatable.pods',
    '.status.nodeInfo.kubeletVersion',
  ];
  const printed = await lines(['nodes'], `{range .items[*]}${path.map((one) => `{${one}}`).join(' ')}{"\\n"}{end}`);
  const bytes = (memory: string): string => String(Number(memory.replace(/Ki$/, '')) * 1024);
  const wanted = printed
    .map((line) => line.split(' '))
    .map(([name, cpu, memory = '', pods, version]) => [name, 'True', cpu, bytes(memory), pods, version]);
  const rows = await rowsOf('nodes');
  const header = ['Node', 'Ready', 'CPU capacity (cores)', 'Memory capacity (bytes)', 'Pods allocatable', 'Kubelet'];
  expect(rows.map((row) => header.map((name) => row[name]))).toEqual(wanted);
  // The runner of this very report is one of them.
  expect(Number(rows[0]?.['Pods'])).toBeGreaterThan(1);
  expect(Number(rows[0]?.['Memory requests (bytes)'])).toBeGreaterThan(64 * 1024 ** 2);
});

test('the system template images says what kubectl says of the containers of another namespace', async () => {
  const each = '{range .status.containerStatuses[*]}{.image} {.imageID}{"\\n"}{end}';
  const [first = '', second] = await lines(['pod', 'broken', '-n', other.namespace], each);
  expect(second).toBe(first);
  const [image, id = ''] = first.split(' ');
  const rows = await rowsOf('images');
  expect(rows.map((row) => `${row['Registry'] ?? ''}/${row['Repository'] ?? ''}:${row['Tag'] ?? ''}`)).toEqual([image]);
  expect(rows[0]).toMatchObject({ Digest: /sha256:[0-9a-f]+$/.exec(id)?.[0] ?? '', Namespace: other.namespace, Containers: '2' });
});

test('the system template failures says of a failed pod what kubectl says', async () => {
  const moments = [
    '{range .status.containerStatuses[*]}{.state.terminated.finishedAt}{"\\n"}{end}',
    '{range .status.conditions[*]}{.lastTransitionTime}{"\\n"}{end}',
  ];
  const last = (await lines(['pod', 'broken', '-n', other.namespace], moments.join(''))).toSorted().at(-1);
  expect(await rowsOf('failures')).toEqual([
    expect.objectContaining({
      Namespace: other.namespace,
      Kind: 'Pod',
      Name: 'broken',
      Failed: last,
      Reason: 'Error',
      'Exit codes': '[3]',
    }),
  ]);
});

test('another namespace is left alone, and the operator may read no Secret there', async () => {
  const { billing } = workplace();
  await billing.priceList();
  await billing.report('own', { templateRef: { name: 'prices' } });
  expect((await billing.finished('own')).status.phase).toBe('Ready');
  // It was there before all the others, which have ended.
  const alone = await other.client.get<Report>(REPORTS, other.namespace, 'alone', other.signal);
  expect([alone.status, alone.metadata.finalizers]).toEqual([{ observedGeneration: -1 }, undefined]);
  expect(await kubectl('get', 'jobs', '-n', other.namespace, '-o', 'name')).toBe('');
  const may = (...args: readonly string[]): Promise<string> =>
    kubectl('auth', 'can-i', ...args, `--as=system:serviceaccount:${SYSTEM}:dossier-operator`).then(
      (answer) => answer.trim(),
      (error: unknown) => (error as { readonly stdout: string }).stdout.trim(),
    );
  expect(await may('get', 'secrets', '-n', billing.namespace)).toBe('yes');
  expect(await may('get', 'secrets', '-n', other.namespace)).toBe('no');
  expect(await may('get', 'secrets', '--all-namespaces')).toBe('no');
  expect(await may('create', 'jobs', '-n', other.namespace)).toBe('no');
});
