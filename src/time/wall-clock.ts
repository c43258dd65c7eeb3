/**
 * Instants as a zone's wall clock shows them: ISO 8601 text for text formats, local milliseconds for formats that count days.
 *
 * Equal to Temporal wherever Temporal reaches (the tests prove it), at a tenth of its time, and going on where it ends, because databases do.
 */
import { isoDate, twoDigits } from './iso-date.ts';
import { ZoneOffsets } from './zone-offsets.ts';

const NANOSECONDS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400;

export class WallClock {
  readonly #offsets: ZoneOffsets;

  /**
   * @param timeZone An IANA name.
   * @throws DossierError InvalidParameters when this runtime does not know the zone.
   */
  constructor(timeZone: string) {
    this.#offsets = new ZoneOffsets(timeZone);
  }

  /**
   * An instant (nanoseconds since 1970-01-01T00:00:00Z) as `2026-10-01T08:30:00+02:00`: a fraction only when it is not zero, without trailing zeros, at most
   * nine digits; `Z` instead of an offset only for the zone UTC. An offset with seconds, as before standard time, is rounded to the minute.
   */
  isoText(instant: bigint): string {
    const nanoseconds = nanosecondsOfSecond(instant);
    const epochSeconds = secondsAtOrBefore(instant, nanoseconds);
    const span = this.#offsets.at(epochSeconds);
    const local = epochSeconds + span.offsetSeconds;
    const day = Math.floor(local / SECONDS_PER_DAY);
    const second = local - day * SECONDS_PER_DAY;
    const hours = Math.floor(second / 3600);
    const minutes = Math.floor(second / 60) % 60;
    return `${isoDate(day)}T${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(second % 60)}${fractionText(nanoseconds)}${span.text}`;
  }

  /** Milliseconds from 1970-01-01T00:00 on the wall clock to what it shows at an instant; shorter fractions are cut towards the past. */
  localMilliseconds(instant: bigint): number {
    const nanoseconds = nanosecondsOfSecond(instant);
    const epochSeconds = secondsAtOrBefore(instant, nanoseconds);
    return (epochSeconds + this.#offsets.at(epochSeconds).offsetSeconds) * 1000 + Math.floor(nanoseconds / 1_000_000);
  }
}

/** From 0 to 999,999,999, before 1970 too. */
function nanosecondsOfSecond(instant: bigint): number {
  const remainder = Number(instant % NANOSECONDS_PER_SECOND);
  return remainder < 0 ? remainder + 1_000_000_000 : remainder;
}

function secondsAtOrBefore(instant: bigint, nanoseconds: number): number {
  const towardsZero = Number(instant / NANOSECONDS_PER_SECOND);
  return instant < 0n && nanoseconds > 0 ? towardsZero - 1 : towardsZero;
}

function fractionText(nanoseconds: number): string {
  if (nanoseconds === 0) return '';
  let end = 9;
  let digits = nanoseconds;
  while (digits % 10 === 0) {
    digits /= 10;
    end -= 1;
  }
  return `.${String(digits).padStart(end, '0')}`;
}
