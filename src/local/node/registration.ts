/**
 * The Node object and its heartbeat, as a kubelet keeps them: the node says of itself that it is a local one, in a label, an annotation and its version.
 *
 * A heartbeat renews the Lease; when the control plane had given the node up meanwhile (a paused agent, a machine that slept), or somebody deleted it, it says again that
 * it is there.
 */
import { arch, hostname, platform, release } from 'node:os';
import type { KubeClient } from '../../kube/client.ts';
import { isAlreadyExists, isNotFound } from '../../kube/errors.ts';
import { microTime } from '../../kube/micro-time.ts';
import { LEASES, NODES, pathOf } from '../../kube/resources.ts';
import type { Node } from './fit.ts';
import { kubeTime, type ResourceList } from './pod.ts';

/** How often a kubelet renews its Lease; the control plane gives a node up after 50 s. */
export const HEARTBEAT_MS = 10_000;
const LEASE_SECONDS = 40;
const LEASE_NAMESPACE = 'kube-node-lease';
const MARK = 'dossier.dev/local-node';

export interface NodeFacts {
  readonly name: string;
  readonly ip: string;
  /** Of the log server. */
  readonly port: number;
  readonly capacity: ResourceList;
}

export class Registration {
  readonly #client: KubeClient;
  readonly #facts: NodeFacts;

  constructor(client: KubeClient, facts: NodeFacts) {
    this.#client = client;
    this.#facts = facts;
  }

  /** Makes the Node, or takes over the one of that name, and says that it is ready. */
  async register(signal: AbortSignal): Promise<void> {
    const { name } = this.#facts;
    const os = platform() === 'win32' ? 'windows' : platform();
    const cpu = arch() === 'x64' ? 'amd64' : arch();
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': os, 'kubernetes.io/arch': cpu, [MARK]: 'true' };
    const annotations = { [MARK]: 'runs pods as local processes without isolation, for demo and tests' };
    const manifest = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels, annotations } };
    try {
      await this.#client.create(NODES, manifest, signal);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    await this.#writeStatus(signal);
    await this.#renewLease(signal);
  }

  async heartbeat(signal: AbortSignal): Promise<void> {
    await this.#renewLease(signal);
    try {
      const node = await this.#client.get<Node>(NODES, undefined, this.#facts.name, signal);
      const isReady = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      if (isReady !== true) await this.#writeStatus(signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.register(signal);
    }
  }

  async #writeStatus(signal: AbortSignal): Promise<void> {
    const { name, ip, port, capacity } = this.#facts;
    const node = await this.#client.get<Node>(NODES, undefined, name, signal);
    const now = kubeTime(Date.now());
    const pressure = (type: string, reason: string) => ({ type, status: 'False', reason, message: 'not measured by a local node' });
    const status = {
      ...node.status,
      capacity,
      allocatable: capacity,
      addresses: [{ type: 'InternalIP', address: ip }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      conditions: [
        pressure('MemoryPressure', 'KubeletHasSufficientMemory'),
        pressure('DiskPressure', 'KubeletHasNoDiskPressure'),
        pressure('PIDPressure', 'KubeletHasSufficientPID'),
        { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'the local node runs pods as processes' },
      ].map((condition) => ({ ...condition, lastHeartbeatTime: now, lastTransitionTime: now })),
      nodeInfo: {
        architecture: arch() === 'x64' ? 'amd64' : arch(),
        bootID: '',
        containerRuntimeVersion: 'local://processes',
        kernelVersion: release(),
        kubeletVersion: 'v1.37.2-dossier-local-node',
        kubeProxyVersion: '',
        machineID: hostname(),
        operatingSystem: platform(),
        osImage: 'local processes (demo and tests)',
        systemUUID: '',
      },
    };
    const body = JSON.stringify({ ...node, status });
    await this.#client.transport.request({ method: 'PUT', path: pathOf(NODES, undefined, name, 'status'), body, signal });
  }

  async #renewLease(signal: AbortSignal): Promise<void> {
    const { name } = this.#facts;
    const renewTime = microTime(Date.now());
    try {
      await this.#client.patchJson(LEASES, LEASE_NAMESPACE, name, [{ op: 'add', path: '/spec/renewTime', value: renewTime }], signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime };
      const metadata = { name, namespace: LEASE_NAMESPACE };
      await this.#client.create(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec }, signal);
    }
  }
}
