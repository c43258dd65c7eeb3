/**
 * The metrics that only Dossier has. What is counted is counted where it happens; what is known (Reports, schedules, storages) is read from the caches at each scrape, so that
 * series of deleted objects go with them.
 *
 * Labels are closed sets, but for schedules and storages: of these an operator wants to know which one, and they are few. No label names a Report, a template or a parameter.
 */
import { findCondition } from '../api/conditions.ts';
import type { Report } from '../api/generated/report.ts';
import { DOWNLOAD_REASONS, FAILURE_REASONS, type DownloadReason } from '../api/reasons.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Registry, Sample } from '../telemetry/metrics/registry.ts';
import type { Caches } from './caches.ts';
import { isTerminal } from './report/status.ts';

/** Reports take seconds to hours. */
const DURATION_BOUNDS = [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800];
/** From what nobody notices to what somebody will complain about. */
const SKEW_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 12, 15, 30, 60, 120, 300, 600, 1800, 3600];
const FORMATS = ['CSV', 'JSON', 'NDJSON', 'XLSX'] as const;
const PHASES = ['Pending', 'Deploying', 'Ready', 'Failed'] as const;
const RESULTS = ['Ready', 'Failed'] as const;

/** What the controllers tell as it happens. */
export interface OperatorObserver {
  /** A Report's terminal status was stored by us just now. */
  reportEnded(report: Report): void;
  fileAbandoned(): void;
  /** A schedule's Report was made, so long after its time. */
  scheduleRan(skewMs: number): void;
  downloadEnded(reason: DownloadReason): void;
}

export interface MetricSources {
  readonly caches: Pick<Caches, 'reports' | 'schedules' | 'storages' | 'facts'>;
  /** Jobs alive, and how many may be. */
  readonly runningJobs: () => number;
  readonly runningLimit: number;
  readonly version: string;
}

/** Declares all of them. */
export function operatorMetrics(registry: Registry, sources: MetricSources): OperatorObserver {
  registry.collect({ name: 'dossier_build_info', help: 'Always 1; its label is the version.', labels: ['version'], type: 'gauge' }, () => [
    { labels: { version: sources.version }, value: 1 },
  ]);
  const runs = reportRuns(registry);
  reportGauges(registry, sources);
  const skew = registry.histogram(
    { name: 'dossier_schedule_skew_seconds', help: 'How long after its scheduled time the Report of a run was made.', labels: [] },
    SKEW_BOUNDS,
  );
  scheduleGauges(registry, sources.caches);
  storageGauges(registry, sources.caches);
  const abandoned = registry.counter({
    name: 'dossier_files_abandoned_total',
    help: 'Files that were left in a bucket because they could not be removed; the log says which.',
    labels: [],
  });
  abandoned.declare({});
  const downloads = registry.counter({
    name: 'dossier_downloads_total',
    help: 'ReportDownloads by what became of them: Signed, Expired, or why there was no link.',
    labels: ['reason'],
  });
  for (const reason of DOWNLOAD_REASONS) downloads.declare({ reason });
  cacheGauges(registry, sources.caches);
  return {
    reportEnded: runs,
    fileAbandoned: () => abandoned.add({}),
    scheduleRan: (skewMs) => skew.observe({}, Math.max(0, skewMs) / 1000),
    downloadEnded: (reason) => downloads.add({ reason }),
  };
}

function reportRuns(registry: Registry): OperatorObserver['reportEnded'] {
  const ended = registry.counter({
    name: 'dossier_report_runs_total',
    help: 'Reports that came to their end, by result (Ready, Failed) and reason.',
    labels: ['result', 'reason'],
  });
  ended.declare({ result: 'Ready', reason: 'Completed' });
  for (const reason of FAILURE_REASONS) ended.declare({ result: 'Failed', reason });
  const durations = registry.histogram(
    { name: 'dossier_report_duration_seconds', help: 'From the start of a Report to its end, as its status has them.', labels: ['result'] },
    DURATION_BOUNDS,
  );
  const rows = registry.counter({ name: 'dossier_report_rows_total', help: 'Data rows in files of Ready Reports.', labels: ['format'] });
  const bytes = registry.counter({ name: 'dossier_report_bytes_total', help: 'Size of files of Ready Reports.', labels: ['format'] });
  for (const format of FORMATS) for (const counter of [rows, bytes]) counter.declare({ format });
  return ({ status, metadata }) => {
    const result = RESULTS.find((each) => each === status.phase);
    if (result === undefined) return;
    ended.add({ result, reason: findCondition(status.conditions, 'Ready')?.reason ?? '' });
    const seconds = (secondsOf(status.completionTime) ?? NaN) - (secondsOf(status.startTime ?? metadata.creationTimestamp) ?? NaN);
    if (seconds >= 0) durations.observe({ result }, seconds);
    if (status.file === undefined) return;
    const { format } = status.file;
    rows.add({ format }, status.file.rows);
    bytes.add({ format }, status.file.sizeBytes);
  };
}

