/** What cleaning a Report's bucket has failed with, how often in a row and since when; in memory, because a restart may as well begin counting again. */
import type { StorageError } from '../storage/access.ts';
import type { CleanupTrouble } from './view.ts';

export class CleanupMemory {
  readonly #byReport = new Map<string, CleanupTrouble>();

  of(reportUid: string): CleanupTrouble | undefined {
    return this.#byReport.get(reportUid);
  }

  failed(reportUid: string, error: StorageError, now: number): void {
    const before = this.#byReport.get(reportUid);
    const again = before?.kind === error.kind;
    this.#byReport.set(reportUid, {
      kind: error.kind,
      message: error.message,
      times: again ? before.times + 1 : 1,
      since: again ? before.since : now,
    });
  }

  forget(reportUid: string): void {
    this.#byReport.delete(reportUid);
  }
}
