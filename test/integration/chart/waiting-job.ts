/** The Job of an installation that has to wait for its own kinds, where there is no kubelet to run it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { expect, vi } from 'vitest';
import { printed } from './helm.ts';
import { RELEASE_NAMESPACE, type OwnCluster } from './own-cluster.ts';

const OPERATOR = join(import.meta.dirname, '../../../src/operator/main.ts');
const LABELS = 'app.kubernetes.io/component=wait-for-kinds';

interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly [{ readonly args: readonly string[] }];
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: PodSpec;
}

/** `installs`, and what a kubelet does meanwhile: the command of the Job's pod runs as the pod's service account, and then the pod has succeeded. Helm takes the Job away. */
export async function withWaitingJob(cluster: OwnCluster, installs: () => Promise<unknown>): Promise<void> {
  const kubectl = (...args: readonly string[]): Promise<string> => printed(cluster.kubectl([...args, '-n', RELEASE_NAMESPACE]));
  const installed = installs();
  const ran = (async () => {
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
    await kubectl('patch', 'pod', pod.metadata.name, '--subresource=status', '-p', '{"status":{"phase":"Succeeded"}}');
  })();
  await Promise.all([installed, ran]);
  expect(await kubectl('get', 'jobs', '-o', 'name')).toBe('');
}
