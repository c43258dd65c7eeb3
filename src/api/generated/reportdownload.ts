/** Made from crds/reportdownloads.yaml by `npm run generate`; not edited by hand. */
import type { Condition, ObjectMeta } from '../../kube/objects.ts';

/**
 * A ReportDownload asks for a link (a presigned URL) to the file of a Ready Report. The operator checks in the bucket that the file is
 * still the one that the Report speaks of, and writes the link into status.url. Whoever has the link can get the file until expirationTime;
 * then the link is removed and never made again. It belongs to its Report and is deleted with it.
 */
export interface ReportDownload {
  readonly apiVersion: 'dossier.dev/v1alpha1';
  readonly kind: 'ReportDownload';
  readonly metadata: ObjectMeta;
  /** Which file, and for how long. It cannot be changed once the ReportDownload exists; to get another link, create a new one. */
  readonly spec: ReportDownloadSpec;
  /** The link, or why there is none. Written by the operator only. */
  readonly status: ReportDownloadStatus;
}

export interface ReportDownloadSpec {
  /** The Report whose file is asked for, of the same namespace. It must be Ready; otherwise the ReportDownload has Failed at once. */
  readonly reportRef: ReportDownloadSpecReportRef;
  /** For how many seconds the link works, from the moment it is made. A transfer that has begun goes on. Default 600. */
  readonly expirationSeconds: number;
}

export interface ReportDownloadSpecReportRef {
  /** Name of the Report, e.g. invoices-2026-10. */
  readonly name: string;
}

export interface ReportDownloadStatus {
  /** The metadata.generation that this status speaks of; -1 until the operator has looked at the ReportDownload. */
  readonly observedGeneration?: number;
  /**
   * Ready: url works until expirationTime. Expired: it no longer does, and is gone from here. Failed: there is none; the condition Ready
   * says why. Absent while the object store is asked.
   */
  readonly phase?: 'Ready' | 'Expired' | 'Failed';
  /**
   * The link. Get it with any HTTP client; the answer carries the file's name and type. It needs no credentials, so treat it as one: it
   * opens the file to whoever has it.
   */
  readonly url?: string;
  /** When the link stops working, or stopped. */
  readonly expirationTime?: string;
  /** The file behind the link as its Report has it, so that whoever fetches it can check that it arrived whole. */
  readonly file?: ReportDownloadStatusFile;
  /**
   * Ready: True (reason Signed) while the link works; else False with StorageUnavailable, Expired, ReportNotFound, ReportNotReady or
   * FileMissing. Stalled: True when it Failed.
   */
  readonly conditions?: readonly Condition[];
}

export interface ReportDownloadStatusFile {
  /** Name of the file, e.g. invoices-october.xlsx. */
  readonly name: string;
  /** Size in bytes. */
  readonly sizeBytes: number;
  /** SHA-256 of the file, in hexadecimal digits. */
  readonly sha256: string;
}
