/** The Job of an installation that has to wait for its own kinds: what it is made of, and how it ends where there is no kubelet to run it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { expect, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startApiserverProxy } from '../../support/apiserver-proxy.ts';
import { CHART, printed } from './helm.ts';
import { RELEASE_NAMESPACE, type OwnCluster } from './own-cluster.ts';

const OPERATOR = join(import.meta.dirname, '../../../src/operator/main.ts');
const LABELS = 'app.kubernetes.io/component=wait-for-kinds';

type Labels = Readonly<Record<string, string>>;

interface PodTemplate {
  readonly metadata: { readonly labels: Labels };
  readonly spec: { readonly serviceAccountName: string; readonly containers: readonly [{ readonly args: readonly string[] }] };
}
type Pod = Pick<PodTemplate, 'spec'> & { readonly metadata: { readonly name: string; readonly deletionTimestamp?: string } };

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  readonly spec?: {
    readonly template: PodTemplate;
    /** Of a Service it is the labels themselves. */
    readonly selector?: Labels | { readonly matchLabels: Labels };
    readonly podSelector?: { readonly matchLabels: Labels };
  };
}

const EVERYTHING = {
  systemTemplates: { enabled: true },
  podDisruptionBudget: { enabled: true },
  networkPolicy: { enabled: true },
  image: { repository: 'registry.example.com/operator', pullPolicy: 'Always' },
  imagePullSecrets: [{ name: 'registry' }],
  podLabels: { team: 'platform' },
  podAnnotations: { note: 'reports' },
  extraEnv: [{ name: 'TZ', value: 'UTC' }],
  nodeSelector: { pool: 'system' },
  tolerations: [{ key: 'pool', operator: 'Exists' }],
  affinity: { nodeAffinity: { preferred: [] }, podAntiAffinity: { required: [] } },
  priorityClassName: 'system-cluster-critical',
};

/** On a cluster without Dossier's kinds. Its pod can run where the operator's can, and nothing that selects the operator's pods selects it. */
export async function waitingJobIsLikeTheOperator(cluster: OwnCluster): Promise<void> {
  const sets = Object.entries(EVERYTHING).flatMap(([name, value]) => ['--set-json', `${name}=${JSON.stringify(value)}`]);
  const text = await printed(cluster.helm('template', 'dossier', CHART, '-n', RELEASE_NAMESPACE, '--dry-run=server', ...sets));
  const all = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  const template = (name: string): PodTemplate => {
    const found = all.find(({ kind, metadata }) => `${kind} ${metadata.name}` === name)?.spec?.template;
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  const operator = template('Deployment dossier-operator');
  const job = template('Job dossier-operator-wait');
  expect(job).toMatchObject({ metadata: { labels: { team: 'platform' }, annotations: { note: 'reports' } } });

  const without = (object: object, ...names: readonly string[]): object =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
  expect(without(job.spec, 'containers', 'affinity', 'restartPolicy')).toEqual(
    without(operator.spec, 'containers', 'affinity', 'topologySpreadConstraints', 'terminationGracePeriodSeconds'),
  );
  expect(job.spec).toMatchObject({ affinity: { nodeAffinity: { preferred: [] } } });
  expect(without(job.spec.containers[0], 'name', 'args')).toEqual(
    without(operator.spec.containers[0], 'name', 'args', 'ports', 'livenessProbe', 'readinessProbe'),
  );

  const selectors = all.flatMap(({ kind, spec }) => {
    const selector = spec?.podSelector ?? spec?.selector;
    return selector === undefined ? [] : [{ kind, labels: ('matchLabels' in selector ? selector.matchLabels : selector) as Labels }];
  });
  const selecting = ({ metadata }: PodTemplate): readonly string[] =>
    selectors
      .filter(({ labels }) => Object.entries(labels).every(([name, value]) => metadata.labels[name] === value))
      .map(({ kind }) => kind);
  expect(selecting(operator).toSorted()).toEqual(['Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service']);
  expect(selecting(job)).toEqual([]);
}

/**
 * `helm install` with these flags, by an apiserver that serves the kinds late: Helm does not find them before the Job has ended. What a kubelet does meanwhile: the command of
 * the Job's pod runs as the pod's service account, and then the pod has succeeded. Helm takes the Job away.
 */
export async function installWithWaitingJob(cluster: OwnCluster, ...flags: readonly string[]): Promise<void> {
  const { url, authority, admin } = cluster.controlPlane;
  const kubectl = (...args: readonly string[]): Promise<string> => printed(cluster.kubectl([...args, '-n', RELEASE_NAMESPACE]));
  let served = false;
  const late = { kind: 'refused', code: 404, reason: 'NotFound' } as const;
  const proxy = await startApiserverProxy({ url, ca: authority.certificate, admin }, ({ path }) =>
    path.startsWith('/apis/dossier.dev/') && !served ? late : 'passes',
  );
  const run = async (): Promise<void> => {
    const pod = await vi.waitFor(
      async () => {
        const { items } = JSON.parse(await kubectl('get', 'pods', '-l', LABELS, '-o', 'json')) as { readonly items: readonly Pod[] };
        const [found] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
        if (found === undefined) throw new Error('the Job has no pod yet');
        return found;
      },
      { timeout: 60_000, interval: 200 },
    );
    const { serviceAccountName, containers } = pod.spec;
    const kubeconfig = await cluster.controlPlane.kubeconfigForServiceAccount(RELEASE_NAMESPACE, serviceAccountName);
    const { stdout } = await promisify(execFile)(execPath, [OPERATOR, ...containers[0].args, '--kubeconfig', kubeconfig]);
    expect(stdout).toContain('the apiserver serves all kinds of dossier.dev/v1alpha1');
    served = true;
    await kubectl('patch', 'pod', pod.metadata.name, '--subresource=status', '-p', '{"status":{"phase":"Succeeded"}}');
  };
  try {
    await Promise.all([cluster.release('install', '--kube-apiserver', proxy.url, ...flags), run()]);
  } finally {
    await proxy.close();
  }
  expect(await kubectl('get', 'jobs', '-o', 'name')).toBe('');
}
