/**
 * Whether the server's time zone tables have the clocks that the runner has: MySQL sends an instant as what a clock shows, and its tables are as old as whoever loaded them.
 *
 * Where a country has changed its clocks since then, instants would be read, and compared with those of parameters, as others an hour away, without a word. So the server is
 * asked what its clocks show: for the parameters before anything is read, for one instant of each day that was read when all rows are there.
 */
import type { ResolvedParameter } from '../../plan.ts';
import { failed } from './errors.ts';

const SECONDS_PER_DAY = 86_400;
/** Instants of one query. */
const ASKED_AT_ONCE = 500;
/** Where the server's own function ends, as does a TIMESTAMP. */
const LAST_SECOND = 2 ** 31 - 1;
/** `2026-10-01 00:00:00`. */
const TEXT_LENGTH = 19;

export class ServerClocks {
  readonly #timeZone: string;
  /** By days since 1970; a TIMESTAMP has some ten thousands. */
  #texts = new Map<number, readonly [second: number, text: string]>();

  constructor(timeZone: string) {
    this.#timeZone = timeZone;
  }

  /** An instant in seconds since 1970, and what a clock shows then, with a fraction or not. */
  note(second: number, text: string): void {
    const day = Math.floor(second / SECONDS_PER_DAY);
    if (!this.#texts.has(day) && second > 0 && second <= LAST_SECOND) this.#texts.set(day, [second, text.slice(0, TEXT_LENGTH)]);
  }

  noteParameters(parameters: readonly ResolvedParameter[]): void {
    for (const { type, value } of parameters) {
      if (value === null || (type !== 'Timestamp' && type !== 'Period')) continue;
      for (const instant of type === 'Period' ? [value.from, value.to] : [value]) {
        const moment = Temporal.Instant.from(instant).round({ smallestUnit: 'second', roundingMode: 'floor' });
        const shown = moment.toZonedDateTimeISO(this.#timeZone).toPlainDateTime().toString({ smallestUnit: 'second' });
        this.note(moment.epochMilliseconds / 1000, shown.replace('T', ' '));
      }
    }
  }

  /** Compares what was noted since the last time. @throws DossierError SourceFailed when a clock differs, and what `query` throws. */
  async compare(query: (sql: string) => Promise<readonly (readonly unknown[])[]>): Promise<void> {
    if (this.#timeZone === 'UTC') return;
    const noted = [...this.#texts.values()];
    this.#texts = new Map();
    for (let from = 0; from < noted.length; from += ASKED_AT_ONCE) {
      const some = noted.slice(from, from + ASKED_AT_ONCE);
      const [shown = []] = await query(`select ${some.map(([second]) => `from_unixtime(${second})`).join(', ')}`);
      if (some.some(([, text], index) => String(shown[index]).slice(0, TEXT_LENGTH) !== text)) throw differ(this.#timeZone);
    }
  }
}

function differ(timeZone: string): Error {
  return failed(
    `the time zone tables of the server have other clocks for ${timeZone} than are known here, so its instants would be read as others; load current ones (mysql_tzinfo_to_sql), or ask for timeZone UTC`,
    false,
  );
}
