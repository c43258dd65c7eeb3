/** Made from crds/reportschedules.yaml by `npm run generate`; not edited by hand. */
import type { Condition, ObjectMeta } from '../../kube/objects.ts';

/**
 * A ReportSchedule makes a Report at each of its times: daily, weekly, monthly or by a cron expression, in a time zone. Each time gets
 * exactly one Report, whatever crashes; times that were missed are made up for as missedRuns says. The annotation dossier.dev/run asks for
 * a run now: kubectl annotate reportschedule NAME dossier.dev/run=$(date +%s) --overwrite does it.
 */
export interface ReportSchedule {
  readonly apiVersion: 'dossier.dev/v1alpha1';
  readonly kind: 'ReportSchedule';
  readonly metadata: ObjectMeta;
  /**
   * When to make a Report, and which. Everything may be changed at any time: Reports that were made already keep what they were made with,
   * and a change of the times or the zone never starts a run of the past.
   */
  readonly spec: ReportScheduleSpec;
  /**
   * What the schedule has done and will do. Written by the operator only. A run that was made at its time and goes on is told of ten
   * seconds after that time at the latest, or at once when there is anything else to tell: so that one write tells of a run that ends by
   * then. Its Report and its Event are there at once.
   */
  readonly status: ReportScheduleStatus;
}

export interface ReportScheduleSpec {
  /**
   * A Kubernetes cron expression of five fields (minute hour day-of-month month day-of-week), e.g. "0 6 1 * *" for 06:00 on the first of
   * each month, or one of @hourly @daily @midnight @weekly @monthly @yearly @annually. When both day fields are restricted, either may
   * match. Sunday is 0 or 7. A time that a change of clocks leaves out runs right after the gap; one that comes twice runs once. An
   * expression whose hour is * follows the real clock.
   */
  readonly schedule?: string;
  /** The times in words, instead of schedule, e.g. {frequency: Monthly, at: "06:00", daysOfMonth: [1, -1]}. */
  readonly calendar?: ReportScheduleSpecCalendar;
  /** IANA time zone of the times and, unless report.spec.timeZone says otherwise, of the Reports, e.g. Europe/Berlin. Default UTC. */
  readonly timeZone: string;
  /**
   * Whether the schedule is switched off; runs asked for by the annotation dossier.dev/run still happen. Times that pass meanwhile are not
   * made up for. Default false.
   */
  readonly suspend: boolean;
  /**
   * What happens when a time comes while an earlier Report is not at its end. Forbid (default): it waits until that Report has ended; when
   * the next time comes first, only the newer one is kept. Allow: both run. Replace: the earlier Report is deleted. Queue: the Report is
   * made at its time and waits behind the earlier ones, at most 10 of them.
   */
  readonly concurrencyPolicy: 'Forbid' | 'Allow' | 'Replace' | 'Queue';
  /**
   * How late a Report may be made, in seconds after its time; exactly then is too late. A time that could not be started by then is missed.
   * Default: no limit, but 60 under missedRuns.policy Skip.
   */
  readonly startingDeadlineSeconds?: number;
  /** What happens to times that passed while nothing could run, for instance because the operator was not there. */
  readonly missedRuns: ReportScheduleSpecMissedRuns;
  /** The Report that is made at each time. */
  readonly report: ReportScheduleSpecReport;
  /**
   * How many finished Reports of this schedule are kept; beyond it the one that ended first is deleted, and its file goes or stays as its
   * deletionPolicy says. The newest success is never deleted, and Reports that somebody else made never are.
   */
  readonly history: ReportScheduleSpecHistory;
}

export interface ReportScheduleSpecCalendar {
  /** Daily, Weekly (with daysOfWeek) or Monthly (with daysOfMonth). */
  readonly frequency: 'Daily' | 'Weekly' | 'Monthly';
  /** Time of day as HH:MM, from "00:00" to "23:59", in the time zone; in quotes, because YAML reads 06:00 as a number. */
  readonly at: string;
  /** Days of frequency Weekly, e.g. [Monday, Thursday]. */
  readonly daysOfWeek?: readonly ('Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday')[];
  /**
   * Days of frequency Monthly: 1 to 31, or counted from the end: -1 is the last day, -2 the one before it, down to -28. In a month that
   * ends before it, a 29, 30 or 31 means the last day.
   */
  readonly daysOfMonth?: readonly number[];
}

export interface ReportScheduleSpecMissedRuns {
  /**
   * Latest (default): the newest of them gets its Report, the others are counted as missed. Skip: none. All: the newest ones, at most
   * limit, oldest first; needs concurrencyPolicy Allow or Queue.
   */
  readonly policy: 'Skip' | 'Latest' | 'All';
  /** Of policy All, how many times at most are made up for. Default 10. */
  readonly limit: number;
}

export interface ReportScheduleSpecReport {
  /**
   * Labels and annotations of the Reports. Labels of the schedule itself are never copied, because GitOps tools would prune what carries
   * theirs.
   */
  readonly metadata?: ReportScheduleSpecReportMetadata;
  /**
   * The spec of each Report. Relative periods are resolved at the scheduled time, in report.spec.timeZone or else the schedule's zone, into
   * absolute ones: the Report says exactly what it covers.
   */
  readonly spec: ReportScheduleSpecReportSpec;
}

