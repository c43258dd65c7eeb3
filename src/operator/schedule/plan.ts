/** What follows from a look at a schedule, as data. Steps happen in this order, and each may be the last one before a crash. */
import type { ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import type { EventNote } from '../../kube/events.ts';
import type { PlannedReport, Run } from './run.ts';

export type Step =
  /** Entries of `active` without a UID are Reports that an earlier step of this plan makes; act.ts fills them in. */
  | { readonly kind: 'writeStatus'; readonly status: ReportScheduleStatus }
  | { readonly kind: 'createReport'; readonly run: Run; readonly report: PlannedReport }
  | { readonly kind: 'deleteReport'; readonly name: string; readonly uid: string; readonly why: 'replaced' | 'pruned' };

export interface Plan {
  readonly steps: readonly Step[];
  readonly events: readonly EventNote[];
  /** Epoch ms; absent = only when something changes. */
  readonly lookAgainAt?: number;
}
