/**
 * The system templates on the live control plane, as their service account and with no more rights than rbac.yaml gives: every line and every number is held against what
 * `kubectl get -o json` says and the test works out by itself, and sums also against Kubernetes' own: those of a quota, and of `kubectl describe node`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { parseAllDocuments } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubectl, REPOSITORY } from '../crds/apiserver.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { newNamespace, uniqueName } from '../support/servers.ts';
import * as says from './kubectl-says.ts';
import type { Item, Row } from './kubectl-says.ts';
import { CERTIFICATES_CRD, inDays, nodeNames, objects, QUOTA, statuses, volumeName, type Places } from './system-objects.ts';

const FOLDER = join(REPOSITORY, 'config/system-templates');
const { billing } = useBilling('system', ['--cluster-templates', 'true']);
let places: Places = { mark: uniqueName('sys'), shop: '', depot: '' };
const [NODE, SPARE] = nodeNames(places);
const FAILED_IN = [inDays(-10), inDays(1)] as const;

beforeAll(async () => {
  const { client, namespace } = billing();
  await billing().storage();
  places = { ...places, shop: await newNamespace(client, 'shop'), depot: await newNamespace(client, 'depot') };
  const { shop, depot, mark } = places;
  await run(['apply', '-f', '-'], [...systemTemplates(namespace)].join('---\n'));
  await run(['apply', '-f', '-'], CERTIFICATES_CRD);
  await run(['wait', '--for=condition=Established', 'crd/certificates.cert-manager.io', '--timeout=30s']);
  await run(['apply', '-f', '-'], objects(places));
  await Promise.all(
    statuses(places).map(([object, status]) =>
      run(['patch', ...object, '--subresource=status', '--type=merge', '-p', JSON.stringify(status)]),
    ),
  );
  await run(['apply', '-f', '-'], QUOTA.replaceAll('SHOP', shop));
  await untilPrinted(['get', 'pvc', 'data', '-n', shop, '-o', 'jsonpath={.status.phase}'], 'Bound');
  await untilPrinted(['get', 'job', 'late', '-n', shop, '-o', 'jsonpath={.status.conditions[?(@.type=="Failed")].status}'], 'True');
  await untilPrinted(['get', 'resourcequota', 'all', '-n', shop, '-o', 'jsonpath={.status.used.requests\\.storage}'], '3Gi');

  const only = { name: 'namespaces', values: [shop, depot] };
  const prices = { cpuPrice: '18.50', memoryPrice: '2.40', storagePrice: '0.08' };
  await report('workloads', only);
  await report('images', only);
  await report('resources', only, ...Object.entries(prices).map(([name, value]) => ({ name, value })));
  await report('volumes', only);
  await report('nodes', { name: 'nodes', values: [NODE, SPARE] });
  await report('access');
  await report('auditor', { name: 'subjects', values: [`auditor-${mark}`] });
  await report('certificates', only);
  await report('failures', only, { name: 'period', period: { from: FAILED_IN[0], to: FAILED_IN[1] } });
});

afterAll(async () => {
  const { shop, depot, mark } = places;
  const named = ['access', 'certificates', 'failures', 'images', 'nodes', 'reports', 'resources', 'volumes', 'workloads'];
  await kubectl(['delete', 'crpttpl', ...named.map((name) => `system-${name}-${mark}`)]);
  const roles = [...named.map((name) => `dossier-system-${name}-${mark}`), `everything-${mark}`];
  await kubectl(['delete', 'clusterrole,clusterrolebinding', ...roles]);
  await kubectl(['delete', 'namespace', shop, depot, '--wait=false']);
  await kubectl([
    'delete',
    `node/${NODE}`,
    `node/${SPARE}`,
    `pv/${volumeName(places)}`,
    'crd/certificates.cert-manager.io',
    '--wait=false',
  ]);
});

/** The templates and their rights for a namespace, under names of this file's own. */
function* systemTemplates(namespace: string): Generator<string> {
  for (const file of [...readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')), 'rbac/rbac.yaml']) {
    for (const document of parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8'))) {
      if (document.hasIn(['metadata', 'namespace'])) document.setIn(['metadata', 'namespace'], namespace);
      else document.setIn(['metadata', 'name'], `${String(document.getIn(['metadata', 'name']))}-${places.mark}`);
      if (document.has('roleRef')) document.setIn(['roleRef', 'name'], document.getIn(['metadata', 'name']));
      if (document.has('subjects')) document.setIn(['subjects', 0, 'namespace'], namespace);
      if (document.has('spec')) document.setIn(['spec', 'allowedNamespaces', 'matchLabels', 'kubernetes.io/metadata.name'], namespace);
      yield String(document);
    }
  }
}

async function run(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function untilPrinted(args: readonly string[], wanted: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (let printed = ''; printed !== wanted; printed = await run(args)) {
    if (performance.now() > deadline) throw new Error(`kubectl ${args.join(' ')} prints ${printed}, not ${wanted}`);
    await sleep(100);
  }
}

/** What kubectl has of these kinds, in both namespaces or in the cluster. */
async function got(kinds: string): Promise<readonly Item[]> {
  const { items } = JSON.parse(await run(['get', kinds, '--all-namespaces', '-o', 'json'])) as { readonly items: readonly Item[] };
  return items;
}

async function gotHere(kinds: string): Promise<readonly Item[]> {
  const { shop, depot } = places;
  return (await got(kinds)).filter(({ metadata }) => metadata.namespace === shop || metadata.namespace === depot);
}

async function report(name: string, ...parameters: readonly object[]): Promise<void> {
  const template = { auditor: 'access', unlucky: 'workloads' }[name] ?? name;
  const templateRef = { kind: 'ClusterReportTemplate', name: `system-${template}-${places.mark}` };
  await billing().report(name, { templateRef, parameters, format: 'CSV' });
}

async function rowsOf(name: string): Promise<readonly Row[]> {
  const done = await billing().finished(name);
  expect(done.status, messageOf(done)).toMatchObject({ phase: 'Ready' });
  const { objects: files } = await bucketContent(billing().bucket, `${billing().namespace}/${name}/`);
  return parse<Row>(files[0]?.bytes.toString() ?? '', { columns: true });
}

/** In an order that both have. */
function sorted<T extends object>(rows: readonly T[]): readonly T[] {
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe('the system template', () => {
  test('workloads lists every container of every workload, and of nothing that stands behind another one', async () => {
    const rows = await rowsOf('workloads');
    const expected = says.workloads(await gotHere('deployments,statefulsets,daemonsets,cronjobs,jobs,replicasets,pods'));
    expect(sorted(rows)).toEqual(sorted(expected));
    expect(rows.map(({ Kind, Workload, Container }) => `${Kind ?? ''} ${Workload ?? ''} ${Container ?? ''}`).toSorted()).toEqual([
      'CronJob nightly job',
      'DaemonSet agent agent',
      'Deployment web app',
      'Deployment web proxy',
      'Job late late',
      'Pod done app',
      'Pod evicted app',
      'Pod long-ago app',
      'Pod modest app',
      'Pod one app',
      'Pod one odd',
      'Pod three app',
      'Pod two app',
      'Pod two least',
      'Pod waiting app',
      'ReplicaSet lone lone',
      'StatefulSet db db',
    ]);
    expect(rows.find(({ Kind }) => Kind === 'StatefulSet')).toMatchObject({
      'CPU request (cores)': '0.1',
      'CPU limit (cores)': '2',
      'Memory request (bytes)': '1000',
      'Memory limit (bytes)': '128974848',
    });
  });

  test('images takes them apart and counts their containers', async () => {
    const rows = await rowsOf('images');
    expect(sorted(rows)).toEqual(sorted(says.images(await gotHere('pods'))));
    expect(rows.map((row) => `${row['Registry'] ?? ''} ${row['Repository'] ?? ''} ${row['Tag'] ?? ''} ${row['Containers'] ?? ''}`)).toEqual(
      [
        // Of the one that failed in the one namespace, and of the two in the other.
        'docker.io library/sidecar latest 1',
        'docker.io library/web latest 1',
        'docker.io library/web latest 2',
        'docker.io odd  1',
        'localhost web  1',
        'registry.example.com:5000 team/web 1.2 2',
      ],
    );
  });

  test('resources has exact sums per namespace, and costs to the cent', async () => {
    const rows = await rowsOf('resources');
    const expected = says.resources(await gotHere('pods'), await gotHere('pvc'), [1850n, 240n, 8n]);
    expect(sorted(rows)).toEqual(sorted(expected));
    // 1.5 + 0.1 + 0.1 + 0.033 + 0.001 cores; 1 GiB + 64 MiB + 10 MB + 1,001 bytes; 3 GiB.
    expect(rows.find(({ Namespace }) => Namespace === places.shop)).toMatchObject({
      Pods: '2',
      'CPU requests (cores)': '1.734',
      'Memory requests (bytes)': '1150851689',
      'CPU cost': '32.08',
      'Memory cost': '2.57',
      'Storage cost': '0.24',
      'Total cost': '34.89',
    });
    // 1.5 GB + 4 EiB, beyond what a double can hold.
    expect(rows.find(({ Namespace }) => Namespace === places.depot)).toMatchObject({
      Pods: '2',
      'CPU requests (cores)': '0.003',
      'Storage requests (bytes)': '4611686019927387904',
    });
  });

  test("resources has the sums of Kubernetes' own quota", async () => {
    const row = (await rowsOf('resources')).find(({ Namespace }) => Namespace === places.shop);
    const { status } = JSON.parse(await run(['get', 'resourcequota', 'all', '-n', places.shop, '-o', 'json'])) as {
      readonly status: { readonly used: Readonly<Record<string, string>> };
    };
    const used = (name: string): string => says.digits(says.nano(status.used[name]));
    expect(row).toMatchObject({
      Pods: used('pods'),
      'CPU requests (cores)': used('requests.cpu'),
      'CPU limits (cores)': used('limits.cpu'),
      'Memory requests (bytes)': used('requests.memory'),
      'Memory limits (bytes)': used('limits.memory'),
      'Storage requests (bytes)': used('requests.storage'),
    });
  });

  test('volumes lists claims and volumes with what kubectl says of them', async () => {
    const rows = await rowsOf('volumes');
    const ours = (await got('pv')).filter(({ metadata }) => metadata.name === volumeName(places));
    expect(sorted(rows)).toEqual(sorted(says.volumes(await gotHere('pvc'), ours)));
    expect(rows.map(({ Kind, Claim, Phase }) => [Kind, Claim, Phase])).toEqual([
      ['PersistentVolumeClaim', 'huge', 'Pending'],
      ['PersistentVolumeClaim', 'odd', 'Pending'],
      ['PersistentVolumeClaim', 'data', 'Bound'],
      ['PersistentVolume', 'data', 'Bound'],
    ]);
  });

  test('nodes has capacity and exact allocation, also of a node without pods', async () => {
    const rows = await rowsOf('nodes');
    const ours = (await got('nodes')).filter(({ metadata }) => [NODE, SPARE].includes(metadata.name));
    expect(sorted(rows)).toEqual(sorted(says.nodes(ours, await got('pods'))));
    expect(rows).toMatchObject([
      {
        Node: NODE,
        Ready: 'True',
        'CPU requests (cores)': '1.734',
        'CPU requests (%)': '21.9',
        Pods: '3',
        'CPU allocatable (cores)': '7.9',
      },
      {
        Node: SPARE,
        Ready: '',
        'CPU requests (cores)': '0',
        'CPU requests (%)': '0.0',
        Pods: '0',
        'Memory capacity (bytes)': '7000000000',
      },
    ]);
  });

  test('nodes has what kubectl describe says of the node', async () => {
    const row = (await rowsOf('nodes')).find(({ Node }) => Node === NODE);
    const described = await run(['describe', 'node', NODE]);
    const allocated = described.slice(described.indexOf('Allocated resources:'));
    const [, cpuRequests, cpuShare, cpuLimits] = /^ +cpu +(\S+) \((\d+)%\) +(\S+)/m.exec(allocated) ?? [];
    const [, memoryRequests, memoryShare, memoryLimits] = /^ +memory +(\S+) \((\d+)%\) +(\S+)/m.exec(allocated) ?? [];
    const exact = (quantity: string | undefined): string => says.digits(says.nano(quantity));
    expect(row).toMatchObject({
      'CPU requests (cores)': exact(cpuRequests),
      'CPU limits (cores)': exact(cpuLimits),
      'Memory requests (bytes)': exact(memoryRequests),
      'Memory limits (bytes)': exact(memoryLimits),
      Pods: /Non-terminated Pods: +\((\d+) in total\)/.exec(described)?.[1],
    });
    expect(Math.trunc(Number(row?.['CPU requests (%)']))).toBe(Number(cpuShare));
    expect(Math.trunc(Number(row?.['Memory requests (%)']))).toBe(Number(memoryShare));
  });

  test('access says who may do what, where, and by which binding', async () => {
    const bindings = await got('clusterrolebindings,rolebindings');
    const expected = says.access(bindings, await got('clusterroles,roles'));
    const parsed = (rows: readonly Row[]): readonly object[] =>
      rows.map((row) => ({ ...row, Rules: row['Rules'] === '' ? undefined : (JSON.parse(row['Rules'] ?? '') as unknown) }));
    const auditor = parsed(await rowsOf('auditor'));
    expect(sorted(auditor)).toEqual(sorted(expected.filter(({ Subject }) => Subject === `auditor-${places.mark}`)));
    expect(auditor).toHaveLength(5);
    expect(auditor.find((row) => 'Role' in row && row.Role === 'gone')).toMatchObject({ Binding: 'dangling', Rules: undefined });
    // The cluster's own, which nobody here wrote and nothing here changes.
    const isOwn = ({ Binding, 'In namespace': namespace }: Row): boolean => Binding?.startsWith('system:') === true && namespace !== '';
    const isWide = ({ Binding, 'In namespace': namespace }: Row): boolean => Binding?.startsWith('system:') === true && namespace === '';
    const rows = await rowsOf('access');
    for (const [is, atLeast] of [
      [isOwn, 5],
      [isWide, 30],
    ] as const) {
      const theirs = parsed(rows.filter(is));
      expect(theirs.length).toBeGreaterThan(atLeast);
      expect(sorted(theirs)).toEqual(sorted(expected.filter((row) => is(row as unknown as Row))));
    }
  });

  test('certificates lists those that end in time or have ended, and no others', async () => {
    const rows = await rowsOf('certificates');
    const within = Date.parse((await billing().get('certificates')).metadata.creationTimestamp) + 30 * 86_400_000;
    expect(sorted(rows)).toEqual(sorted(says.certificates(await gotHere('certificates.cert-manager.io'), within)));
    expect(rows.map(({ Certificate, Ready }) => [Certificate, Ready])).toEqual([
      ['ended', 'False'],
      ['soon', 'True'],
    ]);
  });

  test('failures lists Jobs and pods that failed in the period, with the moment and why', async () => {
    const rows = await rowsOf('failures');
    const period = [Date.parse(FAILED_IN[0]), Date.parse(FAILED_IN[1])] as const;
    expect(sorted(rows)).toEqual(sorted(says.failures(await gotHere('jobs'), await gotHere('pods'), period)));
    expect(rows.map((row) => [row['Name'], row['Reason'], row['Exit codes']])).toEqual([
      ['evicted', 'Evicted', '[]'],
      ['late', 'DeadlineExceeded', '[]'],
      ['three', 'OOMKilled', '[137]'],
    ]);
  });

  test('reports lists what was produced, when, with rows and checksum, and what was not', async () => {
    const finished = ['workloads', 'access', 'nodes'];
    for (const name of finished) await rowsOf(name);
    await report('unlucky', { name: 'nothing', value: 'x' });
    await billing().finished('unlucky');
    await report('reports', { name: 'namespaces', values: [billing().namespace] }, { name: 'phases', values: ['Ready', 'Failed'] });
    const rows = await rowsOf('reports');
    const expected = says.reports((await got('reports')).filter(({ metadata }) => metadata.namespace === billing().namespace));
    for (const name of [...finished, 'unlucky'])
      expect(rows.find(({ Report }) => Report === name)).toEqual(expected.find(({ Report }) => Report === name));
    expect(rows.find(({ Report }) => Report === 'unlucky')).toMatchObject({ Phase: 'Failed', Reason: 'InvalidParameters', Rows: '' });
  });
});
