/**
 * A control plane of its own with the chart installed, because the chart's policies and roles are the whole cluster's: on the shared one they would stand in other tests' way.
 * The operator's pod stays Pending there; tests run the operator with the service account and the arguments that the pod has.
 */
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { ControlPlane } from '../../../src/local/control-plane/control-plane.ts';
import { startLocalNode, type LocalNode } from '../../../src/local/node/node.ts';
import { runnerImage } from '../../../src/local/node/runner-image.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { tools } from '../support/servers.ts';
import { CHART, helm, kubectl, printed, type Printed } from './helm.ts';

export const RELEASE_NAMESPACE = 'dossier-system';
export const OPERATOR_USER = `system:serviceaccount:${RELEASE_NAMESPACE}:dossier-operator`;
/** The chart's own default. */
const RUNNER = 'dossier-runner:0.1.0';

export interface OwnCluster {
  readonly controlPlane: ControlPlane;
  helm(...args: readonly string[]): Promise<Printed>;
  /** As an administrator, or as whom `--as` says. */
  kubectl(args: readonly string[], stdin?: string): Promise<Printed>;
  /** `helm <command> dossier CHART` into the release namespace. */
  release(command: 'install' | 'upgrade', ...flags: readonly string[]): Promise<string>;
  /** Starts a node that runs the runner's image; it ends with the cluster. */
  startNode(): Promise<void>;
}

/** For a test file: the cluster is there before the first test and gone after the last. */
export function useOwnCluster(): () => OwnCluster {
  let cluster: OwnCluster | undefined;
  let workspace: Workspace | undefined;
  const nodes: LocalNode[] = [];
  beforeAll(async () => {
    workspace = await Workspace.create();
    const { folder } = workspace;
    const controlPlane = await ControlPlane.start(workspace, tools());
    const kubeconfig = controlPlane.kubeconfigFile;
    cluster = {
      controlPlane,
      helm: (...args) => helm(args, { folder, kubeconfig }),
      kubectl: (args, stdin) => kubectl(args, kubeconfig, stdin),
      release: (command, ...flags) =>
        printed(
          helm([command, 'dossier', CHART, '-n', RELEASE_NAMESPACE, ...(command === 'install' ? ['--create-namespace'] : []), ...flags], {
            folder,
            kubeconfig,
          }),
        ),
      startNode: async () => {
        const { admin, authority, kubeletServing, url } = controlPlane;
        const tls = { ca: authority.certificate, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
        const node = await startLocalNode({
          name: 'local',
          cluster: { server: new URL(url), tls, authorization: async () => undefined },
          serving: kubeletServing,
          clientCa: authority.certificate,
          images: { [RUNNER]: runnerImage() },
          capacity: { cpu: '8', memory: '8Gi', 'ephemeral-storage': '8Gi', pods: '20' },
          folder: join(folder, 'node'),
          log: createLogger('error'),
        });
        nodes.push(node);
      },
    };
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await workspace?.close();
  });
  return () => {
    if (cluster === undefined) throw new Error('it is there once beforeAll has run');
    return cluster;
  };
}
