/** The shapes between a schedule and its due times: a rule in a zone, and the two ways in which instants follow from it (fixed-hours.ts, real-clock.ts). */
import type { ZoneOffsets } from '../time/zone-offsets.ts';
import type { TimeRule } from './wall-times.ts';

/** A rule in a zone. The zone is worth sharing between timetables: it keeps the changes of clocks that it has looked up. */
export interface Timetable {
  readonly rule: TimeRule;
  readonly zone: ZoneOffsets;
}

/** Whole seconds since 1970-01-01T00:00:00Z. */
export type EpochSeconds = number;

/** Due times in order, each once. */
export interface DueSearch {
  /** The first one later than an instant; undefined when there is none within eight years. */
  after(timetable: Timetable, instant: EpochSeconds): EpochSeconds | undefined;
  /** The last one not later than an instant; undefined when there is none within eight years. */
  through(timetable: Timetable, instant: EpochSeconds): EpochSeconds | undefined;
  /** How many are later than `after` and not later than `through`, which is not before `after`. */
  count(timetable: Timetable, after: EpochSeconds, through: EpochSeconds): number;
}
