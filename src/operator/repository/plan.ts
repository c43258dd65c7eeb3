/** What follows from a look at a ReportRepository, as data. Steps happen in this order, and each may be the last one before a crash. */
import type { ReportRepositoryStatus } from '../../api/generated/reportrepository.ts';
import type { EventNote } from '../../kube/events.ts';
import type { How } from './decide.ts';
import type { Target } from './fetching.ts';
import type { DesiredTemplate } from './desired.ts';
import type { Known } from './view.ts';

export type Step =
  /** `secrets`: versions of those that open the repository. */
  | { readonly kind: 'createJob'; readonly target: Target; readonly secrets: string }
  /** Makes the templates what they have to be, all of them or, when one is refused, none; the status follows from how it went. */
  | { readonly kind: 'apply'; readonly known: Known; readonly desired: readonly DesiredTemplate[]; readonly how: How }
  /** What was read is good, and cannot be used as things are. */
  | { readonly kind: 'remember'; readonly known: Known }
  | { readonly kind: 'writeStatus'; readonly status: ReportRepositoryStatus };

export interface Plan {
  readonly steps: readonly Step[];
  readonly events: readonly EventNote[];
  /** Epoch ms; absent = only when something changes. */
  readonly lookAgainAt?: number;
}
