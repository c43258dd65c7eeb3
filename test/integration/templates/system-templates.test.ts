/** The system templates on the live control plane, as their service account and with no more rights than rbac.yaml gives: their numbers are those that kubectl prints. */
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

const FOLDER = join(REPOSITORY, 'config/system-templates');
/** Cluster-wide names of this file's objects end with it. */
const MARK = uniqueName('sys');
const NODE = `node-${MARK}`;
const VOLUME = `volume-${MARK}`;
const DIGEST = `sha256:${'0a'.repeat(32)}`;
const { billing } = useBilling('system', ['--cluster-templates', 'true']);
let shop = '';

type Row = Readonly<Record<string, string>>;

beforeAll(async () => {
  const { client, namespace } = billing();
  await billing().storage();
  shop = await newNamespace(client, 'shop');
  await run(['apply', '-f', '-'], [...systemTemplates(namespace)].join('---\n'));
  await run(['apply', '-f', '-'], CERTIFICATES_CRD);
  await run(['wait', '--for=condition=Established', 'crd/certificates.cert-manager.io', '--timeout=30s']);
  await run(['apply', '-f', '-'], objects());
  for (const [name, status] of statuses())
    await run(['patch', ...name, '--subresource=status', '--type=merge', '-p', JSON.stringify(status)]);
  await run(['apply', '-f', '-'], QUOTA.replaceAll('SHOP', shop));
  await untilPrinted(['get', 'pvc', 'data', '-n', shop, '-o', 'jsonpath={.status.phase}'], 'Bound');
  await untilPrinted(['get', 'job', 'late', '-n', shop, '-o', 'jsonpath={.status.conditions[?(@.type=="Failed")].status}'], 'True');
  await untilPrinted(['get', 'resourcequota', 'all', '-n', shop, '-o', 'jsonpath={.status.used.requests\\.storage}'], '3Gi');

  const only = { name: 'namespaces', values: [shop] };
  await report('workloads', only);
  await report('images', only);
  await report(
    'resources',
    only,
    ...['cpu', 'memory', 'storage'].map((what, index) => ({ name: `${what}Price`, value: ['18.50', '2.40', '0.08'][index] })),
  );
  await report('volumes', only);
  await report('nodes', { name: 'nodes', values: [NODE] });
  await report('access', { name: 'subjects', values: [`auditor-${MARK}`] });
  await report('certificates', only);
  await report('failures', only, { name: 'period', period: { relative: 'ThisYear' } });
});

afterAll(async () => {
  const named = ['access', 'certificates', 'failures', 'images', 'nodes', 'reports', 'resources', 'volumes', 'workloads'];
  await kubectl(['delete', 'crpttpl', ...named.map((name) => `system-${name}-${MARK}`)]);
  await kubectl([
    'delete',
    'clusterrole,clusterrolebinding',
    ...named.map((name) => `dossier-system-${name}-${MARK}`),
    `everything-${MARK}`,
    `nothing-${MARK}`,
  ]);
  await kubectl(['delete', 'namespace', shop, '--wait=false']);
  await kubectl(['delete', `node/${NODE}`, `pv/${VOLUME}`, 'crd/certificates.cert-manager.io', '--wait=false']);
});

