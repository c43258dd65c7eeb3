/**
 * What becomes of a ReportRepository: looked up by a Job when its spec, its time or a person asks for it, and its templates kept as its descriptor says. Pure.
 *
 * Templates of the last good commit stay whatever goes wrong: a lookup changes them only when the whole descriptor is good. And they are what the operator wrote: one that
 * somebody else has changed or deleted is made again, from the descriptor that this process knows or, after a restart, from that very commit.
 */
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import type { RepositoryReason } from '../../api/reasons.ts';
import { foreignText } from '../../foreign-text.ts';
import type { EventNote } from '../../kube/events.ts';
import { inOneMessage } from '../../mistakes.ts';
import { rfc3339 } from '../report/status.ts';
import { desiredTemplates } from './desired.ts';
import { hasDrifted, isTriedAgain, nextFetch, targetOf, type Target } from './fetching.ts';
import type { Plan } from './plan.ts';
import { currentReason, looked, nextStatus, type Standing } from './status.ts';
import type { Known, RepositoryView } from './view.ts';

/** A Job that was made shows in the cache within milliseconds; one that somebody deleted while the watch was away never does. */
const EXPECTED_JOB_INTERVAL_MS = 2_000;
/** Nothing has to be done before something changes. */
const NOTHING: Plan = { steps: [], events: [] };

export function decide(view: RepositoryView, now: number): Plan {
  const { repository, templates, known, areSecretsNew, settingsProblems } = view;
  if (repository.metadata.deletionTimestamp !== undefined) return NOTHING;
  if (settingsProblems.length > 0) return notAllowed(repository, settingsProblems, now);
  const target = targetOf(repository, templates, known, areSecretsNew, now);
  if (target !== undefined) return look(view, target, now);
  if (known === undefined) return appointed(NOTHING, repository);
  if (isTriedAgain(currentReason(repository))) return apply(view, known, { fetched: false, restores: false }, now);
  return hasDrifted(repository, templates) ? apply(view, known, { fetched: false, restores: true }, now) : appointed(NOTHING, repository);
}

/** Reads the repository at the target, step by step. */
function look(view: RepositoryView, target: Target, now: number): Plan {
  const { repository, job, blocker, waits, secrets } = view;
  switch (job.kind) {
    case 'none':
      if (blocker !== undefined) return waiting(repository, blocker.reason, blocker.message, now);
      if (waits !== undefined) return waiting(repository, 'Fetching', waits, now);
      return withSteps(waiting(repository, 'Fetching', `looking up ${refOf(repository, target)}`, now), {
        kind: 'createJob',
        target,
        secrets,
      });
    case 'expected':
      return { ...NOTHING, lookAgainAt: now + EXPECTED_JOB_INTERVAL_MS };
    case 'running':
      return waiting(repository, 'Fetching', job.message, now);
    case 'failed':
      return failed(
        repository,
        { reason: job.final ? 'TemplateFailed' : 'FetchFailed', message: job.message, final: job.final },
        true,
        now,
      );
    case 'done':
      return described(view, target, job, now);
  }
}

function described(
  view: RepositoryView,
  target: Target,
  { commit, described: found }: Extract<RepositoryView['job'], { kind: 'done' }>,
  now: number,
): Plan {
  const { repository } = view;
  if (found.kind === 'mistakes') {
    const message = `commit ${commit}: ${inOneMessage(found.mistakes)}`;
    return failed(repository, { reason: 'InvalidDescriptor', message, final: true }, true, now);
  }
  const known = { generation: repository.metadata.generation ?? 0, commit, templates: found.templates, warnings: found.warnings };
  return apply(view, known, { fetched: true, restores: target.commit !== undefined }, now);
}

function apply({ repository, pythonImage }: RepositoryView, known: Known, how: How, now: number): Plan {
  const desired = desiredTemplates(repository, known, pythonImage);
  if (desired.kind === 'mistakes') {
    const message = `commit ${known.commit}: ${inOneMessage(desired.mistakes)}`;
    const plan = failed(repository, { reason: 'InvalidSpec', message, final: true }, how.fetched, now);
    return withSteps(plan, { kind: 'remember', known });
  }
  return { steps: [{ kind: 'apply', known, desired: desired.templates, how }], events: [] };
}

/** Why templates are made. */
export interface How {
  /** The repository has been looked up for it. */
  readonly fetched: boolean;
  /** They were there before, and others have changed or deleted them. */
  readonly restores: boolean;
}

/** How an attempt to make the templates ended. */
export type Applied =
  | {
      readonly kind: 'applied';
      readonly entries: NonNullable<ReportRepository['status']['entries']>;
      readonly made: number;
      readonly changed: number;
      readonly removed: number;
      /** Names of those that somebody else had changed or deleted. */
      readonly reverted: readonly string[];
    }
  /** Nothing was changed. */
  | { readonly kind: 'refused'; readonly mistakes: readonly string[] }
  | { readonly kind: 'taken'; readonly names: readonly string[] }
  /** The apiserver would not take one of them for now, such as a quota. */
  | { readonly kind: 'stopped'; readonly message: string };

/** The status after an attempt to make the templates, and what is told of it. */
export function concluded(repository: ReportRepository, known: Known, applied: Applied, how: How, now: number): Plan {
  const { fetched } = how;
  switch (applied.kind) {
    case 'refused': {
      const message = `commit ${known.commit}: ${inOneMessage(applied.mistakes)}`;
      return failed(repository, { reason: 'InvalidDescriptor', message, final: true }, fetched, now);
    }
    case 'taken': {
      const names = applied.names.map((name) => `"${name}"`).join(', ');
      const message = `ReportTemplate ${names} exists and is not this repository's; remove or rename it, or give the entry another name`;
      return failed(repository, { reason: 'NameTaken', message, final: true }, fetched, now);
    }
    case 'stopped':
      return failed(
        repository,
        { reason: 'FetchFailed', message: `the templates cannot be made now: ${foreignText(applied.message)}`, final: false },
        fetched,
        now,
      );
    case 'applied':
      return ready(repository, known, applied, how, now);
  }
}

