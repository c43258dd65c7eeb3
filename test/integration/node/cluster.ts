/** For a test file: a small local node of its own, a namespace whose pods go there, and the words in which these tests speak of Jobs and pods. */
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect } from 'vitest';
import { KubeClient, type Manifest } from '../../../src/kube/client.ts';
import type { ClusterConfig } from '../../../src/kube/config.ts';
import { isNotFound, KubeError } from '../../../src/kube/errors.ts';
import type { Job, KubeObject } from '../../../src/kube/objects.ts';
import { JOBS, NAMESPACES, NODES, pathOf, PODS, SERVICE_ACCOUNTS, type ResourceType } from '../../../src/kube/resources.ts';
import { HttpTransport } from '../../../src/kube/transport.ts';
import { startLocalNode, type LocalNode, type LocalNodeOptions } from '../../../src/local/node/node.ts';
import type { Container, ContainerStatus, Pod, PodSpec } from '../../../src/local/node/pod.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { until } from '../../local/until.ts';
import { controlPlane, uniqueName, type ControlPlaneFacts } from '../support/servers.ts';

const TIMEOUT_MS = 300_000;

/** The image of these tests: `command` names a program of this machine. */
export const TOOLS = 'tools:local';
export const CAPACITY = { cpu: '4', memory: '4Gi', 'ephemeral-storage': '4Gi', pods: '30' } as const;

