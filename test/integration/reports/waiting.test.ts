/** A Report that something is missing for: it says what, and goes on by itself when that comes, or fails when it has waited for as long as it was told to. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { REPORT_STORAGES, REPORT_TEMPLATES, SECRETS, SERVICE_ACCOUNTS, type ResourceType } from '../../../src/kube/resources.ts';
import { messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { postgres } from '../support/servers.ts';
import { NOTHING_LEFT, tracesOf } from '../support/traces.ts';

const { billing } = useBilling('waiting');

let database: InvoiceDatabase;
beforeAll(async () => {
  database = await InvoiceDatabase.create(billing());
  await billing().storage();
  await billing().priceList();
});
afterAll(() => database.close());

/** A template whose database is opened by the Secret `name` under `url`. */
async function queryThrough(name: string): Promise<void> {
  const source = { urlFrom: { secretKeyRef: { name, key: 'url' } } };
  await billing().template(name, queryTemplate('select 1 as one', { source }));
}

interface Judged {
  readonly status?: { readonly conditions?: readonly { readonly type: string }[] };
}

/** Waits until the operator has said whether it is ready, so that a Report with a short deadline spends none of it on waiting for that. */
async function judged(type: ResourceType, name: string): Promise<void> {
  const { client, namespace, signal } = billing();
  await vi.waitFor(
    async () => {
      const { status } = await client.get<KubeObject & Judged>(type, namespace, name, signal);
      if (status?.conditions?.some((condition) => condition.type === 'Ready') !== true)
        throw new Error(`${type.kind} ${name} is not judged yet`);
    },
    { timeout: 20_000, interval: 50 },
  );
}

describe.concurrent('a Report goes on by itself when', () => {
  test('its service account is made', async ({ expect }) => {
    await billing().priceList('with-account', { job: { serviceAccountName: 'reader' } });
    await billing().report('with-account', { templateRef: { name: 'with-account' } });
    const waiting = await billing().waiting('with-account', 'ServiceAccountNotFound');
    expect(waiting.status.phase).toBe('Pending');
    expect(messageOf(waiting)).toContain('reader');
    await billing().create(SERVICE_ACCOUNTS, 'reader', {});
    expect((await billing().finished('with-account')).status).toMatchObject({ phase: 'Ready', file: { rows: 2 } });
  });

  test('the Secret of its source is made', async ({ expect }) => {
    await queryThrough('late-secret');
    await billing().report('late-secret', { templateRef: { name: 'late-secret' } });
    const waiting = await billing().waiting('late-secret', 'SecretNotFound');
    expect(waiting.status.phase).toBe('Pending');
    expect(messageOf(waiting)).toBe(
      `spec.source.postgres.urlFrom.secretKeyRef of ReportTemplate "late-secret": Secret "late-secret" does not exist in namespace ${billing().namespace}`,
    );
    await billing().secret('late-secret', { url: database.url });
    expect((await billing().finished('late-secret')).status.phase).toBe('Ready');
  });

  test('the Secret of its source gets the key that it lacked', async ({ expect }) => {
    await billing().secret('half-secret', { URL: database.url });
    await queryThrough('half-secret');
    await billing().report('half-secret', { templateRef: { name: 'half-secret' } });
    const waiting = await billing().waiting('half-secret', 'SecretNotFound');
    expect(messageOf(waiting)).toContain('Secret "half-secret" has no key "url"');
    const url = Buffer.from(database.url).toString('base64');
    await billing().patch(SECRETS, 'half-secret', { op: 'add', path: '/data/url', value: url });
    expect((await billing().finished('half-secret')).status.phase).toBe('Ready');
  });

  test('the owner of a Secret allows the host that it is for', async ({ expect }) => {
    const { host, port } = postgres();
    await billing().secret('guarded', { url: database.url }, { 'dossier.dev/allowed-hosts': `db.example.com, ${host}:1` });
    await queryThrough('guarded');
    await billing().report('guarded', { templateRef: { name: 'guarded' } });
    const waiting = await billing().waiting('guarded', 'TemplateNotReady');
    expect(messageOf(waiting)).toContain(`Secret "guarded" may not be used towards "${host}:${port}"`);
    const path = '/metadata/annotations/dossier.dev~1allowed-hosts';
    await billing().patch(SECRETS, 'guarded', { op: 'replace', path, value: `db.example.com,${host}:${port}` });
    expect((await billing().finished('guarded')).status.phase).toBe('Ready');
  });

  test('its template is made', async ({ expect }) => {
    await billing().report('late-template', { templateRef: { name: 'late-template' } });
    const waiting = await billing().waiting('late-template', 'TemplateNotFound');
    expect(waiting.status.phase).toBe('Pending');
    expect(messageOf(waiting)).toBe(`ReportTemplate "late-template" does not exist in namespace ${billing().namespace}`);
    await billing().priceList('late-template');
    expect((await billing().finished('late-template')).status.phase).toBe('Ready');
  });

  test('its template is mended', async ({ expect }) => {
    await billing().template('broken', queryTemplate('select :amount'));
    await billing().report('broken', { templateRef: { name: 'broken' } });
    const waiting = await billing().waiting('broken', 'TemplateNotReady');
    expect(messageOf(waiting)).toMatch(/^ReportTemplate "broken" is not ready \(InvalidTemplate\): .*amount/);
    await billing().patch(REPORT_TEMPLATES, 'broken', { op: 'replace', path: '/spec/source/postgres/query', value: 'select 1 as one' });
    expect((await billing().finished('broken')).status).toMatchObject({ phase: 'Ready', template: { generation: 2 } });
  });

  test('the storage that it names is made', async ({ expect }) => {
    await billing().report('late-storage', { templateRef: { name: 'prices' }, storageRef: { name: 'late-storage' } });
    const waiting = await billing().waiting('late-storage', 'StorageNotFound');
    expect(messageOf(waiting)).toBe(`ReportStorage "late-storage" does not exist in namespace ${billing().namespace}`);
    await billing().storage('late-storage');
    expect((await billing().finished('late-storage')).status).toMatchObject({ phase: 'Ready', storage: { name: 'late-storage' } });
  });

  test('everything was applied in the wrong order', async ({ expect }) => {
    await billing().report('backwards', { templateRef: { name: 'backwards' }, storageRef: { name: 'backwards' } });
    await billing().waiting('backwards', 'TemplateNotFound');
    await queryThrough('backwards');
    await billing().waiting('backwards', 'StorageNotFound');
    await billing().storage('backwards');
    await billing().waiting('backwards', 'SecretNotFound');
    await billing().secret('backwards', { url: database.url });
    expect((await billing().finished('backwards')).status.phase).toBe('Ready');
  });
});

