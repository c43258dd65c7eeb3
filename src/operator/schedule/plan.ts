/** What follows from a look at a schedule, as data. Steps happen in this order, and each may be the last one before a crash. */
import type { ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import type { EventNote } from '../../kube/events.ts';
import type { PlannedReport, Run } from './run.ts';

export type Step =
  /**
   * Reports that an earlier step of this plan makes stand in it without a UID; see `withUids`. `mayWaitUntil`, in epoch ms: it need not be written before then, and most
   * likely will tell more by then; no step follows it.
   */
  | { readonly kind: 'writeStatus'; readonly status: ReportScheduleStatus; readonly mayWaitUntil?: number }
  /** Goes on only if the schedule is still what was looked at: a process that slept, or whose caches lag behind another's work, acts on what was there before. */
  | { readonly kind: 'confirm' }
  /** `event` is told by whoever really makes it. */
  | { readonly kind: 'createReport'; readonly run: Run; readonly report: PlannedReport; readonly event: EventNote }
  /** With a resource version, only if the Report has not moved on: one that became Ready meanwhile is not replaced. */
  | { readonly kind: 'deleteReport'; readonly name: string; readonly uid: string; readonly resourceVersion?: string };

export interface Plan {
  readonly steps: readonly Step[];
  readonly events: readonly EventNote[];
  /** Epoch ms; absent = only when something changes. */
  readonly lookAgainAt?: number;
}

/** A status with the UIDs, by name, of Reports that were made while it was on its way. */
export function withUids(status: ReportScheduleStatus, uids: ReadonlyMap<string, string>): ReportScheduleStatus {
  const known = <T extends { readonly name: string; readonly uid: string }>(entry: T): T =>
    entry.uid === '' ? { ...entry, uid: uids.get(entry.name) ?? '' } : entry;
  return {
    ...status,
    ...(status.active === undefined ? {} : { active: status.active.map(known) }),
    ...(status.covering === undefined ? {} : { covering: known(status.covering) }),
  };
}