export interface ReportScheduleSpecReportMetadata {
  /** Labels of the Reports, e.g. {team: billing}, at most 32. Keys that begin with dossier.dev/ are the operator's. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of the Reports, at most 32. Keys that begin with dossier.dev/ are the operator's. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ReportScheduleSpecReportSpec {
  /**
   * The template to run. It is read when the run starts; if it does not exist yet or is not ready, the Report waits and goes on by itself.
   */
  readonly templateRef: ReportScheduleSpecReportSpecTemplateRef;
  /**
   * Values for the parameters that the template declares (kubectl get reporttemplate NAME -o yaml lists them), at most 64, each name once.
   * A parameter that is left out takes the template's default. Every mistake is told at once, in one message (reason InvalidParameters).
   */
  readonly parameters?: readonly ReportScheduleSpecReportSpecParameter[];
  /**
   * Format of the file: CSV, JSON (one array of objects), NDJSON (one object a line) or XLSX, one that the template offers. Default: the
   * first of the template's formats.
   */
  readonly format?: 'CSV' | 'JSON' | 'NDJSON' | 'XLSX';
  /**
   * Gzip packs a CSV, JSON or NDJSON file, and names it .csv.gz and so on; None leaves it as it is. Default: the template's. XLSX is
   * compressed already and cannot be packed.
   */
  readonly compression?: 'None' | 'Gzip';
  /** IANA time zone of the Reports, e.g. Europe/Berlin. Default: the schedule's. */
  readonly timeZone?: string;
  /**
   * Name of the file without its extension, e.g. invoices-october: at most 200 bytes of UTF-8, without slash, backslash or control
   * characters. Default: the Report's name.
   */
  readonly fileName?: string;
  /**
   * The ReportStorage that takes the file. Default: the template's, then the one ReportStorage of the namespace with spec.default true. A
   * template may bind its Reports to its own storage.
   */
  readonly storageRef?: ReportScheduleSpecReportSpecStorageRef;
  /**
   * How long the Report may stay Pending, in seconds, because its template, storage, Secret or quota is missing or others are ahead of it;
   * then it ends as Failed with reason StartDeadlineExceeded. Default 3600 (an hour), at most 2592000 (30 days); 0 waits for ever.
   */
  readonly startDeadlineSeconds: number;
  /**
   * How long the run may take, in seconds, from its first pod to the checked file, retries included; then it ends as Failed with reason
   * DeadlineExceeded. At most 604800 (a week). Default: the template's spec.job.activeDeadlineSeconds.
   */
  readonly activeDeadlineSeconds?: number;
  /**
   * What happens to the file when its Report goes, for instance because history prunes it. Retain (default of a schedule): it stays.
   * Delete: it goes.
   */
  readonly deletionPolicy: 'Delete' | 'Retain';
  /** Free text for people, e.g. why this Report was made; at most 1,024 characters. */
  readonly description?: string;
}

export interface ReportScheduleSpecReportSpecTemplateRef {
  /**
   * Kind of the template. ReportTemplate (default) is one of the Report's own namespace, ClusterReportTemplate one that the cluster's owner
   * offers to many namespaces.
   */
  readonly kind: 'ReportTemplate' | 'ClusterReportTemplate';
  /** Name of the template, e.g. invoices. */
  readonly name: string;
}

export interface ReportScheduleSpecReportSpecParameter {
  /** Name of the parameter as the template declares it, e.g. region. */
  readonly name: string;
  /**
   * The value of a parameter of any type but Strings, Choices and Period: a string of at most 1,024 characters, or an integer. Put
   * everything else in quotes: decimals ("12.50"), booleans ("true"), dates ("2026-10-01"), timestamps ("2026-10-01T08:00:00+02:00"),
   * numbers with leading zeros ("007") and the words yes, no, on, off, y and n, which YAML takes for booleans; without quotes, 12.50 and
   * true are refused, because Kubernetes would round or change them.
   */
  readonly value?: number | string | bigint;
  /**
   * The values of a parameter of type Strings or Choices, e.g. [acme, initech], at most 1,000. Put numbers and the words yes, no, on, off,
   * y and n in quotes. All parameters of a Report together may have 32 KiB of JSON.
   */
  readonly values?: readonly string[];
  /**
   * The value of a parameter of type Period: from is part of it, to is not, so that the periods of two Reports meet without a gap or an
   * overlap. October 2026 is {from: "2026-10-01", to: "2026-11-01"}; periods named from the scheduled time are {relative: LastMonth} and
   * {lastDays: 7}.
   */
  readonly period?: ReportScheduleSpecReportSpecParameterPeriod;
}

