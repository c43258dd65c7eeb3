/** A template's kubernetes source: what its run is told, and what is wrong with it beyond the schema. */
import type { KubernetesPlan } from '../../runner/sources/kubernetes/plan.ts';
import { compileReading } from '../../runner/sources/kubernetes/reading.ts';
import type { Template } from './template.ts';

/** Undefined when the template has another source. */
export function kubernetesPlan({ spec }: Template): KubernetesPlan | undefined {
  const { kubernetes } = spec.source;
  if (kubernetes === undefined) return undefined;
  const { apiVersion, kind, labelSelector, fieldSelector, allNamespaces, forEach, groupBy } = kubernetes;
  return {
    kind: 'kubernetes',
    apiVersion,
    objectKind: kind,
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    allNamespaces,
    // The schema asks for it; a pod without one has this one.
    serviceAccountName: spec.job.serviceAccountName ?? 'default',
    ...(forEach === undefined ? {} : { forEach }),
    ...(groupBy === undefined ? {} : { groupBy }),
    columns: (spec.columns ?? []).map(({ path, aggregate }) => ({
      ...(path === undefined ? {} : { path }),
      ...(aggregate === undefined ? {} : { aggregate }),
    })),
  };
}

export function kubernetesProblems(template: Template): readonly string[] {
  const plan = kubernetesPlan(template);
  if (plan === undefined) return [];
  const compiled = compileReading(plan, template.spec.columns ?? []);
  // The schema says so too; what reads across namespaces is not left to one line of YAML.
  const scope =
    plan.allNamespaces && template.kind !== 'ClusterReportTemplate'
      ? [
          'spec.source.kubernetes.allNamespaces: a ReportTemplate reads its own namespace only; all namespaces are for a ClusterReportTemplate',
        ]
      : [];
  return [...scope, ...(compiled.ok ? [] : compiled.problems)];
}
