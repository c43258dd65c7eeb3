/**
 * What the node says of a pod: a pure function from what happened to its containers to a PodStatus, by the kubelet's rules.
 *
 * Rules from the kubelet's sources (pkg/kubelet: `getPhase`, `status/generate.go`, `TerminatePod`, `mergePodStatus`, `normalizeStatus`), which decide what a Job controller counts:
 * - a pod becomes Failed or Succeeded only when none of its processes runs any more, and never leaves that phase;
 * - reason and message belong to the phase: eviction, deadline and refusal write them together with Failed;
 * - conditions of others (disruption, Kueue, gates) stay as they are;
 * - termination messages share 12 KiB among all containers of a pod.
 */
import { conditionsOf } from './conditions.ts';
import type { Container, ContainerState, ContainerStatus, Pod, PodPhase, PodStatus, TerminatedState } from './pod.ts';

/** MaxPodTerminationMessageLogLength. */
const POD_MESSAGE_BYTES = 12 * 1024;

/** What the node knows of one container. */
export interface ContainerRecord {
  readonly state: ContainerState;
  /** How the run before the present one ended. */
  readonly lastState: ContainerState;
  readonly restartCount: number;
  readonly imageId: string;
  readonly containerId?: string;
}

/** Why the node itself ended a pod. */
export interface Verdict {
  readonly reason?: string;
  readonly message: string;
  /** Set for node pressure: the Job controller and podFailurePolicy look for this condition. */
  readonly disruption?: boolean;
}

export interface PodView {
  /** By container name; a container without one has not been looked at yet. */
  readonly records: ReadonlyMap<string, ContainerRecord>;
  /** Volumes and folders: not made yet, there, or no longer in use. */
  readonly sandbox: 'none' | 'ready' | 'over';
  /** No process of the pod runs, and none will. */
  readonly ended: boolean;
  readonly verdict?: Verdict;
  /** metav1.Time. */
  readonly startTime: string;
}

/** The status to write over `pod.status`. `now` is a metav1.Time. */
export function composeStatus(pod: Pod, view: PodView, nodeIp: string, now: string): PodStatus {
  const before = pod.status ?? {};
  const inits = pod.spec.initContainers ?? [];
  const messageBytes = Math.floor(POD_MESSAGE_BYTES / (inits.length + pod.spec.containers.length));
  const waiting = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const initStatuses = inits.map((container) => containerStatus(container, view, waiting, messageBytes, true));
  const statuses = pod.spec.containers.map((container) => containerStatus(container, view, waiting, messageBytes, false));

  const initialized = isInitialized(initStatuses, statuses);
  const phase = phaseOf(pod, view, initStatuses, statuses);
  const lost = view.ended && initialized ? statuses.map(withoutWaiting) : statuses;
  // A phase that holds keeps its reason; the node's own verdict comes with the step to Failed.
  const cause = before.phase === phase ? before : view.ended ? view.verdict : undefined;
  const { reason: _reason, message: _message, ...rest } = before;
  return {
    ...rest,
    phase,
    ...pick('reason', cause?.reason),
    ...pick('message', cause?.message),
    ...pick('observedGeneration', pod.metadata.generation),
    startTime: before.startTime ?? view.startTime,
    hostIP: nodeIp,
    hostIPs: [{ ip: nodeIp }],
    ...(view.sandbox !== 'none' ? { podIP: nodeIp, podIPs: [{ ip: nodeIp }] } : {}),
    conditions: conditionsOf(pod, { view, phase, initialized, inits: initStatuses, containers: lost, now }),
    ...(inits.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: lost,
  };
}

/** The status of a pod that was never taken: refused, or found running after the node had restarted. */
export function failedStatus(pod: Pod, verdict: Verdict, now: string): PodStatus {
  const before = pod.status ?? {};
  return {
    ...before,
    phase: 'Failed',
    ...pick('reason', verdict.reason),
    message: verdict.message,
    startTime: before.startTime ?? now,
    ...pick('observedGeneration', pod.metadata.generation),
    ...(before.containerStatuses === undefined
      ? {}
      : { containerStatuses: before.containerStatuses.map(withoutRunning).map(withoutWaiting) }),
    conditions: (before.conditions ?? []).map((condition) =>
      (condition.type === 'Ready' || condition.type === 'ContainersReady') && condition.status === 'True'
        ? { ...condition, status: 'False', reason: 'PodFailed', lastTransitionTime: now }
        : condition,
    ),
  };
}

function containerStatus(container: Container, view: PodView, waiting: string, messageBytes: number, init: boolean): ContainerStatus {
  const record = view.records.get(container.name);
  const state = cut(record?.state ?? { waiting: { reason: waiting } }, messageBytes);
  const running = state.running !== undefined;
  return {
    name: container.name,
    state,
    lastState: cut(record?.lastState ?? {}, messageBytes),
    ready: init ? state.terminated?.exitCode === 0 : running,
    started: !init && running,
    restartCount: record?.restartCount ?? 0,
    image: container.image,
    imageID: record?.imageId ?? '',
    ...pick('containerID', record?.containerId),
  };
}

function cut(state: ContainerState, bytes: number): ContainerState {
  const message = state.terminated?.message;
  if (state.terminated === undefined || message === undefined || Buffer.byteLength(message) <= bytes) return state;
  return { terminated: { ...state.terminated, message: cutUtf8(Buffer.from(message).subarray(0, bytes)) } };
}

/** Text of bytes that were cut anywhere: a broken character at either end is dropped, what is broken inside becomes U+FFFD. */
export function cutUtf8(bytes: Uint8Array): string {
  let start = 0;
  while (start < bytes.length && start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start), { stream: true });
}

function isInitialized(inits: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): boolean {
  const hasStarted = statuses.some(({ state, lastState }) => state.waiting === undefined || lastState.terminated !== undefined);
  return hasStarted || inits.every((status) => status.state.terminated?.exitCode === 0);
}

/** `getPhase`, then `TerminatePod` for what is over: whatever is not a success by then has failed. */
function phaseOf(pod: Pod, view: PodView, inits: readonly ContainerStatus[], statuses: readonly ContainerStatus[]): PodPhase {
  const before = pod.status?.phase;
  if (before === 'Succeeded' || before === 'Failed') return before;
  if (view.ended) {
    const succeeded = view.verdict === undefined && statuses.every(({ state }) => state.terminated?.exitCode === 0);
    return succeeded ? 'Succeeded' : 'Failed';
  }
  const initsPending = inits.some((status) => status.state.terminated?.exitCode !== 0);
  const notStarted = statuses.some(({ state, lastState }) => state.waiting !== undefined && lastState.terminated === undefined);
  return initsPending || notStarted ? 'Pending' : 'Running';
}

/** A container that was to run and never did, in a pod that is over. */
function withoutWaiting(status: ContainerStatus): ContainerStatus {
  return status.state.waiting === undefined ? status : { ...status, state: { terminated: UNKNOWN_END } };
}

function withoutRunning(status: ContainerStatus): ContainerStatus {
  if (status.state.running === undefined) return status;
  const { startedAt } = status.state.running;
  return {
    ...status,
    ready: false,
    started: false,
    state: { terminated: { ...UNKNOWN_END, startedAt, ...pick('containerID', status.containerID) } },
  };
}

const UNKNOWN_END: TerminatedState = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  startedAt: null,
  finishedAt: null,
};

function pick<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V });
}
