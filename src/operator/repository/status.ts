/** A ReportRepository's status as the next write would have it: pure. */
import { findCondition, toCondition, type ConditionNote } from '../../api/conditions.ts';
import type { ReportRepository, ReportRepositoryStatus } from '../../api/generated/reportrepository.ts';
import type { RepositoryReason } from '../../api/reasons.ts';
import { rfc3339 } from '../report/status.ts';
import { FETCH_ANNOTATION, requestOf } from './fetching.ts';

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
  const notes: readonly ConditionNote[] = [
    { type: 'Ready', status: isReady ? 'True' : 'False', reason, message },
    {
      type: 'Reconciling',
      status: isReady || stalled === true ? 'False' : 'True',
      reason,
      message: isReady ? 'nothing is being looked up' : stalled === true ? 'nothing more happens by itself' : message,
    },
    {
      type: 'Stalled',
      status: stalled === true ? 'True' : 'False',
      reason,
      message: stalled === true ? message : 'nothing has gone wrong for good',
    },
  ];
  const { failures, ...kept } = repository.status;
  return {
    ...kept,
    // Counted on only by what was looked up again.
    ...(failures === undefined || changes.lastFetchTime !== undefined ? {} : { failures }),
    ...changes,
    observedGeneration: generation,
    phase,
    conditions: notes.map((note) => toCondition(before, note, generation, rfc3339(now))),
  };
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
