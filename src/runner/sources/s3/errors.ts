/** What an object store says while objects are read, as one sentence that a user may read (security.md 13): keys are told, what objects hold is not. */
import { DossierError } from '../../../errors.ts';
import { foreignText } from '../../../foreign-text.ts';
import { StoreError } from '../../../s3/errors.ts';

/** Characters of a key in a message. */
const KEY_LIMIT = 256;

/** `clause` is ours. */
export function failed(clause: string, retryable: boolean): DossierError {
  return new DossierError('SourceFailed', `s3: ${clause}`, { retryable });
}

/** `object "billing/2026-10.csv"`. */
export function titleOf(key: string): string {
  return `object "${foreignText(key, KEY_LIMIT)}"`;
}

/** A request that failed, whatever was asked for; anything but a StoreError stays what it is. */
export function requestFailed(error: unknown, bucket: string, storage: string): unknown {
  if (!(error instanceof StoreError)) return error;
  const place = `bucket "${bucket}" of ReportStorage "${storage}"`;
  // The sentence of the store's errors lists what a storage for files needs.
  const sentence =
    error.kind === 'AccessDenied' ? 'access denied: its credentials need s3:ListBucket and s3:GetObject here' : error.message;
  return failed(`${place}: ${sentence}`, error.retryable);
}