function ready(
  repository: ReportRepository,
  known: Known,
  { entries, made, changed, removed, reverted }: Extract<Applied, { kind: 'applied' }>,
  { fetched, restores }: How,
  now: number,
): Plan {
  const { status } = repository;
  const count = entries.length;
  // What is wrong with a later commit stays wrong.
  if (restores && status.phase === 'Failed') {
    const again = { ...status, entries, ...(fetched ? { lastFetchTime: rfc3339(now) } : {}) };
    return appointed({ steps: [{ kind: 'writeStatus', status: again }], events: [] }, { ...repository, status: again });
  }
  const left = known.warnings.length === 0 ? '' : `; not made: ${inOneMessage(known.warnings)}`;
  const message = `${count} ${count === 1 ? 'template is' : 'templates are'} of commit ${known.commit}${left}`;
  const { warnings: _before, ...kept } = status;
  const next = nextStatus(
    { ...repository, status: kept },
    { phase: 'Ready', reason: 'Fetched', message },
    {
      ...(fetched ? looked(repository, now) : {}),
      commit: known.commit,
      templates: count,
      entries,
      ...(known.warnings.length === 0 ? {} : { warnings: known.warnings.map((warning) => foreignText(warning, 1024)) }),
    },
    now,
  );
  const isNews = status.commit !== known.commit || made + changed + removed > reverted.length || status.phase !== 'Ready';
  const events = isNews
    ? [note('Normal', 'Fetched', 'Apply', `commit ${known.commit}: ${made} templates made, ${changed} changed, ${removed} removed${left}`)]
    : [];
  return appointed({ steps: [{ kind: 'writeStatus', status: next }], events }, { ...repository, status: next });
}

interface Failure {
  readonly reason: RepositoryReason;
  readonly message: string;
  readonly final: boolean;
}

/** `fetched`: it has been looked up for this; templates of the last good commit stay. */
function failed(repository: ReportRepository, { reason, message, final }: Failure, fetched: boolean, now: number): Plan {
  const standing: Standing = { phase: 'Failed', reason, message, ...(final ? { stalled: true } : {}) };
  const failures = final ? {} : { failures: (repository.status.failures ?? 0) + 1 };
  const status = nextStatus(repository, standing, fetched ? { ...looked(repository, now), ...failures } : {}, now);
  const events = isSaid(repository, standing) ? [] : [note('Warning', reason, 'Fetch', message)];
  return appointed({ steps: [{ kind: 'writeStatus', status }], events }, { ...repository, status });
}

/** Nothing is looked up, whatever the interval, before the spec or the operator's flags change. */
function notAllowed(repository: ReportRepository, problems: readonly string[], now: number): Plan {
  const standing: Standing = { phase: 'Failed', reason: 'InvalidSpec', message: inOneMessage(problems), stalled: true };
  const events = isSaid(repository, standing) ? [] : [note('Warning', standing.reason, 'Fetch', standing.message)];
  return { steps: [{ kind: 'writeStatus', status: nextStatus(repository, standing, {}, now) }], events };
}

/** The apiserver does not take the Job: a quota, a namespace that is going away, an admission webhook. */
export function jobRefused(repository: ReportRepository, message: string, now: number): Plan {
  return failed(repository, { reason: 'FetchFailed', message: `its Job cannot be made: ${foreignText(message)}`, final: false }, true, now);
}

/** While it is looked up. A look at a branch whose templates are good says nothing before there is something to say. */
function waiting(
  repository: ReportRepository,
  reason: 'Fetching' | 'SecretNotFound' | 'SecretNotAllowed',
  message: string,
  now: number,
): Plan {
  const isPoll = repository.status.fetchedGeneration === repository.metadata.generation;
  if (isPoll && reason === 'Fetching') return NOTHING;
  const standing: Standing = { phase: isPoll ? 'Failed' : 'Configuring', reason, message };
  const status = nextStatus(repository, standing, {}, now);
  const events = reason === 'Fetching' || isSaid(repository, standing) ? [] : [note('Warning', reason, 'Fetch', message)];
  return { steps: [{ kind: 'writeStatus', status }], events };
}

function refOf({ spec }: ReportRepository, { commit }: Target): string {
  const { tag, branch, commit: given } = spec.git.ref;
  if (commit !== undefined) return `commit ${commit} again`;
  return tag === undefined ? (branch === undefined ? `commit ${given ?? ''}` : `branch ${branch}`) : `tag ${tag}`;
}

function isSaid({ status }: ReportRepository, { reason, message }: Standing): boolean {
  return status.conditions?.some((each) => each.type === 'Ready' && each.reason === reason && each.message === message) === true;
}

function withSteps(plan: Plan, ...more: Plan['steps']): Plan {
  return { ...plan, steps: [...plan.steps, ...more] };
}

function appointed(plan: Plan, repository: ReportRepository): Plan {
  const next = nextFetch(repository);
  return next === undefined ? plan : { ...plan, lookAgainAt: next };
}

function note(type: EventNote['type'], reason: RepositoryReason, action: string, message: string): EventNote {
  return { type, reason, action, note: message };
}
