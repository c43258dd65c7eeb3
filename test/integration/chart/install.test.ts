/** The chart on a real apiserver: what it installs, whom its policies refuse, and that the operator's rights are enough and no more than the page says. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { page, REPOSITORY, section, tableRows } from '../../docs/pages.ts';
import { installYaml } from '../../../scripts/install-yaml.ts';
import type { ReportSchedule } from '../../../src/api/generated/reportschedule.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import { apiserverAddresses, loadClusterConfig } from '../../../src/kube/config.ts';
import { REPORT_SCHEDULES } from '../../../src/kube/resources.ts';
import { HttpTransport } from '../../../src/kube/transport.ts';
import { Operator } from '../../../src/operator/operator.ts';
import { parseOptions } from '../../../src/operator/options.ts';
import type { OperatorSettings } from '../../../src/operator/settings.ts';
import { RUN_ANNOTATION } from '../../../src/operator/schedule/marks.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { Billing } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { newBucket } from '../support/servers.ts';
import { printed } from './helm.ts';
import { OPERATOR_USER, RELEASE_NAMESPACE, useOwnCluster } from './own-cluster.ts';

/** Policies and aggregated roles are in force some moments after they were made. */
const PATIENCE = { timeout: 20_000, interval: 200 };

const cluster = useOwnCluster();
let notes: string;

beforeAll(async () => {
  notes = await cluster().release('install');
});

test('the first Report of the notes is one that the apiserver takes', async () => {
  await cluster().kubectl(['create', 'namespace', 'reports']);
  const manifest = /<<'EOF'\n([^]*?)\n {2}EOF/.exec(notes)?.[1]?.replaceAll(/^ {2}/gm, '') ?? '';
  const applied = await printed(cluster().kubectl(['apply', '-n', 'reports', '--dry-run=server', '-f', '-'], manifest));
  expect(applied.match(/created \(server dry run\)/g)).toHaveLength(4);
});

test('the flat install.yaml is taken as a whole', async () => {
  const text = await installYaml([]);
  // Its namespace is there already, and what lies in it belongs to Helm here.
  const applied = await printed(cluster().kubectl(['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'], text));
  expect(applied.match(/serverside-applied/g)?.length).toBe(text.match(/^kind: /gm)?.length);
  expect(text).not.toContain('helm');
});

test('the apiserver has nothing to say about the types in the policies', async () => {
  const path = "jsonpath={range .items[*]}{.metadata.name}: {.status.typeChecking.expressionWarnings}{'\\n'}{end}";
  await expect
    .poll(() => printed(cluster().kubectl(['get', 'validatingadmissionpolicies', '-o', path])), { timeout: 20_000 })
    .toBe('dossier-operator-marks: \ndossier-operator-repositories: \ndossier-operator-storages: \ndossier-operator-templates: \n');
});

