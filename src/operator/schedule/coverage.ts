/**
 * Where the next period SincePreviousRun begins: at the end of what the last successful run covered, so that no gap and no overlap comes of anything missed or failed.
 *
 * Whoever bills on it must be able to believe it, so it is never guessed: it is written down when the schedule is first seen, moves only forward, and when it is lost, the
 * Reports that are there may tell it; otherwise a person must.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule } from '../../api/generated/reportschedule.ts';
import type { Timetable } from '../../schedule/due-search.ts';
import { nextTime, previousTime } from '../../schedule/timetable.ts';
import { rfc3339 } from '../report/status.ts';
import { COVERS_UNTIL_ANNOTATION, instantOf } from './marks.ts';
import { coveredFrom, usesSincePreviousRun } from './run.ts';

/** On a schedule whose coverage is unknown: where it goes on. */
export const COVER_FROM_ANNOTATION = 'dossier.dev/cover-from';

export type Coverage =
  | { readonly kind: 'unused' }
  /** RFC 3339. */
  | { readonly kind: 'known'; readonly until: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** `reports`: those that this schedule controls. `baseline`: from when on its times count, in epoch ms. */
export function coverageOf(schedule: ReportSchedule, reports: readonly Report[], timetable: Timetable, baseline: number): Coverage {
  const told = toldByRuns(schedule, reports);
  if (!usesSincePreviousRun(schedule)) return { kind: 'unused' };
  if (told !== undefined) return { kind: 'known', until: told };
  const { annotations, generation } = schedule.metadata;
  const given = instantOf(annotations?.[COVER_FROM_ANNOTATION]);
  if (given !== undefined) return { kind: 'known', until: rfc3339(given) };
  const wasUnknown = schedule.status.conditions?.some(({ reason }) => reason === 'CoverageUnknown') === true;
  // A spec that was looked at before had its coverage written down then.
  if (wasUnknown || schedule.status.observedGeneration === generation) return { kind: 'unknown', message: lost(schedule) };
  return { kind: 'known', until: firstCoverage(timetable, baseline) };
}

/** The furthest that is known to be covered; unfinished and failed runs tell where theirs began. */
function toldByRuns({ status }: ReportSchedule, reports: readonly Report[]): string | undefined {
  const ready = reports.filter((report) => report.status.phase === 'Ready');
  const until = [status.coveredUntil, ...ready.map(({ metadata }) => metadata.annotations?.[COVERS_UNTIL_ANNOTATION])].map(instantOf);
  const known = until.filter((instant) => instant !== undefined);
  if (known.length > 0) return rfc3339(Math.max(...known));
  const begun = reports.map((report) => instantOf(coveredFrom(report))).filter((instant) => instant !== undefined);
  return begun.length === 0 ? undefined : rfc3339(Math.min(...begun));
}

/** The first run starts at the scheduled time before it. */
function firstCoverage(timetable: Timetable, baseline: number): string {
  const first = nextTime(timetable, baseline) ?? baseline;
  return rfc3339(previousTime(timetable, first) ?? baseline);
}

function lost({ metadata: { name, namespace } }: ReportSchedule): string {
  const remedy = `kubectl annotate reportschedule ${name} -n ${namespace ?? ''} ${COVER_FROM_ANNOTATION}=2026-10-01T00:00:00Z (the end of the last period that was delivered)`;
  return `nobody knows until when the runs of this schedule cover: status.coveredUntil is lost and no Report tells it; say it with: ${remedy}`;
}
