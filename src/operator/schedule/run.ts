/**
 * The Report of one run of a schedule, as it is created: absolute periods, owner, labels, and the marks by which it is known again.
 *
 * It follows from the schedule, the run and what is covered already, and from nothing else: whoever makes it twice makes the same, and a Report that somebody else put
 * under its name is recognised by its hash (security.md 12).
 */
import { createHash } from 'node:crypto';
import type { Report } from '../../api/generated/report.ts';
import type { ReportSchedule, ReportScheduleSpecReportSpecParameter } from '../../api/generated/reportschedule.ts';
import { stringifyExact } from '../../exact-json.ts';
import type { Manifest } from '../../kube/client.ts';
import { controllerOf } from '../../kube/objects.ts';
import { apiVersionOf, REPORT_SCHEDULES, REPORTS } from '../../kube/resources.ts';
import type { InstantPeriod } from '../../api/parameters/period.ts';
import { lastDays, relativePeriod, type RelativePeriod } from '../../schedule/relative-period.ts';
import { requestedRunName, scheduledRunName } from '../../schedule/run-name.ts';
import { rfc3339 } from '../report/status.ts';
import { COVERS_UNTIL_ANNOTATION, instantOf, QUEUE_ANNOTATION, RUN_ANNOTATION, SCHEDULE_LABEL, SCHEDULED_AT_ANNOTATION } from './marks.ts';

/** How far the apiserver's clock, which says when a Report was created, may be behind ours. */
const CLOCK_SKEW_MS = 60_000;

export interface Run {
  /** Epoch ms, a whole second. */
  readonly scheduledAt: number;
  /** Value of the annotation that asked for it; undefined = its time came. */
  readonly request: string | undefined;
}

/** A run whose Report is known to have been made, and the hash of the spec that it was made with. */
export interface RememberedRun extends Run {
  readonly specHash: string;
}

/** What is known of a schedule's runs. */
export interface KnownRuns {
  /** All Reports that the schedule controls, those it made a moment ago included. */
  readonly reports: readonly Report[];
  /** Reports of which the status says that they go on, or does not say yet that they were made, and that are gone, as they were seen last. */
  readonly gone: readonly Report[];
  /** Runs that this process has made and that the status does not tell of yet: they are done, even if somebody has deleted their Reports since. */
  readonly made: readonly RememberedRun[];
}

/** A run that has had its Report. */
export interface MadeRun {
  readonly scheduledAt: number;
  /** May be gone by now; undefined = it is, and was never seen. */
  readonly report: Report | undefined;
}

export interface PlannedReport {
  readonly name: string;
  readonly manifest: Manifest;
  readonly specHash: string;
}

