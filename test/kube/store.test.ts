import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/objects.ts';
import { IndexedStore, keyOf, splitKey } from '../../src/kube/store.ts';

interface Labelled extends KubeObject {
  readonly labels: readonly string[];
}

function object(key: string, labels: readonly string[]): Labelled {
  const { namespace, name } = splitKey(key);
  const metadata = { name, ...(namespace === '' ? {} : { namespace }), uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'X', metadata, labels };
}

test.each(['billing/invoices', 'node-1'])('a key tells namespace and name again: %s', (key) => {
  expect(keyOf(object(key, []))).toBe(key);
});

describe('an index', () => {
  test('always shows what a search through all objects would', () => {
    const label = fc.constantFrom('red', 'green', 'blue');
    const key = fc.constantFrom('n/a', 'n/b', 'm/a', 'c');
    const step = fc.oneof(
      fc.record({ key, labels: fc.array(label, { maxLength: 3 }) }),
      fc.record({ key, labels: fc.constant(undefined) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const store = new IndexedStore<Labelled>({
          label: ({ labels }) => labels,
          namespace: ({ metadata }) => [metadata.namespace ?? ''],
        });
        const model = new Map<string, Labelled>();
        for (const { key: of, labels } of steps) {
          if (labels === undefined) {
            store.delete(of);
            model.delete(of);
          } else {
            store.set(object(of, labels));
            model.set(of, object(of, labels));
          }
        }
        const byKey = (objects: Iterable<Labelled>): readonly Labelled[] => [...objects].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
        expect(byKey(store.values())).toEqual(byKey(model.values()));
        expect(store.size).toBe(model.size);
        for (const value of ['red', 'green', 'blue', 'none'])
          expect(byKey(store.byIndex('label', value))).toEqual(byKey([...model.values()].filter(({ labels }) => labels.includes(value))));
        for (const value of ['n', 'm', ''])
          expect(byKey(store.byIndex('namespace', value))).toEqual(
            byKey([...model.values()].filter(({ metadata }) => (metadata.namespace ?? '') === value)),
          );
      }),
    );
  });

  test('that was not declared is a mistake', () => {
    expect(() => new IndexedStore({}).byIndex('label', 'red')).toThrow('no index named label');
  });
});
