/** A template's s3 source: which storage it reads, what its run is told, and what is wrong with it beyond the schema. */
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import { columnHeaders, columnPaths } from '../../runner/sources/http/paths.ts';
import type { S3Plan } from '../../runner/sources/s3/plan.ts';
import { keyBelow, relativeKeyProblem } from '../../s3/object-key.ts';
import { bucketOf } from '../storage/bucket.ts';
import type { Template } from './template.ts';

type S3Spec = NonNullable<Template['spec']['source']['s3']>;
type ColumnSpec = NonNullable<Template['spec']['columns']>[number];

/** Name of the ReportStorage, in the Report's namespace; undefined when the template has another source. */
export function sourceStorageName({ spec }: Template): string | undefined {
  return spec.source.s3?.storageRef.name;
}

export function s3Plan({ spec }: Template, s3: S3Spec, storage: ReportStorage): S3Plan {
  const { prefix } = storage.spec.s3;
  return {
    kind: 's3',
    bucket: bucketOf(storage),
    storage: storage.metadata.name,
    place:
      s3.key === undefined ? { kind: 'prefix', prefix: keyBelow(prefix, s3.prefix ?? '') } : { kind: 'key', key: keyBelow(prefix, s3.key) },
    format: s3.format,
    csv: s3.csv,
    paths: pathsOf(spec.columns ?? [], s3.format),
  };
}

/** Every mistake as a sentence that begins with the field. */
export function s3Problems({ spec }: Template): readonly string[] {
  const { s3 } = spec.source;
  if (s3 === undefined) return [];
  const columns = spec.columns ?? [];
  const names = columns.map(({ name }) => name);
  const paths = pathsOf(columns, s3.format);
  const found = s3.format === 'CSV' ? columnHeaders(paths, names) : columnPaths(paths, names);
  return [
    // The schema says so too; what is read beside its place is not left to one line of YAML (security.md 9).
    ...(['key', 'prefix'] as const).flatMap((field) => {
      const problem = s3[field] === undefined ? undefined : relativeKeyProblem(s3[field], field === 'prefix');
      return problem === undefined ? [] : [`spec.source.s3.${field}: ${problem}`];
    }),
    ...(found.ok ? [] : found.problems.map((problem) => `spec.columns: ${problem}`)),
  ];
}

/** Where values stand when the template does not say: as our own files have them, by header in CSV and by name in NDJSON. */
function pathsOf(columns: readonly ColumnSpec[], format: S3Spec['format']): readonly string[] {
  return columns.map(({ name, header, path }) => path ?? (format === 'CSV' ? headerPath(header ?? name) : `$.${name}`));
}

/** A text that begins with $ would be taken for a path. */
function headerPath(header: string): string {
  return header.startsWith('$') ? `$[${JSON.stringify(header)}]` : header;
}
