/**
 * Dates and instants of parameters.
 *
 * A date as a bound means the first instant of that day in the Report's zone, which is not always midnight: days on which clocks go forward at 00:00 begin at 01:00.
 */
import { quoted } from '../../foreign-text.ts';
import { bad, good, type Read } from './declaration.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
/**
 * RFC 3339 with a zone; without one nobody knows which instant is meant, and twice a year not even whoever wrote it. No leap second, which RFC 3339 allows: Temporal would
 * take it for the second before, and a bound must not move.
 */
const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$/;

export function readDate(text: string): Read<string> {
  if (!DATE.test(text)) return bad(`${quoted(text)} is not a date; write it as YYYY-MM-DD, e.g. 2026-10-01`);
  try {
    // RFC 3339 has a year 0, databases and people have none.
    if (!text.startsWith('0000')) return good(Temporal.PlainDate.from(text, { overflow: 'reject' }).toString());
  } catch {
    // No such day.
  }
  return bad(`"${text}" is not a day of the calendar`);
}

/** A parameter of type Timestamp, as an instant in UTC. No finer than microseconds: databases would round, and rows would be on its other side. */
export function readTimestamp(text: string): Read<string> {
  if (WITHOUT_ZONE.test(text)) {
    return bad(
      `"${text}" has no zone, so that nobody knows which instant is meant; write it with Z or an offset, e.g. 2026-10-01T08:00:00+02:00`,
    );
  }
  if (!INSTANT.test(text)) return bad(`${quoted(text)} is not an instant; write it as RFC 3339, e.g. 2026-10-01T08:00:00+02:00`);
  const instant = parseInstant(text);
  if (!instant.ok) return instant;
  if (instant.value.epochNanoseconds % 1_000n !== 0n)
    return bad(`"${text}" is finer than microseconds; write at most six digits of a second`);
  return good(instant.value.toString());
}

/** A bound of a period: a day's first instant in the zone, or an instant. */
export function readBound(text: string, zone: string): Read<Temporal.Instant> {
  if (DATE.test(text)) {
    const date = readDate(text);
    return date.ok ? withinYears(text, Temporal.PlainDate.from(date.value).toZonedDateTime(zone).toInstant()) : date;
  }
  if (!INSTANT.test(text))
    return bad(`${quoted(text)} is neither a date (2026-10-01) nor an instant with a zone (2026-10-01T00:00:00+02:00)`);
  return parseInstant(text);
}

function parseInstant(text: string): Read<Temporal.Instant> {
  try {
    return withinYears(text, Temporal.Instant.from(text.toUpperCase().replace(' ', 'T')));
  } catch {
    return bad(`"${text}" is not an instant of the calendar`);
  }
}

/** A zone or an offset can lead out of the years that RFC 3339 has. */
function withinYears(text: string, instant: Temporal.Instant): Read<Temporal.Instant> {
  return /^[+-]/.test(instant.toString()) ? bad(`"${text}" is outside the years 0000 to 9999 in UTC`) : good(instant);
}
