/** A template's kubernetes source: what its run is told, and what is wrong with it beyond the schema. */
import type { KubernetesPlan } from '../../runner/sources/kubernetes/plan.ts';
import { compileReading } from '../../runner/sources/kubernetes/reading.ts';
import type { Template } from './template.ts';

/** Undefined when the template has another source. */
export function kubernetesPlan({ spec }: Template): KubernetesPlan | undefined {
  const { kubernetes } = spec.source;
  if (kubernetes === undefined) return undefined;
  const { kind, allNamespaces, also, where, groupBy, ...first } = kubernetes;
  return {
    ...first,
    kind: 'kubernetes',
    objectKind: kind,
    allNamespaces,
    // The schema asks for it; a pod without one has this one.
    serviceAccountName: spec.job.serviceAccountName ?? 'default',
    ...(also === undefined ? {} : { also: also.map(({ kind: objectKind, ...further }) => ({ ...further, objectKind })) }),
    ...(where === undefined ? {} : { where }),
    ...(groupBy === undefined ? {} : { groupBy }),
    // What all sources know of a column stands in the plan's own list.
    columns: (spec.columns ?? []).map(({ name: _name, header: _header, type: _type, numberFormat: _format, width: _width, ...own }) => own),
  };
}

export function kubernetesProblems(template: Template): readonly string[] {
  const plan = kubernetesPlan(template);
  if (plan === undefined) return [];
  const compiled = compileReading(plan, template.spec.columns ?? [], template.spec.parameters);
  // The schema says so too; what reads across namespaces is not left to one line of YAML.
  const scope =
    plan.allNamespaces && template.kind !== 'ClusterReportTemplate'
      ? [
          'spec.source.kubernetes.allNamespaces: a ReportTemplate reads its own namespace only; all namespaces are for a ClusterReportTemplate',
        ]
      : [];
  return [...scope, ...(compiled.ok ? [] : compiled.problems)];
}
