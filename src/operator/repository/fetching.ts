/** When a repository is looked up, and by which Job: pure. */
import { createHash } from 'node:crypto';
import { base32 } from '../../base32.ts';
import { findCondition } from '../../api/conditions.ts';
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import type { ReportTemplate } from '../../api/generated/reporttemplate.ts';
import type { Known } from './view.ts';

/** Any new value has the repository looked up once, like `dossier.dev/run` on a schedule. */
export const FETCH_ANNOTATION = 'dossier.dev/fetch';
export const REPOSITORY_LABEL = 'dossier.dev/repository';
export const COMMIT_ANNOTATION = 'dossier.dev/commit';

const VALUE = /^[A-Za-z0-9._:-]{1,64}$/;
const FIRST_RETRY_MS = 60_000;
const MAX_RETRY_MS = 60 * 60_000;

/** What is to be fetched, and the Job that does it. */
export interface Target {
  readonly jobName: string;
  /** This commit and no other: templates of the last good one have to be made again, and what they were is not known any more. */
  readonly commit?: string;
}

/** The annotation's value when it has not been acted on; values that are not plain are no requests. */
export function requestOf({ metadata, status }: ReportRepository): string | undefined {
  const value = metadata.annotations?.[FETCH_ANNOTATION];
  return value !== undefined && VALUE.test(value) && value !== status.lastHandledFetch ? value : undefined;
}

/** Undefined: nothing has to be looked up now. `areSecretsNew`: those that open it are not the ones with which it could not be had. */
export function targetOf(
  repository: ReportRepository,
  templates: readonly ReportTemplate[],
  known: Known | undefined,
  areSecretsNew: boolean,
  now: number,
): Target | undefined {
  const { metadata, status } = repository;
  const due = nextFetch(repository);
  const reason = findCondition(status.conditions, 'Ready')?.reason;
  if (status.fetchedGeneration !== metadata.generation || requestOf(repository) !== undefined || (due !== undefined && now >= due))
    return { jobName: jobName(repository, '') };
  // By now the name may be free, or the operator's flags may allow it; whether they do can be told only with the descriptor at hand.
  if (known === undefined && isTriedAgain(reason)) return { jobName: jobName(repository, '') };
  // A commit that could not be had would not be had the next time either.
  if (known === undefined && status.commit !== undefined && reason !== 'TemplateFailed' && hasDrifted(repository, templates))
    return { jobName: jobName(repository, status.commit), commit: status.commit };
  return areSecretsNew || isBlocked(reason) ? { jobName: jobName(repository, '') } : undefined;
}

/** It was to be looked up, and a Secret stood in the way. */
function isBlocked(reason: string | undefined): boolean {
  return reason === 'SecretNotFound' || reason === 'SecretNotAllowed';
}

/** It could not be had, for which the Secrets that open it may be at fault. */
export function mayBeMendedBySecrets({ spec, status }: ReportRepository): boolean {
  return secretNames(spec.git).length > 0 && findCondition(status.conditions, 'Ready')?.reason === 'TemplateFailed';
}

/** Of the Secrets that open it. */
export function secretNames({ credentialsSecretRef, caSecretRef }: ReportRepository['spec']['git']): readonly string[] {
  return [credentialsSecretRef, caSecretRef].flatMap((reference) => (reference === undefined ? [] : [reference.name]));
}

/** What stands in the way is neither in the repository nor in the spec, and may have gone. */
export function isTriedAgain(reason: string | undefined): boolean {
  return reason === 'NameTaken' || reason === 'InvalidSpec';
}

/** Epoch ms; undefined: only when something changes. */
export function nextFetch({ spec, status }: ReportRepository): number | undefined {
  const last = Date.parse(status.lastFetchTime ?? '');
  if (Number.isNaN(last)) return undefined;
  const { failures = 0 } = status;
  const retry = failures > 0 ? last + Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS) : undefined;
  const interval = spec.intervalSeconds > 0 ? last + spec.intervalSeconds * 1000 : undefined;
  return retry === undefined || interval === undefined ? (retry ?? interval) : Math.min(retry, interval);
}

/** Whether a template is not what the operator last wrote, or is gone, or is one too many. */
export function hasDrifted({ status }: ReportRepository, templates: readonly ReportTemplate[]): boolean {
  const entries = status.entries ?? [];
  if (entries.length !== templates.length) return true;
  const byName = new Map(templates.map((template) => [template.metadata.name, template]));
  return entries.some(({ template: name, uid, generation }) => {
    const template = byName.get(name);
    if (template?.metadata.uid !== uid || template.metadata.generation !== generation) return true;
    return template.metadata.annotations?.[COMMIT_ANNOTATION] !== status.commit;
  });
}

/** `<repository>-<10 characters>`, at most 41: the same after a crash, another one for each time that it is looked up. */
function jobName({ metadata, status }: ReportRepository, commit: string): string {
  const request = metadata.annotations?.[FETCH_ANNOTATION] ?? '';
  const parts = [metadata.uid, metadata.generation ?? 0, status.lastFetchTime ?? '', request, commit];
  return `${metadata.name}-${base32(createHash('sha256').update(JSON.stringify(parts)).digest()).slice(0, 10)}`;
}
