/** Looks at a ReportRepository when it, its Job, its pod or one of its templates changes, and when its time has come: gather, decide, act. */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import type { ReconcileContext, Result } from '../../kube/controller.ts';
import { controllerOf, type KubeObject, type Pod } from '../../kube/objects.ts';
import { REPORT_REPOSITORIES } from '../../kube/resources.ts';
import { keyOf, type ObjectKey, type Store } from '../../kube/store.ts';
import type { CachedJob } from '../report/job-facts.ts';
import type { Running } from '../report/limits.ts';
import { act } from './act.ts';
import { decide } from './decide.ts';
import { REPOSITORY_LABEL } from './fetching.ts';
import { gather } from './gather.ts';
import type { RepositoryParts } from './parts.ts';
import { currentReason } from './status.ts';

export async function reconcileRepository(parts: RepositoryParts, key: ObjectKey, context: ReconcileContext): Promise<Result> {
  const now = Date.now();
  const view = await gather(parts, key, now, context.signal);
  if (view === undefined) return { kind: 'done' };
  const lookAgainAt = await act(parts, view.repository, decide(view, now), context);
  return lookAgainAt === undefined ? { kind: 'done' } : { kind: 'lookAgainAt', epochMs: lookAgainAt };
}

/** At once, in all namespaces and in one: a hundred branches that come due together, or an operator that starts, must not flood the cluster with pods. */
export const LOOKUP_LIMITS = { total: 20, perNamespace: 5 };

/** Whose a Job that looks a repository up is. */
export function lookupOf(job: CachedJob): Running | undefined {
  const owner = controllerOf(job);
  if (owner?.kind !== REPORT_REPOSITORIES.kind) return undefined;
  return { reportUid: owner.uid, namespace: job.metadata.namespace ?? '', templateUid: '' };
}

/** Key of the ReportRepository that controls a Job or a template. */
export function repositoryOf(object: KubeObject): ObjectKey | undefined {
  const owner = controllerOf(object);
  return owner?.kind === REPORT_REPOSITORIES.kind ? `${object.metadata.namespace ?? ''}/${owner.name}` : undefined;
}

/** Key of the ReportRepository that a pod says it belongs to; only a hint for what to look at, never evidence. */
export function repositoryOfPod({ metadata }: Pod): ObjectKey | undefined {
  const name = metadata.labels?.[REPOSITORY_LABEL];
  return name === undefined ? undefined : `${metadata.namespace ?? ''}/${name}`;
}

/** Those that wait for a name to become free: a template of the namespace has gone. */
export function waitingForNames(repositories: Store<ReportRepository>, namespace: string): readonly ObjectKey[] {
  return [...repositories.values()]
    .filter((repository) => repository.metadata.namespace === namespace && currentReason(repository) === 'NameTaken')
    .map(keyOf);
}
