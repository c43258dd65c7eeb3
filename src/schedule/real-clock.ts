/**
 * Due times of rules whose hour is a star: every instant at which the wall clock shows one of their minutes.
 *
 * Clocks that change by whole hours leave such a rule undisturbed: every quarter of an hour stays every quarter of an hour, through the hour that comes twice and over
 * the one that does not come. Each span of time with one offset is searched by itself.
 */
import type { DueSearch } from './due-search.ts';
import { countWall, wallAfter, wallThrough } from './wall-times.ts';

export const realClock: DueSearch = {
  after({ rule, zone }, instant) {
    let from = instant;
    for (;;) {
      const { end, offsetSeconds } = zone.at(from + 1);
      const time = wallAfter(rule, from + offsetSeconds);
      if (time === undefined) return undefined;
      if (time - offsetSeconds < end) return time - offsetSeconds;
      from = end - 1;
    }
  },

  through({ rule, zone }, instant) {
    let from = instant;
    for (;;) {
      const { start, offsetSeconds } = zone.at(from);
      const time = wallThrough(rule, from + offsetSeconds);
      if (time === undefined) return undefined;
      if (time - offsetSeconds >= start) return time - offsetSeconds;
      from = start - 1;
    }
  },

  count({ rule, zone }, after, through) {
    let count = 0;
    for (let from = after; from < through;) {
      const { end, offsetSeconds } = zone.at(from + 1);
      const to = Math.min(through, end - 1);
      count += countWall(rule, from + offsetSeconds, to + offsetSeconds);
      from = to;
    }
    return count;
  },
};
