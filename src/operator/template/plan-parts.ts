/** The parts of a plan that a template decides. */
import type { SourcePlan } from '../../runner/plan.ts';
import type { Column } from '../../runner/rows.ts';
import { codePlan } from './code-parts.ts';
import { httpPlan } from './http-parts.ts';
import { kubernetesPlan } from './kubernetes-parts.ts';
import type { Template } from './template.ts';

export function sourceOf(template: Template): SourcePlan {
  const { inline, postgres } = template.spec.source;
  if (inline !== undefined) return { kind: 'inline', rows: inline.rows };
  const other = httpPlan(template) ?? kubernetesPlan(template) ?? codePlan(template);
  if (other !== undefined) return other;
  if (postgres === undefined) throw new TypeError('a template without a source passed the schema');
  const { query, statementTimeoutSeconds } = postgres;
  return { kind: 'postgres', query, ...(statementTimeoutSeconds === undefined ? {} : { statementTimeoutSeconds }) };
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
