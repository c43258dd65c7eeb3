import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../src/errors.ts';
import { Authority } from '../../../src/local/authority.ts';
import { createBucket } from '../../../src/local/s3-admin.ts';
import { S3Server } from '../../../src/local/s3-server.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { bucketAt, planOf } from '../../s3/support.ts';
import { FakePacing } from '../../runner/upload/pacing.ts';
import type { SeenRequest, Weather } from '../../support/s3-proxy.ts';
import { Trust } from '../../../src/net/dialer.ts';
import { headObject } from '../../../src/s3/operations.ts';
import { newBucket, newS3User, s3, tools } from '../support/servers.ts';
import { beginUpload, content, MIB, newPlace, PART, rootKeys, sha256Of, TARGET } from './support.ts';

const FILE = content(4 * PART + 7);

/** Once for each operation that `times` names, then fine. */
function passing(weather: Weather, applies: (request: SeenRequest) => boolean, times = 1): (request: SeenRequest) => Weather {
  let left = times;
  return (request) => (applies(request) && left-- > 0 ? weather : 'pass');
}

const unavailable = { status: 503, code: 'SlowDown' };

describe('a file arrives whole in spite of', () => {
  test.each<[string, (request: SeenRequest) => Weather]>([
    ['parts that are refused for now', passing(unavailable, ({ operation }) => operation === 'UploadPart', 5)],
    ['parts whose connection is cut', passing('cut', ({ operation }) => operation === 'UploadPart', 5)],
    ['parts whose answer is lost', passing('loseReply', ({ operation }) => operation === 'UploadPart', 5)],
    ['parts that arrive damaged', passing('corrupt', ({ operation }) => operation === 'UploadPart', 3)],
    ['parts that a store never answers', passing('hang', ({ operation }) => operation === 'UploadPart', 3)],
    [
      'a page of a proxy instead of an answer',
      passing({ status: 502, body: '<html>Bad Gateway' }, ({ operation }) => operation === 'UploadPart', 2),
    ],
    ['a creation that is refused for now', passing(unavailable, ({ operation }) => operation === 'CreateMultipartUpload', 3)],
    ['a creation whose answer is lost', passing('loseReply', ({ operation }) => operation === 'CreateMultipartUpload', 2)],
    ['a completion that is refused for now', passing(unavailable, ({ operation }) => operation === 'CompleteMultipartUpload', 3)],
    [
      'a completion that fails after 200',
      passing({ status: 200, code: 'InternalError' }, ({ operation }) => operation === 'CompleteMultipartUpload'),
    ],
    ['a completion that ends without an answer', passing({ status: 200 }, ({ operation }) => operation === 'CompleteMultipartUpload')],
    ['a completion whose answer is lost', passing('loseReply', ({ operation }) => operation === 'CompleteMultipartUpload')],
    [
      'a completion whose answer is lost, in a store that then knows no such upload',
      ({ operation, nth }) =>
        operation !== 'CompleteMultipartUpload' ? 'pass' : nth === 1 ? 'loseReply' : { status: 404, code: 'NoSuchUpload' },
    ],
    [
      'a completion whose answer is lost, in a store that then misses its parts',
      ({ operation, nth }) =>
        operation !== 'CompleteMultipartUpload' ? 'pass' : nth === 1 ? 'loseReply' : { status: 400, code: 'InvalidPart' },
    ],
    ['a listing that is refused for now', passing(unavailable, ({ operation }) => operation === 'ListMultipartUploads', 2)],
    ['a last look whose answer is lost', passing('cut', ({ operation }) => operation === 'HeadObject', 2)],
    ['a store that shows the file late', passing({ status: 404 }, ({ operation }) => operation === 'HeadObject', 2)],
    ['everything being cut for a while', passing('cut', () => true, 12)],
  ])('%s', async (_, weather) => {
    const { proxy, plan, view } = await newPlace();
    proxy.weather = weather;
    const uploader = await beginUpload(plan, { pacing: new FakePacing(), handler: { silenceMs: 1_000 } });
    for (let start = 0; start < FILE.byteLength; start += MIB) await uploader.write(FILE.subarray(start, start + MIB));
    const stored = await uploader.complete();
    expect(await view.sha256(TARGET.key)).toBe(sha256Of(FILE));
    expect(await view.uploads()).toEqual([]);
    expect((await headObject(bucketAt(plan, rootKeys()), TARGET.key, new AbortController().signal))?.etag).toBe(stored.etag);
  });

  test.each<[string, Weather, number]>([
    ['a single PUT that is refused for now', unavailable, 3],
    ['a single PUT whose answer is lost', 'loseReply', 2],
    ['a single PUT that arrives damaged', 'corrupt', 2],
  ])('%s', async (_, weather, times) => {
    const { proxy, plan, view } = await newPlace();
    proxy.weather = passing(weather, ({ operation }) => operation === 'PutObject', times);
    const uploader = await beginUpload(plan, { pacing: new FakePacing() });
    await uploader.write(FILE.subarray(0, 1_000));
    await uploader.complete();
    expect(proxy.count('PutObject')).toBe(times + 1);
    expect(await view.sha256(TARGET.key)).toBe(sha256Of(FILE.subarray(0, 1_000)));
  });

  test('a store that is stopped and comes back', async () => {
    await using workspace = await Workspace.create();
    const server = await S3Server.start(workspace, tools());
    await createBucket(server.admin, 'outage');
    const uploader = await beginUpload(planOf(server.endpoint, 'outage'), { credentials: { kind: 'keys', ...server.root } });
    await uploader.write(FILE.subarray(0, 2 * PART));
    await server.stop();
    const writing = uploader.write(FILE.subarray(2 * PART));
    await server.start();
    await writing;
    const { etag } = await uploader.complete();
    expect(etag).toMatch(/-5$/);
  });
});

