/** The annotation `dossier.dev/run`: any new value is one run. */
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import { quoted } from '../../foreign-text.ts';
import { instantOf, RUN_ANNOTATION } from './marks.ts';
import { madeRun, type KnownRuns, type MadeRun } from './run.ts';

/** security.md 16: what is copied into statuses, names and Reports is short and plain. */
const VALUE = /^[A-Za-z0-9._:-]{1,64}$/;

export type RunRequest =
  | { readonly kind: 'none' }
  | { readonly kind: 'asked'; readonly value: string }
  /** A value that is not taken; nothing of it is copied anywhere but into the Event. */
  | { readonly kind: 'refused'; readonly message: string };

/** `handled`: the value that was acted on last. */
export function readRequest({ metadata }: ReportSchedule, handled: string | undefined): RunRequest {
  const value = metadata.annotations?.[RUN_ANNOTATION];
  if (value === undefined || value === '' || value === handled) return { kind: 'none' };
  if (VALUE.test(value)) return { kind: 'asked', value };
  const message = `annotation ${RUN_ANNOTATION} ${quoted(value)}: must be 1 to 64 letters, digits, dots, colons, underscores or dashes, e.g. $(date +%s)`;
  return { kind: 'refused', message };
}

/** The run that was planned for a request, when it was made although the status does not say so yet. The annotation may ask for another one by now. */
export function answeredRequest(schedule: ReportSchedule, runs: KnownRuns): MadeRun | undefined {
  const { plannedRun: planned } = schedule.status;
  const scheduledAt = instantOf(planned?.time);
  if (planned === undefined || scheduledAt === undefined) return undefined;
  return madeRun(schedule, runs, { scheduledAt, request: planned.value }, planned.specHash);
}
