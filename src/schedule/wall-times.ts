/**
 * The times of a schedule as a wall clock names them, on a plain line of seconds on which every day has 24 hours; nothing here knows of zones.
 *
 * Counting is arithmetic (whole days times times a day, and two partial days), so that years of missed minutes cost as much as one.
 */
import { countDays, dayFrom, dayThrough, type DayRule } from './day-rule.ts';

/** Seconds from 1970-01-01T00:00 to a moment on the wall clock. */
export type WallSeconds = number;

/** What a cron expression or a calendar says: these minutes of these hours of these days. */
export interface TimeRule {
  /** Ascending, without duplicates, not empty. */
  readonly minutes: readonly number[];
  /** Ascending, without duplicates, not empty. */
  readonly hours: readonly number[];
  /** The hour is a star: the rule means "whenever the clock shows these minutes" and follows the real clock when it is put forward or back. */
  readonly everyHour: boolean;
  readonly days: DayRule;
}

const SECONDS_PER_DAY = 86_400;

/** The first time of the rule after a moment; undefined when there is none within eight years. */
export function wallAfter(rule: TimeRule, after: WallSeconds): WallSeconds | undefined {
  const day = dayOf(after);
  const first = dayFrom(rule.days, day);
  if (first === day) {
    const time = timeAfter(rule, minuteOf(after));
    if (time !== undefined) return wall(day, time);
  }
  const later = first === day ? dayFrom(rule.days, day + 1) : first;
  return later === undefined ? undefined : wall(later, timeAfter(rule, -1));
}

/** The last time of the rule at or before a moment; undefined when there is none within eight years. */
export function wallThrough(rule: TimeRule, through: WallSeconds): WallSeconds | undefined {
  const day = dayOf(through);
  const last = dayThrough(rule.days, day);
  if (last === day) {
    const time = timeThrough(rule, minuteOf(through));
    if (time !== undefined) return wall(day, time);
  }
  const earlier = last === day ? dayThrough(rule.days, day - 1) : last;
  return earlier === undefined ? undefined : wall(earlier, timeThrough(rule, Infinity));
}

/** How many times of the rule lie in after < time <= through; 0 when through is not later than after. */
export function countWall(rule: TimeRule, after: WallSeconds, through: WallSeconds): number {
  if (through <= after) return 0;
  const first = dayOf(after);
  const last = dayOf(through);
  const wholeDays = countDays(rule.days, first, last) * rule.hours.length * rule.minutes.length;
  return wholeDays + countOnDay(rule, last, minuteOf(through)) - countOnDay(rule, first, minuteOf(after));
}

function countOnDay(rule: TimeRule, day: number, throughMinute: number): number {
  if (countDays(rule.days, day, day + 1) === 0) return 0;
  const hour = Math.floor(throughMinute / 60);
  const hoursBefore = rule.hours.filter((candidate) => candidate < hour).length;
  const minutes = rule.hours.includes(hour) ? rule.minutes.filter((candidate) => candidate <= throughMinute % 60).length : 0;
  return hoursBefore * rule.minutes.length + minutes;
}

/** Minute of the day of the first time after a minute of the day (-1 = before all). */
function timeAfter(rule: TimeRule, minuteOfDay: number): number | undefined {
  const hour = Math.floor(minuteOfDay / 60);
  if (rule.hours.includes(hour)) {
    const minute = rule.minutes.find((candidate) => candidate > minuteOfDay % 60);
    if (minute !== undefined) return hour * 60 + minute;
  }
  return timeOf(
    rule.hours.find((candidate) => candidate > hour),
    rule.minutes[0],
  );
}

/** Minute of the day of the last time at or before a minute of the day. */
function timeThrough(rule: TimeRule, minuteOfDay: number): number | undefined {
  const hour = Math.floor(minuteOfDay / 60);
  if (rule.hours.includes(hour)) {
    const minute = rule.minutes.findLast((candidate) => candidate <= minuteOfDay % 60);
    if (minute !== undefined) return hour * 60 + minute;
  }
  return timeOf(
    rule.hours.findLast((candidate) => candidate < hour),
    rule.minutes.at(-1),
  );
}

function timeOf(hour: number | undefined, minute: number | undefined): number | undefined {
  return hour === undefined || minute === undefined ? undefined : hour * 60 + minute;
}

function wall(day: number, minuteOfDay: number | undefined): WallSeconds | undefined {
  return minuteOfDay === undefined ? undefined : day * SECONDS_PER_DAY + minuteOfDay * 60;
}

function dayOf(moment: WallSeconds): number {
  return Math.floor(moment / SECONDS_PER_DAY);
}

function minuteOf(moment: WallSeconds): number {
  return Math.floor((moment - dayOf(moment) * SECONDS_PER_DAY) / 60);
}
