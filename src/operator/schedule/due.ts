/**
 * Which of the times that are due get a Report now, which are missed, and which stay due: the rules of concurrencyPolicy, startingDeadlineSeconds and missedRuns,
 * without anything of Kubernetes. Times are epoch milliseconds.
 */
import type { Timetable } from '../../schedule/due-search.ts';
import { dueTimes } from '../../schedule/timetable.ts';

/** Under policy Skip without a deadline of its own, a time that was not started within a minute is missed. */
const SKIP_DEADLINE_MS = 60_000;

export interface DuePolicy {
  readonly concurrency: 'Forbid' | 'Allow' | 'Replace' | 'Queue';
  readonly missed: 'Skip' | 'Latest' | 'All';
  /** Of policy All: how many missed times are made up for. */
  readonly limit: number;
  readonly startingDeadlineMs: number | undefined;
}

export interface DueOutcome {
  /** Times that get a Report now, oldest first. */
  readonly start: readonly number[];
  /** The newest time, when it has to wait until no run is active. */
  readonly held: number | undefined;
  /** When what is held becomes too late. */
  readonly heldUntil: number | undefined;
  /** How many times get no Report, ever. */
  readonly missed: number;
  /** Everything up to here is settled: started or missed. */
  readonly settledUntil: number;
}

/** Looks at the times in (settled, now]. `active`: whether a run of this schedule is under way. */
export function judgeDueTimes(timetable: Timetable, settled: number, now: number, policy: DuePolicy, active: boolean): DueOutcome {
  const many = policy.missed === 'All' ? policy.limit : 1;
  const { count, newest } = dueTimes(timetable, settled, now, many);
  const last = newest.at(-1);
  if (last === undefined) return { start: [], held: undefined, heldUntil: undefined, missed: 0, settledUntil: settled };
  const inTime = newest.filter((time) => now < latestStart(time, policy));
  const late = count - inTime.length;
  const blocked = active && (policy.concurrency === 'Forbid' || policy.concurrency === 'Replace');
  if (!blocked || inTime.length === 0) return { start: inTime, held: undefined, heldUntil: undefined, missed: late, settledUntil: last };
  // Only the newest is kept while a run is active; it is settled when it starts, is too late, or a newer one comes due.
  const until = latestStart(last, policy);
  return { start: [], held: last, heldUntil: Number.isFinite(until) ? until : undefined, missed: count - 1, settledUntil: last - 1_000 };
}

/** Exactly at the deadline is too late. Infinity = never too late. */
function latestStart(time: number, { startingDeadlineMs, missed }: DuePolicy): number {
  const patience = startingDeadlineMs ?? (missed === 'Skip' ? SKIP_DEADLINE_MS : Infinity);
  return time + patience;
}
