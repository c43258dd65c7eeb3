/**
 * What one run is told: the JSON in the environment variable `DOSSIER_PLAN`, written by the operator, read by the runner.
 *
 * It names what to read and what to write and never holds a secret: those come as environment variables that the kubelet fills from Secrets (`PLAN_ENV`).
 */
import type { Column } from './rows.ts';
import type { CodePlan } from './sources/code/plan.ts';
import type { HttpPlan } from './sources/http/plan.ts';
import type { KubernetesPlan } from './sources/kubernetes/plan.ts';
import type { S3Plan } from './sources/s3/plan.ts';

/** Names of the environment variables through which a Job speaks to its runner. */
export const PLAN_ENV = {
  plan: 'DOSSIER_PLAN',
  /** Path of the file that becomes the termination message. */
  terminationLog: 'DOSSIER_TERMINATION_LOG',
  /** Connection URL of a SQL source. */
  sourceUrl: 'DOSSIER_SOURCE_URL',
  /** Value of a header of an HTTP source, with the header's index behind it. */
  sourceHeader: 'DOSSIER_SOURCE_HEADER_',
  /** PEM bundle of a private authority for the source. */
  sourceCa: 'DOSSIER_SOURCE_CA',
  /** Path of a file with the token of the pod's service account, and of one with the certificate of the cluster's authority. */
  kubeToken: 'DOSSIER_KUBE_TOKEN',
  kubeCa: 'DOSSIER_KUBE_CA',
  /** Keys of the bucket that an s3 source reads, where they come from a Secret. */
  sourceAccessKeyId: 'DOSSIER_SOURCE_ACCESS_KEY_ID',
  sourceSecretAccessKey: 'DOSSIER_SOURCE_SECRET_ACCESS_KEY',
  sourceSessionToken: 'DOSSIER_SOURCE_SESSION_TOKEN',
  /** Path of the template's own workbook; and, where it is from a repository, of the folder that it must lie in. */
  workbook: 'DOSSIER_WORKBOOK',
  workbookTree: 'DOSSIER_WORKBOOK_TREE',
  /** PEM bundle of a private authority for the object store. */
  storageCa: 'DOSSIER_STORAGE_CA',
  /** Not AWS' own names: a bucket that is opened by the pod's identity beside this one must not be opened with these. */
  accessKeyId: 'DOSSIER_STORAGE_ACCESS_KEY_ID',
  secretAccessKey: 'DOSSIER_STORAGE_SECRET_ACCESS_KEY',
  sessionToken: 'DOSSIER_STORAGE_SESSION_TOKEN',
} as const;

/** Largest plan in bytes of UTF-8: Linux refuses a single environment string of 131,072 bytes. */
export const PLAN_LIMIT_BYTES = 120_000;

export type ReportFormat = 'CSV' | 'JSON' | 'NDJSON' | 'XLSX';
export type Compression = 'None' | 'Gzip';

/** A parameter after defaults and checks. `null` = optional and not given. */
export type ResolvedParameter =
  | { readonly name: string; readonly type: 'String' | 'Decimal' | 'Date' | 'Choice'; readonly value: string | null }
  /** In the order given; may be empty. */
  | { readonly name: string; readonly type: 'Strings' | 'Choices'; readonly value: readonly string[] | null }
  /** Digits with an optional minus, exact beyond 2^53. */
  | { readonly name: string; readonly type: 'Integer'; readonly value: string | null }
  | { readonly name: string; readonly type: 'Boolean'; readonly value: boolean | null }
  /** An instant in UTC (`2026-10-01T06:00:00Z`), at most microseconds. */
  | { readonly name: string; readonly type: 'Timestamp'; readonly value: string | null }
  /** Half-open: from <= t < to; instants in UTC (`2026-09-30T22:00:00Z`). */
  | { readonly name: string; readonly type: 'Period'; readonly value: { readonly from: string; readonly to: string } | null };