export function adminConfig({ url, ca, admin }: Pick<ControlPlaneFacts, 'url' | 'ca' | 'admin'>): ClusterConfig {
  const tls = { ca, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
  return { server: new URL(url), tls, authorization: async () => undefined };
}

/** Options of a node named `name` on a control plane. */
export function nodeOptions(name: string, folder: string, facts: ControlPlaneFacts): LocalNodeOptions {
  return {
    name,
    schedulerName: name,
    cluster: adminConfig(facts),
    serving: facts.kubeletServing,
    clientCa: facts.ca,
    images: { [TOOLS]: { entrypoint: [] } },
    capacity: CAPACITY,
    folder: join(folder, 'node'),
    log: createLogger('error'),
    backoff: { firstMs: 200, maxMs: 800 },
  };
}

/** Talks to a control plane as its administrator; every wait names what did not happen. */
export class Cluster {
  readonly client: KubeClient;
  readonly signal = AbortSignal.timeout(TIMEOUT_MS);
  readonly #transport: HttpTransport;

  constructor(facts: ControlPlaneFacts) {
    this.#transport = new HttpTransport(adminConfig(facts), 'dossier-node-test');
    this.client = new KubeClient(this.#transport, () => undefined);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** Makes a namespace and waits until pods can be made in it. */
  async newNamespace(labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = uniqueName('node');
    await this.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, this.signal);
    await until('the namespace has a service account', async () => (await this.find(SERVICE_ACCOUNTS, name, 'default')) !== undefined);
    return name;
  }

  async create<T extends KubeObject>(type: ResourceType, manifest: Manifest): Promise<T> {
    return this.client.create<T>(type, manifest, this.signal);
  }

  async find<T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string): Promise<T | undefined> {
    try {
      return await this.client.get<T>(type, namespace, name, this.signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(type: ResourceType, namespace: string, labelSelector?: string): Promise<readonly T[]> {
    const options = { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) };
    return (await this.client.list<T>(type, options, this.signal)).items;
  }

  async delete(type: ResourceType, { metadata: { namespace, name } }: KubeObject, gracePeriodSeconds?: number): Promise<void> {
    const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await this.client.delete(type, namespace, name, { propagation: 'Background', ...grace }, this.signal);
  }

  /** The first state of an object for which `holds`. */
  async when<T extends KubeObject>(
    what: string,
    type: ResourceType,
    { metadata: { namespace, name } }: KubeObject,
    holds: (object: T) => boolean,
  ): Promise<T> {
    let found: T | undefined;
    await until(
      `${type.kind} ${name}: ${what}`,
      async () => {
        found = await this.find<T>(type, namespace, name);
        return found !== undefined && holds(found);
      },
      60_000,
    );
    if (found === undefined) throw new Error('unreachable');
    return found;
  }

  async podWhen(what: string, pod: KubeObject, holds: (pod: Pod) => boolean): Promise<Pod> {
    return this.when<Pod>(what, PODS, pod, holds);
  }

  async podEnds(pod: KubeObject): Promise<Pod> {
    return this.podWhen('ends', pod, ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed');
  }

  async gone(type: ResourceType, { metadata: { namespace, name } }: KubeObject): Promise<void> {
    await until(`${type.kind} ${name} is gone`, async () => (await this.find(type, namespace, name)) === undefined, 60_000);
  }

  /** What the apiserver answers when asked for a log, e.g. with `tailLines=1`. */
  async logs({ metadata: { namespace, name } }: KubeObject, query = ''): Promise<{ readonly text: string; readonly status: number }> {
    try {
      const text = await this.#transport.request({
        method: 'GET',
        path: `${pathOf(PODS, namespace, name, 'log')}?${query}`,
        signal: this.signal,
      });
      return { text, status: 200 };
    } catch (error) {
      if (error instanceof KubeError) return { text: error.message, status: error.status };
      throw error;
    }
  }

  /** The Job once it is Complete or Failed. */
  async jobEnds(job: KubeObject): Promise<Job> {
    return this.when<Job>('ends', JOBS, job, ({ status }) =>
      (status?.conditions ?? []).some(({ type, status: value }) => ['Complete', 'Failed'].includes(type) && value === 'True'),
    );
  }

  async podsOf(job: KubeObject): Promise<readonly Pod[]> {
    const { namespace = '', name } = job.metadata;
    return (await this.list<Pod>(PODS, namespace, `job-name=${name}`)).toSorted((a, b) =>
      a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp),
    );
  }

  /** The pod of a Job that has one, once `holds`. */
  async podOf(what: string, job: KubeObject, holds: (pod: Pod) => boolean = () => true): Promise<Pod> {
    let found: Pod | undefined;
    await until(
      `a pod of Job ${job.metadata.name}: ${what}`,
      async () => (found = (await this.podsOf(job)).find(holds)) !== undefined,
      60_000,
    );
    if (found === undefined) throw new Error('unreachable');
    return found;
  }
}

export interface NodeTest {
  /** The default namespace of `pod` and `job`. */
  readonly namespace: string;
  readonly node: LocalNode;
  readonly cluster: Cluster;
  /** Makes a pod of this node. */
  pod(spec: Partial<PodSpec> & Pick<PodSpec, 'containers'>, more?: PodOptions): Promise<Pod>;
  /** Makes a Job whose pods are of this node. */
  job(template: Partial<PodSpec> & Pick<PodSpec, 'containers'>, spec?: Readonly<Record<string, unknown>>, namespace?: string): Promise<Job>;
}

export interface PodOptions {
  readonly finalizers?: readonly string[];
}

/** Starts the node before the tests of a file, and ends it after them. */
export function useNode(): NodeTest {
  const name = uniqueName('n');
  let folder = '';
  let started: { readonly node: LocalNode; readonly cluster: Cluster; readonly namespace: string } | undefined;
  const session = (): NonNullable<typeof started> => {
    if (started === undefined) throw new Error('the node is there once beforeAll has run');
    return started;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dossier-node-'));
    const cluster = new Cluster(controlPlane());
    const node = await startLocalNode(nodeOptions(name, folder, controlPlane()));
    started = { node, cluster, namespace: await cluster.newNamespace() };
  });
  afterAll(async () => {
    if (started !== undefined) {
      const { node, cluster } = started;
      await node.stop();
      await cluster.client.delete(NODES, undefined, name, { propagation: 'Background' }, cluster.signal);
      await cluster.close();
    }
    await rm(folder, { recursive: true, force: true });
  });
  return {
    get namespace() {
      return session().namespace;
    },
    get node() {
      return session().node;
    },
    get cluster() {
      return session().cluster;
    },
    async pod(spec, { finalizers = [] } = {}) {
      const { cluster, namespace } = session();
      const metadata = { name: uniqueName('pod'), namespace, finalizers };
      return cluster.create<Pod>(PODS, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: { restartPolicy: 'Never', schedulerName: name, ...spec },
      });
    },
    async job(template, spec = {}, namespace = session().namespace) {
      const { cluster } = session();
      const metadata = { name: uniqueName('job'), namespace };
      const podSpec = { restartPolicy: 'Never', schedulerName: name, ...template };
      return cluster.create<Job>(JOBS, { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { ...spec, template: { spec: podSpec } } });
    },
  };
}

/** A container that runs a shell script. Its termination log is `$RESULT`. */
export function script(text: string, more: Partial<Container> = {}): Container {
  const env = [{ name: 'RESULT', value: '/dev/termination-log' }, ...(more.env ?? [])];
  return { name: 'main', image: TOOLS, command: ['sh', '-c', text], ...more, env };
}

export function mainStatus(pod: Pod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.[0];
}

/** How the first container ended. */
export function end(pod: Pod): NonNullable<ContainerStatus['state']['terminated']> {
  const terminated = mainStatus(pod)?.state.terminated;
  expect(terminated, `the container of ${pod.metadata.name} has ended`).toBeDefined();
  if (terminated === undefined) throw new Error('unreachable');
  return terminated;
}

export function condition(pod: Pod, type: string): string {
  const found = pod.status?.conditions?.find((candidate) => candidate.type === type);
  return found === undefined ? 'none' : [found.status, found.reason].filter((part) => part !== undefined).join(' ');
}
