/**
 * Where the next period SincePreviousRun begins: at the end of what the last successful run covered, so that no gap and no overlap comes of anything missed or failed.
 *
 * Whoever bills on it must be able to believe it, so it is never guessed: it is written down when the schedule is first seen, and moves only forward, when the Report whose
 * UID was written down for it is Ready: marks alone could be anybody's. When it is lost, the Reports that are there may tell it; otherwise a person must.
 */
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule, ReportScheduleStatus } from '../../api/generated/reportschedule.ts';
import { quoted } from '../../foreign-text.ts';
import type { Timetable } from '../../schedule/due-search.ts';
import { nextTime, previousTime } from '../../schedule/timetable.ts';
import { rfc3339 } from '../report/status.ts';
import { COVERS_UNTIL_ANNOTATION, instantOf, SCHEDULED_AT_ANNOTATION } from './marks.ts';
import { coveredFrom, usesSincePreviousRun, type KnownRuns } from './run.ts';
import { timingKey } from './timing.ts';

/** On a schedule whose coverage is unknown: where it goes on. */
export const COVER_FROM_ANNOTATION = 'dossier.dev/cover-from';

export type Coverage =
  | { readonly kind: 'unused' }
  /** RFC 3339. */
  | { readonly kind: 'known'; readonly until: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** What a status says of coverage; both are kept also while no period asks for it. */
export type Covered = Pick<ReportScheduleStatus, 'coveredUntil' | 'covering'>;

/**
 * Coverage as the Reports leave it: the run that was under way is Ready, or will never be. One that was Ready has delivered what it covers, even if somebody has deleted its
 * Report since. `recognised`: Reports of runs that were made, and that the operator died before it could write down.
 */
export function coveredBy(status: ReportScheduleStatus, { reports, gone }: KnownRuns, recognised: readonly Report[]): Covered {
  const covering = recognised.map(coveringOf).reduce((last, next) => next ?? last, status.covering);
  const until = status.coveredUntil === undefined ? {} : { coveredUntil: status.coveredUntil };
  if (covering === undefined) return until;
  const isIt = ({ metadata }: Report): boolean => metadata.uid === covering.uid;
  const report = reports.find(isIt);
  if ((report ?? gone.find(isIt))?.status.phase === 'Ready') return { coveredUntil: later(status.coveredUntil, covering.until) };
  return report === undefined || report.status.phase === 'Failed' ? until : { ...until, covering };
}

/** `reports`: those that this schedule controls. `baseline`: from when on its times count, in epoch ms. */
export function coverageOf(
  schedule: ReportSchedule,
  { coveredUntil }: Covered,
  reports: readonly Report[],
  timetable: Timetable,
  baseline: number,
  now: number,
): Coverage {
  if (!usesSincePreviousRun(schedule)) return { kind: 'unused' };
  if (coveredUntil !== undefined) {
    const until = isFirstOfFormerTimes(schedule, reports) ? firstCoverage(timetable, baseline) : coveredUntil;
    return { kind: 'known', until };
  }
  const told = toldByRuns(reports, now);
  if (told !== undefined) return { kind: 'known', until: told };
  const given = schedule.metadata.annotations?.[COVER_FROM_ANNOTATION];
  if (given !== undefined) return coverFrom(given, now);
  const { status, metadata } = schedule;
  const wasUnknown = status.conditions?.some(({ reason }) => reason === 'CoverageUnknown') === true;
  // A spec that was looked at before had its coverage written down then.
  if (wasUnknown || status.observedGeneration === metadata.generation) return { kind: 'unknown', message: lost(schedule) };
  return { kind: 'known', until: firstCoverage(timetable, baseline) };
}

/** What is to be written down about the Report of a run; undefined when it covers nothing. */
function coveringOf({ metadata }: Report): ReportScheduleStatus['covering'] {
  const until = metadata.annotations?.[COVERS_UNTIL_ANNOTATION];
  return until === undefined ? undefined : { name: metadata.name, uid: metadata.uid, until };
}

function later(before: string | undefined, until: string): string {
  return before !== undefined && Date.parse(before) > Date.parse(until) ? before : until;
}

/** No run has been made yet, and the times were changed: the first run starts at the scheduled time before it, of the new times. */
function isFirstOfFormerTimes({ spec, status, metadata }: ReportSchedule, reports: readonly Report[]): boolean {
  const everRun = status.lastScheduleTime !== undefined || status.lastHandledRun !== undefined || reports.length > 0;
  const said = metadata.annotations?.[COVER_FROM_ANNOTATION] !== undefined;
  const observed = status.observedSchedule;
  const sameTimes = observed === timingKey(spec) || observed === `${timingKey(spec)} suspended`;
  return !everRun && !said && !sameTimes;
}

/** The furthest that Ready runs cover; when there is none, unfinished and failed ones tell where theirs began. Only for a status that was lost. */
function toldByRuns(reports: readonly Report[], now: number): string | undefined {
  const runs = reports.filter(({ metadata }) => isCoverage(metadata, now));
  const ready = runs.filter((report) => report.status.phase === 'Ready');
  const known = ready.map(({ metadata }) => instantOf(metadata.annotations?.[COVERS_UNTIL_ANNOTATION]) ?? 0);
  if (known.length > 0) return rfc3339(Math.max(...known));
  const begun = runs.map((report) => instantOf(coveredFrom(report))).filter((instant) => instant !== undefined);
  return begun.length === 0 ? undefined : rfc3339(Math.min(...begun));
}

/** A run covers until its own time, which is past. */
function isCoverage({ annotations }: Report['metadata'], now: number): boolean {
  const until = instantOf(annotations?.[COVERS_UNTIL_ANNOTATION]);
  return until !== undefined && until <= now && until === instantOf(annotations?.[SCHEDULED_AT_ANNOTATION]);
}

/** The first run starts at the scheduled time before it. */
function firstCoverage(timetable: Timetable, baseline: number): string {
  const first = nextTime(timetable, baseline) ?? baseline;
  return rfc3339(previousTime(timetable, first) ?? baseline);
}

function coverFrom(text: string, now: number): Coverage {
  const given = instantOf(text);
  const what = `annotation ${COVER_FROM_ANNOTATION} ${quoted(text)}`;
  if (given === undefined) return { kind: 'unknown', message: `${what} is no instant; write it like 2026-10-01T00:00:00Z` };
  if (given > now) return { kind: 'unknown', message: `${what} is still to come; give the end of the last period that was delivered` };
  return { kind: 'known', until: rfc3339(given) };
}

function lost({ metadata: { name, namespace } }: ReportSchedule): string {
  const remedy = `kubectl annotate reportschedule ${name} -n ${namespace ?? ''} ${COVER_FROM_ANNOTATION}=2026-10-01T00:00:00Z (the end of the last period that was delivered)`;
  return `nobody knows until when the runs of this schedule cover: status.coveredUntil is lost and no Report tells it; say it with: ${remedy}`;
}
