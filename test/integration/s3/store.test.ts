import {
  CreateMultipartUploadCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { Authority } from '../../../src/local/authority.ts';
import { createBucket } from '../../../src/local/s3-admin.ts';
import { S3Server } from '../../../src/local/s3-server.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import type { BucketPlan } from '../../../src/runner/plan.ts';
import type { StorageReason, StoreErrorKind } from '../../../src/s3/errors.ts';
import type { ObjectStore } from '../../../src/s3/open-store.ts';
import { never, planOf, storeAt, type StoreOptions } from '../../s3/support.ts';
import { newBucket, newS3User, s3, tools } from '../support/servers.ts';
import { beginUpload, BucketView, newPlace, newProxy, rootKeys, TARGET } from './support.ts';

const KEY = TARGET.key;
const METADATA = { 'dossier-report-uid': 'uid-1' };

async function openStore(
  options: StoreOptions = {},
): Promise<{ readonly store: ObjectStore; readonly view: BucketView; readonly plan: BucketPlan }> {
  const view = new BucketView(await newBucket('store'));
  const plan = planOf(s3().endpoint, view.name);
  return { store: await storeAt(plan, { credentials: rootKeys(), ...options }), view, plan };
}

async function put(view: BucketView, key: string, metadata: Readonly<Record<string, string>> = METADATA, body = 'x'): Promise<void> {
  await view.client.send(new PutObjectCommand({ Bucket: view.name, Key: key, Body: body, Metadata: metadata }));
}

async function startUpload(view: BucketView, key: string): Promise<void> {
  const { UploadId } = await view.client.send(new CreateMultipartUploadCommand({ Bucket: view.name, Key: key }));
  await view.client.send(new UploadPartCommand({ Bucket: view.name, Key: key, UploadId, PartNumber: 1, Body: 'part' }));
}

describe('a bucket that works', () => {
  test.each([undefined, 'team/billing'])(
    'passes the look and the probe under the prefix %s, and holds nothing afterwards',
    async (prefix) => {
      const { store, view } = await openStore(prefix === undefined ? {} : { prefix });
      await store.look(never);
      await store.probe(never);
      expect([await view.objects(), await view.uploads()]).toEqual([[], []]);
    },
  );

  test('passes the probe with versions, of which none stays', async () => {
    const { store, view } = await openStore();
    await view.client.send(new PutBucketVersioningCommand({ Bucket: view.name, VersioningConfiguration: { Status: 'Enabled' } }));
    await store.probe(never);
    expect(await view.objects()).toEqual([]);
  });

  test('passes the probe with SHA-256 and behind a private authority', async () => {
    await using workspace = await Workspace.create();
    const authority = await Authority.create('storage');
    const tls = { identity: await authority.issueServer('store'), ca: authority.certificate };
    const server = await S3Server.start(workspace, tools(), { tls });
    await createBucket(server.admin, 'private');
    const [plan, credentials] = [planOf(server.endpoint, 'private', { checksums: 'SHA256' }), { kind: 'keys', ...server.root } as const];
    const [trusting, ignorant] = [
      await storeAt(plan, { credentials, caBundle: authority.certificate }),
      await storeAt(plan, { credentials }),
    ];
    await trusting.probe(never);
    await expect(ignorant.probe(never)).rejects.toMatchObject({ kind: 'UnknownAuthority', reason: 'Unreachable' });
  });

  test('is asked only for what is needed: a look writes nothing', async () => {
    const proxy = await newProxy();
    const store = await storeAt(planOf(proxy.endpoint, await newBucket('store')), { credentials: rootKeys() });
    await store.look(never);
    expect(proxy.operations).toEqual(['HeadBucket']);
  });
});

describe('a bucket that does not work says why, in the look and in the probe', () => {
  test.each<[string, () => Promise<readonly [string, StoreOptions]>, StoreErrorKind, StorageReason]>([
    ['no such bucket', async () => ['no-such-bucket-here', {}], 'NoSuchBucket', 'BucketNotFound'],
    [
      'an unknown access key',
      async () => [await newBucket('store'), { credentials: { kind: 'keys', accessKeyId: 'SENTINEL', secretAccessKey: 'x' } }],
      'InvalidAccessKeyId',
      'InvalidCredentials',
    ],
    [
      'a wrong secret key',
      async () => [await newBucket('store'), { credentials: { kind: 'keys', accessKeyId: s3().root.accessKeyId, secretAccessKey: 'x' } }],
      'SignatureDoesNotMatch',
      'InvalidCredentials',
    ],
    [
      'keys of somebody else',
      async () => [await newBucket('store'), { credentials: { kind: 'keys', ...(await newS3User()) } }],
      'AccessDenied',
      'AccessDenied',
    ],
  ])('%s', async (_, given, kind, reason) => {
    const [bucket, options] = await given();
    const store = await storeAt(planOf(s3().endpoint, bucket), { credentials: rootKeys(), ...options });
    for (const call of [
      () => store.look(never),
      () => store.probe(never),
      () => store.head(KEY, never),
      () => store.remove(KEY, 'uid-1', never),
    ])
      await expect(call()).rejects.toMatchObject({ kind, reason });
  });

  test('keys that may read but not write pass the look and fail the probe', async () => {
    const { view, plan } = await openStore();
    const user = await newS3User();
    const allow = (Action: readonly string[], Resource: string): object => ({
      Effect: 'Allow',
      Principal: { AWS: user.accessKeyId },
      Action,
      Resource,
    });
    const statements = [
      allow(['s3:ListBucket', 's3:ListBucketMultipartUploads'], `arn:aws:s3:::${view.name}`),
      allow(['s3:GetObject'], `arn:aws:s3:::${view.name}/*`),
    ];
    await view.client.send(
      new PutBucketPolicyCommand({ Bucket: view.name, Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) }),
    );
    const store = await storeAt(plan, { credentials: { kind: 'keys', ...user } });
    await store.look(never);
    await expect(store.probe(never)).rejects.toMatchObject({ kind: 'AccessDenied' });
  });
});

