/** How trouble with the object store ends a run. */
import { DossierError } from '../../errors.ts';
import { StoreError } from '../../s3/errors.ts';

/** A StoreError as StorageFailed, naming the bucket; anything else (the run was told to stop, a mistake of ours) as it is. */
export function storageFailure(error: unknown, bucket: string): unknown {
  if (!(error instanceof StoreError)) return error;
  // The same request cannot succeed when its upload is gone, or a part of it, but the next attempt begins a new one.
  const retryable = error.retryable || error.kind === 'NoSuchUpload' || error.kind === 'InvalidPart';
  return new DossierError('StorageFailed', `bucket "${bucket}": ${error.message}`, { retryable });
}
