/**
 * Names of time zones: exactly an IANA name, as Kubernetes has it.
 *
 * The runtime itself would take `+02:00` and `europe/berlin`; other readers of the same manifest (Go's time.LoadLocation, databases) would not.
 */
import { quoted } from '../foreign-text.ts';
import { nearest } from '../nearest.ts';

/** https://data.iana.org/time-zones/theory.html: names are of ASCII letters, digits, `-`, `+`, `_` in parts. */
const IANA_SHAPE = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/;

/** What is wrong with a zone name, for a user to read; undefined when it is known. */
export function timeZoneProblem(name: string): string | undefined {
  const canonical = IANA_SHAPE.test(name) ? spelling(name) : undefined;
  if (canonical === name) return undefined;
  if (canonical !== undefined) return `${quoted(name)} must be written "${canonical}"`;
  const near = nearest(name, ['UTC', ...Intl.supportedValuesOf('timeZone')], 3);
  return `${quoted(name)} is not a known IANA time zone${near.length === 0 ? '' : `; near it: ${near.join(', ')}`}`;
}

/** The name in its own spelling, links such as `Asia/Calcutta` included; undefined when there is no such zone. */
function spelling(name: string): string | undefined {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
  } catch {
    return undefined;
  }
}
