import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Agent } from 'node:https';
import { expect, onTestFinished, test } from 'vitest';
import { Authority } from '../../../src/local/authority.ts';
import { createBucket, createUser, type S3Admin, type S3Credentials } from '../../../src/local/s3-admin.ts';
import { S3Server } from '../../../src/local/s3-server.ts';
import { Workspace } from '../../../src/local/workspace.ts';
import { newBucket, newS3User, s3, tools } from '../support/servers.ts';

const PART_BYTES = 5 * 1024 * 1024;

function connect({ endpoint, region }: Pick<S3Admin, 'endpoint' | 'region'>, credentials: S3Credentials, ca?: string): S3Client {
  const client = new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
    requestHandler: { httpsAgent: new Agent(ca === undefined ? {} : { ca }) },
  });
  onTestFinished(() => {
    client.destroy();
  });
  return client;
}

test('takes a multipart upload with metadata and gives it back whole', async () => {
  const [client, Bucket, Key] = [connect(s3(), s3().root), await newBucket('parts'), 'a/b.csv'];
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'text/csv', Metadata: { 'dossier-report-uid': 'u-1' } }),
  );
  expect((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.map(({ Key: key }) => key)).toEqual([Key]);
  const pieces = [Buffer.alloc(PART_BYTES, 'a'), Buffer.from('the end')];
  const Parts = [];
  for (const [index, Body] of pieces.entries()) {
    const part = { PartNumber: index + 1 };
    Parts.push({ ...part, ETag: (await client.send(new UploadPartCommand({ Bucket, Key, UploadId, Body, ...part }))).ETag });
  }
  const { ETag } = await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));

  const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
  expect(head).toMatchObject({ ETag, ContentLength: PART_BYTES + 7, ContentType: 'text/csv', Metadata: { 'dossier-report-uid': 'u-1' } });
  // A bucket whose versioning nobody turned on gives no versions, although the server can.
  expect(head.VersionId).toBeUndefined();
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  expect(Buffer.concat(pieces).equals((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true);
  expect((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).toEqual([]);
});

test('keeps versions in a bucket that asks for them', async () => {
  const [client, Bucket] = [connect(s3(), s3().root), await newBucket('versions')];
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  for (const Body of ['one', 'two']) await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));
  const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket }));
  expect(new Set(Versions?.map(({ VersionId }) => VersionId)).size).toBe(2);
});

test('gives a user its own buckets and no others', async () => {
  const user = await newS3User();
  const [theirs, other] = [await newBucket('own', user), await newBucket('foreign')];
  const client = connect(s3(), user);
  await client.send(new PutObjectCommand({ Bucket: theirs, Key: 'k', Body: 'x' }));
  await expect(client.send(new PutObjectCommand({ Bucket: other, Key: 'k', Body: 'x' }))).rejects.toMatchObject({ name: 'AccessDenied' });
  const wrong = connect(s3(), { ...user, secretAccessKey: 'wrong' });
  await expect(wrong.send(new PutObjectCommand({ Bucket: theirs, Key: 'k', Body: 'x' }))).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  });
});

test('is away while it is stopped, and has its port, users and data again afterwards', async () => {
  await using workspace = await Workspace.create();
  const server = await S3Server.start(workspace, tools());
  const user = await createUser(server.admin);
  await createBucket(server.admin, 'kept', user);
  const client = connect(server, user);
  await client.send(new PutObjectCommand({ Bucket: 'kept', Key: 'k', Body: 'before', Metadata: { colour: 'blue' } }));

  await server.stop();
  await expect(client.send(new HeadObjectCommand({ Bucket: 'kept', Key: 'k' }))).rejects.toThrow('ECONNREFUSED');
  await server.start();

  expect(await client.send(new HeadObjectCommand({ Bucket: 'kept', Key: 'k' }))).toMatchObject({
    ContentLength: 6,
    Metadata: { colour: 'blue' },
  });
});

test('serves TLS with the certificate it is given, to whoever trusts its authority', async () => {
  await using workspace = await Workspace.create();
  const authority = await Authority.create('s3');
  const server = await S3Server.start(workspace, tools(), {
    tls: { identity: await authority.issueServer('s3'), ca: authority.certificate },
  });
  await createBucket(server.admin, 'secure');
  expect(server.endpoint).toMatch(/^https:/);
  await expect(connect(server, server.root).send(new PutObjectCommand({ Bucket: 'secure', Key: 'k', Body: 'x' }))).rejects.toThrow(
    /unable to verify|local issuer|self-signed/,
  );

  const { ETag } = await connect(server, server.root, authority.certificate).send(
    new PutObjectCommand({ Bucket: 'secure', Key: 'k', Body: 'x' }),
  );
  expect(ETag).toBeDefined();
});

test('a failed start says so with the end of the log', async () => {
  await using workspace = await Workspace.create();
  const identity = { certificate: 'no certificate', key: 'no key' };
  await expect(S3Server.start(workspace, tools(), { tls: { identity, ca: '' } })).rejects.toThrow(
    /^versitygw ended with exit code \d+[^]*versitygw\.log[^]*\| /,
  );
});
