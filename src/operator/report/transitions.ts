/** Events a person reads in `kubectl describe report`: one for each new reason, so that the list tells the story of the run. */
import type { Report } from '../../api/generated/report.ts';
import type { ReportReason } from '../../api/reasons.ts';
import type { EventNote } from '../../kube/events.ts';
import { currentReason, type Standing } from './status.ts';

/** Waiting and trouble that somebody may have to act on. */
const WARNINGS: ReadonlySet<ReportReason> = new Set<ReportReason>([
  'TemplateNotFound',
  'TemplateNotReady',
  'StorageNotFound',
  'StorageUnavailable',
  'SecretNotFound',
  'ServiceAccountNotFound',
  'QuotaExceeded',
  'ImagePull',
]);

export function transitionEvents(report: Report, standing: Standing): readonly EventNote[] {
  if (currentReason(report) === standing.reason) return [];
  const type = standing.phase === 'Failed' || WARNINGS.has(standing.reason) ? 'Warning' : 'Normal';
  return [{ type, reason: standing.reason, action: ACTIONS[standing.phase], note: standing.message }];
}

const ACTIONS = { Pending: 'Wait', Deploying: 'Run', Ready: 'Finish', Failed: 'Fail' } as const;
