/**
 * Collects what a decision about a ReportRepository needs: its templates and the Job that looks it up from the caches, and, once that Job is done, what its pod printed.
 *
 * Nothing that the pod says is believed by half: the length and checksum in the termination message and the log must agree, and the text must be a descriptor, or the lookup
 * has failed and is made again.
 */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import { parseDescribed } from '../../descriptor/descriptor.ts';
import { query } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import { controllerOf, type Pod } from '../../kube/objects.ts';
import { pathOf, PODS } from '../../kube/resources.ts';
import { keyOf, type ObjectKey } from '../../kube/store.ts';
import { framed, LOG_LIMIT_BYTES, parseFrameFacts } from '../../runner/describe/frame.ts';
import { fetchedOf } from '../report/code-state.ts';
import { livePods, podsOf, refusals } from '../report/gather.ts';
import type { CachedJob } from '../report/job-facts.ts';
import { jobState } from '../report/job-state.ts';
import { RUNNER_CONTAINER } from '../report/job.ts';
import { podState } from '../report/pod-state.ts';
import type { Claim } from '../report/limits.ts';
import { firstLack, type Need } from '../report/source-secrets.ts';
import { credentialKeys, gitDestination } from '../template/code-parts.ts';
import { jobProblems } from '../template/validate.ts';
import { mayBeMendedBySecrets, secretNames, targetOf, type Target } from './fetching.ts';
import { JOB_DEADLINE_SECONDS, notOurs } from './job.ts';
import { TEMPLATES_BY_OWNER, type RepositoryParts } from './parts.ts';
import type { JobView, RepositoryView } from './view.ts';

const LOG_DEADLINE_MS = 10_000;

/** Undefined when there is no such ReportRepository any more. */
export async function gather(
  parts: RepositoryParts,
  key: ObjectKey,
  now: number,
  signal: AbortSignal,
): Promise<RepositoryView | undefined> {
  const cached = parts.repositories.get(key);
  if (cached === undefined) return undefined;
  const repository = parts.memory.latest(cached);
  const { uid, deletionTimestamp } = repository.metadata;
  const known = parts.memory.known(repository);
  const templates = parts.templates.byIndex(TEMPLATES_BY_OWNER, uid);
  const settings = repository.spec.templates.job;
  const settingsProblems = settings === undefined ? [] : jobProblems(settings, parts.allow, 'spec.templates.job');
  const isLeaving = settingsProblems.length > 0 || deletionTimestamp !== undefined;
  const areSecretsNew = !isLeaving && mayBeMendedBySecrets(repository) && (await areOthers(parts, repository));
  const base = { repository, templates, known, areSecretsNew, settingsProblems, pythonImage: parts.pythonImage, secrets: '' };
  const target = isLeaving ? undefined : targetOf(repository, templates, known, areSecretsNew, now);
  if (target === undefined) {
    parts.lookups.release(uid);
    return { ...base, job: { kind: 'none' } };
  }
  const job = await jobView(parts, repository, target, signal);
  if (job.kind !== 'none') return { ...base, job };
  const blocker = await blockerOf(parts, repository);
  if (blocker !== undefined) {
    parts.lookups.release(uid);
    return { ...base, job, blocker };
  }
  const secrets = await versionsOf(parts, repository);
  const turn = parts.lookups.claim(claimOf(repository));
  return { ...base, job, secrets, ...(turn.granted ? {} : { waits: turn.message }) };
}

function claimOf({ metadata: { uid, namespace = '', name, creationTimestamp } }: ReportRepository): Claim {
  return { key: `${namespace}/${name}`, uid, namespace, templateUid: '', templateLimit: undefined, createdAt: creationTimestamp };
}

/** Whether the Secrets are not as they were for the last Job that ended, until the next one ends; as long as they are, a change of theirs wakes the repository. */
async function areOthers(parts: RepositoryParts, repository: ReportRepository): Promise<boolean> {
  const { uid, namespace = '' } = repository.metadata;
  const opened = parts.memory.opened(uid);
  if (opened === undefined || opened.after === repository.status.lastFetchTime) return true;
  if (opened.secrets !== (await versionsOf(parts, repository))) return true;
  const key = keyOf(repository);
  for (const name of secretNames(repository.spec.git)) {
    const secret = await parts.secrets.read(namespace, name);
    parts.secrets.wakeOnChange(namespace, name, secret?.metadata.resourceVersion, `repository/${key}`, () => parts.wake(key));
  }
  return false;
}

