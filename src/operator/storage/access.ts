/** What the Report controller asks of a bucket; made by clients.ts, and by hand in tests. */
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import type { ObjectFacts } from '../../s3/operations.ts';
import type { LinkTime } from '../../s3/presign.ts';

export type HeadOutcome =
  | { readonly kind: 'object'; readonly facts: ObjectFacts }
  | { readonly kind: 'absent' }
  /** No verdict: refused, unreachable, throttled. */
  | { readonly kind: 'unknown'; readonly message: string };

/** A bucket could not be cleaned. */
export class StorageError extends Error {
  readonly kind: 'NotFound' | 'Refused' | 'ObjectLocked' | 'Other';

  constructor(kind: StorageError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StorageError';
    this.kind = kind;
  }
}

export interface StorageAccess {
  head(key: string, signal: AbortSignal): Promise<HeadOutcome>;
  /** Aborts every upload under exactly this key and deletes the object there if it carries this Report's UID, in all its versions. Throws StorageError. */
  removeFile(key: string, reportUid: string, signal: AbortSignal): Promise<void>;
  /** A link to the object, signed for the storage's public endpoint. Throws StorageError. */
  presign(key: string, time: LinkTime, signal: AbortSignal): Promise<string>;
}

export interface StorageAccesses {
  /** Throws StorageError when there are no credentials and none are remembered. */
  open(storage: ReportStorage): Promise<StorageAccess>;
  /** As `open`, but with the credentials that are there now: what was remembered is for clearing away, not for giving out. */
  openCurrent(storage: ReportStorage): Promise<StorageAccess>;
}

/** Too many calls are under way; nothing was sent. Whoever asked comes back in a moment. */
export class StorageBusy extends Error {
  constructor() {
    super('too many calls to object stores are under way');
    this.name = 'StorageBusy';
  }
}
