/** Reports on the cluster's own objects, from the template to the file: with the rights of the template's service account, and with no more. */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import type { Job } from '../../../src/kube/objects.ts';
import { CLUSTER_REPORT_TEMPLATES, JOBS, REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { kubectl } from '../crds/apiserver.ts';
import { messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { newNamespace, uniqueName } from '../support/servers.ts';
import { allowInCluster, newServiceAccount } from '../support/service-accounts.ts';

const SENTINEL = 'sentinel-of-a-secret';
const { billing } = useBilling('kube-reports', ['--cluster-templates', 'true']);

const pods = { apiVersion: 'v1', kind: 'Pod', labelSelector: 'app=web' };
const columns = [
  { name: 'pod', header: 'Pod', type: 'String', path: '$.metadata.name' },
  { name: 'container', header: 'Container', type: 'String', path: '@.name' },
  { name: 'cpu', header: 'CPU', type: 'Quantity', path: '@.resources.requests.cpu' },
];
const cluster = uniqueName('kube-reports');
let other = '';

function spec(kubernetes: object, more: object = {}): Readonly<Record<string, unknown>> {
  return { source: { kubernetes }, columns, job: { serviceAccountName: 'reader', backoffLimit: 0 }, formats: ['CSV'], ...more };
}

beforeAll(async () => {
  const of = billing();
  await of.storage();
  await newServiceAccount(of.namespace, 'reader', ['pods', 'secrets']);
  await newServiceAccount(of.namespace, 'stranger');
  await newServiceAccount(of.namespace, 'auditor');
  await allowInCluster(cluster, `${of.namespace}:auditor`, ['pods', 'namespaces']);
  other = await newNamespace(of.client, 'kube-reports');
  for (const [namespace, name] of [
    [of.namespace, 'web-a'],
    [of.namespace, 'web-b'],
    [other, 'web-c'],
  ] as const) {
    const container = (container: string, cpu: string): object => ({ name: container, image: 'nothing', resources: { requests: { cpu } } });
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { app: 'web', run: cluster } },
      spec: { schedulerName: 'nobody', containers: [container('app', '1500m'), container('proxy', '0.033')] },
    });
    await of.client.transport.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods`, body, signal: of.signal });
  }
});

afterAll(async () => {
  await kubectl(['delete', 'clusterrole,clusterrolebinding,clusterreporttemplate', cluster, '--ignore-not-found']);
  await kubectl(['delete', 'namespace', other, '--wait=false']);
});

async function fileOf(report: string): Promise<string> {
  const { namespace, bucket } = billing();
  const { objects } = await bucketContent(bucket, `${namespace}/${report}/`);
  expect(objects).toHaveLength(1);
  return objects[0]?.bytes.toString() ?? '';
}

async function rowsOf(report: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const done = await billing().finished(report);
  expect(done.status, messageOf(done)).toMatchObject({ phase: 'Ready' });
  return parse(await fileOf(report), { columns: true });
}

describe('a report', () => {
  test('has what kubectl prints, and quantities as exact numbers', async () => {
    await billing().template('containers', spec({ ...pods, forEach: '$.spec.containers[*]' }));
    await billing().report('containers', { templateRef: { name: 'containers' } });
    const rows = await rowsOf('containers');
    const { stdout } = await kubectl([
      ...['get', 'pods', '-n', billing().namespace, '-l', 'app=web'],
      ...['-o', 'jsonpath={range .items[*]}{.metadata.name}/{.spec.containers[*].name}{"\\n"}{end}'],
    ]);
    const printed = stdout
      .trim()
      .split('\n')
      .flatMap((line) => {
        const [pod = '', names = ''] = line.split('/');
        return names.split(' ').map((container) => ({ Pod: pod, Container: container }));
      });
    expect(rows.map(({ Pod, Container }) => ({ Pod, Container }))).toEqual(printed);
    expect(rows.map(({ CPU }) => CPU)).toEqual(['1.5', '0.033', '1.5', '0.033']);
  });

  test('sums by group', async () => {
    const grouped = [
      { name: 'app', type: 'String', path: '$.metadata.labels.app' },
      { name: 'pods', type: 'Integer', aggregate: 'Count' },
      { name: 'cpu', type: 'Quantity', path: '$.spec.containers[*].resources.requests.cpu', aggregate: 'Sum' },
    ];
    await billing().template('by-app', spec({ ...pods, groupBy: ['app'] }, { columns: grouped }));
    await billing().report('by-app', { templateRef: { name: 'by-app' } });
    expect(await rowsOf('by-app')).toEqual([{ app: 'web', pods: '2', cpu: '3.066' }]);
  });

  test('of Secrets never has what they hold', async () => {
    await billing().secret('database', { [SENTINEL]: SENTINEL }, { note: SENTINEL });
    const metadata = [
      { name: 'name', type: 'String', path: '$.metadata.name' },
      { name: 'labels', type: 'JSON', path: '$.metadata.labels..*' },
      { name: 'created', type: 'Timestamp', path: '$.metadata.creationTimestamp' },
    ];
    await billing().template('secrets', spec({ apiVersion: 'v1', kind: 'Secret' }, { columns: metadata }));
    await billing().report('secrets', { templateRef: { name: 'secrets' } });
    expect((await rowsOf('secrets')).map(({ name }) => name)).toContain('database');
    expect(await fileOf('secrets')).not.toContain(SENTINEL);
  });

  test('of all namespaces comes from a ClusterReportTemplate', async () => {
    const of = billing();
    const everywhere = [
      { name: 'namespace', type: 'String', path: '$.metadata.namespace' },
      { name: 'pods', type: 'Integer', aggregate: 'Count' },
    ];
    const source = { ...pods, labelSelector: `run=${cluster}`, allNamespaces: true, groupBy: ['namespace'] };
    const template = spec(source, { columns: everywhere, job: { serviceAccountName: 'auditor', backoffLimit: 0 } });
    const manifest = { apiVersion: 'dossier.dev/v1alpha1', kind: 'ClusterReportTemplate', metadata: { name: cluster }, spec: template };
    await of.client.create(CLUSTER_REPORT_TEMPLATES, manifest, of.signal);
    await of.report('everywhere', { templateRef: { kind: 'ClusterReportTemplate', name: cluster } });
    const expected = [
      { namespace: of.namespace, pods: '2' },
      { namespace: other, pods: '1' },
    ];
    expect(await rowsOf('everywhere')).toEqual(expected.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1)));
  });

  test('fails for a right that is missing, and names it', async () => {
    await billing().template(
      'denied',
      spec(pods, { columns: columns.slice(0, 1), job: { serviceAccountName: 'stranger', backoffLimit: 3 } }),
    );
    await billing().report('denied', { templateRef: { name: 'denied' } });
    const denied = await billing().finished('denied');
    expect(reasonOf(denied)).toBe('SourceFailed');
    expect(messageOf(denied)).toContain(
      `service account ${billing().namespace}/stranger may not list pods in namespace ${billing().namespace}`,
    );
  });

  test('waits for its service account', async () => {
    await billing().template('later', spec(pods, { columns: columns.slice(0, 1), job: { serviceAccountName: 'latecomer' } }));
    await billing().report('later', { templateRef: { name: 'later' } });
    await billing().waiting('later', 'ServiceAccountNotFound');
    await newServiceAccount(billing().namespace, 'latecomer', ['pods']);
    expect(await rowsOf('later')).toEqual([{ Pod: 'web-a' }, { Pod: 'web-b' }]);
  });
});

describe('a pod', () => {
  interface PodSpec {
    readonly volumes: readonly object[];
    readonly automountServiceAccountToken: boolean;
    readonly containers: readonly { readonly name: string; readonly volumeMounts: readonly object[] }[];
  }

  async function podSpec(report: string): Promise<PodSpec> {
    const done = await billing().finished(report);
    const job = await billing().client.get<Job>(JOBS, billing().namespace, done.status.job?.name ?? '', billing().signal);
    return (job.spec as unknown as { readonly template: { readonly spec: PodSpec } }).template.spec;
  }

  test('of this source has a bound token of an hour for its runner, and nothing else of Kubernetes', async () => {
    await billing().template('token', spec(pods, { columns: columns.slice(0, 1) }));
    await billing().report('token', { templateRef: { name: 'token' } });
    const { volumes, automountServiceAccountToken, containers } = await podSpec('token');
    expect(automountServiceAccountToken).toBe(false);
    expect(volumes).toMatchObject([
      { name: 'tmp' },
      {
        name: 'kubernetes',
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          ],
        },
      },
    ]);
    expect(containers).toMatchObject([{ name: 'runner', volumeMounts: [{ name: 'tmp' }, { name: 'kubernetes', readOnly: true }] }]);
  });

  test('of any other source has no token, also with a service account', async () => {
    await billing().priceList('prices', { job: { serviceAccountName: 'reader' } });
    await billing().report('prices', { templateRef: { name: 'prices' } });
    const text = JSON.stringify(await podSpec('prices'));
    expect(text).toContain('"serviceAccountName":"reader"');
    expect(text).not.toMatch(/projected|serviceAccountToken|kube-root-ca|DOSSIER_KUBE/);
  });
});

describe('a template', () => {
  test('is not ready with mistakes, and tells them all', async () => {
    const of = billing();
    const mistaken = spec(
      { ...pods, forEach: '.spec.containers', groupBy: ['pod', 'nobody'] },
      { columns: [...columns.slice(0, 1), { name: 'cpu', type: 'String', path: '$.metadata.foo-bar', aggregate: 'Sum' }] },
    );
    await of.template('mistaken', mistaken);
    await of.report('mistaken', { templateRef: { name: 'mistaken' } });
    const message = messageOf(await of.waiting('mistaken', 'TemplateNotReady'));
    for (const said of [
      'spec.source.kubernetes.forEach',
      '$.spec.containers',
      'character 15',
      'Sum makes no String',
      '"nobody" is no column',
    ])
      expect(message).toContain(said);
    const template = await of.client.get<ReportTemplate>(REPORT_TEMPLATES, of.namespace, 'mistaken', of.signal);
    expect(template.status.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'InvalidTemplate' });
  });

  test('that asks for what a Secret holds is not ready', async () => {
    await billing().template(
      'greedy',
      spec({ apiVersion: 'v1', kind: 'Secret' }, { columns: [{ name: 'c', type: 'JSON', path: '$.data' }] }),
    );
    await billing().report('greedy', { templateRef: { name: 'greedy' } });
    expect(messageOf(await billing().waiting('greedy', 'TemplateNotReady'))).toContain('of Secrets only');
  });
});
