/** What the Report controller asks of a bucket; made by clients.ts, and by hand in tests. */
import type { ReportStorage } from '../../api/generated/reportstorage.ts';

/** What HeadObject says. */
export interface ObjectFacts {
  readonly bytes: number;
  readonly etag: string;
  readonly versionId?: string;
  /** Metadata `dossier-report-uid`; undefined when the object has none. */
  readonly reportUid: string | undefined;
}

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
  /** Aborts every upload under exactly these keys and deletes the objects there that carry this Report's UID, in all their versions. Throws StorageError. */
  removeReport(keys: readonly string[], reportUid: string, signal: AbortSignal): Promise<void>;
}

export interface StorageAccesses {
  /** Throws StorageError when there are no credentials and none are remembered. */
  open(storage: ReportStorage, signal: AbortSignal): Promise<StorageAccess>;
}
