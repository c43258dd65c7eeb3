/**
 * What one run of a Report is: parameters, format, columns, bucket, key. Pure; every mistake that makes the Report hopeless is found here, before a Job exists.
 */
import { contentTypeOf, fileNameOf, fileNameProblem, isCompressible } from '../../api/file-name.ts';
import type { Report } from '../../api/generated/report.ts';
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import { resolveParameters } from '../../api/parameters/resolve.ts';
import type { FailureReason } from '../../api/reasons.ts';
import { inOneMessage } from '../../mistakes.ts';
import { PLAN_LIMIT_BYTES, type Compression, type ReportFormat, type ResolvedParameter, type RunPlan } from '../../runner/plan.ts';
import { contentDisposition, objectKey } from '../../s3/object-key.ts';
import { timeZoneProblem } from '../../time/zones.ts';
import { planJsonOf } from '../plan-json.ts';
import { scheduledTimeOf } from '../schedule/marks.ts';
import { bucketOf } from '../storage/bucket.ts';
import { columnsOf, sourceOf } from '../template/plan-parts.ts';
import type { Template } from '../template/template.ts';
import { xlsxOptions } from '../template/workbook-parts.ts';

type Hopeless = { readonly ok: false; readonly reason: FailureReason; readonly message: string };

/** What a Report asks for, found to be sound. */
export interface CheckedReport {
  readonly ok: true;
  readonly format: ReportFormat;
  readonly compression: Compression;
  readonly parameters: readonly ResolvedParameter[];
  /** Undefined = the namespace's default storage. */
  readonly storageName: string | undefined;
}

export type RunOutcome = { readonly ok: true; readonly plan: RunPlan; readonly planJson: string } | Hopeless;

/** The Report's own fields against its template: every mistake at once. Needs no storage, so that nobody waits for one to learn of a typing error. */
export function checkReport(report: Report, template: Template): CheckedReport | Hopeless {
  const { spec } = report;
  const format = spec.format ?? template.spec.formats[0];
  if (format === undefined || !template.spec.formats.includes(format)) {
    const offered = template.spec.formats.join(', ');
    return {
      ok: false,
      reason: 'FormatNotSupported',
      message: `format ${format ?? '(none)'}: template "${template.metadata.name}" offers ${offered}`,
    };
  }
  const zoneProblem = timeZoneProblem(spec.timeZone);
  const nameProblem = spec.fileName === undefined ? undefined : fileNameProblem(spec.fileName);
  const compression = compressionOf(report, template, format);
  const storage = storageNameOf(report, template);
  const resolution = resolveParameters(template.spec.parameters ?? [], spec.parameters ?? [], {
    zone: zoneProblem === undefined ? spec.timeZone : 'UTC',
    createdAt: timeOf(report),
  });
  const problems = [
    ...(zoneProblem === undefined ? [] : [`timeZone ${zoneProblem}`]),
    ...(nameProblem === undefined ? [] : [nameProblem]),
    ...('problem' in compression ? [compression.problem] : []),
    ...('problem' in storage ? [storage.problem] : []),
    ...(resolution.ok ? [] : resolution.problems),
  ];
  if (problems.length > 0 || !resolution.ok || 'problem' in compression || 'problem' in storage)
    return { ok: false, reason: 'InvalidParameters', message: inOneMessage(problems) };
  return { ok: true, format, ...compression, parameters: resolution.parameters, storageName: storage.name };
}

/** From when its days are counted, in epoch milliseconds. */
function timeOf(report: Report): number {
  return scheduledTimeOf(report) ?? Date.parse(report.metadata.creationTimestamp);
}

/** A Report's word holds, or is a mistake; the template's is for those of its formats that can be compressed. */
function compressionOf(
  report: Report,
  template: Template,
  format: ReportFormat,
): { readonly compression: Compression } | { readonly problem: string } {
  const asked = report.spec.compression;
  if (isCompressible(format)) return { compression: asked ?? template.spec.compression };
  if (asked !== 'Gzip') return { compression: 'None' };
  return { problem: `compression Gzip: format ${format} is compressed already; leave compression out, or ask for CSV, JSON or NDJSON` };
}