describe('whoever writes templates and storages needs the rights that these use', () => {
  const template = (name: string, more: object = {}, source: object = { inline: { rows: [{ a: '1' }] } }): object => ({
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'ReportTemplate',
    metadata: { name, namespace: 'billing' },
    spec: { source, columns: [{ name: 'a', type: 'String' }], formats: ['CSV'], ...more },
  });
  const postgres = (secret: string, ca?: string): object => ({
    postgres: {
      urlFrom: { secretKeyRef: { name: secret, key: 'url' } },
      query: 'select 1 as a',
      ...(ca === undefined ? {} : { caSecretRef: { name: ca, key: 'ca.crt' } }),
    },
  });
  const http = (...secrets: readonly string[]): object => ({
    http: {
      url: 'https://api.example.com/',
      headers: secrets.map((secret) => ({ name: `X-${secret}`, valueFrom: { secretKeyRef: { name: secret, key: 'token' } } })),
    },
  });
  const columns = [{ name: 'a', type: 'String', path: '$.a' }];
  const storage = (secret: string): object => ({
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'ReportStorage',
    metadata: { name: 'archive', namespace: 'billing' },
    spec: { s3: { bucket: 'reports', credentialsSecretRef: { name: secret } } },
  });
  const repository = (secret: string, templates: object = {}): object => ({
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'ReportRepository',
    metadata: { name: 'team', namespace: 'billing' },
    spec: { git: { url: 'https://git.example.com/a.git', ref: { branch: 'main' }, credentialsSecretRef: { name: secret } }, templates },
  });
  const report = (metadata: object = {}): object => ({
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'Report',
    metadata: { name: 'one', namespace: 'billing', ...metadata },
    spec: { templateRef: { name: 'any' } },
  });
  const forAll = (object: object): object => ({ ...object, kind: 'ClusterReportTemplate', metadata: { name: 'any' } });
  const ownedBySchedule = {
    ownerReferences: [{ apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportSchedule', name: 'daily', uid: 'b6c3', controller: true }],
  };

  /** alice may write Dossier's objects everywhere and get one Secret of billing; pods she may not make. bob may do what the role admin allows in billing. */
  beforeAll(async () => {
    const run = (line: string): Promise<string> => printed(cluster().kubectl(line.split(' ')));
    await run('create namespace billing');
    await run(
      'create clusterrole writer --verb=* --resource=reports.dossier.dev,reporttemplates.dossier.dev,reportstorages.dossier.dev,reportrepositories.dossier.dev,clusterreporttemplates.dossier.dev',
    );
    await run('create clusterrolebinding writer --clusterrole=writer --user=alice');
    await run(
      'create role mine -n billing --verb=get --resource=secrets --resource-name=mine' +
        Array.from({ length: 9 }, (_, n) => ` --resource-name=mine-${n}`).join(''),
    );
    await run('create rolebinding mine -n billing --role=mine --user=alice');
    await run('create rolebinding bob -n billing --clusterrole=admin --user=bob');
    await vi.waitFor(
      async () => expect(await verdict('alice', template('probe', {}, postgres('theirs')))).toContain('denied request'),
      PATIENCE,
    );
    await vi.waitFor(async () => expect(await verdict('bob', report())).toBe(''), PATIENCE);
  });

  async function verdict(user: string, manifest: object): Promise<string> {
    const { code, stderr } = await cluster().kubectl(['create', '--dry-run=server', '--as', user, '-f', '-'], JSON.stringify(manifest));
    return code === 0 ? '' : stderr.trim();
  }

  test.each([
    ['a template without Secrets', template('t'), ''],
    [
      'code of a repository',
      repository('mine'),
      'must be allowed to create pods in namespace "billing" to have code of a repository run there',
    ],
    ['a repository with Secrets that she may not get', repository('theirs'), 'may not get "theirs" in namespace "billing"'],
    [
      'such a Secret for its code',
      repository('mine', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'theirs', key: 'a' } } }] }),
      'may not get "theirs" in namespace "billing"',
    ],
    [
      'or to pull images with',
      repository('mine', { job: { imagePullSecrets: [{ name: 'registry' }] } }),
      'may not get "registry" in namespace "billing"',
    ],
    ['a template with a Secret of her own', template('t', {}, postgres('mine')), ''],
    [
      'a template with Secrets that she may not get',
      template('t', {}, postgres('theirs', 'authority')),
      'may not get "authority" in namespace "billing"',
    ],
    ['a header from such a Secret', template('t', { columns }, http('theirs')), 'may not get "theirs"'],
    [
      'a template with more Secrets than are looked at one by one',
      template('t', { columns }, http(...Array.from({ length: 9 }, (_, n) => `mine-${n}`))),
      'names more than 8 Secrets needs the right to get all Secrets in namespace "billing"',
    ],
    [
      'a Secret to pull images with',
      template('t', { job: { imagePullSecrets: [{ name: 'mine' }, { name: 'registry' }] } }),
      'may not get "registry" in namespace "billing"',
    ],
    [
      'a service account',
      template('t', { job: { serviceAccountName: 'default' } }),
      'must be allowed to create pods in namespace "billing"',
    ],
    [
      'an image of her own',
      template('t', {}, { container: { image: 'registry.example.com/code:1', env: [{ name: 'A', value: 'b' }] } }),
      'must be allowed to create pods in namespace "billing"',
    ],
    [
      'an environment variable of it with such a Secret',
      template('t', {}, { container: { image: 'a', env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'theirs', key: 'a' } } }] } }),
      'may not get "theirs" in namespace "billing"',
    ],
    [
      'code from a repository',
      template('t', {}, { git: { url: 'https://git.example.com/a', ref: { tag: 'v1' }, entrypoint: 'a.ts' } }),
      'must be allowed to create pods in namespace "billing"',
    ],
    [
      'a repository that such a Secret opens',
      template(
        't',
        {},
        { git: { url: 'https://git.example.com/a', ref: { tag: 'v1' }, entrypoint: 'a.ts', credentialsSecretRef: { name: 'theirs' } } },
      ),
      'may not get "theirs" in namespace "billing"',
    ],
    ['a template for all namespaces with a Secret', forAll(template('t', {}, postgres('mine'))), 'may not get "mine" in every namespace'],
    ['a template for all namespaces without one', forAll(template('t')), ''],
    ['a storage with a Secret that she may not get', storage('theirs'), 'may not get "theirs" in namespace "billing"'],
    ['a storage with her own', storage('mine'), ''],
    ['a Report', report(), ''],
    ['a Report that gives its file up', report({ annotations: { 'dossier.dev/abandon-file': 'true' } }), ''],
    [
      'the label of a schedule’s Report',
      report({ labels: { 'dossier.dev/schedule': 'daily' } }),
      'set by the operator only: dossier.dev/schedule',
    ],
    [
      'the annotation of a schedule’s Report',
      report({ annotations: { 'dossier.dev/scheduled-at': '2026-10-01T00:00:00Z', team: 'billing' } }),
      'set by the operator only: dossier.dev/scheduled-at',
    ],
    ['a Report that a schedule controls', report(ownedBySchedule), 'only the operator makes Reports that a ReportSchedule controls'],
  ])('alice and %s', async (_, manifest, message) => {
    const said = await verdict('alice', manifest);
    if (message === '') expect(said).toBe('');
    else expect(said).toContain(message);
  });

  test('bob, who has the role admin in the namespace, may name every Secret and service account there', async () => {
    expect(await verdict('bob', template('t', { job: { serviceAccountName: 'default' } }, postgres('theirs')))).toBe('');
    expect(await verdict('bob', storage('theirs'))).toBe('');
    expect(await verdict('bob', repository('theirs'))).toBe('');
    expect(await verdict('bob', forAll(template('t')))).toContain('cannot create resource "clusterreporttemplates"');
  });

  test('a mark that the operator set cannot be changed or taken away, and the operator may', async () => {
    await printed(
      cluster().kubectl(
        ['create', '--as', OPERATOR_USER, '-f', '-'],
        JSON.stringify(report({ labels: { 'dossier.dev/schedule': 'daily' } })),
      ),
    );
    for (const change of ['dossier.dev/schedule-', 'dossier.dev/schedule=other']) {
      const { stderr } = await cluster().kubectl(['label', 'report', 'one', '-n', 'billing', '--overwrite', '--as', 'alice', change]);
      expect([change, stderr]).toEqual([change, expect.stringContaining('set by the operator only: dossier.dev/schedule')]);
    }
    await printed(cluster().kubectl(['label', 'report', 'one', '-n', 'billing', '--as', 'alice', 'team=billing']));
    await printed(cluster().kubectl(['label', 'report', 'one', '-n', 'billing', '--as', OPERATOR_USER, 'dossier.dev/schedule-']));
    await printed(cluster().kubectl(['delete', 'report', 'one', '-n', 'billing']));
  });
});

