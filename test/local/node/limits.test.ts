import { expect, test } from 'vitest';
import { storageVerdict } from '../../../src/local/node/limits.ts';
import { podOf } from './pods.ts';

const MI = 2 ** 20;

const POD = podOf({
  volumes: [
    { name: 'scratch', emptyDir: { sizeLimit: '1Mi' } },
    { name: 'free', emptyDir: {} },
  ],
  containers: [
    { name: 'a', image: 'x', resources: { limits: { 'ephemeral-storage': '2Mi' } } },
    { name: 'b', image: 'x', resources: { limits: { 'ephemeral-storage': '3Mi' } } },
  ],
});

test.each([
  ['nothing', {}, {}, undefined],
  ["exactly a volume's limit", { scratch: MI }, {}, undefined],
  ["more than a volume's limit", { scratch: MI + 1 }, {}, 'Usage of EmptyDir volume "scratch" exceeds the limit "1Mi". '],
  ['a lot in a volume without a limit', { free: 4 * MI }, {}, undefined],
  [
    'more than the pod may in all',
    { free: 4 * MI },
    { b: MI + 1 },
    `Pod ephemeral local storage usage exceeds the total limit of containers ${5 * MI}. `,
  ],
  ['more than one container may', {}, { a: 2 * MI + 1 }, 'Container a exceeded its local ephemeral storage limit "2Mi". '],
] as const)('a pod that wrote %s', (_, emptyDirs, containers, message) => {
  const verdict = storageVerdict(POD, { emptyDirs: new Map(Object.entries(emptyDirs)), containers: new Map(Object.entries(containers)) });
  expect(verdict).toEqual(message === undefined ? undefined : { reason: 'Evicted', message });
});

test('an init container that may write more than the others together sets what the pod may', () => {
  const pod = podOf({ ...POD.spec, initContainers: [{ name: 'code', image: 'x', resources: { limits: { 'ephemeral-storage': '9Mi' } } }] });
  const use = (bytes: number): Parameters<typeof storageVerdict>[1] => ({ emptyDirs: new Map([['free', bytes]]), containers: new Map() });
  expect(storageVerdict(pod, use(9 * MI))).toBeUndefined();
  expect(storageVerdict(pod, use(9 * MI + 1))?.message).toBe(
    `Pod ephemeral local storage usage exceeds the total limit of containers ${9 * MI}. `,
  );
});