/** The templates and their rights for a namespace, under names of this file's own. */
function* systemTemplates(namespace: string): Generator<string> {
  for (const file of [...readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')), 'rbac/rbac.yaml']) {
    for (const document of parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8'))) {
      if (document.hasIn(['metadata', 'namespace'])) document.setIn(['metadata', 'namespace'], namespace);
      else document.setIn(['metadata', 'name'], `${String(document.getIn(['metadata', 'name']))}-${MARK}`);
      if (document.has('roleRef')) document.setIn(['roleRef', 'name'], document.getIn(['metadata', 'name']));
      if (document.has('subjects')) document.setIn(['subjects', 0, 'namespace'], namespace);
      if (document.has('spec')) document.setIn(['spec', 'allowedNamespaces', 'matchLabels', 'kubernetes.io/metadata.name'], namespace);
      yield String(document);
    }
  }
}

/** A cert-manager's kind, as far as it is read. */
const CERTIFICATES_CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: certificates.cert-manager.io, annotations: { api-approved.kubernetes.io: unapproved } }
spec:
  group: cert-manager.io
  scope: Namespaced
  names: { kind: Certificate, listKind: CertificateList, plural: certificates, singular: certificate }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`;

const QUOTA = `
apiVersion: v1
kind: ResourceQuota
metadata: { name: all, namespace: SHOP }
spec: { hard: { pods: '99', requests.cpu: '999', limits.cpu: '999', requests.memory: 9Ti, limits.memory: 9Ti, requests.storage: 9Ti } }
`;

/** Nothing of it is ever started: a scheduler that is not there keeps pods away from nodes. */
function objects(): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: SHOP }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      schedulerName: nobody
      containers:
        - { name: app, image: 'registry.example.com:5000/team/web:1.2', resources: { requests: { cpu: 250m, memory: 64Mi }, limits: { cpu: '1', memory: 1Gi } } }
        - { name: proxy, image: proxy }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: SHOP }
spec: { replicas: 0, serviceName: db, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: db, image: db }] } } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: SHOP }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec: { nodeSelector: { nowhere: nothing }, containers: [{ name: agent, image: agent }] }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly, namespace: SHOP }
spec: { schedule: '0 0 31 2 *', suspend: true, jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: job, image: job }] } } } } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: late, namespace: SHOP }
spec: { activeDeadlineSeconds: 1, parallelism: 0, template: { spec: { restartPolicy: Never, schedulerName: nobody, containers: [{ name: late, image: late }] } } }
---
apiVersion: v1
kind: Node
metadata: { name: ${NODE} }
---
apiVersion: v1
kind: Pod
metadata: { name: one, namespace: SHOP }
spec:
  nodeName: ${NODE}
  initContainers:
    - { name: prepare, image: prepare, resources: { requests: { cpu: 10m, memory: 1Mi }, limits: { cpu: 10m, memory: 1Mi } } }
    - { name: sidecar, image: sidecar, restartPolicy: Always, resources: { requests: { cpu: 33m, memory: 10M }, limits: { cpu: 66m, memory: 20M } } }
  containers:
    - { name: app, image: 'registry.example.com:5000/team/web:1.2', resources: { requests: { cpu: 1500m, memory: 1Gi }, limits: { cpu: '2', memory: 2Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: two, namespace: SHOP }
spec:
  nodeName: ${NODE}
  containers:
    - { name: app, image: web, resources: { requests: { cpu: '0.1', memory: 64Mi }, limits: { cpu: 100m, memory: 64Mi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: three, namespace: SHOP }
spec:
  nodeName: ${NODE}
  restartPolicy: Never
  containers:
    - { name: app, image: web, resources: { requests: { cpu: '7', memory: 7Gi }, limits: { cpu: '7', memory: 7Gi } } }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${VOLUME} }
spec:
  capacity: { storage: 5Gi }
  accessModes: [ReadWriteOnce]
  storageClassName: ''
  persistentVolumeReclaimPolicy: Retain
  claimRef: { name: data, namespace: SHOP }
  csi: { driver: none.example.com, volumeHandle: v }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: SHOP }
spec: { accessModes: [ReadWriteOnce], storageClassName: '', volumeName: ${VOLUME}, resources: { requests: { storage: 3Gi } } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: everything-${MARK} }
rules: [{ apiGroups: [''], resources: [pods], verbs: [get, list] }, { nonResourceURLs: [/healthz], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: everything-${MARK} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything-${MARK} }
subjects: [{ kind: User, apiGroup: rbac.authorization.k8s.io, name: auditor-${MARK} }, { kind: Group, apiGroup: rbac.authorization.k8s.io, name: others }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: here, namespace: SHOP }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything-${MARK} }
subjects: [{ kind: ServiceAccount, namespace: SHOP, name: auditor-${MARK} }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: own, namespace: SHOP }
rules: [{ apiGroups: [apps], resources: [deployments], verbs: ['*'] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: own, namespace: SHOP }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: own }
subjects: [{ kind: User, apiGroup: rbac.authorization.k8s.io, name: auditor-${MARK} }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: dangling, namespace: SHOP }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone }
subjects: [{ kind: User, apiGroup: rbac.authorization.k8s.io, name: auditor-${MARK} }]
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: soon, namespace: SHOP }
spec: { secretName: soon-tls, dnsNames: [a.example.com, b.example.com], issuerRef: { kind: ClusterIssuer, name: public } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: later, namespace: SHOP }
spec: { secretName: later-tls, issuerRef: { kind: Issuer, name: own } }
`.replaceAll('SHOP', shop);
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+/, '');
}

