import { expect, test } from 'vitest';
import { withoutNoise } from '../../src/kube/noise.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { SharedTexts } from '../../src/kube/shared-texts.ts';

test('what is shared is what it was', () => {
  const json = JSON.stringify({
    a: ['a text of some length', 1, null, true, { b: 'x'.repeat(200), c: 'short' }],
    d: 'a text of some length',
    e: {},
  });
  const value = JSON.parse(json) as object;
  new SharedTexts().share(value);
  expect(JSON.stringify(value)).toBe(json);
});

test('an object nested ten thousand levels deep is no stack overflow', () => {
  const depth = 10_000;
  const value = JSON.parse(`${'{"a":'.repeat(depth)}"a text of some length"${'}'.repeat(depth)}`) as object;
  expect(() => new SharedTexts().share(value)).not.toThrow();
});

test('more texts than are remembered stay what they were', () => {
  const texts = Array.from({ length: 20_000 }, (_, index) => `a text of some length ${index}`);
  const value = [...texts];
  new SharedTexts().share(value);
  expect(value).toEqual(texts);
});

test('an object is cached without managedFields and without what kubectl applied', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', 'dossier.dev/run': 'now' };
  const metadata = { name: 'monthly', uid: 'uid', resourceVersion: '1', creationTimestamp: '2026-11-23T10:00:00Z', annotations };
  const read = { apiVersion: 'v1', kind: 'Thing', metadata: { ...metadata, managedFields: [{}] }, spec: { a: 1 } } as unknown as KubeObject;
  expect(withoutNoise(read)).toEqual({
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { ...metadata, annotations: { 'dossier.dev/run': 'now' } },
    spec: { a: 1 },
  });
});
