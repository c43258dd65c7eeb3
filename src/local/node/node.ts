/**
 * A local node: lets Jobs run where there is neither Docker nor root, for `make demo` and the tests. It is no kubelet and no sandbox.
 *
 * It registers a Node, is the scheduler of that node, runs the containers of its pods as processes of the user who started it, serves their logs to the apiserver, and says
 * of all that what a kubelet would say, so that the real Job controller and our operator see what they would see on a cluster. What it leaves out: isolation of any kind
 * (users, file systems, networks, cpu), probes, hooks, Services, image registries; pods that need more are refused aloud.
 *
 * One agent holds many processes. If it dies, the guardian kills them and removes their folders; a new agent finds their pods Running and fails them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { BackoffBounds } from '../../kube/backoff.ts';
import { KubeClient } from '../../kube/client.ts';
import type { ClusterConfig } from '../../kube/config.ts';
import { Controller, type ReconcileContext, type Result } from '../../kube/controller.ts';
import { isConflict } from '../../kube/errors.ts';
import { Reflector } from '../../kube/reflector.ts';
import { NODES, PODS } from '../../kube/resources.ts';
import { IndexedStore } from '../../kube/store.ts';
import { HttpTransport } from '../../kube/transport.ts';
import type { Identity } from '../authority.ts';
import { Guardian } from '../process/guardian.ts';
import { NodeApi } from './api.ts';
import type { Node } from './fit.ts';
import { ImageTable, type LocalImage } from './images.ts';
import { Kubelet } from './kubelet.ts';
import { enforceMemory, enforceStorage, pressureVerdict } from './limits.ts';
import { LogServer } from './log-server.ts';
import type { Pod, ResourceList } from './pod.ts';
import { HEARTBEAT_MS, Registration } from './registration.ts';
import { Scheduler } from './scheduler.ts';

const NODE_IP = '127.0.0.1';
const MEMORY_LOOK_MS = 200;
const STORAGE_LOOK_MS = 500;
/** While the apiserver is away or refuses, a pod's state is tried again this often. */
const RETRY_MS = 1_000;
const SYNC_CONCURRENCY = 8;
/** The kubelet's, for pulls and for restarts. */
const DEFAULT_BACKOFF: BackoffBounds = { firstMs: 10_000, maxMs: 300_000 };
const DEFAULT_SCHEDULER = 'default-scheduler';
/** The scheduler's queue has one key: a pass looks at everything. */
const PASS = 'all';

export interface LocalNodeOptions {
  readonly name: string;
  /** Of an administrator. */
  readonly cluster: ClusterConfig;
  /** Of the log server on 127.0.0.1. */
  readonly serving: Identity;
  /** PEM of the authority that signed the apiserver's client certificate. */
  readonly clientCa: string;
  readonly images: Readonly<Record<string, LocalImage>>;
  /** cpu, memory, ephemeral-storage, pods: what requests are counted against; nothing is reserved on the machine. */
  readonly capacity: ResourceList;
  /** A folder that does not exist yet; it goes when the node stops. */
  readonly folder: string;
  readonly log: Logger;
  /** Which pods it schedules, by spec.schedulerName; default `default-scheduler`. A second node needs another. */
  readonly schedulerName?: string;
  /** Between pulls, restarts and looks for missing Secrets; tests want it short. */
  readonly backoff?: BackoffBounds;
}

export interface LocalNode {
  readonly name: string;
  /** An image pushed late: the next pull finds it. */
  addImage(name: string, image: LocalImage): void;
  /** Evicts a pod as a node under pressure does, with the condition DisruptionTarget. Throws when no such pod runs here. */
  evict(namespace: string, pod: string, resource?: 'memory' | 'ephemeral-storage'): void;
  /** The network is gone: no heartbeats, no statuses, no logs, nothing heard; processes go on. */
  pause(): void;
  resume(): void;
  /** The machine is switched off: processes are killed, objects stay as they are. */
  stop(): Promise<void>;
}

