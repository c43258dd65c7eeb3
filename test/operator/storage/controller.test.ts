/** What becomes of storages beside what their buckets say. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { ReportStorage } from '../../../src/api/generated/reportstorage.ts';
import { IndexedStore, keyOf } from '../../../src/kube/store.ts';
import { StorageController, type StorageControllerParts } from '../../../src/operator/storage/controller.ts';
import { FakeApiserver } from '../../support/fake-apiserver.ts';
import { refuse } from '../../support/weather.ts';
import { aReport, CREATED } from '../report/given.ts';

const IN_USE = 'dossier.dev/in-use';
const STORAGES = '/apis/dossier.dev/v1alpha1/reportstorages';
const NAMESPACES = '/api/v1/namespaces';

let server: FakeApiserver;
let storages: IndexedStore<ReportStorage>;
/** UIDs of the storages whose clients were kept, whenever others were closed. */
let kept: (readonly string[])[];
beforeEach(async () => {
  server = await FakeApiserver.start();
  storages = new IndexedStore({});
  kept = [];
});
afterEach(() => server.close());

function aStorage(name: string, namespace = 'billing'): ReportStorage {
  const metadata = { name, namespace, uid: `uid-of-${name}`, resourceVersion: '5', generation: 1, creationTimestamp: CREATED };
  const s3 = { bucket: 'reports', region: 'us-east-1', checksums: 'Auto', allowCustomCode: false } as const;
  const status = { observedGeneration: -1 };
  return { apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportStorage', metadata, spec: { default: true, s3 }, status };
}

/** As one that nobody may open, so that no bucket is asked. */
function controller(reports: readonly Report[] = []): StorageController {
  const problem = { kind: 'problem', reason: 'IdentityNotAllowed', message: 'no' } as const;
  return new StorageController({
    client: server.client(),
    events: { record: () => undefined },
    storages,
    usersIn: () => reports,
    accesses: { credentials: async () => problem, keepOnly: (uids: ReadonlySet<string>) => kept.push([...uids].sort()) },
    wake: () => undefined,
  } as unknown as StorageControllerParts);
}

function given(...objects: readonly ReportStorage[]): void {
  for (const storage of objects) {
    storages.set(storage);
    server.objects.put(STORAGES, { ...storage, metadata: { ...storage.metadata } });
  }
}

describe('the way into a bucket is kept', () => {
  const signal = AbortSignal.timeout(20_000);

  test('while its namespace is being deleted and nobody lets us see it any more, and no longer', async () => {
    given(aStorage('archive'), aStorage('other', 'sales'), aStorage('third', 'sales'));
    const looking = controller();
    for (const storage of [...storages.values()]) await looking.reconcile(keyOf(storage), signal);
    server.objects.put(NAMESPACES, { metadata: { name: 'billing', deletionTimestamp: CREATED } });
    storages.delete('billing/archive');
    server.next('get', refuse(403, 'Forbidden'));
    expect(await looking.reconcile('billing/archive', signal)).toMatchObject({ kind: 'requeueAfter' });
    storages.delete('sales/third');
    server.objects.remove(STORAGES, 'sales/third');
    await looking.reconcile('sales/third', signal);
    expect(kept).toEqual([['uid-of-archive', 'uid-of-other']]);
    server.objects.remove(NAMESPACES, 'billing');
    server.next('get', refuse(403, 'Forbidden'));
    await looking.reconcile('billing/archive', signal);
    expect(kept.at(-1)).toEqual(['uid-of-other']);
  });
});

describe('a storage without the mark that it is in use', () => {
  const needs = { storage: { name: 'archive', uid: 'uid-of-archive' } };
  test.each<[string, Report, boolean]>([
    ['gets it when a Report needs it', aReport({ finalizer: true, status: needs }), true],
    ['does not for a Report that keeps its file', aReport({ status: needs }), false],
    ['does not for one of another storage', aReport({ finalizer: true, status: { storage: { name: 'archive', uid: 'other' } } }), false],
    ['does not for one that has not begun', aReport({ finalizer: true }), false],
  ])('%s', async (_, report, isHeld) => {
    given(aStorage('archive'));
    await controller([report]).reconcile('billing/archive', AbortSignal.timeout(5_000));
    const patches = server.received('write').map(({ body }) => body);
    expect(patches.some((body) => body.includes(IN_USE))).toBe(isHeld);
  });
});
