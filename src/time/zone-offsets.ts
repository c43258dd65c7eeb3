/**
 * The offset of an IANA zone at an instant, fast enough for a million cells.
 *
 * Temporal is the source of truth but asks the zone's rules anew each time. An offset holds from one transition to the next, so the spans seen so far are
 * kept, sorted, and looked up by bisection: rows in any order cost one look-up each. The number of spans is bounded, because dates a hundred centuries apart
 * are legal and each half year of them is a span of its own.
 */
import { DossierError } from '../errors.ts';
import { foreignText } from '../foreign-text.ts';
import { twoDigits } from './iso-date.ts';

/** A span of time in which a zone keeps one offset. */
export interface OffsetSpan {
  /** First second of the span, since 1970-01-01T00:00:00Z. */
  readonly start: number;
  /** First second after it. */
  readonly end: number;
  /** Seconds that the wall clock is ahead of UTC. */
  readonly offsetSeconds: number;
  /** The offset as ISO 8601 writes it: `Z` for the zone UTC, else `+02:00`. */
  readonly text: string;
}

/** Enough for four centuries of summer times; beyond it the spans are gathered anew. */
const SPANS_LIMIT = 1024;

const NANOSECONDS_PER_SECOND = 1_000_000_000n;
/** The Gregorian calendar, weekdays included, and with it every yearly rule of a zone, repeats after this time. */
const SECONDS_IN_400_YEARS = 146_097 * 86_400;
/**
 * Temporal ends 100,000,000 days before and after 1970, and finds no transition across that border. What lies beyond this limit, one cycle inside of it,
 * is looked up whole cycles nearer, so that "no transition" always means never.
 */
const REPEATING_SECONDS = 8_640_000_000_000 - SECONDS_IN_400_YEARS;

export class ZoneOffsets {
  readonly #timeZone: string;
  #spans: OffsetSpan[] = [];
  #latest: OffsetSpan;

  /** @throws DossierError InvalidParameters when this runtime does not know the zone. */
  constructor(timeZone: string) {
    this.#timeZone = timeZone;
    try {
      this.#latest = this.#read(0);
    } catch (cause) {
      throw new DossierError(
        'InvalidParameters',
        `timeZone "${foreignText(timeZone, 64)}" is not an IANA time zone; use one such as Europe/Berlin`,
        {
          retryable: false,
          cause,
        },
      );
    }
  }

  /** The span that holds a second since 1970-01-01T00:00:00Z (an integer). */
  at(epochSeconds: number): OffsetSpan {
    if (epochSeconds >= this.#latest.start && epochSeconds < this.#latest.end) return this.#latest;
    return (this.#latest = this.#find(epochSeconds));
  }

  #find(epochSeconds: number): OffsetSpan {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const span = this.#spans[middle];
      if (span !== undefined && span.end <= epochSeconds) low = middle + 1;
      else high = middle;
    }
    const candidate = this.#spans[low];
    if (candidate !== undefined && candidate.start <= epochSeconds) return candidate;

    const span = this.#read(epochSeconds);
    if (this.#spans.length === SPANS_LIMIT) this.#spans = [span];
    else this.#spans.splice(low, 0, span);
    return span;
  }

  #read(epochSeconds: number): OffsetSpan {
    const cycles = Math.max(0, Math.ceil((Math.abs(epochSeconds) - REPEATING_SECONDS) / SECONDS_IN_400_YEARS));
    const shift = Math.sign(epochSeconds) * cycles * SECONDS_IN_400_YEARS;
    const moment = new Temporal.ZonedDateTime(BigInt(epochSeconds - shift) * NANOSECONDS_PER_SECOND, this.#timeZone);
    // A transition belongs to the span it begins, and "previous" means strictly before.
    const start = moment.add({ nanoseconds: 1 }).getTimeZoneTransition('previous');
    const end = moment.getTimeZoneTransition('next');
    const offsetSeconds = moment.offsetNanoseconds / 1e9;
    return {
      start: start === null ? -Infinity : secondsOf(start) + shift,
      end: end === null ? Infinity : secondsOf(end) + shift,
      offsetSeconds,
      text: this.#timeZone === 'UTC' ? 'Z' : offsetText(offsetSeconds),
    };
  }
}

function secondsOf(moment: Temporal.ZonedDateTime): number {
  return moment.epochMilliseconds / 1000;
}

/** ISO 8601 has no seconds in an offset: those of local mean time are rounded to the minute, halves away from zero, as Temporal does. */
function offsetText(offsetSeconds: number): string {
  const minutes = Math.round(Math.abs(offsetSeconds) / 60);
  const sign = offsetSeconds < 0 && minutes > 0 ? '-' : '+';
  return `${sign}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}
