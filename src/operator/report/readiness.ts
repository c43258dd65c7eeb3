/**
 * Whether a Report without a Job can have one: a chain of questions, each with the message a user should read, in the order in which a user would mend things.
 *
 * Mistakes in the Report itself come first and end it, even while a storage is still missing: nobody should wait an hour to learn that a parameter is misspelt.
 */
import { findCondition } from '../../api/conditions.ts';
import type { ClusterReportTemplate } from '../../api/generated/clusterreporttemplate.ts';
import type { Report } from '../../api/generated/report.ts';
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import type { PendingReason } from '../../api/reasons.ts';
import type { Condition } from '../../kube/objects.ts';
import { keyOf } from '../../kube/store.ts';
import { inOneMessage } from '../../mistakes.ts';
import { isCustomCode, isTrusted } from '../template/code-parts.ts';
import type { StorageReason } from '../../s3/errors.ts';
import { sourceStorageName } from '../template/s3-parts.ts';
import { templateAt, templateKeyOf, titleOf, type Template } from '../template/template.ts';
import { hasFinalizer } from './end.ts';
import { planFacts } from './job-facts.ts';
import { jobManifest } from './job.ts';
import { STORAGES_BY_NAMESPACE, type ReportParts } from './parts.ts';
import { checkReport, planRun, type CheckedReport, type RunStorages } from './run.ts';
import { olderSibling } from './siblings.ts';
import { secretBlocker } from './source-secrets.ts';
import type { Readiness } from './view.ts';

type Waiting = Extract<Readiness, { kind: 'waiting' }>;

export async function readinessOf(parts: ReportParts, report: Report, signal: AbortSignal): Promise<Readiness> {
  const older = olderSibling(parts.reports, report);
  if (older !== undefined) {
    parts.limiter.release(report.metadata.uid);
    return { kind: 'behind', sibling: older.metadata.name };
  }
  const readiness = await firstBlocker(parts, report, signal);
  if (readiness.kind !== 'ready' && !(readiness.kind === 'waiting' && readiness.reason === 'Queued'))
    parts.limiter.release(report.metadata.uid);
  return readiness;
}

async function firstBlocker(parts: ReportParts, report: Report, signal: AbortSignal): Promise<Readiness> {
  const { namespace = '' } = report.metadata;
  const template = templateAt(parts, templateKeyOf(report));
  if (template === undefined) return waiting('TemplateNotFound', missingTemplate(parts, report));
  const blocked =
    template.kind === 'ReportTemplate'
      ? notReady(template, 'TemplateNotReady', titleOf(template))
      : await notOffered(parts, template, namespace, signal);
  if (blocked !== undefined) return blocked;
  const checked = checkReport(report, template);
  if (!checked.ok) return { kind: 'hopeless', reason: checked.reason, message: checked.message };
  const storage = findStorage(parts, namespace, checked.storageName);
  if (storage.kind === 'waiting') return storage;
  const leaving = beingDeleted(report, storage);
  if (leaving !== undefined) return leaving;
  const unlent = identityNotLent(template, storage);
  if (unlent !== undefined) return unlent;
  const unavailable = notReady(storage, 'StorageUnavailable', `ReportStorage "${storage.metadata.name}"`);
  if (unavailable !== undefined) return unavailable;
  const source = sourceStorage(parts, namespace, template);
  if (source?.kind === 'waiting') return source;
  const storages = { output: storage, source };
  const secret = await secretBlocker(parts, report, template, storages);
  if (secret !== undefined) return secret;
  return claimPlace(parts, report, checked, template, storages);
}

function claimPlace(parts: ReportParts, report: Report, checked: CheckedReport, template: Template, storages: RunStorages): Readiness {
  const run = planRun(report, checked, template, storages, report.status.attempt ?? 1, parts.allowLoopback);
  if (!run.ok) return { kind: 'hopeless', reason: run.reason, message: run.message };
  const { uid, namespace = '', creationTimestamp } = report.metadata;
  const verdict = parts.limiter.claim({
    key: keyOf(report),
    uid,
    namespace,
    templateUid: template.metadata.uid,
    templateLimit: template.spec.maxRunning,
    createdAt: creationTimestamp,
  });
  if (!verdict.granted) return waiting('Queued', verdict.message);
  return { kind: 'ready', job: jobManifest(report, template, storages, run.plan, run.planJson, parts.runner), facts: planFacts(run.plan) };
}

function missingTemplate({ clusterTemplates }: ReportParts, { metadata, spec: { templateRef } }: Report): string {
  const title = `${templateRef.kind} "${templateRef.name}"`;
  if (templateRef.kind === 'ReportTemplate') return `${title} does not exist in namespace ${metadata.namespace ?? ''}`;
  return clusterTemplates === undefined
    ? `${title}: this operator reads no ClusterReportTemplates (--cluster-templates=false)`
    : `${title} does not exist`;
}

