/**
 * Which days of the calendar a schedule names, answered a month at a time.
 *
 * The days of a month are the bits of one number, so "the next day", "the last one" and "how many in between" are each a handful of operations a month, and a search
 * over eight years that finds nothing is over in microseconds. Years and leap years are left to Date in UTC, where every day has 24 hours.
 */

/** Days as bits: bit 0 = the 1st … bit 30 = the 31st. */
type DaysOfMonth = number;

export interface DayRule {
  /** Bit 0 = January … bit 11 = December. */
  readonly months: number;
  readonly daysOfMonth: DaysOfMonth;
  /** Days counted from the end of the month, as they would lie in a month of 31 days: bit 30 = the last day, bit 29 = the last but one. */
  readonly daysFromEnd: DaysOfMonth;
  /** What the 29th, 30th and 31st mean in a month that ends before them. */
  readonly shortMonths: 'skip' | 'lastDay';
  /** Bit 0 = Sunday … bit 6 = Saturday. */
  readonly daysOfWeek: number;
  /** Whether a day must be named by its date and by its weekday, or by one of them. */
  readonly match: 'both' | 'either';
}

export const EVERY_MONTH = 0xfff;
export const EVERY_DAY_OF_MONTH = 0x7fff_ffff;
export const EVERY_DAY_OF_WEEK = 0x7f;

/** Eight years: 29 February is at most that far away (from 2096 to 2104). */
const HORIZON_MONTHS = 8 * 12;
const MS_PER_DAY = 86_400_000;

/** The first day of the rule at or after a day (both in days since 1970-01-01), looked for until the end of the month eight years later. */
export function dayFrom(rule: DayRule, from: number): number | undefined {
  const firstMonth = monthOf(from);
  for (let month = firstMonth; month <= firstMonth + HORIZON_MONTHS; month += 1) {
    const start = startOf(month);
    const days = daysIn(rule, month) & (month === firstMonth ? -1 << (from - start) : -1);
    if (days !== 0) return start + lowestBit(days);
  }
  return undefined;
}

/** The last day of the rule at or before a day, looked for until the beginning of the month eight years earlier. */
export function dayThrough(rule: DayRule, through: number): number | undefined {
  const lastMonth = monthOf(through);
  for (let month = lastMonth; month >= lastMonth - HORIZON_MONTHS; month -= 1) {
    const start = startOf(month);
    const days = daysIn(rule, month) & (month === lastMonth ? firstBits(through - start + 1) : -1);
    if (days !== 0) return start + highestBit(days);
  }
  return undefined;
}

/** How many days of the rule lie in from <= day < to. */
export function countDays(rule: DayRule, from: number, to: number): number {
  let count = 0;
  for (let month = monthOf(from); startOf(month) < to; month += 1) {
    const start = startOf(month);
    const begun = from > start ? -1 << (from - start) : -1;
    const ended = firstBits(Math.min(to - start, 31));
    count += bitCount(daysIn(rule, month) & begun & ended);
  }
  return count;
}

/** The days of one month (counted from January 1970) that the rule names. */
function daysIn(rule: DayRule, month: number): DaysOfMonth {
  if (((rule.months >> modulo(month, 12)) & 1) === 0) return 0;
  const start = startOf(month);
  const length = startOf(month + 1) - start;
  const whole = firstBits(length);

  let byDate = (rule.daysOfMonth & whole) | (rule.daysFromEnd >> (31 - length));
  if (rule.shortMonths === 'lastDay' && rule.daysOfMonth > whole) byDate |= 1 << (length - 1);

  // 1970-01-01 was a Thursday. One week of bits beginning with the weekday of the 1st, laid down five times.
  const weekday = modulo(start + 4, 7);
  const week = ((rule.daysOfWeek >> weekday) | (rule.daysOfWeek << (7 - weekday))) & EVERY_DAY_OF_WEEK;
  const byWeekday = (week | (week << 7) | (week << 14) | (week << 21) | (week << 28)) & whole;

  return rule.match === 'both' ? byDate & byWeekday : byDate | byWeekday;
}

function monthOf(day: number): number {
  const date = new Date(day * MS_PER_DAY);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

function startOf(month: number): number {
  return Date.UTC(1970, month, 1) / MS_PER_DAY;
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

/** The lowest `count` bits set, at most 31. */
function firstBits(count: number): number {
  return 2 ** count - 1;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
