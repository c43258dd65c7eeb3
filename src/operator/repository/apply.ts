/**
 * Makes the ReportTemplates of a repository what its descriptor says: all of them, or none.
 *
 * Every template that would be made or changed is first given to the apiserver to try, so that the schema, its rules and the operator's own judgement are heard of the whole
 * descriptor before anything is written. Templates are replaced as a whole: what somebody has added to one is gone afterwards, too.
 */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import type { ReportTemplate } from '../../api/generated/reporttemplate.ts';
import { foreignText } from '../../foreign-text.ts';
import type { Manifest } from '../../kube/client.ts';
import type { ReconcileContext } from '../../kube/controller.ts';
import { isConflict, isForbidden, isInvalid, isNotFound, KubeError } from '../../kube/errors.ts';
import { decodeExact } from '../../kube/exact-decode.ts';
import { controllerOf } from '../../kube/objects.ts';
import { REPORT_TEMPLATES } from '../../kube/resources.ts';
import { classifyRefusal } from '../report/job-state.ts';
import { templateProblems } from '../template/validate.ts';
import type { Applied } from './decide.ts';
import type { DesiredTemplate } from './desired.ts';
import { COMMIT_ANNOTATION } from './fetching.ts';
import { TEMPLATES_BY_OWNER, type RepositoryParts } from './parts.ts';
import type { Step } from './plan.ts';

type Entry = NonNullable<ReportRepository['status']['entries']>[number];

interface Change {
  readonly desired: DesiredTemplate;
  readonly manifest: Manifest;
  readonly before: ReportTemplate | undefined;
  /** It was as it is to be, and somebody else has changed or deleted it. */
  readonly reverts: boolean;
}

export async function applyTemplates(
  parts: RepositoryParts,
  repository: ReportRepository,
  { desired, how }: Extract<Step, { kind: 'apply' }>,
  { signal, log }: ReconcileContext,
): Promise<Applied> {
  const known = new Map((repository.status.entries ?? []).map((entry) => [entry.template, entry]));
  const entries: Entry[] = [];
  const changes: Change[] = [];
  const taken: string[] = [];
  for (const template of desired) {
    const before = await live(parts, repository, template.name, signal);
    const entry = known.get(template.name);
    if (before !== undefined && controllerOf(before)?.uid !== repository.metadata.uid) taken.push(template.name);
    else if (before !== undefined && entry !== undefined && isAsWritten(before, entry, template)) entries.push(entry);
    else
      changes.push({
        desired: template,
        manifest: manifestOver(before, template.manifest),
        before,
        reverts: entry?.hash === template.hash,
      });
  }
  if (taken.length > 0) return { kind: 'taken', names: taken };
  try {
    const mistakes: string[] = [];
    for (const change of changes) mistakes.push(...(await mistakesOf(parts, change, signal)));
    if (mistakes.length > 0) return { kind: 'refused', mistakes };
    for (const change of changes) entries.push(await write(parts, repository, change, signal));
  } catch (error) {
    // What is only being restored says nothing new in the status: it is tried again like any reconcile that failed.
    if (how.fetched && (isForbidden(error) || isInvalid(error))) return { kind: 'stopped', message: (error as Error).message };
    throw error;
  }
  const removed = await removeOthers(parts, repository, desired, signal);
  const made = changes.filter(({ before }) => before === undefined).length;
  const reverted = changes.filter(({ reverts }) => reverts).map(({ desired: { name } }) => name);
  log.info({ made, changed: changes.length - made, removed, reverted }, 'templates are as the repository says');
  return {
    kind: 'applied',
    entries: entries.toSorted((a, b) => (a.template < b.template ? -1 : 1)),
    made,
    changed: changes.length - made,
    removed,
    reverted,
  };
}

function isAsWritten({ metadata }: ReportTemplate, entry: Entry, { hash, manifest }: DesiredTemplate): boolean {
  if (metadata.uid !== entry.uid || metadata.generation !== entry.generation || entry.hash !== hash) return false;
  const { annotations } = manifest.metadata as { readonly annotations?: Readonly<Record<string, string>> };
  return metadata.annotations?.[COMMIT_ANNOTATION] === annotations?.[COMMIT_ANNOTATION];
}

