/** Which Reports still need a storage, and the finalizer that tells so. */
import type { Report } from '../../api/generated/report.ts';
import type { ReportStorage } from '../../api/generated/reportstorage.ts';

/** Keeps a storage, and with it the way into the bucket, until the last Report whose file it holds is gone. */
export const STORAGE_FINALIZER = 'dossier.dev/in-use';

/** Reports (of the storage's namespace) whose finalizer we may still have to act on in this storage. */
export function usersOf(storage: ReportStorage, reports: readonly Report[]): readonly Report[] {
  return reports.filter(
    ({ metadata, status }) =>
      metadata.finalizers !== undefined &&
      metadata.finalizers.length > 0 &&
      (status.storage === undefined || status.storage.uid === storage.metadata.uid),
  );
}
