/** Deleting a Report, in whatever phase it is, leaves no Job, pod, object, upload or finalizer; and what happens when the bucket does not play along. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ReportStorage } from '../../../src/api/generated/reportstorage.ts';
import { isNotFound } from '../../../src/kube/errors.ts';
import { NAMESPACES, REPORT_STORAGES, REPORTS, type ResourceType } from '../../../src/kube/resources.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { gatedBy, InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { OwnStore } from '../support/own-store.ts';
import { NOTHING_LEFT, podsOf, storyOf, tracesOf } from '../support/traces.ts';

const QUOTAS: ResourceType = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true };
const FILE_FINALIZER = 'dossier.dev/file';
const STORAGE_FINALIZER = 'dossier.dev/in-use';

describe.concurrent('a Report leaves nothing when it is deleted', () => {
  const { billing } = useBilling('deletion');
  let database: InvoiceDatabase;

  beforeAll(async () => {
    database = await InvoiceDatabase.create(billing());
    await database.closeGate();
    await billing().storage();
    await billing().priceList();
    await billing().priceList('nowhere', { job: { nodeSelector: { disktype: 'none' } } });
    await billing().template('gated', queryTemplate(`select 1 as one from ${gatedBy()}`));
    // Twelve rows of a mebibyte, then the gate: two parts are on their way and no more comes.
    const rows = `select repeat('x', 1048576) as text from generate_series(1, 12)`;
    await billing().template('large', queryTemplate(`${rows} union all select 'end' from ${gatedBy()}`));
  });
  afterAll(() => database.close());

  test.each<[string, string, Readonly<Record<string, unknown>>, (name: string) => Promise<unknown>]>([
    [
      'waiting',
      'while it is Pending without a Job',
      { templateRef: { name: 'none' } },
      (name) => billing().waiting(name, 'TemplateNotFound'),
    ],
    [
      'unscheduled',
      'before its pod has a node',
      { templateRef: { name: 'nowhere' } },
      (name) => billing().until(name, (report) => messageOf(report).includes('cannot be scheduled yet')),
    ],
    ['running', 'while its pod runs', { templateRef: { name: 'gated' } }, (name) => billing().waiting(name, 'Rendering')],
    [
      'uploading',
      'while it uploads',
      { templateRef: { name: 'large' } },
      (name) =>
        vi.waitFor(async () => {
          const { uploads } = await bucketContent(billing().bucket, `${billing().namespace}/${name}/`);
          expect(uploads).toHaveLength(1);
        }, 60_000),
    ],
    [
      'retaining',
      'while its pod runs, also under Retain',
      { templateRef: { name: 'gated' }, deletionPolicy: 'Retain' },
      (name) => billing().waiting(name, 'Rendering'),
    ],
    ['ready', 'when it is Ready', { templateRef: { name: 'prices' } }, (name) => billing().finished(name)],
    [
      'failed',
      'when it has failed',
      { templateRef: { name: 'prices' }, parameters: [{ name: 'x', value: 1 }] },
      (name) => billing().finished(name),
    ],
  ])('%s: %s', async (name, _, spec, reached) => {
    await billing().report(name, spec);
    await reached(name);
    await billing().delete(REPORTS, name);
    await billing().gone(name);
    // Without a finalizer of ours (nothing was ever made) there is nothing to wait for; with it, all of this was done before the Report was let go.
    expect(await tracesOf(billing(), name)).toEqual(NOTHING_LEFT);
  });
});

describe.concurrent('a Report whose Job a quota keeps without a pod', () => {
  const { billing } = useBilling('delquota');

  test('leaves nothing either', async () => {
    await billing().storage();
    await billing().priceList();
    await billing().create(QUOTAS, 'limits', { spec: { hard: { pods: '0' } } });
    await billing().report('quota', { templateRef: { name: 'prices' } });
    await billing().waiting('quota', 'QuotaExceeded');
    expect((await tracesOf(billing(), 'quota')).jobs).toHaveLength(1);
    await billing().delete(REPORTS, 'quota');
    await billing().gone('quota');
    expect(await tracesOf(billing(), 'quota')).toEqual(NOTHING_LEFT);
  });
});

describe.concurrent('a storage that Reports need', () => {
  const { billing } = useBilling('inuse');

  test('outlives its deletion until the last of them has gone with its file, and no longer', async () => {
    await billing().storage();
    await billing().priceList();
    await Promise.all([
      billing().report('first', { templateRef: { name: 'prices' } }),
      billing().report('second', { templateRef: { name: 'prices' } }),
      billing().report('retained', { templateRef: { name: 'prices' }, deletionPolicy: 'Retain' }),
    ]);
    const [first, second] = await Promise.all(['first', 'second', 'retained'].map((name) => billing().finished(name)));
    const keys = [first, second].map((report) => report?.status.file?.key);
    expect(await finalizersOf('archive')).toEqual([STORAGE_FINALIZER]);

    await billing().delete(REPORT_STORAGES, 'archive');
    await billing().delete(REPORTS, 'first');
    await billing().gone('first');
    expect(await finalizersOf('archive')).toEqual([STORAGE_FINALIZER]);
    await billing().delete(REPORTS, 'second');
    await billing().gone('second');
    await vi.waitFor(async () => expect(await finalizersOf('archive')).toBeUndefined(), 30_000);
    const left = (await bucketContent(billing().bucket)).objects.map(({ key }) => key);
    expect(left).toHaveLength(1);
    expect(keys).not.toContain(left[0]);
  });

  /** Undefined = there is no such storage. */
  async function finalizersOf(name: string): Promise<readonly string[] | undefined> {
    try {
      const { client, namespace, signal } = billing();
      return (await client.get<ReportStorage>(REPORT_STORAGES, namespace, name, signal)).metadata.finalizers ?? [];
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
});

