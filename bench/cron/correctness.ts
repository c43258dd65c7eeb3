/** Due times around every change of clocks of every zone from 2024 to 2028, held against the brute-force walk of the tests. */
import { dueIn, observe, type Observation } from '../../test/schedule/oracle.ts';
import { around, clockChanges, offsetsBetween, zones } from '../../test/schedule/zones.ts';
import { timesBetween, type Contestant } from './contestants.ts';
import { processorMs } from './processor-time.ts';

const EXPRESSIONS = ['30 2 * * *', '0 2 * * *', '0 0 * * *', '30 23 * * *', '0,30 0-23 * * *', '0 */2 * * *', '*/15 * * * *', '30 * * * *'];

/** Of one expression around all changes. */
export interface Score {
  readonly expression: string;
  readonly changes: number;
  readonly agrees: number;
  /** Fewer due times than there are, more, or as many at other moments. */
  readonly skips: number;
  readonly doubles: number;
  readonly shifts: number;
  readonly throws: number;
  /** Longest processor time for one change, in milliseconds. */
  readonly worstMs: number;
}

export function correctness(contestant: Contestant): readonly Score[] {
  const changes = zones.flatMap((zone) => clockChanges(zone, '2024-01-01', '2029-01-01'));
  const observations = new Map<string, Observation>();
  return EXPRESSIONS.map((expression) => {
    const score = { expression, changes: changes.length, agrees: 0, skips: 0, doubles: 0, shifts: 0, throws: 0, worstMs: 0 };
    for (const change of changes) {
      const { from, to } = around(change);
      const key = JSON.stringify([from, to, offsetsBetween(change.zone, from, to)]);
      const observation = observations.get(key) ?? observe(change.zone, from, to);
      observations.set(key, observation);
      const due = dueIn(observation, expression);
      const start = processorMs();
      score[verdict(contestant, expression, change.zone, from, to, due)] += 1;
      score.worstMs = Math.max(score.worstMs, processorMs() - start);
    }
    return score;
  });
}

function verdict(
  contestant: Contestant,
  expression: string,
  zone: string,
  from: number,
  to: number,
  due: readonly number[],
): 'agrees' | 'skips' | 'doubles' | 'shifts' | 'throws' {
  try {
    const times = timesBetween(contestant.prepare(expression, zone), from, to);
    if (times.length < due.length) return 'skips';
    if (times.length > due.length) return 'doubles';
    return times.every((time, index) => time === due[index]) ? 'agrees' : 'shifts';
  } catch {
    return 'throws';
  }
}