/** Whose namespace is not meant need not wait for others to mend the template. */
async function notOffered(
  parts: ReportParts,
  template: ClusterReportTemplate,
  namespace: string,
  signal: AbortSignal,
): Promise<Exclude<Readiness, { kind: 'ready' }> | undefined> {
  const { allowedNamespaces } = template.spec;
  const title = titleOf(template);
  if (allowedNamespaces !== undefined && !(await parts.namespaces.isSelected(namespace, allowedNamespaces, signal))) {
    const message = `${title} is not for namespace ${namespace}: spec.allowedNamespaces does not select its labels; ask the cluster's owner, then create a new Report`;
    return { kind: 'hopeless', reason: 'NamespaceNotAllowed', message };
  }
  const problems = parts.verdicts.problemsOf(template);
  return problems.length === 0
    ? undefined
    : waiting('TemplateNotReady', `${title} is not ready (InvalidTemplate): ${inOneMessage(problems)}`);
}

/** It stays only for the Reports that it has: with ever new ones it would never go. One that holds it already goes on. */
function beingDeleted(report: Report, { metadata: { name, deletionTimestamp } }: ReportStorage): Waiting | undefined {
  if (deletionTimestamp === undefined || hasFinalizer(report)) return undefined;
  return waiting('StorageUnavailable', `ReportStorage "${name}" is being deleted; name another one in spec.storageRef of a new Report`);
}

/** The storage named, else the namespace's default one. */
function findStorage(parts: ReportParts, namespace: string, name: string | undefined): ReportStorage | Waiting {
  if (name !== undefined) {
    return (
      parts.storages.get(`${namespace}/${name}`) ??
      waiting('StorageNotFound', `ReportStorage "${name}" does not exist in namespace ${namespace}`)
    );
  }
  const all = parts.storages.byIndex(STORAGES_BY_NAMESPACE, namespace).filter(({ spec }) => spec.default);
  const staying = all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const defaults = staying.length > 0 ? staying : all;
  const [only] = defaults;
  if (only === undefined) {
    return waiting(
      'StorageNotFound',
      `namespace ${namespace} has no ReportStorage with spec.default true; make one, or name a storage in spec.storageRef`,
    );
  }
  if (defaults.length > 1) {
    const names = defaults
      .map(({ metadata }) => metadata.name)
      .sort()
      .join(', ');
    return waiting(
      'StorageNotFound',
      `more than one ReportStorage of namespace ${namespace} has spec.default true: ${names}; leave one, or name a storage in spec.storageRef`,
    );
  }
  return only;
}

/** The storage that an s3 source reads; undefined when the template has another source. One whose keys may only read says AccessDenied, which is enough here. */
function sourceStorage(parts: ReportParts, namespace: string, template: Template): ReportStorage | Waiting | undefined {
  const name = sourceStorageName(template);
  if (name === undefined) return undefined;
  const field = `spec.source.s3.storageRef of ${titleOf(template)}`;
  const storage = parts.storages.get(`${namespace}/${name}`);
  if (storage === undefined)
    return waiting('StorageNotFound', `${field}: ReportStorage "${name}" does not exist in namespace ${namespace}`);
  const unavailable = notReady(storage, 'StorageUnavailable', `${field}: ReportStorage "${name}"`);
  const refused = findCondition(storage.status.conditions, 'Ready')?.reason === ('AccessDenied' satisfies StorageReason);
  return unavailable === undefined || (unavailable.reason === 'StorageUnavailable' && refused) ? storage : unavailable;
}

/** Custom code could use the identity that opens such a storage (security.md 3), so both owners must want it. */
function identityNotLent(template: Template, storage: ReportStorage): Waiting | undefined {
  const { credentialsSecretRef, allowCustomCode } = storage.spec.s3;
  if (!isCustomCode(template) || credentialsSecretRef !== undefined || (isTrusted(template) && allowCustomCode)) return undefined;
  return waiting(
    'StorageUnavailable',
    `ReportStorage "${storage.metadata.name}" is opened by the pod's own identity, which the custom code of ${titleOf(template)} could use too: ` +
      `give the storage a credentialsSecretRef, or set trusted in the template's source and s3.allowCustomCode in the storage`,
  );
}

interface Judged {
  readonly metadata: { readonly generation?: number };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** The object's own controller judges it; its word counts only for the generation it has seen. */
function notReady(object: Judged, reason: PendingReason, what: string): Waiting | undefined {
  const condition = findCondition(object.status?.conditions, 'Ready');
  if (condition === undefined || condition.observedGeneration !== object.metadata.generation)
    return waiting('Accepted', `${what} is being checked`);
  return condition.status === 'True' ? undefined : waiting(reason, `${what} is not ready (${condition.reason}): ${condition.message}`);
}

function waiting(reason: PendingReason, message: string): Waiting {
  return { kind: 'waiting', reason, message };
}
