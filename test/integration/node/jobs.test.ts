/** What the real Job controller makes of pods that a local node runs. */
import { describe, expect, test } from 'vitest';
import { CORE_EVENTS, JOBS, NODES } from '../../../src/kube/resources.ts';
import type { JobCondition } from '../../../src/kube/objects.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { until } from '../../local/until.ts';
import { condition, end, mainStatus, script, TOOLS, useNode } from './cluster.ts';

const its = useNode();

function failure(conditions: readonly JobCondition[] = []): string | undefined {
  return conditions.find(({ type, status }) => type === 'Failed' && status === 'True')?.reason;
}

describe.concurrent('a Job', () => {
  test('completes, and its pod tells how it went', async () => {
    const job = await its.job({ containers: [script('echo hello; printf done > $RESULT')] });
    const { status } = await its.cluster.jobEnds(job);
    expect(status).toMatchObject({ succeeded: 1 });
    const [pod] = await its.cluster.podsOf(job);
    if (pod === undefined) throw new Error('the pod is gone');
    expect(pod.status).toMatchObject({ phase: 'Succeeded', hostIP: '127.0.0.1', podIP: '127.0.0.1', observedGeneration: 1 });
    expect(end(pod)).toMatchObject({ exitCode: 0, reason: 'Completed', message: 'done' });
    expect(mainStatus(pod)).toMatchObject({
      ready: false,
      restartCount: 0,
      image: TOOLS,
      imageID: `local/${TOOLS}`,
      containerID: expect.stringMatching(/^local:\/\/[0-9a-f]{64}$/) as string,
    });
    expect(['PodScheduled', 'Initialized', 'Ready', 'PodReadyToStartContainers'].map((type) => condition(pod, type))).toEqual([
      'True',
      'True PodCompleted',
      'False PodCompleted',
      'False PodSandboxNotReady',
    ]);
  });

  test('runs init containers one after the other, on the same volumes', async () => {
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    const env = [{ name: 'DATA', value: '/data' }];
    const step = (name: string, text: string) => script(text, { name, volumeMounts, env });
    const job = await its.job({
      initContainers: [step('first', 'sleep 0.2; echo 1 >> $DATA/steps'), step('second', 'echo 2 >> $DATA/steps')],
      containers: [step('main', 'cat $DATA/steps > $RESULT')],
      volumes: [{ name: 'data', emptyDir: {} }],
    });
    await its.cluster.jobEnds(job);
    const pod = await its.cluster.podOf('exists', job);
    expect(end(pod).message).toBe('1\n2\n');
    expect(pod.status?.initContainerStatuses?.map(({ name, ready, state }) => [name, ready, state.terminated?.exitCode])).toEqual([
      ['first', true, 0],
      ['second', true, 0],
    ]);
  });

  test('fails when an init container does, and what comes after it never starts', async () => {
    const job = await its.job(
      { initContainers: [script('exit 3', { name: 'first' }), script('true', { name: 'second' })], containers: [script('true')] },
      { backoffLimit: 0 },
    );
    expect(failure((await its.cluster.jobEnds(job)).status?.conditions)).toBe('BackoffLimitExceeded');
    const pod = await its.cluster.podOf('exists', job);
    expect(pod.status?.phase).toBe('Failed');
    expect(pod.status?.initContainerStatuses?.map(({ state }) => state)).toMatchObject([
      { terminated: { exitCode: 3, reason: 'Error' } },
      { waiting: { reason: 'PodInitializing' } },
    ]);
    expect(mainStatus(pod)?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
  });

  test('tries again as often as it may', async () => {
    const job = await its.job({ containers: [script('exit 75')] }, { backoffLimit: 1 });
    expect(failure((await its.cluster.jobEnds(job)).status?.conditions)).toBe('BackoffLimitExceeded');
    const pods = await its.cluster.podsOf(job);
    expect(pods.map((pod) => end(pod).exitCode)).toEqual([75, 75]);
  });

  test('does not try again after the exit code that its policy calls a mistake', async () => {
    const onExitCodes = { containerName: 'main', operator: 'In', values: [64] };
    const job = await its.job(
      { containers: [script('printf "no such table" > $RESULT; exit 64')] },
      { backoffLimit: 3, podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes }] } },
    );
    expect(failure((await its.cluster.jobEnds(job)).status?.conditions)).toBe('PodFailurePolicy');
    expect((await its.cluster.podsOf(job)).map((pod) => end(pod).message)).toEqual(['no such table']);
  });

  test('that is past its deadline ends its pod politely', async () => {
    const job = await its.job(
      { containers: [script('trap "echo stopped; exit 75" TERM; echo up; sleep 600 & wait')] },
      { activeDeadlineSeconds: 2 },
    );
    const pod = await its.cluster.podOf('runs', job, ({ status }) => status?.phase === 'Running');
    expect(failure((await its.cluster.jobEnds(job)).status?.conditions)).toBe('DeadlineExceeded');
    await its.cluster.gone({ group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }, pod);
  });

  test('can be suspended while it runs, and resumed', async () => {
    const job = await its.job({ containers: [script('trap "exit 75" TERM; sleep 600 & wait')] });
    const { namespace, name } = job.metadata;
    const first = await its.cluster.podOf('runs', job, ({ status }) => status?.phase === 'Running');
    const suspend = (value: boolean) =>
      its.cluster.client.patchJson(JOBS, namespace, name, [{ op: 'add', path: '/spec/suspend', value }], its.cluster.signal);
    await suspend(true);
    await until('no pod is left', async () => (await its.cluster.podsOf(job)).length === 0, 60_000);
    await suspend(false);
    const second = await its.cluster.podOf('runs', job, ({ status }) => status?.phase === 'Running');
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    await its.cluster.delete(JOBS, job);
    await until('no pod is left', async () => (await its.cluster.podsOf(job)).length === 0, 60_000);
  });

  test('does not count a pod that node pressure evicted, when its policy says so', async () => {
    const ignore = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] };
    const job = await its.job(
      { containers: [script('trap "exit 75" TERM; sleep 600 & wait')] },
      { backoffLimit: 0, podFailurePolicy: { rules: [ignore] } },
    );
    const first = await its.cluster.podOf('runs', job, ({ status }) => status?.phase === 'Running');
    its.node.evict(first.metadata.namespace, first.metadata.name);
    const evicted = await its.cluster.podEnds(first);
    expect(evicted.status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory. ' });
    expect(condition(evicted, 'DisruptionTarget')).toBe('True TerminationByKubelet');
    await its.cluster.podOf(
      'runs after it',
      job,
      ({ metadata, status }) => metadata.uid !== first.metadata.uid && status?.phase === 'Running',
    );
    await its.cluster.delete(JOBS, job);
  });

  test('whose image is pushed late completes', async () => {
    const image = `late-${its.namespace}:v1`;
    const job = await its.job({ containers: [{ name: 'main', image, args: ['exit 0'] }] });
    const waitsFor = (reason: string) => its.cluster.podOf(reason, job, (pod) => mainStatus(pod)?.state.waiting?.reason === reason);
    expect(mainStatus(await waitsFor('ErrImagePull'))?.state.waiting?.message).toContain(`failed to pull image "${image}"`);
    expect(mainStatus(await waitsFor('ImagePullBackOff'))?.state.waiting?.message).toContain(
      `Back-off pulling image "${image}": ErrImagePull: `,
    );
    await waitsFor('ErrImagePull');
    its.node.addImage(image, { entrypoint: ['sh', '-c'] });
    expect((await its.cluster.jobEnds(job)).status).toMatchObject({ succeeded: 1 });
  });

  test('waits for room under a quota', async () => {
    const namespace = await its.cluster.newNamespace();
    const quotas = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true };
    const quota = await its.cluster.create(quotas, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace },
      spec: { hard: { pods: '0' } },
    });
    await its.cluster.when('is counted', quotas, quota, (object) => 'hard' in ((object as KubeObject & { status?: object }).status ?? {}));
    const job = await its.job({ containers: [script('true')] }, {}, namespace);
    const refusal = async (): Promise<string | undefined> => {
      const events = await its.cluster.list<KubeObject & { readonly reason: string; readonly message: string }>(CORE_EVENTS, namespace);
      return events.find(({ reason }) => reason === 'FailedCreate')?.message;
    };
    await until('the Job controller is refused', async () => (await refusal())?.includes('exceeded quota: none') === true);
    await its.cluster.client.patchJson(
      quotas,
      namespace,
      'none',
      [{ op: 'replace', path: '/spec/hard/pods', value: '1' }],
      its.cluster.signal,
    );
    expect((await its.cluster.jobEnds(job)).status).toMatchObject({ succeeded: 1 });
  });

  test('runs in a namespace with Pod Security "restricted" when its pods are, and gets no pods when they are not', async () => {
    const namespace = await its.cluster.newNamespace({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const container = script('true', {
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
    } as object);
    const securityContext = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } };
    const restricted = await its.job({ containers: [container], securityContext } as { containers: [typeof container] }, {}, namespace);
    const plain = await its.job({ containers: [script('true')] }, {}, namespace);
    expect((await its.cluster.jobEnds(restricted)).status).toMatchObject({ succeeded: 1 });
    await until('the plain Job is refused', async () => {
      const events = await its.cluster.list<KubeObject & { readonly reason: string; readonly message: string }>(CORE_EVENTS, namespace);
      return events.some(
        ({ reason, message }) => reason === 'FailedCreate' && message.includes('violates PodSecurity "restricted:latest"'),
      );
    });
    expect(await its.cluster.podsOf(plain)).toEqual([]);
  });

  test('waits for a node that its selector fits', async () => {
    const job = await its.job({ nodeSelector: { 'dossier.dev/disk': 'ssd' }, containers: [script('true')] });
    const pod = await its.cluster.podOf(
      'is unschedulable',
      job,
      (candidate) => condition(candidate, 'PodScheduled') === 'False Unschedulable',
    );
    const message = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
    expect(message).toBe("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.");
    await its.cluster.client.patchJson(
      NODES,
      undefined,
      its.node.name,
      [{ op: 'add', path: '/metadata/labels/dossier.dev~1disk', value: 'ssd' }],
      its.cluster.signal,
    );
    expect((await its.cluster.jobEnds(job)).status).toMatchObject({ succeeded: 1 });
    expect(condition(await its.cluster.podOf('is scheduled', job), 'PodScheduled')).toBe('True');
  });
});
