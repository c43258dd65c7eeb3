import { describe, expect, test } from 'vitest';
import type { ContainerState, Pod } from '../../../src/kube/objects.ts';
import { podState, type PodState } from '../../../src/operator/report/pod-state.ts';
import { aPod, SUCCESS } from './given.ts';
import { formatResult, type RunFailure } from '../../../src/runner/result.ts';

interface Given {
  readonly fetch?: ContainerState;
  readonly code?: ContainerState;
  readonly runner?: ContainerState;
  readonly phase?: NonNullable<Pod['status']>['phase'];
  readonly reason?: string;
  readonly message?: string;
}

/** A pod whose init container `code` and whose runner are in these states. */
function state({ fetch, code, runner = { waiting: { reason: 'PodInitializing' } }, ...given }: Given): PodState {
  const pod = aPod(given);
  return podState({
    ...pod,
    spec: { ...pod.spec, initContainers: [{ name: 'code', image: 'usage:1', resources: { limits: { memory: '256Mi' } } }] },
    status: {
      ...pod.status,
      initContainerStatuses: [
        ...(fetch === undefined ? [] : [{ name: 'fetch', image: 'runner:1', state: fetch }]),
        { name: 'code', image: 'usage:1', ...(code === undefined ? {} : { state: code }) },
      ],
      containerStatuses: [{ name: 'runner', image: 'runner:1', state: runner }],
    },
  });
}

/** Its reason is not taken: whatever the step says, the template names the repository. */
function refusedFetch(retryable: boolean): RunFailure {
  return { ok: false, reason: 'StorageFailed', message: 'git: https://g/a has no tag v1', retryable };
}

const LOG = 'kubectl logs -n billing invoices-abc-1 -c code';
const end = (exitCode: number, more: Partial<NonNullable<ContainerState['terminated']>> = {}): Given => ({
  phase: 'Failed',
  code: { terminated: { exitCode, ...more } },
});

