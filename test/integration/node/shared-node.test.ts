/** The node that all integration tests share, as tests of the operator use it: default scheduler, images and evictions by a call from a worker. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PODS } from '../../../src/kube/resources.ts';
import type { Pod } from '../../../src/local/node/pod.ts';
import { addImage, evict, localNode } from '../support/node-control.ts';
import { controlPlane, uniqueName } from '../support/servers.ts';
import { Cluster, end, mainStatus } from './cluster.ts';

let cluster: Cluster;
let namespace = '';
beforeAll(async () => {
  cluster = new Cluster(controlPlane());
  namespace = await cluster.newNamespace();
});
afterAll(() => cluster.close());

async function newPod(image: string, command: readonly string[]): Promise<Pod> {
  const metadata = { name: uniqueName('pod'), namespace };
  const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image, command }] };
  return cluster.create<Pod>(PODS, { apiVersion: 'v1', kind: 'Pod', metadata, spec });
}

test('runs programs of this machine', async () => {
  const pod = await newPod(localNode().toolsImage, ['sh', '-c', 'exit 64']);
  expect(end(await cluster.podEnds(pod)).exitCode).toBe(64);
  expect((await cluster.find<Pod>(PODS, namespace, pod.metadata.name))?.spec.nodeName).toBe(localNode().name);
});

test('takes an image late', async () => {
  const image = `${uniqueName('late')}:v1`;
  const pod = await newPod(image, ['true']);
  await cluster.podWhen('waits', pod, (now) => mainStatus(now)?.state.waiting?.reason === 'ErrImagePull');
  await addImage(image, { entrypoint: [] });
  expect((await cluster.podEnds(pod)).status?.phase).toBe('Succeeded');
});

test('evicts what it is told to, and says when there is nothing', async () => {
  const pod = await newPod(localNode().toolsImage, ['sleep', '600']);
  await cluster.podWhen('runs', pod, ({ status }) => status?.phase === 'Running');
  await evict(namespace, pod.metadata.name);
  expect((await cluster.podEnds(pod)).status?.reason).toBe('Evicted');
  await expect(evict(namespace, pod.metadata.name)).rejects.toThrow(`no pod ${namespace}/${pod.metadata.name} runs on node local`);
});
