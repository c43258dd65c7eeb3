/** The two ways to find the next due time, behind one shape: our evaluator, and cron-parser's `next()` (its `prev()` is wrong on days when clocks change). */
import { CronExpressionParser } from 'cron-parser';
import { parseCron } from '../../src/schedule/cron.ts';
import type { Timetable } from '../../src/schedule/due-search.ts';
import { nextTime } from '../../src/schedule/timetable.ts';
import { ZoneOffsets } from '../../src/time/zone-offsets.ts';

export interface Contestant {
  readonly name: string;
  /** What can be kept between two questions is made here, once. The answer is undefined for never; it may throw. */
  prepare(expression: string, zone: string): (after: number) => number | undefined;
}

const zones = new Map<string, ZoneOffsets>();

export function timetableOf(expression: string, zone: string): Timetable {
  const rule = parseCron(expression);
  if (!rule.ok) throw new Error(rule.problem);
  const offsets = zones.get(zone) ?? new ZoneOffsets(zone);
  zones.set(zone, offsets);
  return { rule: rule.value, zone: offsets };
}

export const ours: Contestant = {
  name: 'own',
  prepare(expression, zone) {
    const timetable = timetableOf(expression, zone);
    return (after) => nextTime(timetable, after);
  },
};

export const cronParser: Contestant = {
  name: 'cron-parser',
  prepare(expression, zone) {
    const parsed = CronExpressionParser.parse(expression, { tz: zone });
    return (after) => {
      parsed.reset(new Date(after));
      return parsed.next().getTime();
    };
  },
};

/** All due times in from <= time < to. Throws what the contestant throws, and when it does not get ahead. */
export function timesBetween(next: (after: number) => number | undefined, from: number, to: number): readonly number[] {
  const times: number[] = [];
  let after = from - 1;
  for (;;) {
    const time = next(after);
    if (time === undefined || time >= to) return times;
    if (time <= after) throw new Error('the next time is not later');
    times.push(time);
    after = time;
  }
}
