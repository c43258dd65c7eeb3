import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kubeTime, type ContainerState, type Pod, type PodStatus } from '../../../src/local/node/pod.ts';
import { composeStatus, cutUtf8, failedStatus, type ContainerRecord, type PodView } from '../../../src/local/node/status.ts';
import { podOf } from './pods.ts';

const NOW = '2026-11-23T08:10:00Z';
const START = '2026-11-23T08:00:01Z';

function ended(exitCode: number, message?: string): ContainerState {
  const terminated = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: START,
    finishedAt: NOW,
    containerID: 'local://1',
  };
  return { terminated: message === undefined ? terminated : { ...terminated, message } };
}
const RUNNING: ContainerState = { running: { startedAt: START } };
const PULLING: ContainerState = { waiting: { reason: 'ErrImagePull', message: 'not found' } };

function record(state: ContainerState, lastState: ContainerState = {}): ContainerRecord {
  return { state, lastState, restartCount: 0, imageId: 'local/x', ...(state.waiting === undefined ? { containerId: 'local://1' } : {}) };
}

function view(states: Readonly<Record<string, ContainerState>>, more: Partial<PodView> = {}): PodView {
  const records = new Map(Object.entries(states).map(([name, state]) => [name, record(state)]));
  return { records, sandbox: 'ready', ended: false, startTime: START, ...more };
}
const OVER = { ended: true, sandbox: 'over' } as const;

const TWO_STEPS = podOf({
  initContainers: [
    { name: 'fetch', image: 'x' },
    { name: 'code', image: 'x' },
  ],
});
const PAIR = podOf({
  containers: [
    { name: 'a', image: 'x' },
    { name: 'b', image: 'x' },
  ],
});
const ONE = podOf({});

function compose(pod: Pod, given: PodView): PodStatus {
  return composeStatus(pod, given, '127.0.0.1', NOW);
}

function conditions(status: PodStatus): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (status.conditions ?? []).map(({ type, status: value, reason }) => [type, reason === undefined ? value : `${value} ${reason}`]),
  );
}

describe('the phase', () => {
  test.each<readonly [string, Pod, PodView, PodStatus['phase']]>([
    ['nothing happened yet', ONE, view({}, { sandbox: 'none' }), 'Pending'],
    ['an image is missing', ONE, view({ runner: PULLING }), 'Pending'],
    ['one of two images is missing', PAIR, view({ a: RUNNING, b: PULLING }), 'Pending'],
    ['the first init container runs', TWO_STEPS, view({ fetch: RUNNING }), 'Pending'],
    ['between two init containers', TWO_STEPS, view({ fetch: ended(0) }), 'Pending'],
    ['init containers are done', TWO_STEPS, view({ fetch: ended(0), code: ended(0) }), 'Pending'],
    ['it runs', TWO_STEPS, view({ fetch: ended(0), code: ended(0), runner: RUNNING }), 'Running'],
    ['one of two is done', PAIR, view({ a: ended(1), b: RUNNING }), 'Running'],
    [
      'it restarts',
      podOf({ restartPolicy: 'Always' }),
      { ...view({}), records: new Map([['runner', record(PULLING, ended(1))]]) },
      'Running',
    ],
    ['all succeeded', PAIR, view({ a: ended(0), b: ended(0) }, OVER), 'Succeeded'],
    ['one of two failed', PAIR, view({ a: ended(0), b: ended(3) }, OVER), 'Failed'],
    ['an init container failed', TWO_STEPS, view({ fetch: ended(1) }, OVER), 'Failed'],
    ['it was deleted while it pulled', ONE, view({ runner: PULLING }, OVER), 'Failed'],
    ['it was deleted and ended well', ONE, view({ runner: ended(0) }, OVER), 'Succeeded'],
    ['it was evicted and ended well', ONE, view({ runner: ended(0) }, { ...OVER, verdict: { reason: 'Evicted', message: 'm' } }), 'Failed'],
    ['it is being evicted and still runs', ONE, view({ runner: RUNNING }, { verdict: { reason: 'Evicted', message: 'm' } }), 'Running'],
    ['somebody else has failed it', podOf({}, { phase: 'Failed' }), view({ runner: RUNNING }), 'Failed'],
    ['it succeeded once', podOf({}, { phase: 'Succeeded' }), view({ runner: ended(1) }, OVER), 'Succeeded'],
  ])('when %s', (_, pod, given, phase) => expect(compose(pod, given).phase).toBe(phase));
});

