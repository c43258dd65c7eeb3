/** Does what was decided about a ReportRepository, step by step. Each step is safe to do twice; a crash between two templates is made good by the next look. */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import type { ReconcileContext } from '../../kube/controller.ts';
import { isAlreadyExists, isForbidden, isInvalid } from '../../kube/errors.ts';
import type { Job } from '../../kube/objects.ts';
import { JOBS, REPORT_REPOSITORIES } from '../../kube/resources.ts';
import { writeStatus } from '../write-status.ts';
import { applyTemplates } from './apply.ts';
import { concluded, jobRefused } from './decide.ts';
import { jobManifest } from './job.ts';
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
      try {
        await parts.client.create<Job>(JOBS, jobManifest(repository, step.target, parts.runner, parts.allowLoopback), signal);
        log.info({ job: step.target.jobName }, 'created Job');
      } catch (error) {
        if (isForbidden(error) || isInvalid(error)) return { plan: jobRefused(repository, (error as Error).message, Date.now()) };
        if (!isAlreadyExists(error)) throw error;
      }
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
