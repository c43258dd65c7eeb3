/** A local node in bad weather: its agent ends or is killed, its network goes, the apiserver goes. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LEASES, NODES, PODS } from '../../../src/kube/resources.ts';
import { ControlPlane } from '../../../src/local/control-plane/control-plane.ts';
import { startLocalNode, type LocalNode } from '../../../src/local/node/node.ts';
import type { Pod } from '../../../src/local/node/pod.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { until } from '../../local/until.ts';
import { controlPlane, tools, uniqueName } from '../support/servers.ts';
import { Cluster, condition, end, mainStatus, nodeOptions, script } from './cluster.ts';

interface Weather {
  readonly cluster: Cluster;
  readonly name: string;
  /** Where the agent keeps its pods; a new agent of the same name gets another. */
  readonly folder: string;
  readonly startAgent: () => Promise<LocalNode>;
  /** A pod that runs until something is written to its gate. */
  readonly pod: () => Promise<Pod>;
  readonly openGate: (pod: Pod) => Promise<void>;
}

/** A node whose agent a test starts and stops itself. Everything ends with the test. */
async function weather(facts = controlPlane()): Promise<Weather> {
  const cluster = new Cluster(facts);
  onTestFinished(() => cluster.close());
  const folder = await mkdtemp(join(tmpdir(), 'dossier-node-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const name = uniqueName('w');
  const namespace = await cluster.newNamespace();
  onTestFinished(() => cluster.client.delete(NODES, undefined, name, { propagation: 'Background' }, cluster.signal));
  const gateOf = (pod: Pod): string => join(folder, 'node', pod.metadata.uid, 'containers', 'main', 'root', 'gate');
  return {
    cluster,
    name,
    folder,
    startAgent: async () => {
      const node = await startLocalNode(nodeOptions(name, folder, facts));
      onTestFinished(() => node.stop());
      return node;
    },
    pod: async () => {
      const spec = { restartPolicy: 'Never', schedulerName: name, containers: [script('mkfifo gate; echo up; cat gate > $RESULT')] };
      const metadata = { name: uniqueName('pod'), namespace };
      const pod = await cluster.create<Pod>(PODS, { apiVersion: 'v1', kind: 'Pod', metadata, spec });
      await until('it is up', async () => (await cluster.logs(pod)).text === 'up\n');
      return cluster.podWhen('runs', pod, ({ status }) => status?.phase === 'Running');
    },
    openGate: (pod) => writeFile(gateOf(pod), 'through'),
  };
}

test('an agent that stops takes its processes and folders along; the next one fails the pods that it finds running', async () => {
  const { cluster, folder, startAgent, pod: newPod } = await weather();
  const first = await startAgent();
  const pod = await newPod();
  await first.stop();
  expect(await readdir(folder)).toEqual([]);
  expect((await cluster.find<Pod>(PODS, pod.metadata.namespace, pod.metadata.name))?.status?.phase).toBe('Running');
  await startAgent();
  const lost = await cluster.podEnds(pod);
  expect(lost.status).toMatchObject({ phase: 'Failed', message: 'The node restarted while the pod was running' });
  expect(end(lost)).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
  expect(condition(lost, 'Ready')).toBe('False PodFailed');
  await cluster.delete(PODS, pod);
  await cluster.gone(PODS, pod);
});

test('a pod deleted while no agent runs goes when the next one comes', async () => {
  const { cluster, startAgent, pod: newPod } = await weather();
  const first = await startAgent();
  const pod = await newPod();
  await first.stop();
  await cluster.delete(PODS, pod);
  await startAgent();
  await cluster.gone(PODS, pod);
});

test('a node that is silent tells nothing and hears nothing until it is back', async () => {
  const { cluster, startAgent, pod: newPod, openGate } = await weather();
  const node = await startAgent();
  const ending = await newPod();
  const deleted = await newPod();
  node.pause();
  await openGate(ending);
  await cluster.delete(PODS, deleted);
  expect((await cluster.logs(ending)).status).toBeGreaterThanOrEqual(500);
  for (const pod of [ending, deleted]) {
    expect((await cluster.find<Pod>(PODS, pod.metadata.namespace, pod.metadata.name))?.status?.phase).toBe('Running');
  }
  node.resume();
  expect(end(await cluster.podEnds(ending))).toMatchObject({ exitCode: 0, message: 'through' });
  await cluster.gone(PODS, deleted);
});

test('a Node and a Lease that were deleted come back with the next heartbeat', async () => {
  const { cluster, name, startAgent } = await weather();
  await startAgent();
  await cluster.client.delete(LEASES, 'kube-node-lease', name, { propagation: 'Background' }, cluster.signal);
  await cluster.client.delete(NODES, undefined, name, { propagation: 'Background' }, cluster.signal);
  await until('the Node is there again', async () => (await cluster.find(NODES, undefined, name)) !== undefined, 30_000);
  await until('the Lease is there again', async () => (await cluster.find(LEASES, 'kube-node-lease', name)) !== undefined, 30_000);
});

test('what happens to a pod while the apiserver is away is told when it is back', async () => {
  const workspace = await Workspace.create();
  onTestFinished(() => workspace.close());
  const plane = await ControlPlane.start(workspace, tools());
  const { url, admin, kubeconfigFile, kubeletServing, authority } = plane;
  const {
    cluster,
    startAgent,
    pod: newPod,
    openGate,
  } = await weather({ url, admin, kubeconfigFile, kubeletServing, ca: authority.certificate });
  await startAgent();
  const pod = await newPod();
  await plane.stopApiserver();
  await openGate(pod);
  await plane.startApiserver();
  const over = await cluster.podEnds(pod);
  expect(over.status?.phase).toBe('Succeeded');
  expect(mainStatus(over)?.state.terminated?.message).toBe('through');
});
