/**
 * Whether the caches show what is there, asked before a step that cannot be taken back.
 *
 * Each kind has a watch of its own, and one that is slow, silent or being set up again lags behind the others for up to minutes. A Report must not fail because a template
 * was seen before its last change, or because the end of a run was not seen before its deadline; and an operator that has just started from old lists must not make a Job
 * for a Report that is at its end. Everything else that follows from an old view is refused by a resourceVersion or a taken name.
 */
import type { Report } from '../../api/generated/report.ts';
import { isNotFound } from '../../kube/errors.ts';
import { controllerOf, type Job, type KubeObject, type Pod } from '../../kube/objects.ts';
import { CLUSTER_REPORT_TEMPLATES, JOBS, PODS, REPORT_TEMPLATES, REPORTS, type ResourceType } from '../../kube/resources.ts';
import { keyOf, splitKey } from '../../kube/store.ts';
import { templateAt, templateKeyOf } from '../template/template.ts';
import { MANAGED_SELECTOR, REPORT_UID_LABEL } from './job.ts';
import { JOBS_BY_REPORT, PODS_BY_JOB, type ReportParts } from './parts.ts';
import type { Plan } from './plan.ts';

/** Whether the plan ends the Report, or makes a Job by nothing but what the caches say. */
export function needsCertainty(report: Report, { steps }: Plan): boolean {
  if (report.status.failure !== undefined || report.metadata.deletionTimestamp !== undefined) return false; // decided, or asked for, already
  const ends = steps.some((step) => step.kind === 'writeStatus' && (step.status.failure !== undefined || step.status.phase === 'Failed'));
  // A finalizer is set by a patch that an old view makes fail.
  const starts = steps.some(({ kind }) => kind === 'createJob') && !steps.some(({ kind }) => kind === 'addFinalizer');
  return ends || starts;
}

/** Asks the apiserver itself for the Report, its template, its Jobs and their pods. False: one of them is not in the caches as it is; they will catch up. */
export async function cachesAgree(parts: ReportParts, report: Report, signal: AbortSignal): Promise<boolean> {
  const [current, template, run] = await Promise.all([
    version(parts, REPORTS, keyOf(report), signal),
    templateAgrees(parts, report, signal),
    runAgrees(parts, report, signal),
  ]);
  return current === versionOf(report) && template && run;
}

async function templateAgrees(parts: ReportParts, report: Report, signal: AbortSignal): Promise<boolean> {
  const isCluster = report.spec.templateRef.kind === 'ClusterReportTemplate';
  if (isCluster && parts.clusterTemplates === undefined) return true;
  const key = templateKeyOf(report);
  const known = templateAt(parts, key);
  const type = isCluster ? CLUSTER_REPORT_TEMPLATES : REPORT_TEMPLATES;
  return (await version(parts, type, key, signal)) === (known === undefined ? undefined : versionOf(known));
}

/** Both sides by the same labels: an object whose labels somebody has changed would stand on one side for ever, and the Report would have no deadline any more. */
async function runAgrees(parts: ReportParts, { metadata: { uid, namespace = '' } }: Report, signal: AbortSignal): Promise<boolean> {
  const scope = { namespace, labelSelector: `${MANAGED_SELECTOR},${REPORT_UID_LABEL}=${uid}` };
  const isLabelled = ({ metadata }: KubeObject): boolean => metadata.labels?.[REPORT_UID_LABEL] === uid;
  const [jobs, pods] = await Promise.all([parts.client.list<Job>(JOBS, scope, signal), parts.client.list<Pod>(PODS, scope, signal)]);
  const ours = jobs.items.filter((job) => controllerOf(job)?.uid === uid);
  const jobUids = new Set(ours.map(({ metadata }) => metadata.uid));
  const theirs = pods.items.filter((pod) => jobUids.has(controllerOf(pod)?.uid ?? ''));
  const known = parts.jobs.byIndex(JOBS_BY_REPORT, uid);
  const knownPods = known.flatMap(({ metadata }) => parts.pods.byIndex(PODS_BY_JOB, metadata.uid));
  return sameVersions(ours, known.filter(isLabelled)) && sameVersions(theirs, knownPods.filter(isLabelled));
}

/** Undefined when there is no such object. */
async function version(parts: ReportParts, type: ResourceType, key: string, signal: AbortSignal): Promise<string | undefined> {
  const { namespace, name } = splitKey(key);
  try {
    return versionOf(await parts.client.get<KubeObject>(type, namespace, name, signal));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function versionOf({ metadata }: KubeObject): string {
  return `${metadata.uid}/${metadata.resourceVersion}`;
}

function sameVersions(live: readonly KubeObject[], cached: readonly KubeObject[]): boolean {
  const known = new Set(cached.map(versionOf));
  return live.length === cached.length && live.every((object) => known.has(versionOf(object)));
}
