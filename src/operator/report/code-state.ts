/**
 * What the steps before the runner say of a run: custom code that runs, that may not start, and how it failed.
 *
 * Code of users speaks through its exit code. Only with 64, which the contract keeps for the user's mistake, may it say a sentence, its last line; whatever else it wrote
 * stays in the pod's log, which is told how to read.
 */
import type { FailureReason } from '../../api/reasons.ts';
import { foreignText } from '../../foreign-text.ts';
import type { ContainerState, ContainerStatus, Pod } from '../../kube/objects.ts';
import { EXIT_MISTAKE } from '../../runner/exit.ts';
import { parseFetched, type Fetched } from '../../runner/fetch/plan.ts';
import { parseResult } from '../../runner/result.ts';
import { CODE_CONTAINER, FETCH_CONTAINER, OUT_VOLUME } from './custom-code.ts';

type Terminated = NonNullable<ContainerState['terminated']>;

export interface CodeFailure {
  readonly reason: FailureReason;
  readonly message: string;
  /** Another try cannot help, and the Job makes none. */
  readonly final?: boolean;
}

/** The steps before the runner, the later one first, and what a pod is at in them. */
const STEPS = [
  [CODE_CONTAINER, "running the template's code"],
  [FETCH_CONTAINER, "getting the template's code from its repository"],
] as const;

/** The step that a pod is at before its runner starts; undefined when it has no such step or it is over. */
export function runningStep(pod: Pod): string | undefined {
  return STEPS.find(([name]) => statusOf(pod, name)?.state?.running !== undefined)?.[1];
}

/** The step that has ended last, as it is called while the kubelet is about to start what follows. */
export function endedStep(pod: Pod): string | undefined {
  return STEPS.find(([name]) => statusOf(pod, name)?.state?.terminated !== undefined)?.[1];
}

/** Why the kubelet will not start the code, in its words for an image that would run as root; undefined when it is something else. */
export function refusedCode({ name, state }: ContainerStatus): string | undefined {
  const { reason, message = '' } = state?.waiting ?? {};
  if (name !== CODE_CONTAINER || reason !== 'CreateContainerConfigError' || !message.includes('runAsNonRoot')) return undefined;
  return 'the image of the custom code runs as root or as a user without a number, and custom code never runs as root; give the image a numeric user, e.g. USER 1000';
}

/** What the code itself is to blame for whatever else happened to its pod. */
export function codeFailure(pod: Pod): CodeFailure | undefined {
  const fetched = fetchFailure(pod);
  if (fetched?.final) return fetched;
  const ended = statusOf(pod, CODE_CONTAINER)?.state?.terminated;
  if (ended?.exitCode === EXIT_MISTAKE) return { reason: 'TemplateFailed', message: mistakeOf(pod, ended), final: true };
  if (pod.status?.reason === 'Evicted' && pod.status.message?.includes(`EmptyDir volume "${OUT_VOLUME}"`) === true) {
    const limit = /exceeds the limit "([^"]{1,32})"/.exec(pod.status.message)?.[1] ?? 'its limit';
    return {
      reason: 'TemplateFailed',
      message: `the template's code wrote more than ${foreignText(limit)} of files; let it write less, or raise spec.job.scratchSize of the template`,
    };
  }
  if (ended?.reason === 'OOMKilled') {
    const limit = pod.spec.initContainers?.find(({ name }) => name === CODE_CONTAINER)?.resources?.limits?.['memory'] ?? 'unknown';
    return {
      reason: 'TemplateFailed',
      message: `the template's code was killed because it needed more memory than its limit of ${limit}; raise spec.job.resources.limits.memory of the template`,
    };
  }
  return undefined;
}

/** Code that ended in any other way than with 0; asked after everything that could have ended it from outside. */
export function codeCrash(pod: Pod): CodeFailure | undefined {
  const fetched = fetchFailure(pod);
  if (fetched !== undefined) return fetched;
  const ended = statusOf(pod, CODE_CONTAINER)?.state?.terminated;
  if (ended === undefined || ended.exitCode === 0) return undefined;
  return {
    reason: 'TemplateFailed',
    message: `the template's code ended with ${howEnded(ended)}; see: ${logCommand(pod, CODE_CONTAINER)}`,
  };
}

/** What the step `fetch` of this pod got; undefined before it ended, and for other templates. */
export function fetchedOf(pod: Pod): Fetched | undefined {
  const ended = statusOf(pod, FETCH_CONTAINER)?.state?.terminated;
  return ended?.exitCode === 0 ? parseFetched(ended.message ?? '') : undefined;
}

/** The step is a program of ours, so what it says of its failure is taken, but for its reason: the template names the repository. */
function fetchFailure(pod: Pod): CodeFailure | undefined {
  const ended = statusOf(pod, FETCH_CONTAINER)?.state?.terminated;
  if (ended === undefined || ended.exitCode === 0) return undefined;
  const result = parseResult(ended.message ?? '');
  if (result?.ok === false) return { reason: 'TemplateFailed', message: result.message, ...(result.retryable ? {} : { final: true }) };
  const how = ended.reason === 'OOMKilled' ? 'a lack of memory' : howEnded(ended);
  return { reason: 'TemplateFailed', message: `getting the template's code ended with ${how}; see: ${logCommand(pod, FETCH_CONTAINER)}` };
}

function mistakeOf(pod: Pod, { message = '' }: Terminated): string {
  const line = message
    .split('\n')
    .map((text) => text.trim())
    .findLast((text) => text !== '');
  return line === undefined
    ? `the template's code ended with exit code ${EXIT_MISTAKE}, the user's mistake, and does not say which; see: ${logCommand(pod, CODE_CONTAINER)}`
    : `the template's code says: ${foreignText(line)}`;
}

/** Runtimes tell a signal as 128 more than its number. */
function howEnded({ exitCode, signal, reason }: Terminated): string {
  if (reason === 'StartError' || reason === 'ContainerCannotRun')
    return `exit code ${exitCode} before it began: its command cannot be started`;
  const number = signal !== undefined && signal > 0 ? signal : exitCode > 128 && exitCode < 193 ? exitCode - 128 : undefined;
  return number === undefined ? `exit code ${exitCode}` : `signal ${number} (exit code ${exitCode})`;
}

function logCommand(pod: Pod, container: string): string {
  return `kubectl logs -n ${pod.metadata.namespace ?? ''} ${pod.metadata.name} -c ${container}`;
}

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  return pod.status?.initContainerStatuses?.find(({ name }) => name === container);
}