function reportGauges(registry: Registry, { caches, runningJobs, runningLimit }: MetricSources): void {
  registry.collect({ name: 'dossier_reports', help: 'Reports there are, by phase.', labels: ['phase'], type: 'gauge' }, () => {
    const counts = new Map<string, number>(PHASES.map((phase) => [phase, 0]));
    for (const { status } of caches.reports.values()) {
      const phase = status.phase ?? 'Pending';
      counts.set(phase, (counts.get(phase) ?? 0) + 1);
    }
    return [...counts].map(([phase, value]) => ({ labels: { phase }, value }));
  });
  registry.collect(
    {
      name: 'dossier_report_oldest_unfinished_seconds',
      help: 'Age of the oldest Report that is neither Ready nor Failed; 0 = there is none.',
      labels: [],
      type: 'gauge',
    },
    () => {
      let oldest = Infinity;
      for (const report of caches.reports.values()) {
        if (!isTerminal(report)) oldest = Math.min(oldest, Date.parse(report.metadata.creationTimestamp));
      }
      return [{ labels: {}, value: oldest === Infinity ? 0 : Math.max(0, Date.now() - oldest) / 1000 }];
    },
  );
  registry.collect({ name: 'dossier_jobs_running', help: 'Jobs of Reports that are alive.', labels: [], type: 'gauge' }, () => [
    { labels: {}, value: runningJobs() },
  ]);
  registry.collect(
    { name: 'dossier_jobs_running_limit', help: 'How many Jobs may be alive (--max-running).', labels: [], type: 'gauge' },
    () => [{ labels: {}, value: runningLimit }],
  );
}

function scheduleGauges(registry: Registry, { schedules }: MetricSources['caches']): void {
  type Schedule = typeof schedules extends { values(): Iterable<infer T> } ? T : never;
  const family = (name: string, type: 'counter' | 'gauge', help: string, read: (schedule: Schedule) => number | undefined): void =>
    registry.collect({ name, help, type, labels: ['namespace', 'schedule'] }, () => samples(schedules.values(), 'schedule', read));
  family(
    'dossier_schedule_missed_total',
    'counter',
    'Scheduled times that got no Report, since the schedule was made.',
    ({ status }) => status.missedRuns ?? 0,
  );
  family(
    'dossier_schedule_next_run_timestamp_seconds',
    'gauge',
    'When the next run is due, in seconds since 1970; absent while suspended or invalid.',
    ({ spec, status }) => (spec.suspend ? undefined : secondsOf(status.nextScheduleTime)),
  );
  family(
    'dossier_schedule_last_success_timestamp_seconds',
    'gauge',
    'When a run last ended Ready, in seconds since 1970; absent before the first.',
    ({ status }) => secondsOf(status.lastSuccessfulTime),
  );
  family(
    'dossier_schedule_last_run_succeeded',
    'gauge',
    'How the newest run ended: 1 Ready, 0 not; absent before the first.',
    ({ status }) => truth(findCondition(status.conditions, 'LastRunSucceeded')?.status),
  );
  family('dossier_schedule_ready', 'gauge', 'Whether the schedule makes Reports: 1, or 0 when somebody must mend it.', ({ status }) =>
    truth(findCondition(status.conditions, 'Ready')?.status),
  );
}

function storageGauges(registry: Registry, { storages }: MetricSources['caches']): void {
  registry.collect(
    {
      name: 'dossier_storage_available',
      help: 'Whether a ReportStorage can be used: 1, or 0; absent before the first look.',
      labels: ['namespace', 'storage'],
      type: 'gauge',
    },
    () => samples(storages.values(), 'storage', ({ status }) => truth(findCondition(status.conditions, 'Ready')?.status)),
  );
}

function cacheGauges(registry: Registry, caches: MetricSources['caches']): void {
  const family = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    read: (facts: ReturnType<typeof caches.facts>[number]) => number,
  ): void =>
    registry.collect({ name, help, type, labels: ['kind'] }, () =>
      caches.facts().map((facts) => ({ labels: { kind: facts.kind }, value: read(facts) })),
    );
  family('dossier_cache_objects', 'gauge', 'Objects in memory, by kind.', ({ objects }) => objects);
  family(
    'dossier_watch_silent_seconds',
    'gauge',
    'Since when the apiserver has said nothing about a kind; bookmarks alone come every minute.',
    ({ silentMs }) => silentMs / 1000,
  );
  family(
    'dossier_watch_lists_total',
    'counter',
    'Whole lists of a kind; more than one a watch means that a position was lost.',
    ({ lists }) => lists,
  );
}

/** A sample for each object that has a value. */
function* samples<T extends KubeObject, N extends string>(
  objects: Iterable<T>,
  label: N,
  read: (object: T) => number | undefined,
): Iterable<Sample<'namespace' | N>> {
  for (const object of objects) {
    const value = read(object);
    if (value === undefined) continue;
    yield {
      labels: { namespace: object.metadata.namespace ?? '', [label]: object.metadata.name } as Sample<'namespace' | N>['labels'],
      value,
    };
  }
}

function secondsOf(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

function truth(status: string | undefined): number | undefined {
  return status === undefined ? undefined : status === 'True' ? 1 : 0;
}
