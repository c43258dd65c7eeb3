/** The kinds Dossier talks about, as the apiserver addresses them. */

export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const DOSSIER = { group: 'dossier.dev', version: 'v1alpha1', namespaced: true } as const;

export const REPORTS: ResourceType = { ...DOSSIER, kind: 'Report', plural: 'reports' };
export const REPORT_TEMPLATES: ResourceType = { ...DOSSIER, kind: 'ReportTemplate', plural: 'reporttemplates' };
export const CLUSTER_REPORT_TEMPLATES: ResourceType = {
  ...DOSSIER,
  kind: 'ClusterReportTemplate',
  plural: 'clusterreporttemplates',
  namespaced: false,
};
export const REPORT_STORAGES: ResourceType = { ...DOSSIER, kind: 'ReportStorage', plural: 'reportstorages' };
export const REPORT_SCHEDULES: ResourceType = { ...DOSSIER, kind: 'ReportSchedule', plural: 'reportschedules' };
export const REPORT_DOWNLOADS: ResourceType = { ...DOSSIER, kind: 'ReportDownload', plural: 'reportdownloads' };
export const REPORT_REPOSITORIES: ResourceType = { ...DOSSIER, kind: 'ReportRepository', plural: 'reportrepositories' };
/** All of Dossier's own; they are of one group and version. */
export const DOSSIER_KINDS: readonly ResourceType[] = [
  CLUSTER_REPORT_TEMPLATES,
  REPORTS,
  REPORT_DOWNLOADS,
  REPORT_REPOSITORIES,
  REPORT_SCHEDULES,
  REPORT_STORAGES,
  REPORT_TEMPLATES,
];

export const JOBS: ResourceType = { group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs', namespaced: true };
export const PODS: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
export const SECRETS: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
export const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
export const SERVICE_ACCOUNTS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};
export const NAMESPACES: ResourceType = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
export const NODES: ResourceType = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
/** The old API: the Job controller's FailedCreate Events are found by its field selectors. */
export const CORE_EVENTS: ResourceType = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
export const EVENTS: ResourceType = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
export const LEASES: ResourceType = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true };

export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** `/apis/<group>/<version>/namespaces/<ns>/<plural>[/<name>[/<subresource>]]`; without a namespace, all of them. */
export function pathOf(type: ResourceType, namespace: string | undefined, name?: string, subresource?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${type.plural}${object}${subresource === undefined ? '' : `/${subresource}`}`;
}
