/**
 * The Node object and its heartbeat, as a kubelet keeps them: the node says of itself that it is a local one, in a label, an annotation and its version.
 *
 * A heartbeat renews the Lease; when the control plane had given the node up meanwhile (a paused agent, a machine that slept), or somebody deleted it, it says again that
 * it is there.
 */
import { arch, platform, release } from 'node:os';
import type { KubeClient } from '../../kube/client.ts';
import { isAlreadyExists, isNotFound } from '../../kube/errors.ts';
import { microTime } from '../../kube/micro-time.ts';
import { LEASES, NODES } from '../../kube/resources.ts';
import type { Node } from './fit.ts';
import { kubeTime, type ResourceList } from './pod.ts';

/** How often a kubelet renews its Lease; the control plane gives a node up after 50 s. */
export const HEARTBEAT_MS = 10_000;
const LEASE_SECONDS = 40;
const LEASE_NAMESPACE = 'kube-node-lease';
const MARK = 'dossier.dev/local-node';
/** In Go's words. */
const ARCHITECTURE = arch() === 'x64' ? 'amd64' : arch();

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
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': platform(), 'kubernetes.io/arch': ARCHITECTURE, [MARK]: 'true' };
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

  /** As a patch, because controllers write taints and labels at the same time. */
  async #writeStatus(signal: AbortSignal): Promise<void> {
    const { name, ip, port, capacity } = this.#facts;
    const now = kubeTime(Date.now());
    const pressure = (type: string, reason: string) => ({ type, status: 'False', reason, message: 'not measured by a local node' });
    const status = {
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
        architecture: ARCHITECTURE,
        bootID: '',
        containerRuntimeVersion: 'local://processes',
        kernelVersion: release(),
        kubeletVersion: 'v1.37.2-dossier-local-node',
        kubeProxyVersion: '',
        machineID: '',
        operatingSystem: platform(),
        osImage: 'local processes (demo and tests)',
        systemUUID: '',
      },
    };
    const patch = Object.entries(status).map(([field, value]) => ({ op: 'add', path: `/status/${field}`, value }) as const);
    await this.#client.patchJson(NODES, undefined, name, patch, signal, 'status');
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
