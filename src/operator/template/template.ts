/** A template of either kind. Both specs come from one source (scripts/cluster-template-crd.ts), so that whoever reads one can read the other. */
import type { ClusterReportTemplate } from '../../api/generated/clusterreporttemplate.ts';
import type { Report } from '../../api/generated/report.ts';
import type { ReportTemplate } from '../../api/generated/reporttemplate.ts';
import { CLUSTER_REPORT_TEMPLATES, REPORT_TEMPLATES, type ResourceType } from '../../kube/resources.ts';
import type { ObjectKey, Store } from '../../kube/store.ts';

export type Template = ReportTemplate | ClusterReportTemplate;

export interface TemplateStores {
  readonly templates: Store<ReportTemplate>;
  /** Undefined: this operator does not read them (--cluster-templates=false). */
  readonly clusterTemplates: Store<ClusterReportTemplate> | undefined;
}

/** Key of the template that a Report names: with a namespace for a ReportTemplate, without one for a ClusterReportTemplate. */
export function templateKeyOf({ metadata, spec: { templateRef } }: Report): ObjectKey {
  return templateRef.kind === 'ClusterReportTemplate' ? templateRef.name : `${metadata.namespace ?? ''}/${templateRef.name}`;
}

export function templateAt({ templates, clusterTemplates }: TemplateStores, key: ObjectKey): Template | undefined {
  return key.includes('/') ? templates.get(key) : clusterTemplates?.get(key);
}

export function typeOf(template: Template): ResourceType {
  return template.kind === 'ClusterReportTemplate' ? CLUSTER_REPORT_TEMPLATES : REPORT_TEMPLATES;
}

/** As messages name it: `ReportTemplate "invoices"`. */
export function titleOf({ kind, metadata }: Template): string {
  return `${kind} "${metadata.name}"`;
}