/** Resolves once the Node is registered and pods are watched. On failure nothing is left running. */
export async function startLocalNode(options: LocalNodeOptions): Promise<LocalNode> {
  const resources = new AsyncDisposableStack();
  try {
    return await start(options, resources);
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
}

async function start(options: LocalNodeOptions, resources: AsyncDisposableStack): Promise<LocalNode> {
  const { name, cluster, capacity, folder, schedulerName = DEFAULT_SCHEDULER, backoff = DEFAULT_BACKOFF } = options;
  const log = options.log.child({ node: name });
  const stopping = new AbortController();
  const { signal } = stopping;
  const onError = (error: unknown): void => {
    if (!signal.aborted) log.warn({ err: error }, 'a local node met an error and goes on');
  };
  let paused = false;

  const guardian = await Guardian.start();
  resources.defer(() => guardian.close());
  await guardian.order({ kind: 'remove', folder });
  const transport = new HttpTransport(cluster, 'dossier-local-node');
  resources.defer(() => transport.close());
  const client = new KubeClient(transport, () => undefined);
  const api = new NodeApi(client);
  const images = new ImageTable(options.images);

  const pods = new IndexedStore<Pod>({});
  const podWatch = new Reflector<Pod>(client, {
    type: PODS,
    store: pods,
    onChange: (key, before, after) => {
      if ([before, after].some((pod) => pod?.spec.nodeName === name)) syncs.queue.add(key);
      passes.queue.add(PASS);
    },
    onError,
  });
  const nodes = new IndexedStore<Node>({});
  const nodeWatch = new Reflector<Node>(client, {
    type: NODES,
    fieldSelector: `metadata.name=${name}`,
    store: nodes,
    onChange: () => passes.queue.add(PASS),
    onError,
  });
  const serviceEnvironment = { KUBERNETES_SERVICE_HOST: cluster.server.hostname, KUBERNETES_SERVICE_PORT: cluster.server.port || '443' };
  const kubelet = new Kubelet({
    nodeName: name,
    nodeIp: NODE_IP,
    capacity,
    folder,
    api,
    pods,
    shared: { nodeIp: NODE_IP, serviceEnvironment, api, images, guardian, backoff, log },
    onChange: (key) => syncs.queue.add(key),
  });
  resources.defer(() => kubelet.powerOff());
  const scheduler = new Scheduler({ api, nodeName: name, schedulerName, pods, nodes, activePods: () => kubelet.activePods });

  /** Conflicts come back at once; anything else is weather, and is looked at again each second instead of ever more rarely. */
  const reconcile = (work: (key: string, signal: AbortSignal) => Promise<void>) => {
    return async (key: string, context: ReconcileContext): Promise<Result> => {
      if (paused) return { kind: 'done' };
      try {
        await work(key, context.signal);
        return { kind: 'done' };
      } catch (error) {
        if (isConflict(error)) throw error;
        onError(error);
        return { kind: 'requeueAfter', ms: RETRY_MS };
      }
    };
  };
  const syncs = new Controller({
    name: 'local-kubelet',
    concurrency: SYNC_CONCURRENCY,
    log,
    reconcile: reconcile(async (key, signal) => {
      await kubelet.sync(key, signal);
      passes.queue.add(PASS); // room may have become free
    }),
  });
  const passes = new Controller({
    name: 'local-scheduler',
    concurrency: 1,
    log,
    reconcile: reconcile((_, signal) => scheduler.pass(signal)),
  });

  const logServer = await LogServer.start({
    serving: options.serving,
    clientCa: options.clientCa,
    find: (namespace, pod) => kubelet.runs.get(`${namespace}/${pod}`),
    isPaused: () => paused,
    onError,
  });
  resources.defer(() => logServer.close());

  const registration = new Registration(client, { name, ip: NODE_IP, port: logServer.port, capacity });
  await registration.register(signal);
  const loops = [
    podWatch.run(signal),
    nodeWatch.run(signal),
    syncs.run(signal),
    passes.run(signal),
    repeat(HEARTBEAT_MS, async () => (paused ? undefined : registration.heartbeat(signal)), onError, signal),
    repeat(MEMORY_LOOK_MS, () => enforceMemory(kubelet.runs.values()), onError, signal),
    repeat(STORAGE_LOOK_MS, () => enforceStorage(kubelet.runs.values()), onError, signal),
  ];
  resources.defer(async () => {
    stopping.abort();
    await Promise.all(loops);
  });
  await Promise.all([podWatch.synced(signal), nodeWatch.synced(signal)]);

  return {
    name,
    addImage: (image, program) => images.add(image, program),
    evict: (namespace, pod, resource = 'memory') => {
      const run = kubelet.runs.get(`${namespace}/${pod}`);
      if (run === undefined || run.view.ended) throw new Error(`no pod ${namespace}/${pod} runs on node ${name}`);
      run.stop({ graceMs: 0, verdict: pressureVerdict(resource) });
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      for (const key of [...pods.keys(), ...kubelet.runs.keys()]) syncs.queue.add(key);
      passes.queue.add(PASS);
    },
    stop: () => resources.disposeAsync(),
  };
}

/** Does something again and again, never twice at once; an error is told and the next time comes. */
async function repeat(everyMs: number, work: () => Promise<void>, onError: (error: unknown) => void, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await work().catch(onError);
  }
}