describe.concurrent('a Report that has waited for as long as it was told to is Failed, says what it waited for, and leaves nothing', () => {
  const START_DEADLINE = { startDeadlineSeconds: 2 };
  test.each<[string, string, () => Promise<unknown>, Readonly<Record<string, unknown>>]>([
    ['no-template', 'TemplateNotFound: ReportTemplate "none" does not exist', async () => undefined, { templateRef: { name: 'none' } }],
    [
      'no-storage',
      'StorageNotFound: ReportStorage "none" does not exist',
      async () => undefined,
      { templateRef: { name: 'prices' }, storageRef: { name: 'none' } },
    ],
    [
      'no-secret',
      'SecretNotFound: ',
      async () => {
        await queryThrough('no-secret');
        await judged(REPORT_TEMPLATES, 'no-secret');
      },
      { templateRef: { name: 'no-secret' } },
    ],
    [
      'no-bucket',
      'StorageUnavailable: ReportStorage "no-bucket" is not ready (BucketNotFound)',
      async () => {
        await billing().storage('no-bucket', { bucket: 'there-is-no-such-bucket' });
        await judged(REPORT_STORAGES, 'no-bucket');
      },
      { templateRef: { name: 'prices' }, storageRef: { name: 'no-bucket' } },
    ],
  ])('%s', async (name, last, prepare, spec) => {
    await prepare();
    const { metadata } = await billing().report(name, { ...spec, ...START_DEADLINE });
    const { status, ...failed } = await billing().finished(name);
    expect(status.phase).toBe('Failed');
    expect(status.conditions?.map(({ type, status: truth, reason }) => `${type}=${truth}/${reason}`)).toEqual([
      'Ready=False/StartDeadlineExceeded',
      'Finished=True/StartDeadlineExceeded',
      'Stalled=True/StartDeadlineExceeded',
    ]);
    expect(messageOf({ ...failed, status })).toContain(`still Pending after 2s (startDeadlineSeconds); last: ${last}`);
    const waited = Date.parse(status.completionTime ?? '') - Date.parse(metadata.creationTimestamp);
    expect(waited).toBeGreaterThanOrEqual(2_000);
    expect(await tracesOf(billing(), name)).toEqual(NOTHING_LEFT);
    expect(failed.metadata.finalizers ?? []).toEqual([]);
  });

  test('but one whose deadline is 0 waits on', async ({ expect }) => {
    await billing().report('patient', { templateRef: { name: 'none' }, startDeadlineSeconds: 0 });
    await billing().report('impatient', { templateRef: { name: 'none' }, ...START_DEADLINE });
    await billing().finished('impatient');
    expect(reasonOf(await billing().get('patient'))).toBe('TemplateNotFound');
  });
});

describe('a namespace without exactly one default storage', () => {
  const { billing: other } = useBilling('defaults');

  test('keeps Reports waiting until there is one', async () => {
    await other().priceList();
    await other().storage('first');
    await other().report('prices', { templateRef: { name: 'prices' } });
    const waiting = await other().waiting('prices', 'StorageNotFound');
    expect(messageOf(waiting)).toBe(
      `namespace ${other().namespace} has no ReportStorage with spec.default true; make one, or name a storage in spec.storageRef`,
    );
    await other().patch(REPORT_STORAGES, 'first', { op: 'replace', path: '/spec/default', value: true });
    expect((await other().finished('prices')).status).toMatchObject({ phase: 'Ready', storage: { name: 'first' } });
  });

  test('and as long as there are two, naming both', async () => {
    await other().storage();
    await other().report('between', { templateRef: { name: 'prices' } });
    const waiting = await other().waiting('between', 'StorageNotFound');
    expect(messageOf(waiting)).toContain(
      `more than one ReportStorage of namespace ${other().namespace} has spec.default true: archive, first`,
    );
    await other().patch(REPORT_STORAGES, 'first', { op: 'replace', path: '/spec/default', value: false });
    expect((await other().finished('between')).status).toMatchObject({ phase: 'Ready', storage: { name: 'archive' } });
  });
});
