/**
 * Whether a bucket can be used: a cheap look for every time, and a probe that writes, once a generation of the storage and its Secret (api.md, ReportStorage).
 *
 * An endpoint is an address that somebody typed. Before anything is written there, what answers must have spoken like S3, or a storage would be a way to PUT
 * to any program in the cluster (security.md 4).
 */
import { HeadBucketCommand, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { storeCall } from './call.ts';
import { checksumKind, checksumOf } from './checksums.ts';
import type { Bucket } from './client.ts';
import { StoreError } from './errors.ts';
import { bareEtag, deleteObject, headObject, type ObjectFacts } from './operations.ts';
import { saysNoUploads } from './uploads.ts';

const PROBE = Buffer.from('Dossier checks that it can write here. This object is deleted at once.\n');

/** Resolves when the bucket is there and the credentials open it. Reads only; `key` is where a probe would be (probeKey). Throws StoreError. */
export async function lookAtBucket(bucket: Bucket, key: string, signal: AbortSignal): Promise<void> {
  let refusal: StoreError | undefined;
  try {
    if (await headBucket(bucket, signal)) return;
  } catch (error) {
    if (!(error instanceof StoreError) || error.retryable || error.source === 'network') throw error;
    refusal = error;
  }
  // HEAD says neither why nor, without S3's headers, who. A listing that uploads need anyway has a body.
  await listInWords(bucket, key, signal);
  if (refusal === undefined) return;
  // The right to list may be limited to the prefix, which HeadBucket knows nothing of. Enough is what shows an absent object as absent.
  await headObject(bucket, key, signal);
}

/** Does what Reports do, under `key`: list uploads, put, look, delete. Leaves nothing behind. Throws StoreError. */
export async function writeProbe(bucket: Bucket, key: string, signal: AbortSignal): Promise<void> {
  await lookAtBucket(bucket, key, signal);
  const { plan } = bucket;
  await listInWords(bucket, key, signal);
  const put = await storeCall(signal, (options) =>
    bucket.client.send(
      new PutObjectCommand({
        Bucket: plan.bucket,
        Key: key,
        Body: PROBE,
        ContentType: 'text/plain',
        ServerSideEncryption: plan.serverSideEncryption,
        ...checksumOf(checksumKind(plan), PROBE),
      }),
      options,
    ),
  );
  let object: ObjectFacts | undefined;
  try {
    object = await headObject(bucket, key, signal);
  } finally {
    await deleteObject(bucket, key, put.VersionId, signal);
  }
  if (object === undefined) throw new StoreError('NotShown', { source: 's3' });
  if (object.bytes !== PROBE.byteLength || object.etag !== bareEtag(put.ETag ?? '')) throw new StoreError('NotS3');
}

/** Whether the answer had a header that only S3 sends. */
async function headBucket(bucket: Bucket, signal: AbortSignal): Promise<boolean> {
  const answer = await storeCall(signal, (options) => bucket.client.send(new HeadBucketCommand({ Bucket: bucket.plan.bucket }), options));
  const { requestId, extendedRequestId } = answer.$metadata;
  return requestId !== undefined || extendedRequestId !== undefined || answer.BucketRegion !== undefined;
}

async function listInWords(bucket: Bucket, key: string, signal: AbortSignal): Promise<void> {
  try {
    const answer = await storeCall(signal, (options) =>
      bucket.client.send(new ListMultipartUploadsCommand({ Bucket: bucket.plan.bucket, Prefix: key, MaxUploads: 1 }), options),
    );
    if (answer.Bucket !== bucket.plan.bucket) throw new StoreError('NotS3');
  } catch (error) {
    if (saysNoUploads(error)) return;
    // A status without S3's words says only that something speaks HTTP there.
    throw error instanceof StoreError && error.source === 'http' && !error.retryable ? new StoreError('NotS3', { source: 'http' }) : error;
  }
}
