/**
 * Days since 1970-01-01 as an ISO 8601 date, in numbers alone: Date ends in the year 275760 and Temporal with it, but databases keep later dates.
 *
 * The Gregorian calendar repeats every 400 years; counting years from March puts the leap day at their end, where it disturbs no month before it.
 */

const DAYS_IN_400_YEARS = 146_097;
const DAYS_IN_100_YEARS = 36_524;
const DAYS_IN_4_YEARS = 1_461;
/** Days from 0000-03-01 to 1970-01-01. */
const DAYS_FROM_MARCH_OF_YEAR_0 = 719_468;

/** `YYYY-MM-DD` of a day (an integer); years outside 0000..9999 with a sign and at least six digits, as ISO 8601 and Temporal expand them. */
export function isoDate(epochDay: number): string {
  const sinceMarch = epochDay + DAYS_FROM_MARCH_OF_YEAR_0;
  const cycle = Math.floor(sinceMarch / DAYS_IN_400_YEARS);
  const dayOfCycle = sinceMarch - cycle * DAYS_IN_400_YEARS;
  const century = Math.min(Math.floor(dayOfCycle / DAYS_IN_100_YEARS), 3);
  const dayOfCentury = dayOfCycle - century * DAYS_IN_100_YEARS;
  const leapCycle = Math.floor(dayOfCentury / DAYS_IN_4_YEARS);
  const dayOfLeapCycle = dayOfCentury - leapCycle * DAYS_IN_4_YEARS;
  const yearOfLeapCycle = Math.min(Math.floor(dayOfLeapCycle / 365), 3);
  const dayOfYear = dayOfLeapCycle - yearOfLeapCycle * 365;

  // Months from March come in runs of 31, 30, 31, 30, 31 days: 153 days for every five.
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = 400 * cycle + 100 * century + 4 * leapCycle + yearOfLeapCycle + (month <= 2 ? 1 : 0);
  return `${yearText(year)}-${twoDigits(month)}-${twoDigits(day)}`;
}

function yearText(year: number): string {
  if (year >= 1000 && year <= 9999) return String(year);
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0');
  return (year < 0 ? '-' : '+') + String(Math.abs(year)).padStart(6, '0');
}

/** An integer from 0 to 99 in two digits. */
export function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
