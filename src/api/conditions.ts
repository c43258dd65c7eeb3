/** Conditions by the API conventions: one entry a type, and lastTransitionTime moves only when the status does. */
import type { Condition } from '../kube/objects.ts';

/** Longest message we write; the API's own limit is 32,768. */
export const MESSAGE_LIMIT = 2_048;

export interface ConditionNote {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** `note` as a condition: keeps the transition time of `before` while the status stays the same. */
export function toCondition(before: readonly Condition[] | undefined, note: ConditionNote, generation: number, now: string): Condition {
  const previous = before?.find(({ type }) => type === note.type);
  return {
    type: note.type,
    status: note.status,
    observedGeneration: generation,
    lastTransitionTime: previous?.status === note.status ? previous.lastTransitionTime : now,
    reason: note.reason,
    message: note.message.length <= MESSAGE_LIMIT ? note.message : `${note.message.slice(0, MESSAGE_LIMIT - 1).toWellFormed()}…`,
  };
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