describe('a pod with custom code', () => {
  test.each<readonly [story: string, given: Given, expected: PodState]>([
    ['runs it', { phase: 'Pending', code: { running: {} } }, { kind: 'running', step: "running the template's code" }],
    ['goes on to the runner', { phase: 'Running', code: { terminated: { exitCode: 0 } }, runner: { running: {} } }, { kind: 'running' }],
    [
      'says nothing new between the two',
      { phase: 'Pending', code: { terminated: { exitCode: 0 } } },
      { kind: 'running', step: "running the template's code" },
    ],
    [
      'says so when the image of its runner cannot be pulled after it',
      { phase: 'Pending', code: { terminated: { exitCode: 0 } }, runner: { waiting: { reason: 'ErrImagePull', message: 'not found' } } },
      { kind: 'starting', reason: 'ImagePull', message: 'image runner:1 cannot be pulled (ErrImagePull): not found' },
    ],
    [
      'has failed before the kubelet says so of its pod',
      { phase: 'Pending', code: { terminated: { exitCode: 1 } } },
      { kind: 'running', step: "running the template's code" },
    ],
    [
      'cannot get its image',
      { phase: 'Pending', code: { waiting: { reason: 'ErrImagePull', message: 'not found' } } },
      { kind: 'starting', reason: 'ImagePull', message: 'image usage:1 cannot be pulled (ErrImagePull): not found' },
    ],
    [
      'succeeds by its runner alone',
      {
        phase: 'Succeeded',
        code: { terminated: { exitCode: 0 } },
        runner: { terminated: { exitCode: 0, message: formatResult(SUCCESS) } },
      },
      { kind: 'succeeded', result: SUCCESS },
    ],
    [
      'tells the user the last line of a mistake, made harmless',
      end(64, { message: 'Traceback: SENTINEL\n  no such customer: \u001b[31macme\u202e  \n\n' }),
      {
        kind: 'failed',
        reason: 'TemplateFailed',
        message: "the template's code says: no such customer: \\u{1b}[31macme\\u{202e}",
        final: true,
      },
    ],
    [
      'says where to read a mistake that it does not tell',
      end(64),
      {
        kind: 'failed',
        reason: 'TemplateFailed',
        message: `the template's code ended with exit code 64, the user's mistake, and does not say which; see: ${LOG}`,
        final: true,
      },
    ],
    [
      'keeps what else it said in its log',
      end(1, { message: 'SENTINEL' }),
      { kind: 'failed', reason: 'TemplateFailed', message: `the template's code ended with exit code 1; see: ${LOG}` },
    ],
    [
      'died of a signal',
      end(139),
      { kind: 'failed', reason: 'TemplateFailed', message: `the template's code ended with signal 11 (exit code 139); see: ${LOG}` },
    ],
    [
      'has a command that does not exist',
      end(128, { reason: 'StartError', message: 'SENTINEL' }),
      {
        kind: 'failed',
        reason: 'TemplateFailed',
        message: `the template's code ended with exit code 128 before it began: its command cannot be started; see: ${LOG}`,
      },
    ],
    [
      'needed too much memory',
      end(137, { reason: 'OOMKilled' }),
      {
        kind: 'failed',
        reason: 'TemplateFailed',
        message:
          "the template's code was killed because it needed more memory than its limit of 256Mi; raise spec.job.resources.limits.memory of the template",
      },
    ],
    [
      'wrote too much',
      { ...end(137), reason: 'Evicted', message: 'Usage of EmptyDir volume "out" exceeds the limit "1Gi". ' },
      {
        kind: 'failed',
        reason: 'TemplateFailed',
        message: "the template's code wrote more than 1Gi of files; let it write less, or raise spec.job.scratchSize of the template",
      },
    ],
    [
      'is evicted by a node in need, for which the code is not to blame',
      { ...end(137), reason: 'Evicted', message: 'The node was low on resource: memory. ' },
      { kind: 'failed', reason: 'JobFailed', message: 'pod invoices-abc-1: Evicted: The node was low on resource: memory. ' },
    ],
    [
      'cannot speak for the runner',
      { ...end(1, { message: formatResult(SUCCESS) }) },
      { kind: 'failed', reason: 'TemplateFailed', message: `the template's code ended with exit code 1; see: ${LOG}` },
    ],
    ['gets it', { phase: 'Pending', fetch: { running: {} } }, { kind: 'running', step: "getting the template's code from its repository" }],
    [
      'says nothing new while its code is about to run',
      { phase: 'Pending', fetch: { terminated: { exitCode: 0 } }, code: { waiting: { reason: 'PodInitializing' } } },
      { kind: 'running', step: "getting the template's code from its repository" },
    ],
    [
      'cannot get it, whatever is tried',
      { phase: 'Failed', fetch: { terminated: { exitCode: 64, message: formatResult(refusedFetch(false)) } } },
      { kind: 'failed', reason: 'TemplateFailed', message: 'git: https://g/a has no tag v1', final: true },
    ],
    [
      'cannot get it now',
      { phase: 'Failed', fetch: { terminated: { exitCode: 75, message: formatResult(refusedFetch(true)) } } },
      { kind: 'failed', reason: 'TemplateFailed', message: 'git: https://g/a has no tag v1' },
    ],
    [
      'lost the step that gets it',
      { phase: 'Failed', fetch: { terminated: { exitCode: 137, message: 'SENTINEL' } } },
      {
        kind: 'failed',
        reason: 'TemplateFailed',
        message: `getting the template's code ended with signal 9 (exit code 137); see: ${LOG.replace('-c code', '-c fetch')}`,
      },
    ],
    [
      'has an image that runs as root',
      {
        phase: 'Pending',
        code: {
          waiting: { reason: 'CreateContainerConfigError', message: 'container has runAsNonRoot and image will run as root (pod: …)' },
        },
      },
      {
        kind: 'unstartable',
        reason: 'TemplateFailed',
        message:
          'the image of the custom code runs as root or as a user without a number, and custom code never runs as root; give the image a numeric user, e.g. USER 1000',
      },
    ],
  ])('%s', (_story, given, expected) => {
    expect(state(given)).toEqual(expected);
  });
});