/** Name of the storage a Report must use, or why it may not use the one it names. */
function storageNameOf(report: Report, template: Template): { readonly name: string | undefined } | { readonly problem: string } {
  const asked = report.spec.storageRef?.name;
  const bound = template.spec.storageRef?.name;
  const allowed = template.spec.allowedStorageRefs?.map(({ name }) => name) ?? [];
  if (asked === undefined) return { name: bound };
  if (bound === undefined && allowed.length === 0) return { name: asked };
  if (asked === bound || allowed.includes(asked)) return { name: asked };
  const names = [...(bound === undefined ? [] : [bound]), ...allowed].join(', ');
  return { problem: `storageRef "${asked}": template "${template.metadata.name}" lets its Reports use only: ${names}` };
}

/** The storages of a run. */
export interface RunStorages {
  /** Takes the file. */
  readonly output: ReportStorage;
  /** What an s3 source reads; undefined for any other source. */
  readonly source: ReportStorage | undefined;
}

/** The run of a sound Report into a storage. */
export function planRun(
  report: Report,
  checked: CheckedReport,
  template: Template,
  { output: storage, source }: RunStorages,
  attempt: number,
  allowLoopback: boolean,
): RunOutcome {
  const { format, compression, parameters } = checked;
  const fileName = fileNameOf(report.spec.fileName ?? report.metadata.name, format, compression);
  const { namespace = '', name, uid } = report.metadata;
  const columns = columnsOf(template);
  const plan: RunPlan = {
    version: 1,
    report: { namespace, name, uid },
    template: {
      kind: template.kind,
      name: template.metadata.name,
      uid: template.metadata.uid,
      generation: template.metadata.generation ?? 0,
    },
    attempt,
    activeDeadlineSeconds: report.spec.activeDeadlineSeconds ?? template.spec.job.activeDeadlineSeconds,
    time: new Date(timeOf(report)).toISOString(),
    timeZone: report.spec.timeZone,
    parameters,
    source: sourceOf(template, source),
    ...(columns === undefined ? {} : { columns }),
    format,
    compression,
    csv: template.spec.csv,
    json: template.spec.json,
    xlsx: xlsxOptions(template),
    output: {
      bucket: bucketOf(storage),
      storage: { name: storage.metadata.name, uid: storage.metadata.uid },
      key: keyOfFile(report, storage, fileName),
      fileName,
      contentType: contentTypeOf(format, compression),
      contentDisposition: contentDisposition(fileName),
    },
    allowLoopback,
  };
  const planJson = planJsonOf(plan);
  return tooLarge(plan, planJson) ?? { ok: true, plan, planJson };
}

/** Where a Report's file of that name lies; from the UID, never from a status. */
export function keyOfFile(report: Report, storage: ReportStorage, fileName: string): string {
  const { namespace = '', name, uid } = report.metadata;
  return objectKey({ prefix: storage.spec.s3.prefix, namespace, report: name, uid, fileName });
}

/** A single environment string has a limit; what is too large is named, so that the user knows what to cut. */
function tooLarge(plan: RunPlan, planJson: string): RunOutcome | undefined {
  const bytes = Buffer.byteLength(planJson);
  if (bytes <= PLAN_LIMIT_BYTES) return undefined;
  const parts = { parameters: plan.parameters, source: plan.source, columns: plan.columns ?? [] };
  const sizes = Object.entries(parts).map(([name, part]) => ({ name, size: Buffer.byteLength(planJsonOf(part)) }));
  const largest = sizes.reduce((a, b) => (b.size > a.size ? b : a));
  return {
    ok: false,
    reason: 'InvalidParameters',
    message: `template and parameters together make a plan of ${bytes} bytes; at most ${PLAN_LIMIT_BYTES} are allowed; the largest part is ${largest.name} (${largest.size} bytes)`,
  };
}
