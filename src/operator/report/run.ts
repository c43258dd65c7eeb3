/**
 * What one run of a Report is: parameters, format, columns, bucket, key. Pure; every mistake that makes the Report hopeless is found here, before a Job exists.
 */
import { contentTypeOf, fileNameOf, fileNameProblem } from '../../api/file-name.ts';
import type { Report } from '../../api/generated/report.ts';
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import type { ReportTemplate } from '../../api/generated/reporttemplate.ts';
import { resolveParameters } from '../../api/parameters/resolve.ts';
import type { FailureReason } from '../../api/reasons.ts';
import { stringifyExact } from '../../exact-json.ts';
import { contentDisposition, objectKey } from '../../s3/object-key.ts';
import { PLAN_LIMIT_BYTES, type BucketPlan, type RunPlan, type SourcePlan } from '../../runner/plan.ts';
import type { Column } from '../../runner/rows.ts';
import { timeZoneProblem } from '../../time/zones.ts';

export type RunOutcome =
  | { readonly ok: true; readonly plan: RunPlan; readonly planJson: string }
  | { readonly ok: false; readonly reason: FailureReason; readonly message: string };

/** Name of the storage a Report must use, or why it may not use the one it names. Undefined = the namespace's default. */
export function storageNameOf(
  report: Report,
  template: ReportTemplate,
): { readonly name: string | undefined } | { readonly problem: string } {
  const asked = report.spec.storageRef?.name;
  const bound = template.spec.storageRef?.name;
  const allowed = template.spec.allowedStorageRefs?.map(({ name }) => name) ?? [];
  if (asked === undefined) return { name: bound };
  if (bound === undefined && allowed.length === 0) return { name: asked };
  if (asked === bound || allowed.includes(asked)) return { name: asked };
  const names = [...(bound === undefined ? [] : [bound]), ...allowed].join(', ');
  return { problem: `storageRef "${asked}": template "${template.metadata.name}" lets its Reports use only: ${names}` };
}

export function planRun(
  report: Report,
  template: ReportTemplate,
  storage: ReportStorage,
  attempt: number,
  allowLoopback: boolean,
): RunOutcome {
  const timeZone = report.spec.timeZone;
  const problems = [...fileNameProblems(report), ...zoneProblems(timeZone)];
  const format = report.spec.format ?? template.spec.formats[0];
  if (format === undefined || !template.spec.formats.includes(format)) {
    const offered = template.spec.formats.join(', ');
    return {
      ok: false,
      reason: 'FormatNotSupported',
      message: `format ${format ?? '(none)'}: template "${template.metadata.name}" offers ${offered}`,
    };
  }
  const resolution = resolveParameters(
    template.spec.parameters ?? [],
    report.spec.parameters ?? [],
    problems.length === 0 ? timeZone : 'UTC',
  );
  if (!resolution.ok) problems.push(...resolution.problems);
  if (!resolution.ok || problems.length > 0) return { ok: false, reason: 'InvalidParameters', message: problems.join('; ') };
  const fileName = fileNameOf(report.spec.fileName ?? report.metadata.name, format);
  const { namespace = '', name, uid } = report.metadata;
  const columns = columnsOf(template);
  const plan: RunPlan = {
    version: 1,
    report: { namespace, name, uid },
    template: {
      kind: 'ReportTemplate',
      name: template.metadata.name,
      uid: template.metadata.uid,
      generation: template.metadata.generation ?? 0,
    },
    attempt,
    activeDeadlineSeconds: report.spec.activeDeadlineSeconds ?? template.spec.job.activeDeadlineSeconds,
    timeZone,
    parameters: resolution.parameters,
    source: sourceOf(template),
    ...(columns === undefined ? {} : { columns }),
    format,
    csv: template.spec.csv,
    xlsx: { ...template.spec.xlsx, sheetName: template.spec.xlsx.sheetName ?? template.spec.title ?? 'Report' },
    output: {
      bucket: bucketOf(storage),
      storage: { name: storage.metadata.name, uid: storage.metadata.uid },
      key: objectKey({ prefix: storage.spec.s3.prefix, namespace, report: name, uid, fileName }),
      fileName,
      contentType: contentTypeOf(format),
      contentDisposition: contentDisposition(fileName),
    },
    allowLoopback,
  };
  const planJson = stringifyExact(plan);
  return tooLarge(plan, planJson) ?? { ok: true, plan, planJson };
}

/** One way to turn mistakes in the Report's own fields into its end. */
function fileNameProblems({ spec }: Report): string[] {
  const problem = spec.fileName === undefined ? undefined : fileNameProblem(spec.fileName);
  return problem === undefined ? [] : [problem];
}

function zoneProblems(timeZone: string): string[] {
  const problem = timeZoneProblem(timeZone);
  return problem === undefined ? [] : [`timeZone ${problem}`];
}

function sourceOf(template: ReportTemplate): SourcePlan {
  const { inline, postgres } = template.spec.source;
  if (inline !== undefined) return { kind: 'inline', rows: inline.rows };
  if (postgres === undefined) throw new TypeError('a template without a source passed the schema');
  const { query, statementTimeoutSeconds } = postgres;
  return { kind: 'postgres', query, ...(statementTimeoutSeconds === undefined ? {} : { statementTimeoutSeconds }) };
}

export function columnsOf(template: ReportTemplate): readonly Column[] | undefined {
  return template.spec.columns?.map(({ name, header, type, numberFormat, width }) => ({
    name,
    header: header ?? name,
    type,
    ...(numberFormat === undefined ? {} : { numberFormat }),
    ...(width === undefined ? {} : { width }),
  }));
}

/** A single environment string has a limit; what is too large is named, so that the user knows what to cut. */
function tooLarge(plan: RunPlan, planJson: string): RunOutcome | undefined {
  const bytes = Buffer.byteLength(planJson);
  if (bytes <= PLAN_LIMIT_BYTES) return undefined;
  const parts = { parameters: plan.parameters, source: plan.source, columns: plan.columns ?? [] };
  const sizes = Object.entries(parts).map(([name, part]) => ({ name, size: Buffer.byteLength(stringifyExact(part)) }));
  const largest = sizes.reduce((a, b) => (b.size > a.size ? b : a));
  return {
    ok: false,
    reason: 'InvalidParameters',
    message: `template and parameters together make a plan of ${bytes} bytes; at most ${PLAN_LIMIT_BYTES} are allowed; the largest part is ${largest.name} (${largest.size} bytes)`,
  };
}

export function bucketOf(storage: ReportStorage): BucketPlan {
  const { bucket, endpoint, region, forcePathStyle, serverSideEncryption, checksums, credentialsSecretRef } = storage.spec.s3;
  return {
    bucket,
    ...(endpoint === undefined ? {} : { endpoint }),
    region,
    forcePathStyle,
    ...(serverSideEncryption === undefined ? {} : { serverSideEncryption }),
    checksums,
    credentials: credentialsSecretRef === undefined ? 'Pod' : 'Secret',
  };
}
