/** Does what was decided about a ReportRepository, step by step. Each step is safe to do twice; a crash between two templates is made good by the next look. */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import type { ReconcileContext } from '../../kube/controller.ts';
import { isAlreadyExists, isForbidden, isInvalid } from '../../kube/errors.ts';
import { controllerOf, type Job } from '../../kube/objects.ts';
import { JOBS, REPORT_REPOSITORIES } from '../../kube/resources.ts';
import { MANAGED_LABEL } from '../report/job.ts';
import { JobRefused, refuseUnseen } from '../report/unseen-job.ts';
import { writeStatus } from '../write-status.ts';
import { applyTemplates } from './apply.ts';
import { concluded, jobRefused } from './decide.ts';
import { REPOSITORY_LABEL, type Target } from './fetching.ts';
import { jobManifest, notOurs } from './job.ts';
import type { RepositoryParts } from './parts.ts';
import type { Plan, Step } from './plan.ts';

/** Resolves to when it has to be looked at again, in epoch ms. */
export async function act(
  parts: RepositoryParts,
  repository: ReportRepository,
  plan: Plan,
  context: ReconcileContext,
): Promise<number | undefined> {
  let current = repository;
  let lookAgainAt = plan.lookAgainAt;
  for (const step of plan.steps) {
    const next = await doStep(parts, current, step, context);
    if ('plan' in next) lookAgainAt = await act(parts, current, next.plan, context);
    else current = next;
  }
  for (const event of plan.events) parts.events.record(repository, event);
  return lookAgainAt;
}

/** The repository as it is then, or what follows from how the step went. */
async function doStep(
  parts: RepositoryParts,
  repository: ReportRepository,
  step: Step,
  context: ReconcileContext,
): Promise<ReportRepository | { readonly plan: Plan }> {
  const { signal, log } = context;
  const { uid } = repository.metadata;
  switch (step.kind) {
    case 'createJob': {
      const refusal = await createJob(parts, repository, step.target, context);
      if (refusal !== undefined) return { plan: jobRefused(repository, refusal, Date.now()) };
      parts.expected.created(uid, step.target.jobName);
      parts.memory.opens(repository, step.secrets);
      return repository;
    }
    case 'remember':
      parts.memory.remember(uid, step.known);
      return repository;
    case 'apply': {
      const applied = await applyTemplates(parts, repository, step, context);
      // What was refused would be refused again; what waits for a name is tried again when a template goes.
      if (applied.kind === 'applied' || applied.kind === 'taken') parts.memory.remember(uid, step.known);
      else if (!step.how.restores) parts.memory.dismiss(uid);
      return { plan: concluded(repository, step.known, applied, step.how, Date.now()) };
    }
    case 'writeStatus': {
      const written = await writeStatus(parts.client, REPORT_REPOSITORIES, repository, step.status, signal);
      if (written !== repository) parts.memory.wrote(written);
      if (written.status.phase !== repository.status.phase) log.info({ phase: written.status.phase }, 'phase changed');
      return written;
    }
  }
}

/** Resolves to why it cannot be made; undefined: it is there. */
async function createJob(
  parts: RepositoryParts,
  repository: ReportRepository,
  target: Target,
  context: ReconcileContext,
): Promise<string | undefined> {
  try {
    const job = await createOrAdopt(parts, repository, target, context);
    await refuseUnseen(parts.client, job, MANAGED_LABEL, REPOSITORY_LABEL, context.signal);
    return undefined;
  } catch (error) {
    if (isForbidden(error) || isInvalid(error) || error instanceof JobRefused) return (error as Error).message;
    throw error;
  }
}

/** The Job of that name that is there already is gone on with when it is this repository's own: a lost reply and a crash look the same. */
async function createOrAdopt(
  { client, runner, allowLoopback }: RepositoryParts,
  repository: ReportRepository,
  target: Target,
  { signal, log }: ReconcileContext,
): Promise<Job> {
  const { namespace, uid } = repository.metadata;
  const { jobName } = target;
  try {
    const created = await client.create<Job>(JOBS, jobManifest(repository, target, runner, allowLoopback), signal);
    log.info({ job: jobName }, 'created Job');
    return created;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const present = await client.get<Job>(JOBS, namespace, jobName, signal);
    if (controllerOf(present)?.uid !== uid) throw new JobRefused('rejected', notOurs(jobName));
    return present;
  }
}