function statuses(): readonly (readonly [name: readonly string[], status: object])[] {
  const image = 'registry.example.com:5000/team/web:1.2';
  const running = (name: string, of: string, imageID: string): object => ({
    name,
    image: of,
    imageID,
    ready: true,
    restartCount: 0,
    state: { running: {} },
  });
  const ended = (name: string, exitCode: number, reason: string): object => ({
    ...running(name, 'docker.io/library/web:latest', ''),
    state: { terminated: { exitCode, reason, finishedAt: inDays(-0.01) } },
  });
  return [
    [
      ['node', NODE],
      { status: { capacity: { cpu: '8', memory: '16777216Ki', pods: '110' }, allocatable: { cpu: '7900m', memory: '16Gi', pods: '100' } } },
    ],
    [
      ['pod', 'one', '-n', shop],
      {
        status: {
          phase: 'Running',
          containerStatuses: [running('app', image, `registry.example.com:5000/team/web@${DIGEST}`)],
          initContainerStatuses: [running('sidecar', 'docker.io/library/sidecar:latest', `docker.io/library/sidecar@${DIGEST}`)],
        },
      },
    ],
    [
      ['pod', 'two', '-n', shop],
      { status: { phase: 'Running', containerStatuses: [running('app', image, `registry.example.com:5000/team/web@${DIGEST}`)] } },
    ],
    [['pod', 'three', '-n', shop], { status: { phase: 'Failed', message: 'memory', containerStatuses: [ended('app', 137, 'OOMKilled')] } }],
    [
      ['certificate.cert-manager.io', 'soon', '-n', shop],
      { status: { notAfter: inDays(29), conditions: [{ type: 'Ready', status: 'True', message: 'fine' }] } },
    ],
    [['certificate.cert-manager.io', 'later', '-n', shop], { status: { notAfter: inDays(31) } }],
  ];
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

async function report(name: string, ...parameters: readonly object[]): Promise<void> {
  await billing().report(name, {
    templateRef: { kind: 'ClusterReportTemplate', name: `system-${name}-${MARK}` },
    parameters,
    format: 'CSV',
  });
}

async function rowsOf(name: string): Promise<readonly Row[]> {
  const done = await billing().finished(name);
  expect(done.status, messageOf(done)).toMatchObject({ phase: 'Ready' });
  const { objects: files } = await bucketContent(billing().bucket, `${billing().namespace}/${name}/`);
  return parse<Row>(files[0]?.bytes.toString() ?? '', { columns: true });
}

/** Lines of a JSONPath of kubectl's own. */
async function lines(args: readonly string[], jsonpath: string): Promise<readonly string[]> {
  return (await run(['get', ...args, '-o', `jsonpath=${jsonpath}`])).split('\n').filter((line) => line !== '');
}

describe('the system template', () => {
  test('workloads lists the containers that kubectl lists, of nothing that stands behind another workload', async () => {
    const rows = await rowsOf('workloads');
    const containers = '{range .items[*]}{range .spec.template.spec.containers[*]}{.name} {.image}{"\\n"}{end}{end}';
    for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet', 'Job']) {
      const own = rows.filter((row) => row['Kind'] === kind).map((row) => `${row['Container'] ?? ''} ${row['Image'] ?? ''}`);
      expect(own, kind).toEqual(await lines([kind.toLowerCase(), '-n', shop], containers));
      expect(own.length).toBeGreaterThan(0);
    }
    const others = rows.filter(({ Kind }) => !['Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(Kind ?? ''));
    expect(others.map(({ Kind, Workload }) => `${Kind ?? ''} ${Workload ?? ''}`)).toEqual([
      'CronJob nightly',
      'Pod one',
      'Pod three',
      'Pod two',
    ]);
    expect(rows[0]).toMatchObject({ Replicas: '0', 'CPU request (cores)': '0.25', 'Memory limit (bytes)': String(1024 ** 3) });
  });

  test('images takes them apart and counts their containers', async () => {
    expect(await rowsOf('images')).toEqual([
      { Registry: 'docker.io', Repository: 'library/sidecar', Tag: 'latest', Digest: DIGEST, Namespace: shop, Containers: '1' },
      { Registry: 'docker.io', Repository: 'library/web', Tag: 'latest', Digest: '', Namespace: shop, Containers: '1' },
      { Registry: 'registry.example.com:5000', Repository: 'team/web', Tag: '1.2', Digest: DIGEST, Namespace: shop, Containers: '2' },
    ]);
  });

  test("resources has the sums of Kubernetes' own quota, and costs to the cent", async () => {
    const [row, ...others] = await rowsOf('resources');
    expect(others).toEqual([]);
    const used = await run(['describe', 'resourcequota', 'all', '-n', shop]);
    const quota = (name: string): number => quantity(new RegExp(`^${name.replace('.', '\\.')} +(\\S+)`, 'm').exec(used)?.[1] ?? '');
    expect(row?.['Pods']).toBe(String(quota('pods')));
    expect(Number(row?.['CPU requests (cores)'])).toBeCloseTo(quota('requests.cpu'), 9);
    expect(Number(row?.['CPU limits (cores)'])).toBeCloseTo(quota('limits.cpu'), 9);
    expect(Number(row?.['Memory requests (bytes)'])).toBe(quota('requests.memory'));
    expect(Number(row?.['Memory limits (bytes)'])).toBe(quota('limits.memory'));
    expect(Number(row?.['Storage requests (bytes)'])).toBe(quota('requests.storage'));
    // 1.5 + 0.1 + 0.033 cores; 1 GiB + 64 MiB + 10 MB; 3 GiB.
    expect(row).toMatchObject({ 'CPU cost': '30.21', 'Memory cost': '2.57', 'Storage cost': '0.24', 'Total cost': '33.02' });
  });

  test('volumes lists claims and volumes with what kubectl says of them', async () => {
    const rows = await rowsOf('volumes');
    expect(rows.map(({ Kind, Claim, Volume }) => [Kind, Claim, Volume])).toEqual([
      ['PersistentVolumeClaim', 'data', VOLUME],
      ['PersistentVolume', 'data', VOLUME],
    ]);
    const claim = await lines(['pvc', 'data', '-n', shop], '{.status.phase} {.status.capacity.storage} {.spec.resources.requests.storage}');
    const volume = await lines(['pv', VOLUME], '{.status.phase} {.spec.capacity.storage} {.spec.persistentVolumeReclaimPolicy}');
    expect([claim, volume]).toEqual([['Bound 5Gi 3Gi'], ['Bound 5Gi Retain']]);
    const five = String(5 * 1024 ** 3);
    expect(rows[0]).toMatchObject({
      Phase: 'Bound',
      'Capacity (bytes)': five,
      'Requested (bytes)': String(3 * 1024 ** 3),
      'Reclaim policy': '',
    });
    expect(rows[1]).toMatchObject({ Phase: 'Bound', 'Capacity (bytes)': five, 'Requested (bytes)': '', 'Reclaim policy': 'Retain' });
  });

  test('nodes has what kubectl describe says of the node', async () => {
    const [row, ...others] = await rowsOf('nodes');
    expect(others).toEqual([]);
    const described = await run(['describe', 'node', NODE]);
    const allocated = described.slice(described.indexOf('Allocated resources:'));
    const [, cpuRequests, cpuShare, cpuLimits] = /^ +cpu +(\S+) \((\d+)%\) +(\S+)/m.exec(allocated) ?? [];
    const [, memoryRequests, memoryShare, memoryLimits] = /^ +memory +(\S+) \((\d+)%\) +(\S+)/m.exec(allocated) ?? [];
    expect(Number(row?.['CPU requests (cores)'])).toBeCloseTo(quantity(cpuRequests), 9);
    expect(Number(row?.['CPU limits (cores)'])).toBeCloseTo(quantity(cpuLimits), 9);
    expect(Math.trunc(Number(row?.['CPU requests (%)']))).toBe(Number(cpuShare));
    expect(Number(row?.['Memory requests (bytes)'])).toBe(quantity(memoryRequests));
    expect(Number(row?.['Memory limits (bytes)'])).toBe(quantity(memoryLimits));
    expect(Math.trunc(Number(row?.['Memory requests (%)']))).toBe(Number(memoryShare));
    expect(row).toMatchObject({
      'CPU capacity (cores)': '8',
      'CPU allocatable (cores)': '7.9',
      'Memory capacity (bytes)': String(16 * 1024 ** 3),
      'Pods allocatable': '100',
      Pods: String(Number(/Non-terminated Pods: +\((\d+) in total\)/.exec(described)?.[1])),
    });
  });

  test('access says who may do what, where, and by which binding', async () => {
    const rows = await rowsOf('access');
    const said = rows.map((row) => [
      row['Subject kind'],
      row['In namespace'],
      `${row['Role kind'] ?? ''} ${row['Role'] ?? ''}`,
      row['Binding'],
    ]);
    expect(said).toEqual([
      ['User', '', `ClusterRole everything-${MARK}`, `everything-${MARK}`],
      ['User', shop, 'Role gone', 'dangling'],
      ['ServiceAccount', shop, `ClusterRole everything-${MARK}`, 'here'],
      ['User', shop, 'Role own', 'own'],
    ]);
    const printed = JSON.parse(await run(['get', 'clusterrole', `everything-${MARK}`, '-o', 'jsonpath={.rules}'])) as unknown;
    const [cluster, gone, here, own] = rows.map((row) => (row['Rules'] === '' ? undefined : (JSON.parse(row['Rules'] ?? '') as unknown)));
    expect([cluster, here]).toEqual([printed, printed]);
    expect(gone).toBeUndefined();
    expect(own).toEqual([{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'] }]);
  });

  test('certificates lists those that end in time, and no others', async () => {
    const ends = await lines(['certificates.cert-manager.io', 'soon', '-n', shop], '{.status.notAfter}');
    expect(await rowsOf('certificates')).toMatchObject([
      {
        Certificate: 'soon',
        Ends: ends[0],
        Ready: 'True',
        Secret: 'soon-tls',
        Issuer: 'public',
        'DNS names': '["a.example.com","b.example.com"]',
      },
    ]);
  });

  test('failures lists Jobs and pods that failed, with the moment and why', async () => {
    const rows = await rowsOf('failures');
    const moment = await lines(['job', 'late', '-n', shop], '{.status.conditions[?(@.type=="Failed")].lastTransitionTime}');
    expect(rows).toMatchObject([
      { Kind: 'Job', Name: 'late', Failed: moment[0], Reason: 'DeadlineExceeded', 'Exit codes': '[]' },
      { Kind: 'Pod', Name: 'three', Reason: 'OOMKilled', Message: 'memory', 'Exit codes': '[137]' },
    ]);
    expect(Date.parse(rows[1]?.['Failed'] ?? '')).toBeGreaterThan(Date.now() - 3_600_000);
  });

  test('reports lists what was produced, with rows and checksum', async () => {
    for (const name of ['workloads', 'access']) await rowsOf(name);
    await report('reports', { name: 'namespaces', values: [billing().namespace] }, { name: 'phases', values: ['Ready'] });
    const rows = await rowsOf('reports');
    const jsonpath =
      '{.metadata.name} {.status.file.rows} {.status.file.sizeBytes} {.status.file.sha256} {.status.file.uri} {.status.completionTime}';
    for (const name of ['workloads', 'access']) {
      const row = rows.find(({ Report }) => Report === name);
      const written = [row?.['Report'], row?.['Rows'], row?.['Size (bytes)'], row?.['SHA-256'], row?.['File'], row?.['Ended']].join(' ');
      expect(written).toBe((await lines(['report', name, '-n', billing().namespace], jsonpath))[0]);
    }
  });
});

/** Of those that these objects have, as a double: the sums are small. */
function quantity(text = ''): number {
  const [, digits = '', suffix = ''] = /^([\d.]+)(\w*)$/.exec(text) ?? [];
  const factors: Readonly<Record<string, number>> = { '': 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };
  return Number(digits) * (factors[suffix] ?? NaN);
}