async function versionsOf(parts: RepositoryParts, { metadata, spec }: ReportRepository): Promise<string> {
  const read = secretNames(spec.git).map((name) => parts.secrets.read(metadata.namespace ?? '', name));
  return JSON.stringify((await Promise.all(read)).map((secret) => secret?.metadata.resourceVersion ?? ''));
}

async function jobView(parts: RepositoryParts, repository: ReportRepository, target: Target, signal: AbortSignal): Promise<JobView> {
  const { uid, namespace = '' } = repository.metadata;
  const job = parts.jobs.get(`${namespace}/${target.jobName}`);
  if (job === undefined) return parts.expected.isExpected(uid, target.jobName) ? { kind: 'expected' } : { kind: 'none' };
  if (controllerOf(job)?.uid !== uid) return { kind: 'failed', message: notOurs(target.jobName), final: false };
  const state = jobState(job);
  if (state.kind === 'alive' || state.kind === 'suspended') return { kind: 'running', message: await progressOf(parts, job, signal) };
  // The Job's verdict may have overtaken the pods' watch.
  const pods = await livePods(parts, job, signal);
  if (state.kind === 'complete') return resultOf(parts, pods, signal);
  const failure = pods.map(podState).findLast((pod) => pod.kind === 'failed');
  if (failure?.kind === 'failed') return { kind: 'failed', message: failure.message, final: failure.final === true };
  const why =
    state.reason === 'DeadlineExceeded'
      ? `the repository was not looked up within ${JOB_DEADLINE_SECONDS / 60} minutes`
      : `the Job that looks it up failed: ${state.message}`;
  return { kind: 'failed', message: why, final: false };
}

async function progressOf(parts: RepositoryParts, job: CachedJob, signal: AbortSignal): Promise<string> {
  const pods = podsOf(parts, job);
  const state = pods.map(podState).at(-1);
  if (state?.kind === 'starting' || state?.kind === 'unstartable') return state.message;
  if (state?.kind === 'failed') return `${state.message}; trying again`;
  if (state !== undefined) return `Job ${job.metadata.name} looks the repository up`;
  const [refusal] = await refusals(parts, job, pods, signal);
  return refusal === undefined ? `Job ${job.metadata.name} has been made` : `no pod can be made for Job ${job.metadata.name}: ${refusal}`;
}

/** Of the pod that succeeded; gone or unreadable, and the lookup is made once more. */
async function resultOf(parts: RepositoryParts, pods: readonly Pod[], signal: AbortSignal): Promise<JobView> {
  const lost = (what: string): JobView => ({ kind: 'failed', message: `what the lookup found ${what}`, final: false });
  const pod = pods.find(({ status }) => status?.phase === 'Succeeded');
  if (pod === undefined) return lost('is gone with its pod');
  const commit = fetchedOf(pod)?.commit;
  const ended = pod.status?.containerStatuses?.find(({ name }) => name === RUNNER_CONTAINER)?.state?.terminated;
  const facts = parseFrameFacts(ended?.message ?? '');
  if (commit === undefined || facts === undefined) return lost('cannot be read');
  const log = await logOf(parts, pod, signal);
  const text = log === undefined ? undefined : framed(log, facts);
  if (text === undefined) return lost("does not stand whole in its pod's log");
  const described = parseDescribed(text);
  return described === undefined ? lost('is no descriptor') : { kind: 'done', commit, described };
}

async function logOf(parts: RepositoryParts, pod: Pod, signal: AbortSignal): Promise<string | undefined> {
  const { namespace, name } = pod.metadata;
  const path = pathOf(PODS, namespace, name, 'log') + query({ container: RUNNER_CONTAINER, limitBytes: LOG_LIMIT_BYTES });
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(LOG_DEADLINE_MS)]);
    return await parts.client.transport.request({ method: 'GET', path, accept: 'text/plain, application/json', signal: bounded });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function blockerOf(parts: RepositoryParts, repository: ReportRepository): Promise<RepositoryView['blocker']> {
  const { git } = repository.spec;
  const needs: readonly Need[] = [
    ...(git.credentialsSecretRef === undefined
      ? []
      : [
          {
            field: 'spec.git.credentialsSecretRef',
            name: git.credentialsSecretRef.name,
            ...credentialKeys(git),
            hostOf: () => gitDestination(git),
          },
        ]),
    ...(git.caSecretRef === undefined ? [] : [{ field: 'spec.git.caSecretRef', ...git.caSecretRef }]),
  ];
  const key = keyOf(repository);
  const lack = await firstLack(parts, repository.metadata.namespace ?? '', needs, { id: `repository/${key}`, wake: () => parts.wake(key) });
  return lack && { reason: lack.kind === 'missing' ? 'SecretNotFound' : 'SecretNotAllowed', message: lack.message };
}
