/**
 * Multipart uploads under exactly one key: the parts of an attempt that died are paid for until somebody aborts them, and no listing of objects shows them.
 *
 * S3 lists by prefix only, so a neighbour whose key begins with ours comes along; it is never touched.
 */
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import { storeCall } from './call.ts';
import type { Bucket } from './client.ts';
import { StoreError } from './errors.ts';

/** security.md 8. Keys end in a file name below a UID: more than one page is somebody's joke already. */
const MAX_PAGES = 100;
const PAGE_SIZE = 50;
/** A part that was on its way when its upload was aborted can bring the upload back once more. */
const MAX_ROUNDS = 5;

interface Marker {
  readonly key: string | undefined;
  readonly upload: string | undefined;
}

/** Ids of the uploads under way for `key`. Throws StoreError, and NotS3 for a listing that never ends. */
export async function listUploads(bucket: Bucket, key: string, signal: AbortSignal): Promise<readonly string[]> {
  const ids: string[] = [];
  let marker: Marker = { key: undefined, upload: undefined };
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await listPage(bucket, key, marker, signal);
    for (const upload of answer.Uploads ?? []) if (upload.Key === key && upload.UploadId !== undefined) ids.push(upload.UploadId);
    if (answer.IsTruncated !== true) return ids;
    const next: Marker = { key: answer.NextKeyMarker, upload: answer.NextUploadIdMarker };
    if (next.key === undefined || (next.key === marker.key && next.upload === marker.upload))
      throw new StoreError('NotS3', { source: 's3' });
    marker = next;
  }
  throw new StoreError('NotS3', { source: 's3' });
}

async function listPage(
  bucket: Bucket,
  key: string,
  marker: Marker,
  signal: AbortSignal,
): Promise<Pick<ListMultipartUploadsCommandOutput, 'Uploads' | 'IsTruncated' | 'NextKeyMarker' | 'NextUploadIdMarker'>> {
  const command = new ListMultipartUploadsCommand({
    Bucket: bucket.plan.bucket,
    Prefix: key,
    MaxUploads: PAGE_SIZE,
    KeyMarker: marker.key,
    UploadIdMarker: marker.upload,
  });
  try {
    const answer = await storeCall(signal, (options) => bucket.client.send(command, options));
    // An empty answer, or a page for people that something on the way gave in a success, says nothing of uploads.
    if (answer.Bucket === undefined && answer.IsTruncated === undefined && answer.Uploads === undefined)
      throw new StoreError('InternalError');
    return answer;
  } catch (error) {
    if (saysNoUploads(error)) return {};
    throw error;
  }
}

/** Some stores (rclone's, and others made of gofakes3) say NoSuchUpload of a bucket in which no upload is under way, instead of an empty list. */
export function saysNoUploads(error: unknown): boolean {
  return error instanceof StoreError && error.kind === 'NoSuchUpload' && error.source === 's3';
}

/** Aborts every upload of `key`, but for the one with the id `except`, and looks again until there is none. Throws StoreError. */
export async function abortUploads(bucket: Bucket, key: string, signal: AbortSignal, except?: string): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const ids = (await listUploads(bucket, key, signal)).filter((id) => id !== except);
    if (ids.length === 0) return;
    for (const id of ids) await abortUpload(bucket, key, id, signal);
  }
  throw new StoreError('InternalError', { source: 's3' });
}

/** An upload that is gone already is no error. */
async function abortUpload(bucket: Bucket, key: string, uploadId: string, signal: AbortSignal): Promise<void> {
  try {
    await storeCall(signal, (options) =>
      bucket.client.send(new AbortMultipartUploadCommand({ Bucket: bucket.plan.bucket, Key: key, UploadId: uploadId }), options),
    );
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'NoSuchUpload')) throw error;
  }
}
