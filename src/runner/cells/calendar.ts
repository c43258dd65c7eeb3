/** Days of the Gregorian calendar, extended to all years, as a count from 1970-01-01. The inverse of time/iso-date.ts; Temporal ends where databases go on. */

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days from 0000-01-01 to 1970-01-01. */
const DAYS_FROM_YEAR_0 = 719_528;

/** Year 0 is 1 BC. Undefined for what is no day of the calendar. All three are integers. */
export function epochDay(year: number, month: number, day: number): number | undefined {
  const monthDays = DAYS_IN_MONTH[month - 1];
  if (monthDays === undefined || day < 1 || day > monthDays + (month === 2 && isLeap(year) ? 1 : 0)) return undefined;
  const before = year - 1;
  // Leap days of the years before this one; year 0 is one of them, hence the + 1.
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) + 1;
  const beforeMonth = (DAYS_BEFORE_MONTH[month - 1] ?? 0) + (month > 2 && isLeap(year) ? 1 : 0);
  return year * 365 + leapDays + beforeMonth + day - 1 - DAYS_FROM_YEAR_0;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
