import { CreateMultipartUploadCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BucketPlan } from '../../src/runner/plan.ts';
import { bucketAt } from './support.ts';

interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const AWS: BucketPlan = { bucket: 'reports', region: 'eu-central-1', forcePathStyle: false, checksums: 'Auto', credentials: 'Secret' };
const CUSTOM: BucketPlan = { ...AWS, endpoint: 'https://minio.storage.svc:9000', forcePathStyle: true };

/** The signed request of a call, which goes nowhere. */
async function sent(client: S3Client, call: () => Promise<unknown>): Promise<Sent> {
  let found: Sent | undefined;
  client.middlewareStack.add(
    () => async (args) => {
      const { protocol, hostname, port, path, headers } = args.request as Record<string, string> & { headers: Record<string, string> };
      found = { url: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`, headers };
      throw new Error('kept here');
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await call().catch(() => undefined);
  if (found === undefined) throw new Error('nothing was sent');
  return found;
}

function putRequest(plan: BucketPlan): Promise<Sent> {
  const { client } = bucketAt(plan);
  const Body = Buffer.alloc(3 * 1_048_576);
  return sent(client, () => client.send(new PutObjectCommand({ Bucket: plan.bucket, Key: 'a b/ü.csv', Body, ContentMD5: 'x' })));
}

describe('where a request goes', () => {
  const surroundings = {
    AWS_ENDPOINT_URL: 'http://elsewhere',
    AWS_ENDPOINT_URL_S3: 'http://elsewhere',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_REGION: 'mars-1',
    AWS_ACCESS_KEY_ID: 'another',
    AWS_SECRET_ACCESS_KEY: 'another',
  };
  const before = Object.fromEntries(Object.keys(surroundings).map((name) => [name, process.env[name]]));
  beforeEach(() => {
    Object.assign(process.env, surroundings);
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  test.each<[string, BucketPlan, string]>([
    ['AWS', AWS, 'https://reports.s3.eu-central-1.amazonaws.com/a%20b/%C3%BC.csv'],
    ['AWS, by path', { ...AWS, forcePathStyle: true }, 'https://s3.eu-central-1.amazonaws.com/reports/a%20b/%C3%BC.csv'],
    ['AWS, a bucket with dots', { ...AWS, bucket: 'my.reports' }, 'https://s3.eu-central-1.amazonaws.com/my.reports/a%20b/%C3%BC.csv'],
    ['a store of its own', CUSTOM, 'https://minio.storage.svc:9000/reports/a%20b/%C3%BC.csv'],
    ['a store by host name', { ...CUSTOM, forcePathStyle: false }, 'https://reports.minio.storage.svc:9000/a%20b/%C3%BC.csv'],
  ])('%s, whatever the environment says', async (_, plan, url) => {
    const request = await putRequest(plan);
    expect(request.url).toBe(url);
    expect(request.headers['authorization']).toContain(`Credential=SENTINELACCESSKEY/`);
    expect(request.headers['authorization']).toContain('/eu-central-1/s3/');
  });
});

test.each([
  ['AWS', AWS],
  ['a store of its own', CUSTOM],
])('the SDK adds no checksum, trailer or expectation for %s', async (_, plan) => {
  const { headers } = await putRequest(plan);
  const added = Object.keys(headers).filter((name) => /checksum|trailer|expect|encoding/i.test(name));
  expect(added).toEqual([]);
  expect(headers['content-md5']).toBe('x');
});

test('an upload is created without a checksum algorithm that nobody asked for', async () => {
  const { client } = bucketAt(AWS);
  const { headers } = await sent(client, () => client.send(new CreateMultipartUploadCommand({ Bucket: 'reports', Key: 'k' })));
  expect(Object.keys(headers).filter((name) => name.includes('checksum'))).toEqual([]);
});
