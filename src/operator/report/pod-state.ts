/**
 * What one pod of a run says, in the words a Report uses.
 *
 * Only the container `runner` speaks for a run, only through its termination message, and only as `parseResult` understands it; everything else here is what the
 * kubelet and the scheduler say.
 */
import { foreignText } from '../../foreign-text.ts';
import type { FailureReason } from '../../api/reasons.ts';
import type { ContainerStatus, Pod, PodContainer } from '../../kube/objects.ts';
import { parseResult, type RunSuccess } from '../../runner/result.ts';
import { codeCrash, codeFailure, endedStep, refusedCode, runningStep } from './code-state.ts';
import { RUNNER_CONTAINER } from './job.ts';

export type PodState =
  /** Not running yet; the kubelet or the scheduler is at work, or cannot go on. */
  | { readonly kind: 'starting'; readonly reason: 'PodScheduling' | 'ImagePull'; readonly message: string }
  /** An image that will never come, or never run. */
  | { readonly kind: 'unstartable'; readonly reason: 'ImagePullFailed' | 'TemplateFailed'; readonly message: string }
  /** `step`: what it is at before its runner starts. */
  | { readonly kind: 'running'; readonly step?: string }
  | { readonly kind: 'succeeded'; readonly result: RunSuccess | undefined }
  /** `final`: the runner itself says that another try cannot help, so the Job makes none (its podFailurePolicy). */
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly message: string; readonly final?: boolean }
  /** Deleted, evicted or drained, and not yet gone. */
  | { readonly kind: 'terminating' };

/** Waiting reasons of the kubelet for an image that it could not get yet. */
const IMAGE_RETRIES: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'RegistryUnavailable',
  'ErrImagePullBackOff',
  'SignatureValidationFailed',
]);
/** Waiting reasons for an image that it will not try to get. */
const IMAGE_REFUSALS: ReadonlySet<string> = new Set(['InvalidImageName', 'ErrImageNeverPull']);

export function podState(pod: Pod): PodState {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded') return { kind: 'succeeded', result: successOf(pod) };
  if (phase === 'Failed') return { kind: 'failed', ...failureOf(pod) };
  if (pod.metadata.deletionTimestamp !== undefined) return { kind: 'terminating' };
  const step = runningStep(pod);
  if (step !== undefined) return { kind: 'running', step };
  const waiting = containers(pod).find((container) => container.state?.waiting !== undefined);
  if (waiting !== undefined) return waitingState(pod, waiting);
  if (phase === 'Running') return { kind: 'running' };
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    const why = foreignText(scheduled.message ?? scheduled.reason ?? 'no reason given');
    return { kind: 'starting', reason: 'PodScheduling', message: `pod ${pod.metadata.name} cannot be scheduled yet: ${why}` };
  }
  return beingStarted(pod);
}

/** How Node ends when its heap is full: by abort(), which the first process of a container survives only to be ended by SIGSEGV. */
const HEAP_FULL: ReadonlySet<number> = new Set([128 + 6, 128 + 11]);

/** One message for all the moments in which nothing is wrong yet: each new one would cost a write. Between two steps it is the first one's. */
function beingStarted(pod: Pod): PodState {
  const step = endedStep(pod);
  if (step !== undefined) return { kind: 'running', step };
  return { kind: 'starting', reason: 'PodScheduling', message: `pod ${pod.metadata.name} is being scheduled or started` };
}

