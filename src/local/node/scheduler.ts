/**
 * The scheduler of a cluster with one node: binds pods that fit, and says of the others why not, in the scheduler's words.
 *
 * A pass looks at every pod that waits; it runs whenever a pod or the node changes. A pod that was bound but does not show it yet in the watch counts as placed, so that
 * two pods never get the same room.
 */
import { isConflict, isNotFound } from '../../kube/errors.ts';
import type { Store } from '../../kube/store.ts';
import type { NodeApi } from './api.ts';
import { podRequests, requestsOf, schedulingRefusal, sumOf, type Node } from './fit.ts';
import { isTerminal, kubeTime, type Pod, type PodCondition } from './pod.ts';

export interface SchedulerOptions {
  readonly api: NodeApi;
  readonly nodeName: string;
  /** Pods with this spec.schedulerName are ours. */
  readonly schedulerName: string;
  readonly pods: Store<Pod>;
  readonly nodes: Store<Node>;
  /** Pods that still take room on the node, whatever their objects say: one that was deleted by force runs a little longer. */
  readonly activePods: () => readonly Pod[];
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  /** Bound by us, not yet seen as bound; by UID. */
  readonly #assumed = new Map<string, Pod>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Looks at every waiting pod once. One that could not be bound or told does not keep the others waiting; its error is thrown at the end. */
  async pass(signal: AbortSignal): Promise<void> {
    const { pods, nodes, nodeName, activePods } = this.#options;
    const node = nodes.get(nodeName);
    if (node === undefined) return;
    const all = [...pods.values()];
    for (const uid of this.#assumed.keys()) if (!all.some((pod) => pod.metadata.uid === uid && this.#waits(pod))) this.#assumed.delete(uid);
    const placed = [...all.filter((pod) => pod.spec.nodeName === nodeName), ...this.#assumed.values(), ...activePods()];
    let used = requestsOf(new Map(placed.map((pod) => [pod.metadata.uid, pod])).values());
    const errors: unknown[] = [];
    const waiting = all.filter((pod) => this.#waits(pod) && !this.#assumed.has(pod.metadata.uid));
    for (const pod of waiting.toSorted(oldestFirst)) {
      const refusal = schedulingRefusal(pod, node, used);
      try {
        if (refusal !== undefined) await this.#refuse(pod, refusal, signal);
        else if (await this.#bind(pod, signal)) used = sumOf(used, podRequests(pod));
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  #waits(pod: Pod): boolean {
    const { nodeName = '', schedulerName, schedulingGates = [] } = pod.spec;
    if (nodeName !== '' || schedulerName !== this.#options.schedulerName || schedulingGates.length > 0) return false;
    return pod.metadata.deletionTimestamp === undefined && !isTerminal(pod);
  }

  /** False when the pod is gone or somebody else bound it: the watch will tell. */
  async #bind(pod: Pod, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.api.bind(pod, this.#options.nodeName, signal);
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return false;
      throw error;
    }
    this.#assumed.set(pod.metadata.uid, pod);
    return true;
  }

  async #refuse(pod: Pod, message: string, signal: AbortSignal): Promise<void> {
    const conditions = pod.status?.conditions ?? [];
    const before = conditions.find(({ type }) => type === 'PodScheduled');
    if (before?.status === 'False' && before.reason === 'Unschedulable' && before.message === message) return;
    const lastTransitionTime = before?.status === 'False' ? (before.lastTransitionTime ?? null) : kubeTime(Date.now());
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime,
    };
    const others = conditions.filter(({ type }) => type !== 'PodScheduled');
    await this.#options.api.writeStatus(pod, { ...pod.status, conditions: [...others, condition] }, signal);
  }
}

function oldestFirst({ metadata: a }: Pod, { metadata: b }: Pod): number {
  return a.creationTimestamp.localeCompare(b.creationTimestamp) || a.name.localeCompare(b.name);
}
