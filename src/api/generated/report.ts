/** Made from crds/reports.yaml by `npm run generate`; not edited by hand. */
import type { Condition, ObjectMeta } from '../../kube/objects.ts';

/**
 * A Report is one run: a template, its parameters and a format become one file in a bucket. It is Pending while something it needs is
 * missing, Deploying while its pod works, and ends as Ready (the file is complete and was checked in the bucket) or Failed (it says why).
 * It never runs twice: for another file, create another Report.
 */
export interface Report {
  readonly apiVersion: 'dossier.dev/v1alpha1';
  readonly kind: 'Report';
  readonly metadata: ObjectMeta;
  /**
   * What to make. It cannot be changed once the Report exists, but for deletionPolicy: a file must stay what its Report says. To make
   * another file, create a new Report.
   */
  readonly spec: ReportSpec;
  /** How far the run is and, once Ready, where the file is. Written by the operator only. */
  readonly status: ReportStatus;
}

export interface ReportSpec {
  /**
   * The template to run. It is read when the run starts; if it does not exist yet or is not ready, the Report waits and goes on by itself.
   */
  readonly templateRef: ReportSpecTemplateRef;
  /**
   * Values for the parameters that the template declares (kubectl get reporttemplate NAME -o yaml lists them), at most 64, each name once.
   * A parameter that is left out takes the template's default. Every mistake is told at once, in one message (reason InvalidParameters).
   */
  readonly parameters?: readonly ReportSpecParameter[];
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
  /**
   * IANA time zone, e.g. Europe/Berlin, in which days begin and wall-clock times are written: of dates in parameters, of timestamps in CSV,
   * JSON and NDJSON and of date cells in XLSX. Default UTC. An offset such as +02:00 is not a time zone: it would be wrong for half of the
   * year.
   */
  readonly timeZone: string;
  /**
   * Name of the file without its extension, e.g. invoices-october: at most 200 bytes of UTF-8, without slash, backslash or control
   * characters. Default: the Report's name.
   */
  readonly fileName?: string;
  /**
   * The ReportStorage that takes the file. Default: the template's, then the one ReportStorage of the namespace with spec.default true. A
   * template may bind its Reports to its own storage.
   */
  readonly storageRef?: ReportSpecStorageRef;
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
   * What happens to the file when the Report is deleted: Delete (default) removes it from the bucket, Retain leaves it there. The one field
   * of a spec that may be changed later. A Report that is not Ready leaves nothing behind under either.
   */
  readonly deletionPolicy: 'Delete' | 'Retain';
  /** Free text for people, e.g. why this Report was made; at most 1,024 characters. */
  readonly description?: string;
}

export interface ReportSpecTemplateRef {
  /**
   * Kind of the template. ReportTemplate (default) is one of the Report's own namespace, ClusterReportTemplate one that the cluster's owner
   * offers to many namespaces.
   */
  readonly kind: 'ReportTemplate' | 'ClusterReportTemplate';
  /** Name of the template, e.g. invoices. */
  readonly name: string;
}

export interface ReportSpecParameter {
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
   * overlap. October 2026 is {from: "2026-10-01", to: "2026-11-01"}; periods named from the day of creation are {relative: LastMonth} and
   * {lastDays: 7}.
   */
  readonly period?: ReportSpecParameterPeriod;
}

export interface ReportSpecParameterPeriod {
  /**
   * First day (YYYY-MM-DD: it begins when that day begins in the Report's timeZone) or first instant (RFC 3339 with Z or an offset, e.g.
   * "2026-10-01T00:00:00+02:00").
   */
  readonly from?: string;
  /** The day after the last one, or the first instant that is no longer part of the period; written like from, and later than it. */
  readonly to?: string;
  /**
   * A period named from the day on which the Report was created, in its timeZone, e.g. LastMonth. Weeks begin on Monday, and This... runs
   * to its full end. SincePreviousRun is for ReportSchedules only.
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
  /** So many whole days before the day on which the Report was created, that day not counted; 1 to 36600. */
  readonly lastDays?: number;
}

export interface ReportSpecStorageRef {
  /** Name of a ReportStorage of the Report's namespace, e.g. archive. */
  readonly name: string;
}

