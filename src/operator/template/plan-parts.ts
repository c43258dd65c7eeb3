/** The parts of a plan that a template decides. */
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import type { SourcePlan } from '../../runner/plan.ts';
import type { Column } from '../../runner/rows.ts';
import { codePlan } from './code-parts.ts';
import { httpPlan } from './http-parts.ts';
import { kubernetesPlan } from './kubernetes-parts.ts';
import { s3Plan } from './s3-parts.ts';
import type { Template } from './template.ts';

/** `sourceStorage`: what an s3 source reads. */
export function sourceOf(template: Template, sourceStorage: ReportStorage | undefined): SourcePlan {
  const { inline, mysql, postgres, s3 } = template.spec.source;
  if (inline !== undefined) return { kind: 'inline', rows: inline.rows };
  if (s3 !== undefined && sourceStorage !== undefined) return s3Plan(template, s3, sourceStorage);
  const other = httpPlan(template) ?? kubernetesPlan(template) ?? codePlan(template);
  if (other !== undefined) return other;
  const sql = postgres ?? mysql;
  if (sql === undefined) throw new TypeError('a template without a source passed the schema');
  const { query, statementTimeoutSeconds } = sql;
  const kind = postgres === undefined ? 'mysql' : 'postgres';
  return { kind, query, ...(statementTimeoutSeconds === undefined ? {} : { statementTimeoutSeconds }) };
}

export function columnsOf(template: Template): readonly Column[] | undefined {
  return template.spec.columns?.map(({ name, header, type, numberFormat, width }) => ({
    name,
    header: header ?? name,
    type,
    ...(numberFormat === undefined ? {} : { numberFormat }),
    ...(width === undefined ? {} : { width }),
  }));
}