/** `spec.source` of a template, without its Secrets. */
export type SourcePlan =
  /** `rows` as the manifest has them; integers beyond 2^53 survive because the plan is written and read with exact integers (`exact-json.ts`). */
  | { readonly kind: 'inline'; readonly rows: readonly Readonly<Record<string, unknown>>[] }
  | { readonly kind: 'postgres'; readonly query: string; readonly statementTimeoutSeconds?: number }
  | { readonly kind: 'mysql'; readonly query: string; readonly statementTimeoutSeconds?: number }
  | HttpPlan
  | KubernetesPlan
  | S3Plan
  | CodePlan;

export interface CsvOptions {
  readonly delimiter: ',' | ';' | '|' | '\t';
  readonly header: boolean;
  readonly bom: boolean;
  readonly quote: 'Minimal' | 'All';
  readonly lineEnding: 'LF' | 'CRLF';
  /** Text of a null cell. */
  readonly null: string;
  readonly formulas: 'Escape' | 'Keep';
}

export interface JsonOptions {
  /** Decimal columns as strings, or as numbers with all their digits. */
  readonly decimals: 'String' | 'Number';
  /** Integer columns as strings, or as numbers with all their digits. */
  readonly integers: 'String' | 'Number';
}

/** A workbook of the user's own that receives the rows; absent = one is made. */
export interface WorkbookPlan {
  readonly from:
    | { readonly kind: 'configMap'; readonly name: string; readonly key: string }
    /** `path`: below the folder of the source. */
    | { readonly kind: 'git'; readonly path: string };
  readonly sheet: string;
  /** From 1. */
  readonly startRow: number;
  readonly startColumn: number;
}

export interface XlsxOptions {
  readonly sheetName: string;
  readonly freezeHeader: boolean;
  readonly autoFilter: boolean;
  /** Whether a sheet says what the workbook is of. */
  readonly info: boolean;
  readonly workbook?: WorkbookPlan;
}

/** A bucket as an S3 client needs it, without credentials. */
export interface BucketPlan {
  readonly bucket: string;
  /** Scheme, host and port; absent = AWS' own endpoint of the region. */
  readonly endpoint?: string;
  readonly region: string;
  readonly forcePathStyle: boolean;
  readonly serverSideEncryption?: 'AES256' | 'aws:kms';
  /** How each part proves itself: Auto = Content-MD5 where an endpoint is set, SHA-256 on AWS. */
  readonly checksums: 'Auto' | 'MD5' | 'SHA256';
  /** Secret = keys in the environment; Pod = the identity of the pod (IRSA, pod identity). */
  readonly credentials: 'Secret' | 'Pod';
}

export interface OutputPlan {
  readonly bucket: BucketPlan;
  /** The ReportStorage, so that whoever cleans up later finds the same one. */
  readonly storage: { readonly name: string; readonly uid: string };
  /** The object's whole key, computed by the operator. */
  readonly key: string;
  readonly fileName: string;
  readonly contentType: string;
  /** RFC 6266. */
  readonly contentDisposition: string;
}

/** Which template a run was made from, as it was then. */
export interface TemplateFacts {
  readonly kind: 'ReportTemplate' | 'ClusterReportTemplate';
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
}

export interface RunPlan {
  readonly version: 1;
  readonly report: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly template: TemplateFacts;
  readonly attempt: number;
  /** From the first pod on, all retries included. */
  readonly activeDeadlineSeconds: number;
  /** The moment that the run is of (RFC 3339 in UTC): its scheduled time, or when its Report was created. The same for every attempt. */
  readonly time: string;
  /** IANA zone of dates and wall clocks. */
  readonly timeZone: string;
  readonly parameters: readonly ResolvedParameter[];
  readonly source: SourcePlan;
  /** Absent only for SQL: then the result's own columns. */
  readonly columns?: readonly Column[];
  readonly format: ReportFormat;
  /** Never Gzip with XLSX. */
  readonly compression: Compression;
  readonly csv: CsvOptions;
  readonly json: JsonOptions;
  readonly xlsx: XlsxOptions;
  readonly output: OutputPlan;
  /** Only the local demo and tests may reach loopback addresses. */
  readonly allowLoopback: boolean;
}
