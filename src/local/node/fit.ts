/**
 * Whether a pod fits on the node: the scheduler's question before it binds and the kubelet's before it admits, each answered in its own words.
 *
 * Admission refusals (OutOfcpu, OutOfmemory ...) happen on real clusters when two schedulers race; here they happen when a test binds a pod by hand.
 */
import type { KubeObject } from '../../kube/objects.ts';
import { isTerminal, type Pod, type ResourceList, type Toleration } from './pod.ts';

/** What the node accounts for, in base units: thousandths of a cpu, bytes, pods. */
export type Resource = 'cpu' | 'memory' | 'ephemeral-storage' | 'pods';
export type Amounts = Readonly<Record<Resource, number>>;

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status?: {
    readonly allocatable?: ResourceList;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  };
}

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity (`500m`, `2Gi`, `1e3`) as a number, as exact as a double is. Throws on anything else. */
export function parseQuantity(text: string): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (match === null) throw new Error(`"${text}" is not a quantity`);
  const [, digits = '', exponent = '', suffix = ''] = match;
  return Number(`${digits}${exponent}`) * (SUFFIXES[suffix] ?? 1);
}

/** Amounts of a resource list, rounded up as Kubernetes does; what it does not name is 0. */
export function amountsOf(list: ResourceList | undefined): Amounts {
  const amount = (resource: Resource, unit: number): number =>
    Math.ceil(Number((parseQuantity(list?.[resource] ?? '0') * unit).toPrecision(15)));
  return {
    cpu: amount('cpu', 1000),
    memory: amount('memory', 1),
    'ephemeral-storage': amount('ephemeral-storage', 1),
    pods: amount('pods', 1),
  };
}

/** What a pod takes from the node: the sum over its containers, or its greediest init container if that is more; and one pod. */
export function podRequests(pod: Pod): Amounts {
  const running = pod.spec.containers.map((container) => amountsOf(container.resources?.requests)).reduce(sumOf, NOTHING);
  const requests = (pod.spec.initContainers ?? []).map((container) => amountsOf(container.resources?.requests)).reduce(most, running);
  return { ...sumOf(requests, amountsOf(pod.spec.overhead)), pods: 1 };
}

/** The sum over pods that are not over yet. */
export function requestsOf(pods: Iterable<Pod>): Amounts {
  let sum = NOTHING;
  for (const pod of pods) if (!isTerminal(pod)) sum = sumOf(sum, podRequests(pod));
  return sum;
}

/** Why the kubelet refuses a pod that somebody bound to its node; undefined when it fits. */
export function admissionRefusal(
  pod: Pod,
  used: Amounts,
  capacity: Amounts,
): { readonly reason: string; readonly message: string } | undefined {
  const resource = shortages(pod, used, capacity)[0];
  if (resource === undefined) return undefined;
  const requested = podRequests(pod)[resource];
  const detail = `requested: ${requested}, used: ${used[resource]}, capacity: ${capacity[resource]}`;
  return { reason: `OutOf${resource}`, message: `Pod was rejected: Node didn't have enough resource: ${resource}, ${detail}` };
}

/** The scheduler's message when its only node will not do; undefined when the pod can go there. */
export function schedulingRefusal(pod: Pod, node: Node, used: Amounts): string | undefined {
  const reason = nodeRefusal(pod, node) ?? shortageReasons(pod, used, amountsOf(node.status?.allocatable));
  return reason === undefined ? undefined : `0/1 nodes are available: ${reason}.`;
}

/** The filters of a scheduler that no room on the node could answer, in their order. */
function nodeRefusal(pod: Pod, node: Node): string | undefined {
  const tolerations = pod.spec.tolerations ?? [];
  if (node.spec?.unschedulable === true) return '1 node(s) were unschedulable';
  const labels = node.metadata.labels ?? {};
  if (Object.entries(pod.spec.nodeSelector ?? {}).some(([key, value]) => labels[key] !== value)) {
    return "1 node(s) didn't match Pod's node affinity/selector";
  }
  const repelled = (node.spec?.taints ?? []).some(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
  return repelled ? '1 node(s) had untolerated taint(s)' : undefined;
}

function shortageReasons(pod: Pod, used: Amounts, capacity: Amounts): string | undefined {
  const reasons = shortages(pod, used, capacity).map((resource) =>
    resource === 'pods' ? '1 Too many pods' : `1 Insufficient ${resource}`,
  );
  return reasons.length === 0 ? undefined : reasons.toSorted().join(', ');
}

function shortages(pod: Pod, used: Amounts, capacity: Amounts): readonly Resource[] {
  const wanted = podRequests(pod);
  const order: readonly Resource[] = ['pods', 'cpu', 'memory', 'ephemeral-storage'];
  return order.filter((resource) => wanted[resource] > 0 && used[resource] + wanted[resource] > capacity[resource]);
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  const anyKey = toleration.key === undefined || toleration.key === '';
  if (toleration.operator === 'Exists') return anyKey || toleration.key === taint.key;
  return !anyKey && toleration.key === taint.key && (toleration.value ?? '') === (taint.value ?? '');
}

const NOTHING: Amounts = { cpu: 0, memory: 0, 'ephemeral-storage': 0, pods: 0 };

/** Of two amounts, resource by resource. */
export function sumOf(a: Amounts, b: Amounts): Amounts {
  return combine(a, b, (x, y) => x + y);
}

function most(a: Amounts, b: Amounts): Amounts {
  return combine(a, b, Math.max);
}

function combine(a: Amounts, b: Amounts, of: (x: number, y: number) => number): Amounts {
  return {
    cpu: of(a.cpu, b.cpu),
    memory: of(a.memory, b.memory),
    'ephemeral-storage': of(a['ephemeral-storage'], b['ephemeral-storage']),
    pods: of(a.pods, b.pods),
  };
}
