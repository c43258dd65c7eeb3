/** Time of one question for the next due time, asked at moments all over ten years, and of two years of missed minutes. */
import { dueTimes } from '../../src/schedule/timetable.ts';
import { timetableOf, type Contestant } from './contestants.ts';
import { processorMs } from './processor-time.ts';

const EXPRESSIONS = ['* * * * *', '*/15 * * * *', '0 6 * * *', '30 2 * * 1-5', '0 6 1 * *', '0 6 1 1 *', '0 6 29 2 *', '59 23 31 12 0'];
const ZONE = 'Europe/Berlin';
const [FROM, TO] = [Date.UTC(2024, 0, 1), Date.UTC(2034, 0, 1)];

export interface Speed {
  readonly expression: string;
  /** The median, because it is what a busy machine disturbs least. */
  readonly microseconds: number;
}

/** The first quarter of the questions warms up and is not counted. */
export function speed(contestant: Contestant, questions: number): readonly Speed[] {
  return EXPRESSIONS.map((expression) => {
    const next = contestant.prepare(expression, ZONE);
    const took: number[] = [];
    for (let question = 0; question < questions; question += 1) {
      // A step that is no multiple of anything in the calendar visits all seasons and hours.
      const after = FROM + ((question * 7_919_777_777) % (TO - FROM));
      const start = performance.now();
      next(after);
      if (question * 4 > questions) took.push((performance.now() - start) * 1000);
    }
    return { expression, microseconds: middle(took) };
  });
}

/** Milliseconds to count two years of missed minutes and to list the newest hundred; by `next()` they would be walked one by one (processor time). */
export function missedMinutes(contestant: Contestant): { readonly own: number; readonly walked: number } {
  const timetable = timetableOf('* * * * *', ZONE);
  const [from, to] = [Date.UTC(2024, 0, 1), Date.UTC(2026, 0, 1)];
  const took = Array.from({ length: 100 }, () => {
    const start = performance.now();
    dueTimes(timetable, from, to, 100);
    return performance.now() - start;
  });
  const next = contestant.prepare('* * * * *', ZONE);
  const sample = 5000;
  const start = processorMs();
  let time: number | undefined = from;
  for (let step = 0; step < sample && time !== undefined; step += 1) time = next(time);
  const perStepMs = (processorMs() - start) / sample;
  return { own: middle(took), walked: (perStepMs * (to - from)) / 60_000 };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
