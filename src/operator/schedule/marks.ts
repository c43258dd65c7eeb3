/**
 * The marks by which a Report is known as a schedule's: its controller, and annotations that say of which run it is.
 *
 * Whoever may create Reports may write the same marks. They decide what a Report waits for and from when its periods are named, which it could say of itself anyway;
 * what has more weight (that a run is done, that a period is covered) asks for more than marks.
 */
import type { Report } from '../../api/generated/report.ts';
import { controllerOf, type OwnerReference } from '../../kube/objects.ts';
import { apiVersionOf, REPORT_SCHEDULES } from '../../kube/resources.ts';
import type { ObjectKey } from '../../kube/store.ts';

export const SCHEDULE_LABEL = 'dossier.dev/schedule';
export const SCHEDULED_AT_ANNOTATION = 'dossier.dev/scheduled-at';
/** On a schedule: run now. On a Report: which request it answers. */
export const RUN_ANNOTATION = 'dossier.dev/run';
/** Under SincePreviousRun: where the next period begins once this Report is Ready. */
export const COVERS_UNTIL_ANNOTATION = 'dossier.dev/covers-until';
/** The Report waits behind older Reports of its schedule. */
export const QUEUE_ANNOTATION = 'dossier.dev/queue';

/** The schedule that controls a Report. */
export function scheduleOf(report: Report): OwnerReference | undefined {
  const owner = controllerOf(report);
  return owner?.kind === REPORT_SCHEDULES.kind && owner.apiVersion === apiVersionOf(REPORT_SCHEDULES) ? owner : undefined;
}

/** Index of Reports by the UID of the schedule that controls them. */
export const REPORTS_BY_SCHEDULE = 'schedule';

/** For that index. */
export function scheduleUidOf(report: Report): readonly string[] {
  const owner = scheduleOf(report);
  return owner === undefined ? [] : [owner.uid];
}

/** Key of the schedule that controls a Report. */
export function scheduleKeyOf(report: Report): ObjectKey | undefined {
  const owner = scheduleOf(report);
  return owner === undefined ? undefined : `${report.metadata.namespace ?? ''}/${owner.name}`;
}

/** The time, in epoch ms, of the run that a schedule's Report is of; undefined for any other Report. */
export function scheduledTimeOf(report: Report): number | undefined {
  return scheduleOf(report) === undefined ? undefined : instantOf(report.metadata.annotations?.[SCHEDULED_AT_ANNOTATION]);
}

/** Whether a Report runs only after the older Reports of its schedule (concurrencyPolicy Queue). */
export function isQueued(report: Report): boolean {
  return report.metadata.annotations?.[QUEUE_ANNOTATION] === 'true' && scheduleOf(report) !== undefined;
}

/** Epoch ms of an RFC 3339 instant; undefined for anything else. */
export function instantOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}
