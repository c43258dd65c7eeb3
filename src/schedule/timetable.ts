/**
 * When a schedule is due: what the controller asks, in milliseconds since 1970-01-01T00:00:00Z as everywhere in the operator.
 *
 * A change of clocks never skips a due time and never doubles one. Rules with fixed hours keep to the wall clock, rules whose hour is a star to the real one.
 * Due times are whole minutes, because all zones have had offsets of whole minutes since 1972.
 */
import type { DueSearch, Timetable } from './due-search.ts';
import { fixedHours } from './fixed-hours.ts';
import { realClock } from './real-clock.ts';

/** The due times of a span of time. */
export interface DueTimes {
  /** All of them. */
  readonly count: number;
  /** The newest ones, oldest first. */
  readonly newest: readonly number[];
}

/** The first due time after an instant; undefined when there is none within eight years. */
export function nextTime(timetable: Timetable, after: number): number | undefined {
  const time = search(timetable).after(timetable, Math.floor(after / 1000));
  return time === undefined ? undefined : time * 1000;
}

/** The last due time before an instant; undefined when there was none within eight years. */
export function previousTime(timetable: Timetable, before: number): number | undefined {
  const time = search(timetable).through(timetable, Math.ceil(before / 1000) - 1);
  return time === undefined ? undefined : time * 1000;
}

/**
 * The due times later than `after` and not later than `through`: how many, exactly, and the newest `limit` of them.
 * The cost grows with the years and with the limit, not with the count.
 */
export function dueTimes(timetable: Timetable, after: number, through: number, limit: number): DueTimes {
  const from = Math.floor(after / 1000);
  let to = Math.floor(through / 1000);
  if (to <= from) return { count: 0, newest: [] };

  const way = search(timetable);
  const count = way.count(timetable, from, to);
  const newest: number[] = [];
  while (newest.length < Math.min(limit, count)) {
    const time = way.through(timetable, to);
    if (time === undefined) break;
    newest.push(time * 1000);
    to = time - 1;
  }
  return { count, newest: newest.reverse() };
}

function search({ rule }: Timetable): DueSearch {
  return rule.everyHour ? realClock : fixedHours;
}