export interface ReportScheduleSpecReportSpecParameterPeriod {
  /**
   * First day (YYYY-MM-DD: it begins when that day begins in the Report's timeZone) or first instant (RFC 3339 with Z or an offset, e.g.
   * "2026-10-01T00:00:00+02:00").
   */
  readonly from?: string;
  /** The day after the last one, or the first instant that is no longer part of the period; written like from, and later than it. */
  readonly to?: string;
  /**
   * A period named from the scheduled time, e.g. LastMonth. Weeks begin on Monday, and This... runs to its full end. SincePreviousRun
   * begins where the period of the last successful run ended: no gap and no overlap, whatever was missed or failed; it needs
   * concurrencyPolicy Forbid.
   */
  readonly relative?:
    | 'Today'
    | 'Yesterday'
    | 'ThisWeek'
    | 'LastWeek'
    | 'ThisMonth'
    | 'LastMonth'
    | 'ThisQuarter'
    | 'LastQuarter'
    | 'ThisYear'
    | 'LastYear'
    | 'SincePreviousRun';
  /** So many whole days before the day of the scheduled time, that day not counted; 1 to 36600. */
  readonly lastDays?: number;
}

export interface ReportScheduleSpecReportSpecStorageRef {
  /** Name of a ReportStorage of the Report's namespace, e.g. archive. */
  readonly name: string;
}

export interface ReportScheduleSpecHistory {
  /** Ready Reports that are kept. Default 30. */
  readonly successful: number;
  /** Failed Reports that are kept. Default 5. */
  readonly failed: number;
}

export interface ReportScheduleStatus {
  /** The metadata.generation that this status speaks of; -1 until the operator has looked at the schedule. */
  readonly observedGeneration?: number;
  /** The schedule, or the calendar in one line. */
  readonly timetable?: string;
  /** The time whose Report was made last; may wait until ten seconds after that time. */
  readonly lastScheduleTime?: string;
  /**
   * The next time a Report is due (RFC 3339 in UTC); a time that has just come may stand here until ten seconds after it, and one that
   * waits for an earlier run stands here until it has its Report. Empty while suspended or not ready.
   */
  readonly nextScheduleTime?: string;
  /** When a Report of this schedule last became Ready. */
  readonly lastSuccessfulTime?: string;
  /** The newest Report that finished. */
  readonly lastReport?: ReportScheduleStatusLastReport;
  /** Reports of this schedule that are not at their end, the newest 50; one that was made at its time may be missing for ten seconds. */
  readonly active?: readonly ReportScheduleStatusActive[];
  /** How many Reports of this schedule are not at their end; one that was made at its time may be missing for ten seconds. */
  readonly activeCount?: number;
  /** Scheduled times that got no Report, except while suspended. */
  readonly missedRuns?: number;
  /** The run that comes next, written before it is made, so that only that very Report is taken for it. */
  readonly planned?: ReportScheduleStatusPlanned;
  /** The run that the annotation dossier.dev/run asks for, written before it is made. */
  readonly plannedRun?: ReportScheduleStatusPlannedRun;
  /** Times up to here are settled. It moves with every run, and to the present when times, zone or suspension change. */
  readonly baselineTime?: string;
  /** Times, zone and suspension that baselineTime belongs to. */
  readonly observedSchedule?: string;
  /** Where the next period SincePreviousRun begins (RFC 3339 in UTC); only moves forward. */
  readonly coveredUntil?: string;
  /** The run of a period SincePreviousRun that is under way; coveredUntil moves when that very Report is Ready. */
  readonly covering?: ReportScheduleStatusCovering;
  /** Value of the annotation dossier.dev/run last acted on. */
  readonly lastHandledRun?: string;
  /**
   * Ready: True when the schedule runs (reason Scheduled) or is suspended (Suspended); else False with InvalidSchedule, UnknownTimeZone or
   * CoverageUnknown. LastRunSucceeded: how the newest finished run ended, or why a run got no Report (NameTaken, CreateRefused). Stalled:
   * True when the schedule cannot run until somebody mends it.
   */
  readonly conditions?: readonly Condition[];
}

export interface ReportScheduleStatusLastReport {
  /** Its name. */
  readonly name: string;
  /** Ready or Failed. */
  readonly phase: 'Ready' | 'Failed';
  /** When it ended. */
  readonly time: string;
}

export interface ReportScheduleStatusActive {
  /** Its name. */
  readonly name: string;
  /** Its UID. */
  readonly uid: string;
}

export interface ReportScheduleStatusPlanned {
  /** Its scheduled time (RFC 3339 in UTC). */
  readonly time: string;
  /** SHA-256 of the Report's spec. */
  readonly specHash: string;
}

export interface ReportScheduleStatusPlannedRun {
  /** Value of the annotation. */
  readonly value: string;
  /** When it was handled (RFC 3339 in UTC), which is its scheduled time. */
  readonly time: string;
  /** SHA-256 of the Report's spec. */
  readonly specHash: string;
}

export interface ReportScheduleStatusCovering {
  /** Name of its Report. */
  readonly name: string;
  /** UID of its Report. */
  readonly uid: string;
  /** Where its period ends (RFC 3339 in UTC). */
  readonly until: string;
}
