/**
 * Dates and timestamps as text, in ISO 8601 and as PostgreSQL writes them (DateStyle ISO), to the cells of rows.ts: exact to the nanosecond, in every year.
 *
 * PostgreSQL differs from ISO 8601 in a space for the T, offsets that are cut (`+02`) or have seconds (`+00:53:28`), more than four digits of a year without a
 * sign, and ` BC` behind.
 */
import { isoDate } from '../../time/iso-date.ts';
import { epochDay } from './calendar.ts';
import type { WallTimes } from './wall-times.ts';

const DATE = /^(\d{4,7}|[+-]\d{6,7})-(\d\d)-(\d\d)( BC)?$/;
const TIMESTAMP =
  /^(\d{4,6}|[+-]\d{6})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d(?::[0-5]\d)?)?)?( BC)?$/;

const SECONDS_PER_DAY = 86_400;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

/** A Date cell, or undefined when the text is no day of the calendar. */
export function readDate(text: string): string | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const day = dayOf(match[1], match[2], match[3], match[4]);
  if (day === undefined) return undefined;
  // The usual text is the cell already.
  return text.length === 10 ? text : isoDate(day);
}

/**
 * A Timestamp cell: nanoseconds since 1970-01-01T00:00:00Z. Without an offset it is a time on `wall`'s clock.
 * Undefined when the text is no timestamp; `skipped` when the clock of the zone never showed it.
 */
export function readTimestamp(text: string, wall: WallTimes): bigint | 'skipped' | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [, year, month, dayOfMonth, hourText, minuteText, secondText, fraction, offset, era] = match;
  const day = dayOf(year, month, dayOfMonth, era);
  const hour = Number(hourText);
  const minute = Number(minuteText);
  const second = Number(secondText);
  if (day === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const local = day * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
  const seconds = offset === undefined ? wall.instantOf(local) : local - offsetSeconds(offset);
  if (seconds === undefined) return 'skipped';
  const whole = BigInt(seconds) * NANOSECONDS_PER_SECOND;
  return fraction === undefined ? whole : whole + BigInt(fraction.padEnd(9, '0'));
}

function dayOf(yearText = '', month = '', day = '', era: string | undefined): number | undefined {
  const year = Number(yearText);
  // An era counts years from 1, and a sign counts them from 0.
  if (era !== undefined && (year === 0 || /^[+-]/.test(yearText))) return undefined;
  return epochDay(era === undefined ? year : 1 - year, Number(month), Number(day));
}

function offsetSeconds(text: string): number {
  if (text === 'Z' || text === 'z') return 0;
  const digits = text.slice(1).replaceAll(':', '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6));
  return text.startsWith('-') ? -seconds : seconds;
}