export interface ReportStatus {
  /** The metadata.generation that this status speaks of; -1 until the operator has looked at the Report. */
  readonly observedGeneration?: number;
  /**
   * Pending: accepted, waits for its template, storage, Secret, quota or its turn. Deploying: its pod is being started, reads, renders or
   * uploads. Ready: the file is complete in the bucket and was checked there. Failed: it ended without a file; the condition Ready says
   * why. Ready and Failed are for ever.
   */
  readonly phase?: 'Pending' | 'Deploying' | 'Ready' | 'Failed';
  /** When the first pod of the run was seen. */
  readonly startTime?: string;
  /** When the Report became Ready or Failed. */
  readonly completionTime?: string;
  /**
   * The parameters that the run was made with, at most 32 KiB of JSON: defaults filled in, values in their plain form, periods as instants
   * in UTC. Parameters without value and default are left out.
   */
  readonly parameters?: readonly ReportStatusParameter[];
  /** The template as it was when the run started. */
  readonly template?: ReportStatusTemplate;
  /** The ReportStorage that the run writes to, recorded with its Job so that a clean-up finds the bucket. */
  readonly storage?: ReportStatusStorage;
  /** The Job of the latest attempt; the operator deletes it some time after the end. */
  readonly job?: ReportStatusJob;
  /**
   * How many Jobs the Report has had. 2 means that the result of the first was lost before it could be read, e.g. with its node, and that
   * the run was made again, because nobody could prove the file. Retries within a Job are not counted.
   */
  readonly attempt?: number;
  /** Time from startTime to completionTime, for people, e.g. 2m10s; set once, at the end. */
  readonly duration?: string;
  /** How far the run is, written at most every 10 seconds and only as far as it can be known. */
  readonly progress?: ReportStatusProgress;
  /** The finished file, as it was checked in the bucket; only in a Report that is Ready. */
  readonly file?: ReportStatusFile;
  /**
   * Why this Report is being ended; set before its Job is stopped and its bucket cleaned, phase Failed follows. It is kept so that an
   * operator that restarts in between ends the Report for the same reason.
   */
  readonly failure?: ReportStatusFailure;
  /**
   * When this Report's turn came after the older Reports of its schedule (concurrencyPolicy Queue); startDeadlineSeconds counts from here.
   */
  readonly queuedUntil?: string;
  /** When the present reason of the condition Ready began; the condition's lastTransitionTime moves only with its status. */
  readonly reasonTime?: string;
  /**
   * Ready: True when the file can be used, False with the reason while the Report waits or after it failed. Finished: True once Ready or
   * Failed (kubectl wait --for=condition=Finished report/NAME always returns). Stalled: True when it Failed.
   */
  readonly conditions?: readonly Condition[];
}

export interface ReportStatusParameter {
  /** Name of the parameter. */
  readonly name: string;
  /**
   * Its value as text, e.g. emea, 42, 12.50, true, 2026-10-01 or 2026-10-01T06:00:00Z (a Timestamp, in UTC); absent for lists and Periods.
   */
  readonly value?: string;
  /** The values of a parameter of type Strings or Choices, in the order in which they were given. */
  readonly values?: readonly string[];
  /** The instants of a Period; from is part of it, to is not. */
  readonly period?: ReportStatusParameterPeriod;
}

export interface ReportStatusParameterPeriod {
  /** First instant of the period, in UTC. */
  readonly from: string;
  /** First instant after the period, in UTC. */
  readonly to: string;
}

export interface ReportStatusTemplate {
  /** Kind of the template. */
  readonly kind: 'ReportTemplate' | 'ClusterReportTemplate';
  /** Name of the template. */
  readonly name: string;
  /** UID of the template, which tells it from a later one of the same name. */
  readonly uid: string;
  /** The template's metadata.generation, which counts the changes of its spec. */
  readonly generation: number;
  /** Commit of the template's code, if the code came from git. */
  readonly revision?: string;
}

export interface ReportStatusStorage {
  /** Name of the ReportStorage. */
  readonly name: string;
  /** UID of the ReportStorage, which tells it from a later one of the same name. */
  readonly uid: string;
}

export interface ReportStatusJob {
  /** Name of the Job; kubectl logs job/NAME shows what it logged. */
  readonly name: string;
  /** UID of the Job. */
  readonly uid: string;
}

export interface ReportStatusProgress {
  /** Rows written so far. */
  readonly rows?: number;
  /** Bytes of the file made so far. */
  readonly bytes?: number;
  /** What the runner is at. */
  readonly phase?: 'Rendering' | 'Uploading';
}

export interface ReportStatusFile {
  /** Name of the file with its extension, e.g. invoices-october.xlsx. */
  readonly name: string;
  /** Format of the file; when it is packed by gzip, of what is in it. */
  readonly format: 'CSV' | 'JSON' | 'NDJSON' | 'XLSX';
  /** Content-Type of the object, e.g. text/csv; charset=utf-8, or application/gzip for one that is packed. */
  readonly contentType: string;
  /** Data rows; the header is not counted. */
  readonly rows: number;
  /** Sheets of the workbook, more than 1 above 1,048,575 rows; always 1 for the other formats. */
  readonly sheets: number;
  /** Size of the object in bytes. */
  readonly sizeBytes: number;
  /** Size for people, e.g. 9.3MB. */
  readonly size: string;
  /** SHA-256 of the whole file in lower-case hex; compare it with sha256sum of a download. */
  readonly sha256: string;
  /** Bucket of the file. */
  readonly bucket: string;
  /** Key of the file in its bucket: prefix/namespace/report/uid/file name. */
  readonly key: string;
  /** Bucket and key in one: s3://bucket/key. */
  readonly uri: string;
  /** ETag that the object store gave to the complete object; not a checksum in every store. */
  readonly etag: string;
  /** Version of the object, in buckets that keep versions. */
  readonly versionId?: string;
  /** The ReportStorage that took the file. */
  readonly storage: ReportStatusFileStorage;
}

export interface ReportStatusFileStorage {
  /** Name of the ReportStorage. */
  readonly name: string;
  /** UID of the ReportStorage, which tells it from a later one of the same name. */
  readonly uid: string;
}

export interface ReportStatusFailure {
  /** The reason that the conditions of the Failed Report will give. */
  readonly reason: string;
  /** What is wrong, where, and what to do. */
  readonly message: string;
  /** When it was decided. */
  readonly time: string;
}
