/**
 * From a zone's wall clock to the instant: for timestamps that were stored without a zone.
 *
 * A time that the clocks showed twice is the first of the two, as everywhere in Dossier. A time that they skipped is no instant: databases move it forward by
 * the gap, and the file would then show another time than the table does.
 */
import { ZoneOffsets } from '../../time/zone-offsets.ts';

const SECONDS_PER_DAY = 86_400;

export class WallTimes {
  readonly timeZone: string;
  readonly #offsets: ZoneOffsets;

  /** @throws DossierError InvalidParameters when this runtime does not know the zone. */
  constructor(timeZone: string) {
    this.timeZone = timeZone;
    this.#offsets = new ZoneOffsets(timeZone);
  }

  /**
   * Seconds since 1970-01-01T00:00:00Z when the wall clock first shows `local`, or undefined when it never does.
   * @param local Seconds from 1970-01-01T00:00 on the wall clock (an integer).
   */
  instantOf(local: number): number | undefined {
    // No zone is as much as a day from UTC, so a day earlier and a day later lie on both sides of the instant, and of the change of clocks near it.
    const earlier = local - this.#offsets.at(local - SECONDS_PER_DAY).offsetSeconds;
    if (earlier + this.#offsets.at(earlier).offsetSeconds === local) return earlier;
    const later = local - this.#offsets.at(local + SECONDS_PER_DAY).offsetSeconds;
    return later + this.#offsets.at(later).offsetSeconds === local ? later : undefined;
  }

  /** Whether the wall clock shows the time that it shows at `instant` (seconds since 1970-01-01T00:00:00Z, the first of the two) once more, after it was set back. */
  isShownAgain(instant: number): boolean {
    const { offsetSeconds } = this.#offsets.at(instant);
    const later = this.#offsets.at(instant + SECONDS_PER_DAY).offsetSeconds;
    const again = instant + offsetSeconds - later;
    return again > instant && this.#offsets.at(again).offsetSeconds === later;
  }
}
