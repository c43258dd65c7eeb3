/**
 * How far the cleaning of a Report's bucket has come, and what it has failed with, how often in a row and since when; in memory, because a restart may as well begin anew.
 *
 * An object store in trouble answers some calls and not others. What was cleaned stays clean, for nothing of the Report runs any more, so the next pass goes on with the
 * rest: or a store that loses one call in ten would hold up for ever what takes thirty.
 */
import type { StorageError } from '../storage/access.ts';
import type { CleanupTrouble } from './view.ts';

const FIRST_PAUSE_MS = 500;
/** Files go soon after their bucket is back, however long it was away. */
const LONGEST_PAUSE_MS = 15_000;

interface Cleanup {
  readonly cleaned: Set<string>;
  uncheckedSince?: number;
  trouble?: CleanupTrouble | undefined;
}

export class CleanupMemory {
  readonly #byReport = new Map<string, Cleanup>();

  /** What went wrong last; undefined when nothing did, or something was cleaned since. */
  of(reportUid: string): CleanupTrouble | undefined {
    return this.#byReport.get(reportUid)?.trouble;
  }

  /** `place`: a storage and a key in it. */
  isClean(reportUid: string, place: string): boolean {
    return this.#byReport.get(reportUid)?.cleaned.has(place) === true;
  }

  cleaned(reportUid: string, place: string): void {
    const cleanup = this.#cleanup(reportUid);
    cleanup.cleaned.add(place);
    cleanup.trouble = undefined;
  }

  failed(reportUid: string, error: StorageError, now: number): void {
    const cleanup = this.#cleanup(reportUid);
    const before = cleanup.trouble;
    const again = before?.kind === error.kind;
    cleanup.trouble = {
      kind: error.kind,
      message: error.message,
      times: again ? before.times + 1 : 1,
      since: again ? before.since : now,
    };
  }

  /** To be called when the file of a run could not be looked at: since when (epoch ms) this process has tried in vain. */
  unchecked(reportUid: string, now: number): number {
    return (this.#cleanup(reportUid).uncheckedSince ??= now);
  }

  /** How long to wait before the next try, in ms: doubles with every failure in a row. `random`: 0 <= x < 1. */
  pauseMs(reportUid: string, random: number): number {
    const times = this.of(reportUid)?.times ?? 1;
    return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(times - 1, 20), LONGEST_PAUSE_MS) * (1 + random / 2);
  }

  forget(reportUid: string): void {
    this.#byReport.delete(reportUid);
  }

  #cleanup(reportUid: string): Cleanup {
    const known = this.#byReport.get(reportUid);
    if (known !== undefined) return known;
    const begun: Cleanup = { cleaned: new Set() };
    this.#byReport.set(reportUid, begun);
    return begun;
  }
}
