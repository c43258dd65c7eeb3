/**
 * Everything that the demo runs and that has to live on while somebody uses it: servers, CRDs, a local node, and the operator as the process that a cluster would run.
 */
import { join } from 'node:path';
import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { createLogger } from '../../telemetry/log.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { installCrds } from '../crds.ts';
import { startLocalNode, type LocalNode } from '../node/node.ts';
import { RUNNER_IMAGE, runnerImage } from '../node/runner-image.ts';
import { StartError } from '../process/readiness.ts';
import type { ServerProcess } from '../process/server-process.ts';
import { startServers, type Servers } from '../servers.ts';
import type { Workspace } from '../workspace.ts';
import { Crm, type CrmAccess } from './crm.ts';

const OPERATOR = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));

export interface DemoServers extends Servers {
  readonly crm: CrmAccess;
}

export interface Stage {
  readonly workspace: Workspace;
  /** Rejects when the operator has ended, for whatever reason. */
  readonly operatorLost: Promise<never>;
}

/**
 * Starts it all, some 8 s; `onServers` is called as soon as databases and buckets can be made.
 * What was started is added to `resources`, also when this throws: the caller disposes of them.
 */
export async function startStage(
  resources: AsyncDisposableStack,
  onServers: (servers: DemoServers) => void,
  signal: AbortSignal,
): Promise<Stage> {
  const crm = await Crm.start();
  resources.defer(() => crm.stop());
  const servers = await startServers(signal);
  const { workspace, controlPlane, tools } = servers;
  resources.defer(() => workspace.close());
  onServers({ ...servers, crm: crm.access });
  await installCrds(tools.kubectl, controlPlane.kubeconfigFile, signal);
  signal.throwIfAborted();
  const node = await startNode(controlPlane, workspace);
  resources.defer(() => node.stop());
  signal.throwIfAborted();
  const operator = await startOperator(controlPlane, workspace);
  resources.defer(() => operator.stop());
  const operatorLost = operator.exited.then(({ code, signal: by }): never => {
    throw new StartError(`the operator ended with ${by ?? `exit code ${code}`}`, operator);
  });
  operatorLost.catch(() => undefined); // once somebody ends the demo, nobody waits for it
  return { workspace, operatorLost };
}

/** Offers what this machine has. */
async function startNode(controlPlane: ControlPlane, { folder }: Workspace): Promise<LocalNode> {
  const { admin, authority, kubeletServing, url } = controlPlane;
  const tls = { ca: authority.certificate, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
  return startLocalNode({
    name: 'local',
    cluster: { server: new URL(url), tls, authorization: async () => undefined },
    serving: kubeletServing,
    clientCa: authority.certificate,
    images: { [RUNNER_IMAGE]: runnerImage(join(folder, 'compiled')) },
    capacity: { cpu: String(availableParallelism()), memory: String(totalmem()), 'ephemeral-storage': '64Gi', pods: '110' },
    folder: join(folder, 'node'),
    log: createLogger('info', pino.destination({ dest: join(folder, 'node.log'), sync: true })),
  });
}

async function startOperator(controlPlane: ControlPlane, workspace: Workspace): Promise<ServerProcess> {
  const kubeconfig = await controlPlane.kubeconfigForUser('dossier-operator', ['system:masters']);
  const flags = {
    kubeconfig,
    'runner-image': RUNNER_IMAGE,
    'leader-namespace': 'kube-system',
    'health-port': '0',
    'metrics-port': '0',
    'allow-loopback': 'true',
  };
  return workspace.start({
    name: 'operator',
    logFile: join(workspace.folder, 'operator.log'),
    command: process.execPath,
    args: [OPERATOR, ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])],
  });
}