/** `coveredUntil`: where SincePreviousRun begins; must be set when the spec says SincePreviousRun. */
export function reportOfRun(schedule: ReportSchedule, run: Run, coveredUntil: string | undefined): PlannedReport {
  const { name: scheduleName, namespace = '', uid } = schedule.metadata;
  const { metadata, spec } = schedule.spec.report;
  const name = run.request === undefined ? scheduledRunName(scheduleName, run.scheduledAt) : requestedRunName(scheduleName, run.request);
  const timeZone = spec.timeZone ?? schedule.spec.timeZone;
  const parameters = spec.parameters?.map((parameter) => absolute(parameter, run.scheduledAt, timeZone, coveredUntil));
  const reportSpec = { ...spec, timeZone, ...(parameters === undefined ? {} : { parameters }) };
  const annotations = {
    ...metadata?.annotations,
    [SCHEDULED_AT_ANNOTATION]: rfc3339(run.scheduledAt),
    ...(run.request === undefined ? {} : { [RUN_ANNOTATION]: run.request }),
    ...(usesSincePreviousRun(schedule) ? { [COVERS_UNTIL_ANNOTATION]: rfc3339(run.scheduledAt) } : {}),
    ...(schedule.spec.concurrencyPolicy === 'Queue' && run.request === undefined ? { [QUEUE_ANNOTATION]: 'true' } : {}),
  };
  const manifest: Manifest = {
    apiVersion: apiVersionOf(REPORTS),
    kind: REPORTS.kind,
    metadata: {
      name,
      namespace,
      labels: { ...metadata?.labels, [SCHEDULE_LABEL]: scheduleName },
      annotations,
      ownerReferences: [
        {
          apiVersion: apiVersionOf(REPORT_SCHEDULES),
          kind: REPORT_SCHEDULES.kind,
          name: scheduleName,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: reportSpec,
  };
  return { name, manifest, specHash: hashOfSpec(reportSpec) };
}

/**
 * Whether an existing Report is the one that this run would have: this schedule's, of this very time or request, with this very spec, and not made before its time.
 * Somebody who knows what comes next could otherwise have next month's Report made today.
 */
export function isReportOfRun(report: Report, schedule: ReportSchedule, run: Run, specHash: string): boolean {
  const { annotations } = report.metadata;
  const sameRun =
    run.request === undefined
      ? annotations?.[SCHEDULED_AT_ANNOTATION] === rfc3339(run.scheduledAt) && annotations[RUN_ANNOTATION] === undefined
      : annotations?.[RUN_ANNOTATION] === run.request;
  const isOurs = controllerOf(report)?.uid === schedule.metadata.uid && sameRun && isInTime(report, run.scheduledAt);
  return isOurs && hashOfSpec(report.spec) === specHash;
}

/** The run that a Report of a schedule is of, by its marks; undefined = none, or it was made before its time. */
export function runOf(report: Report): Run | undefined {
  const { annotations } = report.metadata;
  const scheduledAt = instantOf(annotations?.[SCHEDULED_AT_ANNOTATION]);
  if (scheduledAt === undefined || !isInTime(report, scheduledAt)) return undefined;
  return { scheduledAt, request: annotations?.[RUN_ANNOTATION] };
}

/** Whether a status still waits for a run: it names it as planned, and does not tell that it was made. */
export function isOpen({ planned, plannedRun }: ReportSchedule['status'], { scheduledAt, request }: Run): boolean {
  return request === undefined ? instantOf(planned?.time) === scheduledAt : plannedRun?.value === request;
}

/** Names of the Reports that a status says are to be made by now. */
export function plannedNames({ metadata: { name }, status: { planned, plannedRun } }: ReportSchedule, now: number): readonly string[] {
  const dueAt = instantOf(planned?.time);
  return [
    ...(dueAt === undefined || dueAt > now ? [] : [scheduledRunName(name, dueAt)]),
    ...(plannedRun === undefined ? [] : [requestedRunName(name, plannedRun.value)]),
  ];
}

function isInTime({ metadata }: Report, scheduledAt: number): boolean {
  return Date.parse(metadata.creationTimestamp) >= scheduledAt - CLOCK_SKEW_MS;
}

/** The run when it was made, although the status does not tell of it: that was left for later, or the operator died between the two writes. */
export function madeRun(schedule: ReportSchedule, { reports, gone, made }: KnownRuns, run: Run, specHash: string): MadeRun | undefined {
  const { scheduledAt, request } = run;
  const report = [...reports, ...gone].find((candidate) => isReportOfRun(candidate, schedule, run, specHash));
  const isMade = (other: RememberedRun): boolean =>
    other.scheduledAt === scheduledAt && other.request === request && other.specHash === specHash;
  const isKnown = report !== undefined || made.some(isMade);
  return isKnown ? { scheduledAt, report } : undefined;
}

export function usesSincePreviousRun({ spec }: ReportSchedule): boolean {
  return spec.report.spec.parameters?.some(({ period }) => period?.relative === 'SincePreviousRun') === true;
}

/** Where the period that a run covers began: the `from` of the period that ends where the run covers until. */
export function coveredFrom(report: Report): string | undefined {
  const until = instantOf(report.metadata.annotations?.[COVERS_UNTIL_ANNOTATION]);
  return report.spec.parameters?.map(({ period }) => period).find((period) => instantOf(period?.to) === until && until !== undefined)?.from;
}

/** Schedules that are due together name the same periods from the same moment; so many of them are remembered. */
const PERIODS_REMEMBERED = 64;
const periods = new Map<string, InstantPeriod>();

function namedPeriod(name: RelativePeriod | number, scheduledAt: number, timeZone: string): InstantPeriod {
  const key = `${name} ${scheduledAt} ${timeZone}`;
  const known = periods.get(key);
  if (known !== undefined) return known;
  const period = typeof name === 'number' ? lastDays(name, scheduledAt, timeZone) : relativePeriod(name, scheduledAt, timeZone);
  if (periods.size >= PERIODS_REMEMBERED) periods.clear();
  periods.set(key, period);
  return period;
}

function absolute(
  parameter: ReportScheduleSpecReportSpecParameter,
  scheduledAt: number,
  timeZone: string,
  coveredUntil: string | undefined,
): ReportScheduleSpecReportSpecParameter {
  const { name, period } = parameter;
  if (period?.lastDays !== undefined) return { name, period: namedPeriod(period.lastDays, scheduledAt, timeZone) };
  if (period?.relative === undefined) return parameter;
  if (period.relative !== 'SincePreviousRun') return { name, period: namedPeriod(period.relative, scheduledAt, timeZone) };
  if (coveredUntil === undefined) throw new TypeError('a run of SincePreviousRun was made without knowing what is covered');
  return { name, period: { from: coveredUntil, to: rfc3339(scheduledAt) } };
}

/** SHA-256 of the spec in hex; the order of keys plays no part, because the apiserver keeps none. */
function hashOfSpec(spec: object): string {
  return createHash('sha256')
    .update(stringifyExact(sorted(spec)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