describe("the operator's rights", () => {
  beforeAll(() => cluster().startNode());

  /** `kubectl auth can-i --list` as rows of [resource, verbs], without what every authenticated user may. */
  async function rightsOf(user: string): Promise<readonly string[]> {
    const rows = async (as: string): Promise<readonly string[]> => {
      const text = await printed(cluster().kubectl(['auth', 'can-i', '--list', '--no-headers', '-n', RELEASE_NAMESPACE, '--as', as]));
      return text.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').trim());
    };
    const everybody = await rows('system:serviceaccount:nowhere:nobody');
    return (await rows(user)).filter((row) => row !== '' && !everybody.includes(row));
  }

  test('are those that docs/security.md lists, and no others', async () => {
    const listed = tableRows(section(page('docs/security.md'), "The operator's rights")).filter(([resource]) => resource !== 'resource');
    const found = (await rightsOf(OPERATOR_USER)).map((row) => {
      const [, resource = '', names = '', verbs = ''] = /^(\S+) \[\] \[(.*)\] \[(.*)\]$/.exec(row) ?? [];
      return `${resource}${names === '' ? '' : ` ${names}`}: ${verbs}`;
    });
    const documented = listed.flatMap(([resources = '', verbs = '']) =>
      resources.split(', ').map((resource) => `${resource}: ${verbs.replaceAll(',', '')}`),
    );
    expect(found.toSorted()).toEqual(documented.toSorted());
  });

  test.each([
    ['in all namespaces', 'everywhere', []],
    ['in one namespace only', 'somewhere', ['--set', 'watchNamespaces={somewhere}']],
  ])('are enough %s to make Reports Ready and to take everything away again', async (_, namespace, flags) => {
    await printed(cluster().kubectl(['create', 'namespace', namespace]));
    const ofAll = flags.length === 0;
    await cluster().release(
      'upgrade',
      ...flags,
      ...(ofAll ? ['--set', `systemTemplates.enabled=true,systemTemplates.namespaces={${namespace}}`] : []),
    );
    // Whoever works in some namespaces only has no right to say of it that it is ready.
    if (!ofAll) await printed(cluster().kubectl(['apply', '-f', join(REPOSITORY, 'config/system-templates/nodes.yaml')]));
    const path = 'jsonpath={.spec.template.spec.containers[0].args}';
    const args = JSON.parse(
      await printed(cluster().kubectl(['get', 'deployment', 'dossier-operator', '-n', RELEASE_NAMESPACE, '-o', path])),
    ) as string[];
    const kubeconfig = await cluster().controlPlane.kubeconfigForServiceAccount(RELEASE_NAMESPACE, 'dossier-operator');
    // The test's bucket is on the loopback address; nothing else differs from the pod.
    const settings = parseOptions(
      [...args, '--kubeconfig', kubeconfig, '--health-port', '0', '--metrics-port', '0', '--allow-loopback', 'true'],
      {},
    );
    if (settings === 'help') throw new Error('nobody asked for help');
    const operator = await startOperator(settings, kubeconfig);
    const admin = new HttpTransport(await loadClusterConfig(cluster().controlPlane.kubeconfigFile, {}), 'dossier-test');
    try {
      const billing = new Billing(new KubeClient(admin, () => undefined), namespace, await newBucket('rights'));
      await billing.storage();
      await billing.priceList();
      await billing.report('prices', { templateRef: { name: 'prices' } });
      const spec = { schedule: '@yearly', report: { spec: { templateRef: { name: 'prices' } } } };
      await billing.create(REPORT_SCHEDULES, 'yearly', { spec }, { annotations: { [RUN_ANNOTATION]: '1' } });
      expect((await billing.finished('prices')).status).toMatchObject({ phase: 'Ready', file: { rows: 2 } });
      await vi.waitFor(async () => {
        const { status } = await billing.client.get<ReportSchedule>(REPORT_SCHEDULES, namespace, 'yearly', billing.signal);
        expect(status.lastReport?.phase).toBe('Ready');
      }, PATIENCE);
      if (ofAll) {
        await billing.report('reports', { templateRef: { kind: 'ClusterReportTemplate', name: 'system-reports' } });
        expect((await billing.finished('reports')).status).toMatchObject({ phase: 'Ready', file: { rows: 3 } });
      }
      expect(operator.refusals()).toEqual([]);
      expect((await bucketContent(billing.bucket, '')).objects.length).toBeGreaterThan(1);
      // Where its rights lie in the namespace itself, they go with it at once.
      await printed(cluster().kubectl(['delete', 'namespace', namespace, '--timeout=60s']));
      // Those of the schedule stay: its Reports' policy is Retain.
      expect((await bucketContent(billing.bucket, `${namespace}/prices/`)).objects).toEqual([]);
      expect((await bucketContent(billing.bucket, '')).uploads).toEqual([]);
    } finally {
      await operator.stop().finally(() => admin.close());
    }
    if (ofAll) return;
    // The namespace is gone, and with it the rights in it: whoever starts now leads all the same, for the others.
    const next = await startOperator(settings, kubeconfig);
    try {
      await vi.waitFor(() => expect(next.lines.some((line) => line.includes('"leading"'))).toBe(true), PATIENCE);
      expect(next.refusals()).toEqual([]);
      await printed(cluster().helm('uninstall', 'dossier', '-n', RELEASE_NAMESPACE));
    } finally {
      // Its rights went before it did.
      const before = next.lines.length;
      const startedAt = performance.now();
      await next.stop();
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(next.lines.slice(before).filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([]);
    }
    expect(await printed(cluster().kubectl(['get', 'leases', '-n', RELEASE_NAMESPACE, '-o', 'name']))).toBe('');
  });

  interface Running {
    readonly lines: readonly string[];
    /** Lines that tell of a right that is missing. */
    refusals(): readonly string[];
    stop(): Promise<void>;
  }

  async function startOperator(settings: OperatorSettings, kubeconfig: string): Promise<Running> {
    const lines: string[] = [];
    const log = createLogger('debug', { write: (line) => void lines.push(line) });
    const config = await loadClusterConfig(kubeconfig, {});
    const stop = new AbortController();
    const running = new Operator(settings, config, await apiserverAddresses(config.server), 'test', log).run(stop.signal);
    return {
      lines,
      refusals: () => lines.filter((line) => /Forbidden|"status":403|rights are missing/.test(line)),
      stop: async () => {
        stop.abort(new Error('the test is over'));
        await running;
      },
    };
  }
});