test('a probe that fails in the middle leaves nothing either', async () => {
  const proxy = await newProxy();
  const view = new BucketView(await newBucket('store'));
  proxy.weather = ({ operation }) =>
    operation === 'HeadObject' || operation === 'GetObject' ? { status: 403, code: 'AccessDenied' } : 'pass';
  const store = await storeAt(planOf(proxy.endpoint, view.name), { credentials: rootKeys() });
  await expect(store.probe(never)).rejects.toMatchObject({ kind: 'AccessDenied' });
  expect(proxy.operations).toContain('PutObject');
  expect(await view.objects()).toEqual([]);
});

describe('an object', () => {
  test('is seen as the uploader left it', async () => {
    const { proxy, plan } = await newPlace();
    const uploader = await beginUpload(plan);
    await uploader.write(Buffer.from('abc'));
    const { etag } = await uploader.complete();
    const store = await storeAt(planOf(proxy.endpoint, plan.bucket), { credentials: rootKeys() });
    expect(await store.head(KEY, never)).toMatchObject({ bytes: 3, etag, reportUid: 'uid-1' });
  });

  test('that is not there is absent', async () => {
    const { store } = await openStore();
    expect(await store.head(KEY, never)).toBeUndefined();
  });

  test.each(['plain.csv', 'Rechnung März 2026.csv', '請求書😀.xlsx', "a'b(c)*d!~.csv", 'a+b%20c&d=e?f#g.csv', '<&>".csv', ' leading.csv'])(
    'called %s is uploaded, seen and removed',
    async (name) => {
      const { store, view, plan } = await openStore();
      const key = `team/ns/report/uid-1/${name}`;
      const uploader = await beginUpload(plan, { target: { key } });
      await uploader.write(Buffer.from('abc'));
      await uploader.complete();
      await startUpload(view, key);
      expect([await view.objects(), await view.uploads()]).toEqual([[key], [key]]);
      expect(await store.remove(key, 'uid-1', never)).toEqual({ kind: 'gone' });
      expect([await view.objects(), await view.uploads()]).toEqual([[], []]);
    },
  );
});

