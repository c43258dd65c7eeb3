/** Who has to look again when a Report changes. */
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/api/generated/report.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { IndexedStore } from '../../src/kube/store.ts';
import { STORAGES_BY_NAMESPACE } from '../../src/operator/report/parts.ts';
import { FreshReports } from '../../src/operator/report/fresh-reports.ts';
import { Wakes, type WakeParts } from '../../src/operator/wakes.ts';
import { aReport, CREATED } from './report/given.ts';

describe('a storage that is being deleted', () => {
  const before = aReport({ finalizer: true, status: { phase: 'Deploying' } });
  test.each<[string, Report | undefined, readonly string[]]>([
    ['looks again when a Report that needed it has failed', aReport({ status: { phase: 'Failed' } }), ['billing/leaving']],
    ['looks again when one is gone', undefined, ['billing/leaving']],
    ['does not while one goes on', aReport({ finalizer: true, status: { phase: 'Deploying' } }), []],
  ])('%s', (_, after, expected) => {
    const storages = new IndexedStore<KubeObject>({ [STORAGES_BY_NAMESPACE]: ({ metadata }) => [metadata.namespace ?? ''] });
    const meta = { namespace: 'billing', uid: 'u', resourceVersion: '1', creationTimestamp: CREATED };
    for (const more of [{ name: 'leaving', deletionTimestamp: CREATED }, { name: 'staying' }])
      storages.set({ apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportStorage', metadata: { ...meta, ...more } });
    const woken: string[] = [];
    const wakes = new Wakes({
      isLeading: () => true,
      caches: () => ({ storages }),
      queues: () => ({ storage: { add: (key: string) => woken.push(key) }, report: { add: () => undefined } }),
      runs: () => ({ seen: () => undefined, went: () => undefined }),
      limiter: () => ({ release: () => undefined }),
      fresh: new FreshReports(),
    } as unknown as WakeParts);
    wakes.handlers.report('billing/invoices', before, after);
    expect(woken).toEqual(expected);
  });
});
