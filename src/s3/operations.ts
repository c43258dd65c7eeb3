/**
 * What is done to single objects: look, delete, and remove all traces of a Report. Nothing here repeats itself on a failure; whoever calls decides.
 *
 * A HEAD answer has no body, so it cannot say why: with a wrong access key some stores answer 404, as if the object were not there. A file is therefore absent only
 * when a GET says NoSuchKey; `FileMissing` and the end of a clean-up rest on it.
 */
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { storeCall } from './call.ts';
import type { Bucket } from './client.ts';
import { StoreError } from './errors.ts';
import { REPORT_UID_METADATA } from './object-key.ts';
import { abortUploads } from './uploads.ts';

/** Metadata that tells the objects of two attempts apart. */
export const UPLOAD_STAMP_METADATA = 'dossier-upload';
/** Older attempts in a bucket with versions; each deletion uncovers the one before. */
const MAX_VERSIONS = 100;

/** What HeadObject says. */
export interface ObjectFacts {
  readonly bytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly versionId?: string;
  /** Metadata `dossier-report-uid`; undefined when the object has none. */
  readonly reportUid: string | undefined;
}

export interface HeadFacts extends ObjectFacts {
  /** Metadata `dossier-upload`. */
  readonly uploadStamp: string | undefined;
  /** Object Lock says when it may be deleted, or a legal hold that it may not. */
  readonly locked: boolean;
}

/** The object, or undefined when it is not there. Throws StoreError when the store does not tell, and NoSuchBucket when the bucket is gone. */
export async function headObject(bucket: Bucket, key: string, signal: AbortSignal): Promise<HeadFacts | undefined> {
  try {
    return factsOf(
      await storeCall(signal, (options) => bucket.client.send(new HeadObjectCommand({ Bucket: bucket.plan.bucket, Key: key }), options)),
    );
  } catch (error) {
    // By the status alone; anything else is more than a GET could tell.
    const mute = error instanceof StoreError && ['NotFound', 'AccessDenied', 'Rejected'].includes(error.kind);
    if (!mute) throw error;
  }
  await confirmAbsent(bucket, key, signal);
  return undefined;
}

/** Deletes the object, or one version of it. What is gone already is no error. */
export async function deleteObject(bucket: Bucket, key: string, versionId: string | undefined, signal: AbortSignal): Promise<void> {
  try {
    await storeCall(signal, (options) =>
      bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.plan.bucket, Key: key, VersionId: versionId }), options),
    );
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'NotFound')) throw error;
  }
}

/** How the removal of a Report's file ended. */
export type Removal =
  | { readonly kind: 'gone' }
  /** What lies under the key is not of this Report, and stays. */
  | { readonly kind: 'foreign' };

/**
 * Aborts every upload under exactly `key`, deletes the object there as long as it is of the Report `uid`, in all its versions, and looks once more for uploads.
 * May be called at any time and again. Throws StoreError; Locked when Object Lock forbids the deletion.
 */
export async function removeEverything(bucket: Bucket, key: string, uid: string, signal: AbortSignal): Promise<Removal> {
  await abortUploads(bucket, key, signal);
  for (let version = 0; version < MAX_VERSIONS; version += 1) {
    const object = await headObject(bucket, key, signal);
    if (object === undefined) {
      await abortUploads(bucket, key, signal);
      return { kind: 'gone' };
    }
    // One without any UID is ours as well: the key holds the UID, and some stores lose the metadata of an upload that is aborted and completed at once.
    if (object.reportUid !== undefined && object.reportUid !== uid) return { kind: 'foreign' };
    await deleteUnlocked(bucket, key, object, signal);
  }
  // Each look found another one: either very many attempts, and the next call goes on, or a store that does not delete.
  throw new StoreError('InternalError', { source: 's3' });
}

async function deleteUnlocked(bucket: Bucket, key: string, object: HeadFacts, signal: AbortSignal): Promise<void> {
  try {
    await deleteObject(bucket, key, object.versionId, signal);
  } catch (error) {
    // AWS says of a locked version only that access is denied.
    const refused = error instanceof StoreError && error.kind === 'AccessDenied';
    throw refused && object.locked ? new StoreError('Locked', { source: 's3' }) : error;
  }
}

/** Resolves when a GET says that there is no such object; throws what else it says. */
async function confirmAbsent(bucket: Bucket, key: string, signal: AbortSignal): Promise<void> {
  try {
    await storeCall(signal, (options) =>
      bucket.client.send(new GetObjectCommand({ Bucket: bucket.plan.bucket, Key: key, Range: 'bytes=0-0' }), options),
    );
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'NotFound' && error.source === 's3') return;
    throw error;
  }
  // HEAD and GET disagree: the object came between them, or the store is at odds with itself. Asking again later tells.
  throw new StoreError('NotShown', { source: 's3' });
}

function factsOf(head: HeadObjectCommandOutput): HeadFacts {
  const { ContentLength: bytes, ETag: etag, VersionId: versionId } = head;
  if (bytes === undefined || etag === undefined) throw new StoreError('NotS3');
  const retainedUntil = head.ObjectLockRetainUntilDate;
  return {
    bytes,
    etag: bareEtag(etag),
    ...(versionId === undefined ? {} : { versionId }),
    reportUid: head.Metadata?.[REPORT_UID_METADATA],
    uploadStamp: head.Metadata?.[UPLOAD_STAMP_METADATA],
    locked: head.ObjectLockLegalHoldStatus === 'ON' || retainedUntil !== undefined,
  };
}

/** Some stores quote an ETag in one answer and not in another. */
export function bareEtag(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}