function waitingState(pod: Pod, container: ContainerStatus): PodState {
  const { name, image, state } = container;
  const reason = state?.waiting?.reason ?? '';
  const detail = foreignText(state?.waiting?.message ?? '');
  const shown = foreignText(image ?? specOf(pod, name)?.image ?? 'unknown', 200);
  if (IMAGE_REFUSALS.has(reason)) {
    const remedy = reason === 'InvalidImageName' ? 'correct the name' : 'load it on the node, or let the kubelet pull it';
    return { kind: 'unstartable', reason: 'ImagePullFailed', message: `image ${shown} cannot be used (${reason}): ${remedy}` };
  }
  if (IMAGE_RETRIES.has(reason)) {
    return {
      kind: 'starting',
      reason: 'ImagePull',
      message: `image ${shown} cannot be pulled (${reason})${detail === '' ? '' : `: ${detail}`}`,
    };
  }
  const refused = refusedCode(container);
  if (refused !== undefined) return { kind: 'unstartable', reason: 'TemplateFailed', message: refused };
  if (reason === '' || reason === 'ContainerCreating' || reason === 'PodInitializing') return beingStarted(pod);
  const why = `${foreignText(reason, 64)}${detail === '' ? '' : `: ${detail}`}`;
  return { kind: 'starting', reason: 'PodScheduling', message: `container ${name} of pod ${pod.metadata.name} cannot start: ${why}` };
}

function successOf(pod: Pod): RunSuccess | undefined {
  const result = parseResult(terminated(pod, RUNNER_CONTAINER)?.message ?? '');
  return result?.ok === true ? result : undefined;
}

/**
 * Order of trust: what the runner or the code calls final, what the kernel did to them, what the kubelet did to the pod, what else the runner said, exit codes.
 * A runner that the kubelet ended says only that it was told to stop; the kubelet says why.
 */
function failureOf(pod: Pod): Omit<Extract<PodState, { kind: 'failed' }>, 'kind'> {
  const runner = terminated(pod, RUNNER_CONTAINER);
  const result = parseResult(runner?.message ?? '');
  if (result?.ok === false && !result.retryable) return { reason: result.reason, message: result.message, final: true };
  const code = codeFailure(pod);
  if (code !== undefined) return code;
  if (runner?.reason === 'OOMKilled') {
    const limit = specOf(pod, RUNNER_CONTAINER)?.resources?.limits?.['memory'] ?? 'unknown';
    return {
      reason: 'OutOfMemory',
      message: `the runner needed more memory than its limit of ${limit}; raise spec.job.resources.limits.memory of the template`,
    };
  }
  const podReason = pod.status?.reason;
  if (podReason !== undefined && podReason !== '') {
    const detail = foreignText(pod.status?.message ?? '');
    return { reason: 'JobFailed', message: `pod ${pod.metadata.name}: ${foreignText(podReason, 64)}${detail === '' ? '' : `: ${detail}`}` };
  }
  if (result?.ok === false) return { reason: result.reason, message: result.message };
  const crash = codeCrash(pod);
  if (crash !== undefined) return crash;
  if (runner === undefined) return { reason: 'JobFailed', message: `pod ${pod.metadata.name} ended before its runner started` };
  const how = runner.signal === undefined || runner.signal === 0 ? `exit code ${runner.exitCode}` : `signal ${runner.signal}`;
  const told = `the runner ended with ${how} and left no result`;
  const log = `see: kubectl logs -n ${pod.metadata.namespace ?? ''} ${pod.metadata.name} -c ${RUNNER_CONTAINER}`;
  if (HEAP_FULL.has(runner.exitCode)) {
    const limit = specOf(pod, RUNNER_CONTAINER)?.resources?.limits?.['memory'] ?? 'unknown';
    return {
      reason: 'OutOfMemory',
      message: `${told}, as it does when its heap, half of its memory limit of ${limit}, is full; raise spec.job.resources.limits.memory of the template, or ${log}`,
    };
  }
  return { reason: 'JobFailed', message: `${told}; ${log}` };
}

function terminated(pod: Pod, container: string): NonNullable<ContainerStatus['state']>['terminated'] {
  return pod.status?.containerStatuses?.find(({ name }) => name === container)?.state?.terminated;
}

function specOf({ spec }: Pod, container: string): PodContainer | undefined {
  return [...(spec.initContainers ?? []), ...spec.containers].find(({ name }) => name === container);
}

function containers(pod: Pod): readonly ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}