describe('conditions', () => {
  test.each<readonly [string, Pod, PodView, Readonly<Record<string, string>>]>([
    [
      'of a pod that waits for its volumes',
      TWO_STEPS,
      view({}, { sandbox: 'none' }),
      {
        PodReadyToStartContainers: 'False PodSandboxNotReady',
        Initialized: 'False ContainersNotInitialized',
        Ready: 'False ContainersNotReady',
        PodScheduled: 'True',
      },
    ],
    [
      'of a pod that runs',
      ONE,
      view({ runner: RUNNING }),
      { PodReadyToStartContainers: 'True', Initialized: 'True', Ready: 'True', ContainersReady: 'True' },
    ],
    [
      'of a pod that is done',
      ONE,
      view({ runner: ended(0) }, OVER),
      { Initialized: 'True PodCompleted', Ready: 'False PodCompleted', ContainersReady: 'False PodCompleted' },
    ],
    [
      'of a pod that failed',
      ONE,
      view({ runner: ended(1) }, OVER),
      { Initialized: 'True', Ready: 'False PodFailed', PodReadyToStartContainers: 'False PodSandboxNotReady' },
    ],
  ])('%s', (_, pod, given, expected) => expect(conditions(compose(pod, given))).toMatchObject(expected));

  test('name the containers that are not there yet', () => {
    const status = compose(PAIR, view({ a: RUNNING }));
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toBe('containers with unready status: [b]');
    const init = compose(TWO_STEPS, view({ fetch: ended(0) }));
    expect(init.conditions?.find(({ type }) => type === 'Initialized')?.message).toBe('containers with incomplete status: [code]');
  });

  test('of others stay, and ours keep their time while they do not change', () => {
    const foreign = { type: 'kueue.x-k8s.io/Admitted', status: 'True', lastTransitionTime: START } as const;
    const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: START } as const;
    const { conditions: after = [] } = compose(
      podOf({}, { phase: 'Pending', conditions: [foreign, scheduled] }),
      view({ runner: RUNNING }),
    );
    expect(after).toContainEqual(foreign);
    expect(after.find(({ type }) => type === 'PodScheduled')?.lastTransitionTime).toBe(START);
    expect(after.find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe(NOW);
  });

  test('say that node pressure was a disruption, with the step to Failed and not before', () => {
    const verdict = { reason: 'Evicted', message: 'The node was low on resource: memory. ', disruption: true };
    const pod = podOf({}, { phase: 'Running' });
    expect(conditions(compose(pod, view({ runner: RUNNING }, { verdict })))).not.toHaveProperty('DisruptionTarget');
    const status = compose(pod, view({ runner: ended(137) }, { ...OVER, verdict }));
    expect(conditions(status)).toMatchObject({ DisruptionTarget: 'True TerminationByKubelet' });
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: verdict.message });
  });
});

test('a status in which nothing happened is equal to the one before', () => {
  const cases = [
    view({}, { sandbox: 'none' }),
    view({ runner: RUNNING }),
    view({ runner: ended(1, 'why') }, { ...OVER, verdict: { reason: 'Evicted', message: 'm', disruption: true } }),
  ];
  for (const given of cases) {
    const first = compose(ONE, given);
    const stored = JSON.parse(JSON.stringify(first)) as PodStatus;
    expect(composeStatus(podOf({}, stored), given, '127.0.0.1', '2027-01-01T00:00:00Z')).toEqual(first);
  }
});

test('a container that never ran in a pod that is over is said to be unknown, unless its turn had not come', () => {
  expect(compose(ONE, view({ runner: PULLING }, OVER)).containerStatuses?.[0]?.state.terminated).toMatchObject({
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
  });
  expect(compose(TWO_STEPS, view({ fetch: ended(1) }, OVER)).containerStatuses?.[0]?.state).toEqual({
    waiting: { reason: 'PodInitializing' },
  });
});

test('containers tell state, readiness and identity', () => {
  const { initContainerStatuses: inits = [], containerStatuses: mains = [] } = compose(
    TWO_STEPS,
    view({ fetch: ended(0), code: ended(0), runner: RUNNING }),
  );
  expect(inits.map(({ name, ready, started }) => [name, ready, started])).toEqual([
    ['fetch', true, false],
    ['code', true, false],
  ]);
  expect(mains).toMatchObject([
    {
      name: 'runner',
      ready: true,
      started: true,
      restartCount: 0,
      image: 'runner',
      imageID: 'local/x',
      containerID: 'local://1',
      lastState: {},
    },
  ]);
});

test('termination messages share 12 KiB among the containers of a pod', () => {
  const message = 'é'.repeat(3000);
  const alone = compose(ONE, view({ runner: ended(1, message) }, OVER));
  expect(alone.containerStatuses?.[0]?.state.terminated?.message).toBe(message);
  const shared = compose(TWO_STEPS, view({ fetch: ended(0, message), code: ended(0, message), runner: ended(1, message) }, OVER));
  const messages = [...(shared.initContainerStatuses ?? []), ...(shared.containerStatuses ?? [])].map(
    ({ state }) => state.terminated?.message ?? '',
  );
  expect(messages.map((text) => Buffer.byteLength(text))).toEqual([4096, 4096, 4096]);
});

test('a cut through a text never leaves half a character', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), fc.nat(40), (text, from, to) => {
      const bytes = Buffer.from(text);
      const cut = cutUtf8(bytes.subarray(from, to));
      expect(cut).not.toContain('\ufffd');
      expect(text).toContain(cut);
    }),
  ));

test('a pod that a node finds running after its restart has failed, with an unknown end of what ran', () => {
  const running = compose(TWO_STEPS, view({ fetch: ended(0), code: ended(0), runner: RUNNING }));
  const status = failedStatus(podOf({}, running), { message: 'The node restarted while the pod was running' }, NOW);
  expect(status).toMatchObject({ phase: 'Failed', message: 'The node restarted while the pod was running' });
  expect(status).not.toHaveProperty('reason');
  expect(status.containerStatuses?.[0]).toMatchObject({
    ready: false,
    state: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: START } },
  });
  expect(conditions(status)).toMatchObject({ Ready: 'False PodFailed', ContainersReady: 'False PodFailed' });
});

test('times have whole seconds, as metav1.Time', () => expect(kubeTime(Date.UTC(2026, 10, 23, 8, 0, 1, 999))).toBe('2026-11-23T08:00:01Z'));