describe('a run fails, and says what to do, when', () => {
  const root = (): ReturnType<typeof rootKeys> => rootKeys();
  test.each<[string, () => Promise<Parameters<typeof beginUpload>>, RegExp, boolean]>([
    [
      'the access key is unknown',
      async () => [
        planOf(s3().endpoint, await newBucket('keys')),
        { credentials: { kind: 'keys', accessKeyId: 'SENTINEL', secretAccessKey: 'sentinel-secret' } },
      ],
      /the access key is unknown: correct AWS_ACCESS_KEY_ID/,
      false,
    ],
    [
      'the secret key is wrong',
      async () => [
        planOf(s3().endpoint, await newBucket('keys')),
        { credentials: { kind: 'keys', accessKeyId: s3().root.accessKeyId, secretAccessKey: 'sentinel-secret' } },
      ],
      /correct AWS_SECRET_ACCESS_KEY/,
      false,
    ],
    [
      'the keys may do nothing here',
      async () => [planOf(s3().endpoint, await newBucket('foreign')), { credentials: { kind: 'keys', ...(await newS3User()) } }],
      /access denied: the credentials need s3:ListBucket/,
      false,
    ],
    [
      'there is no such bucket',
      async () => [planOf(s3().endpoint, 'no-such-bucket-here'), { credentials: root() }],
      /the bucket does not exist/,
      false,
    ],
    ['nobody listens', async () => [planOf('http://127.0.0.1:1', 'reports'), { credentials: root() }], /refuses connections/, true],
    [
      'TLS is expected of a store without',
      async () => [planOf(s3().endpoint.replace('http:', 'https:'), 'reports'), { credentials: root() }],
      /does not speak TLS/,
      false,
    ],
  ])('%s', async (_, given, message, retryable) => {
    const [plan, options] = await given();
    const error = await beginUpload(plan, { pacing: new FakePacing(), ...options }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DossierError);
    expect(error).toMatchObject({ reason: 'StorageFailed', retryable });
    expect((error as DossierError).message).toMatch(message);
    expect((error as DossierError).message).toContain(`bucket "${plan.bucket}"`);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/sentinel/i);
  });

  test('the authority of the store is unknown, and not when it is given', async () => {
    await using workspace = await Workspace.create();
    const authority = await Authority.create('storage');
    const tls = { identity: await authority.issueServer('store'), ca: authority.certificate };
    const server = await S3Server.start(workspace, tools(), { tls });
    await createBucket(server.admin, 'private');
    const [plan, credentials] = [planOf(server.endpoint, 'private'), { kind: 'keys', ...server.root } as const];
    await expect(beginUpload(plan, { credentials })).rejects.toThrow(
      /an authority that is not trusted: give its certificate by caSecretRef/,
    );
    const uploader = await beginUpload(plan, { credentials, handler: { trust: new Trust(authority.certificate) } });
    await uploader.write(FILE);
    expect((await uploader.complete()).etag).toMatch(/-5$/);
  });

  test('an outage does not end', async () => {
    const { proxy, plan } = await newPlace();
    proxy.weather = ({ operation }) => (operation === 'UploadPart' ? 'cut' : 'pass');
    const pacing = new FakePacing();
    const uploader = await beginUpload(plan, { pacing });
    const failure = { reason: 'StorageFailed', retryable: true };
    await expect(uploader.write(FILE).then(() => uploader.complete())).rejects.toMatchObject(failure);
    expect(pacing.time).toBeGreaterThan(50_000);
    await expect(uploader.write(FILE)).rejects.toMatchObject(failure);
  });

  test('somebody aborts its upload', async () => {
    const { plan, view } = await newPlace();
    const uploader = await beginUpload(plan, { pacing: new FakePacing() });
    await uploader.write(FILE.subarray(0, 2 * PART));
    await expect.poll(() => view.parts(TARGET.key), { timeout: 30_000 }).toBe(1);
    const other = await beginUpload(plan); // as the next attempt does
    await expect(uploader.write(FILE).then(() => uploader.complete())).rejects.toMatchObject({
      reason: 'StorageFailed',
      retryable: true,
      message: expect.stringContaining('the upload is not there any more') as string,
    });
    await other.abort();
    expect([await view.uploads(), await view.objects()]).toEqual([[], []]);
  });

  test('its upload is gone when it is to be completed', async () => {
    const { proxy, plan } = await newPlace();
    proxy.weather = ({ operation }) => (operation === 'CompleteMultipartUpload' ? { status: 404, code: 'NoSuchUpload' } : 'pass');
    const uploader = await beginUpload(plan, { pacing: new FakePacing() });
    await uploader.write(FILE);
    await expect(uploader.complete()).rejects.toThrow('the upload is not there any more');
    expect(proxy.count('HeadObject')).toBe(0);
  });

  test('a part is not there any more as it was confirmed, which another attempt mends', async () => {
    const { proxy, plan } = await newPlace();
    proxy.weather = ({ operation }) => (operation === 'CompleteMultipartUpload' ? { status: 400, code: 'InvalidPart' } : 'pass');
    const uploader = await beginUpload(plan, { pacing: new FakePacing() });
    await uploader.write(FILE);
    await expect(uploader.complete()).rejects.toMatchObject({
      reason: 'StorageFailed',
      retryable: true,
      message: expect.stringContaining('lost a part of the upload') as string,
    });
  });

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['other bytes', { 'content-length': '5' }, /shows 5 bytes instead of 3/],
    ['another UID', { 'x-amz-meta-dossier-report-uid': 'uid-2' }, /without this Report's UID/],
    ['the object of another attempt', { 'x-amz-meta-dossier-upload': 'attempt-0' }, /the object of another attempt/],
    ['another ETag', { etag: '"other"' }, /another ETag/],
  ])('the store then shows %s', async (_, changes, message) => {
    const { proxy, plan } = await newPlace();
    const shown = {
      'content-length': '3',
      etag: '"900150983cd24fb0d6963f7d28e17f72"', // MD5 of abc, RFC 1321
      'x-amz-meta-dossier-report-uid': TARGET.reportUid,
      'x-amz-meta-dossier-upload': TARGET.stamp,
    };
    proxy.weather = ({ operation }) => (operation === 'HeadObject' ? { status: 200, headers: { ...shown, ...changes } } : 'pass');
    const uploader = await beginUpload(plan);
    await uploader.write(Buffer.from('abc'));
    await expect(uploader.complete()).rejects.toMatchObject({
      reason: 'StorageFailed',
      retryable: true,
      message: expect.stringMatching(message) as string,
    });
  });

  test('the store never shows what it has confirmed', async () => {
    const { proxy, plan } = await newPlace();
    proxy.weather = ({ operation }) =>
      operation === 'HeadObject' || operation === 'GetObject' ? { status: 404, code: 'NoSuchKey' } : 'pass';
    const uploader = await beginUpload(plan, { pacing: new FakePacing() });
    await uploader.write(Buffer.from('abc'));
    await expect(uploader.complete()).rejects.toThrow('does not show the object that it has just confirmed');
  });
});
