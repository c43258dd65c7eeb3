/** Ways into a bucket for tests. */
import { onTestFinished } from 'vitest';
import { Dialer, Trust } from '../../src/net/dialer.ts';
import { openBucket, type Bucket, type StoreCredentials } from '../../src/s3/client.ts';
import { S3HttpHandler, type HandlerOptions } from '../../src/s3/http-handler.ts';
import { ObjectStores, type ObjectStore } from '../../src/s3/open-store.ts';
import type { BucketPlan } from '../../src/runner/plan.ts';
import type { AddressPolicy } from '../../src/net/address-policy.ts';

/** What must never be seen again. */
export const SENTINEL_KEYS = {
  kind: 'keys',
  accessKeyId: 'SENTINELACCESSKEY',
  secretAccessKey: 'sentinel-secret-key',
  sessionToken: 'sentinel-session-token',
} as const satisfies StoreCredentials;

export const LOCAL_POLICY: AddressPolicy = { allowLoopback: true, private: 'allow', allowed: [], refused: [] };

export function planOf(endpoint: string, bucket: string, more: Partial<BucketPlan> = {}): BucketPlan {
  return { bucket, endpoint, region: 'us-east-1', forcePathStyle: true, checksums: 'Auto', credentials: 'Secret', ...more };
}

/** A bucket whose client is closed with the test. */
export function bucketAt(plan: BucketPlan, credentials: StoreCredentials = SENTINEL_KEYS, options: Partial<HandlerOptions> = {}): Bucket {
  const dialer = new Dialer({ policy: LOCAL_POLICY, connectTimeoutMs: 5_000 });
  const bucket = openBucket(
    plan,
    credentials,
    new S3HttpHandler({ dialer, trust: new Trust(), connections: 4, keepAlive: true, ...options }),
  );
  onTestFinished(() => {
    bucket.client.destroy();
  });
  return bucket;
}

export interface StoreOptions {
  readonly policy?: AddressPolicy;
  readonly prefix?: string;
  readonly publicEndpoint?: string;
  readonly credentials?: StoreCredentials;
  readonly caBundle?: string;
}

/** As the operator opens it; closed with the test. */
export async function storeAt(
  plan: BucketPlan,
  { policy, prefix, publicEndpoint, credentials, caBundle }: StoreOptions = {},
): Promise<ObjectStore> {
  const store = await new ObjectStores(policy ?? LOCAL_POLICY).open({
    storageUid: 'uid',
    plan,
    ...(publicEndpoint === undefined ? {} : { publicEndpoint }),
    prefix,
    credentials: credentials ?? SENTINEL_KEYS,
    caBundle,
  });
  onTestFinished(() => {
    store.close();
  });
  return store;
}

export const never = new AbortController().signal;
