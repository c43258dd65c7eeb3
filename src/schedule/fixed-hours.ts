/**
 * Due times of rules with fixed hours, in one sentence: a time is due when the wall clock first shows it or has passed it.
 *
 * So 02:30 on a day without it is due at the first instant after the gap, 02:30 on a day that has it twice is due the first time, and times that fall into one gap are
 * due together, as one. The sentence also holds where clocks change by half an hour or by a whole day, at midnight, or twice within hours.
 */
import type { ZoneOffsets } from '../time/zone-offsets.ts';
import type { DueSearch, EpochSeconds } from './due-search.ts';
import { countWall, wallAfter, wallThrough, type WallSeconds } from './wall-times.ts';

/** No zone was ever further from UTC than Manila before 1844, by 15:56:08. */
const LARGEST_OFFSET = 16 * 3600;
const LARGEST_CHANGE = 2 * LARGEST_OFFSET;

export const fixedHours: DueSearch = {
  after({ rule, zone }, instant) {
    const time = wallAfter(rule, reachedBy(zone, instant));
    return time === undefined ? undefined : instantReaching(zone, time);
  },

  through({ rule, zone }, instant) {
    const time = wallThrough(rule, reachedBy(zone, instant));
    return time === undefined ? undefined : instantReaching(zone, time);
  },

  count({ rule, zone }, after, through) {
    let count = countWall(rule, reachedBy(zone, after), reachedBy(zone, through));
    // All times that a jump forward passed over are due at one instant, together with the time it jumped to.
    for (let span = zone.at(after); span.end <= through;) {
      span = zone.at(span.end);
      const together = countWall(rule, reachedBy(zone, span.start - 1), span.start + span.offsetSeconds);
      count -= Math.max(0, together - 1);
    }
    return count;
  },
};

/** How far the wall clock has come by an instant: what it shows then, or more when it was put back shortly before. */
function reachedBy(zone: ZoneOffsets, instant: EpochSeconds): WallSeconds {
  let span = zone.at(instant);
  let reached = instant + span.offsetSeconds;
  while (span.start > instant - LARGEST_CHANGE) {
    span = zone.at(span.start - 1);
    reached = Math.max(reached, span.end - 1 + span.offsetSeconds);
  }
  return reached;
}

/** The first instant by which the wall clock has come to a time. */
function instantReaching(zone: ZoneOffsets, time: WallSeconds): EpochSeconds {
  let span = zone.at(time - LARGEST_OFFSET);
  while (span.end + span.offsetSeconds <= time) span = zone.at(span.end);
  return Math.max(time - span.offsetSeconds, span.start);
}
