/** Buckets of the shared S3 server, seen by the project's own clients and by a plain one that checks them. */
import { createHash } from 'node:crypto';
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectVersionsCommand, ListPartsCommand, S3Client } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { MultipartUploader, type UploadOptions } from '../../../src/runner/upload/uploader.ts';
import type { UploadTarget } from '../../../src/runner/upload/object-requests.ts';
import type { BucketPlan } from '../../../src/runner/plan.ts';
import type { StoreCredentials } from '../../../src/s3/client.ts';
import type { HandlerOptions } from '../../../src/s3/http-handler.ts';
import { bucketAt, never, planOf } from '../../s3/support.ts';
import { S3Proxy } from '../../support/s3-proxy.ts';
import { newBucket, s3 } from '../support/servers.ts';

export const MIB = 1_048_576;
export const PART = 5 * MIB;

export function rootKeys(): StoreCredentials {
  return { kind: 'keys', ...s3().root };
}

/** A proxy before the shared server, that ends with the test. */
export async function newProxy(): Promise<S3Proxy> {
  const proxy = await S3Proxy.start(s3().endpoint);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A new bucket, reached through a proxy. */
export async function newPlace(
  more: Partial<BucketPlan> = {},
): Promise<{ readonly proxy: S3Proxy; readonly plan: BucketPlan; readonly view: BucketView }> {
  const [proxy, bucket] = [await newProxy(), await newBucket('upload')];
  return { proxy, plan: planOf(proxy.endpoint, bucket, more), view: new BucketView(bucket) };
}

export const TARGET: UploadTarget = {
  key: 'team/billing/invoices/uid-1/Rechnung März & <Co>+ 1.csv',
  contentType: 'text/csv; charset=utf-8',
  contentDisposition: `attachment; filename="r.csv"; filename*=UTF-8''r.csv`,
  reportUid: 'uid-1',
  stamp: 'attempt-1',
};

type Changes = Partial<Omit<UploadOptions, 'target' | 'bucket'>> & {
  readonly target?: Partial<UploadTarget>;
  readonly credentials?: StoreCredentials;
  readonly handler?: Partial<HandlerOptions>;
};

/** An uploader that leaves nothing under way when the test ends. */
export async function beginUpload(
  plan: BucketPlan,
  { target, credentials, handler, ...options }: Changes = {},
): Promise<MultipartUploader> {
  const uploader = await MultipartUploader.begin({
    bucket: bucketAt(plan, credentials ?? rootKeys(), handler),
    target: { ...TARGET, ...target },
    signal: never,
    ...options,
  });
  onTestFinished(() => uploader.abort().catch(() => undefined));
  return uploader;
}

/** What a bucket holds, through a client of its own. */
export class BucketView {
  readonly name: string;
  readonly client: S3Client;

  constructor(name: string) {
    this.name = name;
    const { endpoint, region, root } = s3();
    const checksums = { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' } as const;
    this.client = new S3Client({ endpoint, region, credentials: root, forcePathStyle: true, ...checksums });
    onTestFinished(() => {
      this.client.destroy();
    });
  }

  /** Keys of uploads under way. */
  async uploads(): Promise<readonly (string | undefined)[]> {
    const { Uploads } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.name }));
    return (Uploads ?? []).map(({ Key }) => Key);
  }

  /** Parts that have arrived of the only upload under `key`. */
  async parts(key: string): Promise<number> {
    const { Uploads } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.name, Prefix: key }));
    const { Parts } = await this.client.send(new ListPartsCommand({ Bucket: this.name, Key: key, UploadId: Uploads?.[0]?.UploadId }));
    return Parts?.length ?? 0;
  }

  /** Keys of objects, a key for each version. */
  async objects(): Promise<readonly (string | undefined)[]> {
    const { Versions } = await this.client.send(new ListObjectVersionsCommand({ Bucket: this.name }));
    return (Versions ?? []).map(({ Key }) => Key);
  }

  async sha256(key: string): Promise<string> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    const hash = createHash('sha256');
    for await (const piece of Body as AsyncIterable<Uint8Array>) hash.update(piece);
    return hash.digest('hex');
  }
}

/** Bytes that differ everywhere, the same in every run. */
export function content(bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let state = 0x9e3779b9;
  for (let index = 0; index < bytes; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    buffer[index] = state;
  }
  return buffer;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