describe('the removal of a Report', () => {
  test('of which nothing is there is done', async () => {
    const { store } = await openStore();
    expect(await store.remove(KEY, 'uid-1', never)).toEqual({ kind: 'gone' });
  });

  test('takes its file and its uploads and nothing of a neighbour', async () => {
    const { store, view } = await openStore();
    const neighbours = [`${KEY}.gz`, `${KEY} 2`, KEY.replace('uid-1', 'uid-10')];
    for (const key of [KEY, ...neighbours]) {
      await put(view, key);
      await startUpload(view, key);
      await startUpload(view, key);
    }
    expect(await store.remove(KEY, 'uid-1', never)).toEqual({ kind: 'gone' });
    expect((await view.objects()).toSorted()).toEqual(neighbours.toSorted());
    expect(new Set(await view.uploads())).toEqual(new Set(neighbours));
  });

  test('takes every version', async () => {
    const { store, view } = await openStore();
    await view.client.send(new PutBucketVersioningCommand({ Bucket: view.name, VersioningConfiguration: { Status: 'Enabled' } }));
    for (const body of ['attempt 1', 'attempt 2', 'attempt 3']) await put(view, KEY, METADATA, body);
    expect(await store.remove(KEY, 'uid-1', never)).toEqual({ kind: 'gone' });
    expect(await view.objects()).toEqual([]);
  });

  test('leaves an object of another Report, and says so', async () => {
    const { store, view } = await openStore();
    await put(view, KEY, { 'dossier-report-uid': 'uid-2' });
    await startUpload(view, KEY);
    expect(await store.remove(KEY, 'uid-1', never)).toEqual({ kind: 'foreign' });
    expect([await view.objects(), await view.uploads()]).toEqual([[KEY], []]);
  });

  test('takes an object that says of nobody that it is theirs: its key holds the UID', async () => {
    const { store, view } = await openStore();
    await put(view, KEY, {});
    expect(await store.remove(KEY, 'uid-1', never)).toEqual({ kind: 'gone' });
    expect(await view.objects()).toEqual([]);
  });

  test('can be repeated when an answer is lost', async () => {
    const proxy = await newProxy();
    const view = new BucketView(await newBucket('store'));
    await put(view, KEY);
    await startUpload(view, KEY);
    const store = await storeAt(planOf(proxy.endpoint, view.name), { credentials: rootKeys() });
    for (const operation of ['AbortMultipartUpload', 'DeleteObject'] as const) {
      proxy.weather = (request) => (request.operation === operation ? 'loseReply' : 'pass');
      await expect(store.remove(KEY, 'uid-1', never)).rejects.toMatchObject({ kind: 'Cut', retryable: true });
    }
    proxy.weather = () => 'pass';
    expect(await store.remove(KEY, 'uid-1', never)).toEqual({ kind: 'gone' });
    expect([await view.objects(), await view.uploads()]).toEqual([[], []]);
  });

  test('ends when a store does not delete', async () => {
    const proxy = await newProxy();
    const view = new BucketView(await newBucket('store'));
    await put(view, KEY);
    proxy.weather = ({ operation }) => (operation === 'DeleteObject' ? { status: 204 } : 'pass');
    const store = await storeAt(planOf(proxy.endpoint, view.name), { credentials: rootKeys() });
    await expect(store.remove(KEY, 'uid-1', never)).rejects.toMatchObject({ kind: 'InternalError', retryable: true });
  });

  test.each<[string, Readonly<Record<string, string>>, StoreErrorKind]>([
    ['that is locked', { 'x-amz-object-lock-mode': 'COMPLIANCE', 'x-amz-object-lock-retain-until-date': '2099-01-01T00:00:00Z' }, 'Locked'],
    ['under a legal hold', { 'x-amz-object-lock-legal-hold': 'ON' }, 'Locked'],
    ['that nobody may delete', {}, 'AccessDenied'],
  ])('of an object %s says so', async (_, headers, kind) => {
    const proxy = await newProxy();
    const view = new BucketView(await newBucket('store'));
    const shown = { 'content-length': '1', etag: '"e"', 'x-amz-version-id': 'v1', 'x-amz-meta-dossier-report-uid': 'uid-1', ...headers };
    proxy.weather = ({ operation }) =>
      operation === 'HeadObject'
        ? { status: 200, headers: shown }
        : operation === 'DeleteObject'
          ? { status: 403, code: 'AccessDenied' }
          : 'pass';
    const store = await storeAt(planOf(proxy.endpoint, view.name), { credentials: rootKeys() });
    await expect(store.remove(KEY, 'uid-1', never)).rejects.toMatchObject({ kind });
    expect(proxy.seen.find(({ operation }) => operation === 'DeleteObject')?.url).toContain('versionId=v1');
  });
});

describe('a link', () => {
  test('works for its time and not a second longer, whatever the key is made of', async () => {
    const { store, view } = await openStore();
    await put(view, KEY, METADATA, 'rows');
    const fresh = await fetch(await store.presign(KEY, { from: Date.now(), seconds: 60 }, never));
    expect([fresh.status, await fresh.text()]).toEqual([200, 'rows']);
    const past = await fetch(await store.presign(KEY, { from: Date.now() - 61_000, seconds: 60 }, never));
    expect([past.status, await past.text()]).toEqual([403, expect.not.stringContaining('rows')]);
  });

  test('is for the public endpoint, to which nothing is sent', async () => {
    const { store } = await openStore({ publicEndpoint: 'https://files.invalid:8443' });
    const url = new URL(await store.presign(KEY, { from: Date.now(), seconds: 60 }, never));
    expect(url.origin).toBe('https://files.invalid:8443');
    expect(url.pathname).toMatch(/^\/store-[^/]+\/team\/billing\/invoices\/uid-1\/Rechnung%20M%C3%A4rz%20%26%20%3CCo%3E%2B%201\.csv$/);
  });
});
