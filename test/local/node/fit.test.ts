import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  admissionRefusal,
  amountsOf,
  parseQuantity,
  podRequests,
  requestsOf,
  schedulingRefusal,
  type Node,
  type Taint,
} from '../../../src/local/node/fit.ts';
import type { Pod, PodSpec, ResourceList } from '../../../src/local/node/pod.ts';
import { podOf } from './pods.ts';

describe('a quantity', () => {
  test.each([
    ['0', 0],
    ['500m', 0.5],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['2Gi', 2 * 2 ** 30],
    ['2G', 2e9],
    ['1e3', 1000],
    ['1E3', 1000],
    ['1E', 1e18],
    ['100u', 1e-4],
    ['+3k', 3000],
  ])('%s is %d', (text, expected) => expect(parseQuantity(text)).toBeCloseTo(expected, 12));

  test.each([[''], ['Gi'], ['1 Gi'], ['1gi'], ['0x10'], ['1e'], ['1KB'], ['NaN']])('"%s" is none', (text) =>
    expect(() => parseQuantity(text)).toThrow('is not a quantity'),
  );

  test('of whole thousandths of a cpu is counted exactly', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (milli) => {
        expect(amountsOf({ cpu: `${milli}m` }).cpu).toBe(milli);
        expect(amountsOf({ cpu: String(milli / 1000) }).cpu).toBe(milli);
      }),
    ));
});

function pod(requests: ResourceList, spec: Partial<PodSpec> = {}): Pod {
  return podOf({ containers: [{ name: 'main', image: 'x', resources: { requests } }], ...spec });
}

test('a pod requests the sum of its containers, or what its greediest init container needs, and its overhead', () => {
  const given = podOf({
    containers: [
      { name: 'a', image: 'x', resources: { requests: { cpu: '100m', memory: '1Gi' } } },
      { name: 'b', image: 'x', resources: { requests: { cpu: '200m' } } },
    ],
    initContainers: [{ name: 'i', image: 'x', resources: { requests: { cpu: '1', memory: '512Mi' } } }],
    overhead: { cpu: '10m' },
  });
  expect(podRequests(given)).toEqual({ cpu: 1010, memory: 2 ** 30, 'ephemeral-storage': 0, pods: 1 });
});

test('pods that are over take nothing', () => {
  const over = { ...pod({ cpu: '1' }), status: { phase: 'Succeeded' } } as const;
  expect(requestsOf([over, pod({ cpu: '2' })])).toMatchObject({ cpu: 2000, pods: 1 });
});

test.each([
  ['fits', { cpu: '1' }, undefined],
  ['just fits', { cpu: '2', memory: '4Gi' }, undefined],
  [
    'too much cpu',
    { cpu: '2001m', memory: '8Gi' },
    { reason: 'OutOfcpu', message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 2001, used: 1000, capacity: 3000" },
  ],
  ['too much memory', { memory: '5Gi' }, { reason: 'OutOfmemory' }],
  ['too much disk', { 'ephemeral-storage': '2Gi' }, { reason: 'OutOfephemeral-storage' }],
] as const)('a pod bound by hand: %s', (_, requests, expected) => {
  const capacity = amountsOf({ cpu: '3', memory: '4Gi', 'ephemeral-storage': '1Gi', pods: '2' });
  const refusal = admissionRefusal(pod(requests), requestsOf([pod({ cpu: '1' })]), capacity);
  if (expected === undefined) expect(refusal).toBeUndefined();
  else expect(refusal).toMatchObject(expected);
});

test('a pod bound to a node that has as many as it may have', () => {
  const used = requestsOf([pod({}), pod({})]);
  expect(admissionRefusal(pod({}), used, amountsOf({ cpu: '1', pods: '2' }))).toMatchObject({ reason: 'OutOfpods' });
});

describe('the scheduler', () => {
  const taint: Taint = { key: 'dedicated', value: 'db', effect: 'NoSchedule' };
  const node = (more: Node['spec'] = {}): Node => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'local', uid: 'n', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels: { disk: 'ssd' } },
    spec: more,
    status: { allocatable: { cpu: '1', memory: '1Gi', pods: '1' } },
  });

  test.each<readonly [string, Pod, Node, string | undefined]>([
    ['a pod that fits', pod({ cpu: '1' }), node(), undefined],
    ['a selector that matches', pod({}, { nodeSelector: { disk: 'ssd' } }), node(), undefined],
    [
      'a selector that does not',
      pod({ cpu: '9' }, { nodeSelector: { disk: 'tape' } }),
      node(),
      "1 node(s) didn't match Pod's node affinity/selector",
    ],
    ['too little room', pod({ cpu: '2', memory: '2Gi' }), node(), '1 Insufficient cpu, 1 Insufficient memory'],
    ['a cordoned node', pod({}), node({ unschedulable: true }), '1 node(s) were unschedulable'],
    ['a taint', pod({}), node({ taints: [taint] }), '1 node(s) had untolerated taint(s)'],
    ['a taint that only prefers', pod({}), node({ taints: [{ ...taint, effect: 'PreferNoSchedule' }] }), undefined],
    [
      'a taint that is tolerated',
      pod({}, { tolerations: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] }),
      node({ taints: [taint] }),
      undefined,
    ],
    ['any value tolerated', pod({}, { tolerations: [{ key: 'dedicated', operator: 'Exists' }] }), node({ taints: [taint] }), undefined],
    ['everything tolerated', pod({}, { tolerations: [{ operator: 'Exists' }] }), node({ taints: [taint] }), undefined],
    [
      'another value tolerated',
      pod({}, { tolerations: [{ key: 'dedicated', value: 'web' }] }),
      node({ taints: [taint] }),
      '1 node(s) had untolerated taint(s)',
    ],
    [
      'another effect tolerated',
      pod({}, { tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] }),
      node({ taints: [taint] }),
      '1 node(s) had untolerated taint(s)',
    ],
  ])('%s', (_, given, on, reason) =>
    expect(schedulingRefusal(given, on, requestsOf([]))).toBe(reason === undefined ? undefined : `0/1 nodes are available: ${reason}.`),
  );

  test('a node that is full', () =>
    expect(schedulingRefusal(pod({}), node(), requestsOf([pod({})]))).toBe('0/1 nodes are available: 1 Too many pods.'));
});
