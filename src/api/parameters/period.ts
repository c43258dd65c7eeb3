/**
 * Dates, instants and periods of parameters.
 *
 * A date as a bound means the first instant of that day in the Report's zone, which is not always midnight: days on which clocks go forward at 00:00 begin at 01:00.
 */
import { quoted } from '../../foreign-text.ts';
import { bad, good, type GivenPeriod, type Read } from './declaration.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
/**
 * RFC 3339 with a zone; without one nobody knows which instant is meant. No leap second, which RFC 3339 allows: Temporal would take it for the second before, and a bound
 * must not move.
 */
const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Half-open: from <= t < to, RFC 3339 in UTC. */
export interface InstantPeriod {
  readonly from: string;
  readonly to: string;
}

export function readDate(text: string): Read<string> {
  if (!DATE.test(text)) return bad(`${quoted(text)} is not a date; write it as YYYY-MM-DD, e.g. 2026-10-01`);
  try {
    return good(Temporal.PlainDate.from(text, { overflow: 'reject' }).toString());
  } catch {
    return bad(`"${text}" is not a day of the calendar`);
  }
}

/** `zone` must be a known zone. `maxDays` counts local days, so that a month with a change of clocks is not a day too long. */
export function readPeriod(given: GivenPeriod, zone: string, maxDays: number | undefined): Read<InstantPeriod> {
  const from = readBound(given.from, zone);
  const to = readBound(given.to, zone);
  if (!from.ok || !to.ok) {
    return bad([...(from.ok ? [] : [`period.from ${from.problem}`]), ...(to.ok ? [] : [`period.to ${to.problem}`])].join('; '));
  }
  if (Temporal.Instant.compare(from.value, to.value) >= 0) {
    return bad(`period.from ${given.from} must be before period.to ${given.to} (to is not part of the period)`);
  }
  if (maxDays !== undefined && spanDays(from.value, to.value, zone) > maxDays) {
    return bad(`the period from ${given.from} to ${given.to} is longer than ${maxDays} days`);
  }
  return good({ from: from.value.toString(), to: to.value.toString() });
}

function readBound(text: string, zone: string): Read<Temporal.Instant> {
  const instant = DATE.test(text) ? readStartOfDay(text, zone) : readInstant(text);
  // A zone or an offset can lead out of the years that RFC 3339 has.
  if (instant.ok && /^[+-]/.test(instant.value.toString())) return bad(`"${text}" is outside the years 0000 to 9999 in UTC`);
  return instant;
}

function readStartOfDay(text: string, zone: string): Read<Temporal.Instant> {
  const date = readDate(text);
  return date.ok ? good(Temporal.PlainDate.from(date.value).toZonedDateTime(zone).toInstant()) : date;
}

function readInstant(text: string): Read<Temporal.Instant> {
  if (!INSTANT.test(text))
    return bad(`${quoted(text)} is neither a date (2026-10-01) nor an instant with a zone (2026-10-01T00:00:00+02:00)`);
  try {
    return good(Temporal.Instant.from(text.toUpperCase().replace(' ', 'T')));
  } catch {
    return bad(`"${text}" is not an instant of the calendar`);
  }
}

/** Whole local days, and one more for a part of a day. */
function spanDays(from: Temporal.Instant, to: Temporal.Instant, zone: string): number {
  const start = from.toZonedDateTimeISO(zone);
  const end = to.toZonedDateTimeISO(zone);
  const days = start.until(end, { largestUnit: 'day' }).days;
  return Temporal.ZonedDateTime.compare(start.add({ days }), end) < 0 ? days + 1 : days;
}