describe.concurrent('a namespace', () => {
  const { billing } = useBilling('namespace', ['--leader-elect', 'false']);
  let database: InvoiceDatabase;
  beforeAll(async () => {
    database = await InvoiceDatabase.create(billing());
  });
  afterAll(() => database.close());

  test('takes its files along, although its Secrets go first, and leaves those that are to be retained', async () => {
    await database.closeGate();
    await billing().storage();
    await billing().priceList();
    await billing().template('gated', queryTemplate(`select 1 as one from ${gatedBy()}`));
    await Promise.all([
      billing().report('ready', { templateRef: { name: 'prices' } }),
      billing().report('retained', { templateRef: { name: 'prices' }, deletionPolicy: 'Retain' }),
      billing().report('running', { templateRef: { name: 'gated' } }),
      billing().report('waiting', { templateRef: { name: 'none' } }),
    ]);
    const [, retained] = await Promise.all([
      billing().finished('ready'),
      billing().finished('retained'),
      billing().waiting('running', 'Rendering'),
    ]);
    const { client, namespace, signal } = billing();
    await client.delete(NAMESPACES, undefined, namespace, { propagation: 'Background' }, signal);
    // Not …rejects, which is held against whichever of the tests beside this one happens to end.
    const isGone = (): Promise<boolean> => client.get(NAMESPACES, undefined, namespace, signal).then(() => false, isNotFound);
    await vi.waitFor(async () => expect(await isGone()).toBe(true), 60_000);
    const { objects, uploads } = await bucketContent(billing().bucket);
    expect({ objects: objects.map(({ key }) => key), uploads }).toEqual({ objects: [retained.status.file?.key], uploads: [] });
  });
});

describe.concurrent('a bucket that does not play along', () => {
  const { billing, operator } = useBilling('bucketaway');
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await Workspace.create();
    await billing().priceList();
  });
  afterAll(() => workspace.close());

  /** A Report that is Ready in a store of its own. */
  async function readyIn(name: string): Promise<OwnStore> {
    const store = await OwnStore.start(billing(), workspace, name);
    await billing().report(name, { templateRef: { name: 'prices' }, storageRef: { name } });
    expect((await billing().finished(name)).status.phase).toBe('Ready');
    return store;
  }

  async function deleteInVain(name: string): Promise<void> {
    await billing().delete(REPORTS, name);
    await vi.waitFor(async () => expect(await storyOf(billing(), 'Report', name)).toContain('Warning CleanUpFailed'), 30_000);
    expect((await billing().get(name)).metadata.finalizers).toEqual([FILE_FINALIZER]);
  }

  test('because it is away holds the Report up until it is back', async () => {
    const store = await readyIn('away');
    await store.server.stop();
    await deleteInVain('away');
    expect(await podsOf(billing(), 'away')).toEqual([]);
    await store.server.start();
    await billing().gone('away');
    expect(await store.content()).toEqual({ objects: [], uploads: [] });
    expect(await storyOf(billing(), 'Report', 'away')).not.toContain('Warning FileAbandoned');
  });

  test('is given up when somebody says so, aloud', async () => {
    const store = await readyIn('abandoned');
    const { status, metadata } = await billing().get('abandoned');
    await store.server.stop();
    await deleteInVain('abandoned');
    await billing().patch(REPORTS, 'abandoned', {
      op: 'add',
      path: '/metadata/annotations',
      value: { 'dossier.dev/abandon-file': 'true' },
    });
    await billing().gone('abandoned');
    await vi.waitFor(async () => expect(await storyOf(billing(), 'Report', 'abandoned')).toContain('Warning FileAbandoned'), 10_000);
    const line = operator()
      .log()
      .split('\n')
      .find((text) => text.includes('file abandoned') && text.includes(metadata.uid));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 'warn',
      uid: metadata.uid,
      bucket: store.bucket,
      key: status.file?.key,
      why: 'annotation dossier.dev/abandon-file',
    });
    await store.server.start();
    expect((await store.content()).objects.map(({ key }) => key)).toEqual([status.file?.key]);
  });

  test('because it was deleted is given up after the second look', async () => {
    const store = await readyIn('bucketless');
    await store.removeBucket();
    await billing().delete(REPORTS, 'bucketless');
    await billing().gone('bucketless');
    await vi.waitFor(async () => expect(await storyOf(billing(), 'Report', 'bucketless')).toContain('Warning FileAbandoned'), 10_000);
    expect(await tracesOf(billing(), 'bucketless')).toEqual(NOTHING_LEFT);
  });
});
