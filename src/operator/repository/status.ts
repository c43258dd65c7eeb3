/** A ReportRepository's status as the next write would have it: pure. */
import { findCondition, toCondition, type ConditionNote } from '../../api/conditions.ts';
import type { ReportRepository, ReportRepositoryStatus } from '../../api/generated/reportrepository.ts';
import type { RepositoryReason } from '../../api/reasons.ts';
import { rfc3339 } from '../report/status.ts';
import { FETCH_ANNOTATION, mayBeMendedBySecrets, nextFetch, requestOf } from './fetching.ts';

type Phase = NonNullable<ReportRepositoryStatus['phase']>;

export interface Standing {
  readonly phase: Phase;
  readonly reason: RepositoryReason;
  readonly message: string;
  /** Only a change by somebody helps. */
  readonly stalled?: true;
}

export function currentReason({ status }: ReportRepository): string | undefined {
  return findCondition(status.conditions, 'Ready')?.reason;
}

/** `changes`: fields that follow from what was done; the others stay. */
export function nextStatus(
  repository: ReportRepository,
  { phase, reason, message, stalled }: Standing,
  changes: Partial<ReportRepositoryStatus>,
  now: number,
): ReportRepositoryStatus {
  const generation = repository.metadata.generation ?? 0;
  const { conditions: before } = repository.status;
  const isReady = phase === 'Ready';
  const { failures, ...kept } = repository.status;
  const next: ReportRepositoryStatus = {
    ...kept,
    // Counted on only by what was looked up again.
    ...(failures === undefined || changes.lastFetchTime !== undefined ? {} : { failures }),
    ...changes,
    observedGeneration: generation,
    phase,
  };
  const ready: ConditionNote = { type: 'Ready', status: isReady ? 'True' : 'False', reason, message };
  const told = { ...repository, status: { ...next, conditions: [toCondition(before, ready, generation, rfc3339(now))] } };
  const notes: readonly ConditionNote[] = [
    ready,
    {
      type: 'Reconciling',
      status: isReady || stalled === true ? 'False' : 'True',
      reason,
      message: isReady
        ? `nothing is being looked up${againAt(reason, told)}`
        : stalled === true
          ? nextTry(reason, told)
          : `${message}${againAt(reason, told)}`,
    },
    {
      type: 'Stalled',
      status: stalled === true ? 'True' : 'False',
      reason,
      message: stalled === true ? message : 'nothing has gone wrong for good',
    },
  ];
  return { ...next, conditions: notes.map((note) => toCondition(before, note, generation, rfc3339(now))) };
}

/** When it is looked up by itself; '' when nothing but a change leads to that, or it is under way. */
function againAt(reason: RepositoryReason, repository: ReportRepository): string {
  const next = reason === 'Fetched' || reason === 'FetchFailed' ? nextFetch(repository) : undefined;
  return next === undefined ? '' : `; it is looked up again at ${rfc3339(next)}`;
}

/** What has to happen to one that only a change helps. */
function nextTry(reason: RepositoryReason, repository: ReportRepository): string {
  if (reason === 'InvalidSpec') return "it is tried again when its spec changes, or the operator's flags do";
  if (reason === 'NameTaken') return 'it is tried again when the name is free';
  const next = nextFetch(repository);
  if (next !== undefined)
    return `it is looked up again at ${rfc3339(next)}, and before that when the annotation ${FETCH_ANNOTATION} gets a new value`;
  const secrets = mayBeMendedBySecrets(repository) ? ', when a Secret that it names does,' : '';
  return `it is looked up again when its spec changes${secrets} or when the annotation ${FETCH_ANNOTATION} gets a new value`;
}

/** That it has been looked up now. */
export function looked(repository: ReportRepository, now: number): Partial<ReportRepositoryStatus> {
  const request =
    requestOf(repository) === undefined ? repository.status.lastHandledFetch : repository.metadata.annotations?.[FETCH_ANNOTATION];
  return {
    fetchedGeneration: repository.metadata.generation ?? 0,
    lastFetchTime: rfc3339(now),
    ...(request === undefined ? {} : { lastHandledFetch: request }),
  };
}