/** The spec is ours as a whole; labels and annotations of others stay. */
function manifestOver(before: ReportTemplate | undefined, manifest: Manifest): Manifest {
  if (before === undefined) return manifest;
  const { resourceVersion, labels, annotations, finalizers, ownerReferences = [] } = before.metadata;
  const ours = manifest.metadata as {
    readonly labels?: object;
    readonly annotations?: object;
    readonly ownerReferences?: readonly object[];
  };
  const others = ownerReferences.filter(({ controller }) => controller !== true);
  return {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      resourceVersion,
      labels: { ...labels, ...ours.labels },
      annotations: { ...annotations, ...ours.annotations },
      ownerReferences: [...others, ...(ours.ownerReferences ?? [])],
      ...(finalizers === undefined ? {} : { finalizers }),
    },
  };
}

async function mistakesOf(parts: RepositoryParts, { desired, manifest }: Change, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const tried = await parts.client.tryOut<ReportTemplate>(REPORT_TEMPLATES, manifest, signal, decodeExact);
    return templateProblems(tried, parts.allow).map((problem) => `${desired.place}: ${inDescriptor(problem)}`);
  } catch (error) {
    if (!(error instanceof KubeError) || isConflict(error) || !(isInvalid(error) || isForbidden(error))) throw error;
    // The descriptor is not to blame for a full quota, nor for a namespace that is going away.
    if (isForbidden(error) && ['quota', 'passing'].includes(classifyRefusal(error.message).kind)) throw error;
    return [`${desired.place}: ${inDescriptor(mistakesIn(error.message))}`];
  }
}

/** What the apiserver says of the object, without which object it is and without what it says of itself. */
function mistakesIn(message: string): string {
  const mistakes = message.replace(/^.*? is invalid: |^.*?strict decoding error: /s, '').replace(/,? <nil>: Invalid value: .*$/s, '');
  return mistakes.replace(/^\[(.*?)\]?$/s, '$1');
}

/** Fields as they stand in the descriptor. */
function inDescriptor(problem: string): string {
  return foreignText(problem.replaceAll(/\bspec\.(source\.git\.)?/g, ''), 1024);
}

async function write(
  parts: RepositoryParts,
  repository: ReportRepository,
  { desired, manifest, before, reverts }: Change,
  signal: AbortSignal,
): Promise<Entry> {
  const { name, hash } = desired;
  const { client, events } = parts;
  const written =
    before === undefined
      ? await client.create<ReportTemplate>(REPORT_TEMPLATES, manifest, signal)
      : await client.replace<ReportTemplate>(REPORT_TEMPLATES, manifest, name, signal);
  if (reverts && written.metadata.resourceVersion !== before?.metadata.resourceVersion) {
    const what = before === undefined ? 'deleted' : 'changed';
    const note = `ReportTemplate "${name}" was ${what} by somebody else and is again as the repository says; change it there, or in spec.templates`;
    const event = { type: 'Warning', reason: 'TemplateReverted', action: 'Revert', note } as const;
    events.record(repository, event);
    if (before !== undefined) events.record(before, event);
  }
  return { template: name, uid: written.metadata.uid, generation: written.metadata.generation ?? 0, hash };
}

async function removeOthers(
  parts: RepositoryParts,
  { metadata }: ReportRepository,
  desired: readonly DesiredTemplate[],
  signal: AbortSignal,
): Promise<number> {
  const names = new Set(desired.map(({ name }) => name));
  const others = parts.templates
    .byIndex(TEMPLATES_BY_OWNER, metadata.uid)
    .filter((template) => !names.has(template.metadata.name) && template.metadata.deletionTimestamp === undefined);
  for (const {
    metadata: { name, namespace, uid },
  } of others) {
    try {
      await parts.client.delete(REPORT_TEMPLATES, namespace, name, { propagation: 'Background', uid }, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return others.length;
}

async function live(
  parts: RepositoryParts,
  { metadata }: ReportRepository,
  name: string,
  signal: AbortSignal,
): Promise<ReportTemplate | undefined> {
  try {
    return await parts.client.get<ReportTemplate>(REPORT_TEMPLATES, metadata.namespace, name, signal, decodeExact);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
