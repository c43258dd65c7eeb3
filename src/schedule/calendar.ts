/**
 * Schedules in words (`spec.calendar`), compiled to the same rule as cron expressions, with what cron cannot say: days counted from the end of a month.
 *
 * The 29th, 30th and 31st mean the last day in months that end before them, because whoever bills on the 31st bills every month; cron leaves such months out.
 */
import { bad, good, type Read } from '../api/parameters/declaration.ts';
import { quoted } from '../foreign-text.ts';
import { nearest } from '../nearest.ts';
import { EVERY_DAY_OF_MONTH, EVERY_DAY_OF_WEEK, EVERY_MONTH, type DayRule } from './day-rule.ts';
import type { TimeRule } from './wall-times.ts';

export const FREQUENCIES = ['Daily', 'Weekly', 'Monthly'] as const;
/** In the order of cron: Sunday is 0. */
export const DAYS_OF_WEEK = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** `spec.calendar` as a manifest has it. */
export interface Calendar {
  readonly frequency: (typeof FREQUENCIES)[number];
  /** `HH:MM` on a clock of 24 hours, in the schedule's zone. */
  readonly at: string;
  /** Weekly, and only there: at least one. */
  readonly daysOfWeek?: readonly (typeof DAYS_OF_WEEK)[number][];
  /** Monthly, and only there: at least one. 1 to 31, or counted from the end: -1 (the last day) to -28, so that every month has it. */
  readonly daysOfMonth?: readonly number[];
}

/** The rule of a calendar, or all that is wrong with it; each problem begins with the field's name. */
export function compileCalendar(calendar: Calendar): Read<TimeRule> {
  const time = readTime(calendar.at);
  const days = readDays(calendar);
  if (!time.ok || !days.ok) return bad([time, days].flatMap((part) => (part.ok ? [] : [part.problem])).join('; '));
  return good({ minutes: [time.value.minute], hours: [time.value.hour], everyHour: false, days: days.value });
}

function readTime(at: string): Read<{ readonly hour: number; readonly minute: number }> {
  if (!/^([01][0-9]|2[0-3]):[0-5][0-9]$/.test(at))
    return bad(`at ${quoted(at)} is not a time of day; write it as HH:MM from 00:00 to 23:59, e.g. 06:00`);
  return good({ hour: Number(at.slice(0, 2)), minute: Number(at.slice(3)) });
}

function readDays({ frequency, daysOfWeek, daysOfMonth }: Calendar): Read<DayRule> {
  switch (frequency) {
    case 'Daily':
      if (daysOfWeek !== undefined) return bad('daysOfWeek belongs to frequency Weekly; leave it out');
      if (daysOfMonth !== undefined) return bad('daysOfMonth belongs to frequency Monthly; leave it out');
      return good(EVERY_DAY);
    case 'Weekly':
      if (daysOfMonth !== undefined) return bad('daysOfMonth belongs to frequency Monthly; leave it out');
      return readDaysOfWeek(daysOfWeek ?? []);
    case 'Monthly':
      if (daysOfWeek !== undefined) return bad('daysOfWeek belongs to frequency Weekly; leave it out');
      return readDaysOfMonth(daysOfMonth ?? []);
    default:
      frequency satisfies never;
      return bad(`frequency ${quoted(frequency)} is not one of ${FREQUENCIES.join(', ')}`);
  }
}

const EVERY_DAY: DayRule = {
  months: EVERY_MONTH,
  daysOfMonth: EVERY_DAY_OF_MONTH,
  daysFromEnd: 0,
  shortMonths: 'lastDay',
  daysOfWeek: EVERY_DAY_OF_WEEK,
  match: 'both',
};

const LAST_DAY = 31;
/** Every month has so many days; a day further from the end would be missing in some. */
const MOST_FROM_END = 28;

function readDaysOfWeek(names: readonly string[]): Read<DayRule> {
  if (names.length === 0) return bad('daysOfWeek is missing; frequency Weekly needs at least one, e.g. [Monday]');
  let daysOfWeek = 0;
  for (const name of names) {
    const day = DAYS_OF_WEEK.findIndex((candidate) => candidate === name);
    if (day < 0)
      return bad(
        `daysOfWeek ${quoted(name)} is not a day of the week; write ${nearest(name, DAYS_OF_WEEK, 1)[0] ?? DAYS_OF_WEEK.join(', ')}`,
      );
    daysOfWeek |= 1 << day;
  }
  return good({ ...EVERY_DAY, daysOfWeek });
}

function readDaysOfMonth(days: readonly number[]): Read<DayRule> {
  if (days.length === 0) return bad('daysOfMonth is missing; frequency Monthly needs at least one, e.g. [1] or [-1] for the last day');
  let daysOfMonth = 0;
  let daysFromEnd = 0;
  for (const day of days) {
    if (Number.isInteger(day) && day >= 1 && day <= LAST_DAY) daysOfMonth |= 1 << (day - 1);
    else if (Number.isInteger(day) && day <= -1 && day >= -MOST_FROM_END) daysFromEnd |= 1 << (LAST_DAY + day);
    else return bad(`daysOfMonth ${day} is neither 1 to ${LAST_DAY} nor -1 (the last day) to -${MOST_FROM_END}`);
  }
  return good({ ...EVERY_DAY, daysOfMonth, daysFromEnd });
}
