import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochDay } from '../../../src/runner/cells/calendar.ts';
import { readDate, readTimestamp } from '../../../src/runner/cells/times.ts';
import { WallTimes } from '../../../src/runner/cells/wall-times.ts';
import { isoDate } from '../../../src/time/iso-date.ts';

const utc = new WallTimes('UTC');
const berlin = new WallTimes('Europe/Berlin');

function nanoseconds(instant: string): bigint {
  return Temporal.Instant.from(instant).epochNanoseconds;
}

test('the day count is the inverse of the date, in every year that databases have', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2_500_000, max: 2_147_483_647 }), (day) => {
      const [, sign, year, month, dayOfMonth] = /^([+-]?)(\d+)-(\d\d)-(\d\d)$/.exec(isoDate(day)) ?? [];
      expect(epochDay(sign === '-' ? -Number(year) : Number(year), Number(month), Number(dayOfMonth))).toBe(day);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [2026, 2, 29],
  [2028, 2, 30],
  [1900, 2, 29],
  [2026, 0, 1],
  [2026, 13, 1],
  [2026, 4, 31],
  [2026, 1, 0],
])('%i-%i-%i is no day', (year, month, day) => {
  expect(epochDay(year, month, day)).toBeUndefined();
});

test.each<[text: string, date: string | undefined]>([
  ['2026-10-01', '2026-10-01'],
  ['2028-02-29', '2028-02-29'],
  ['0001-01-01', '0001-01-01'],
  ['0001-01-01 BC', '0000-01-01'],
  ['0044-03-15 BC', '-000043-03-15'],
  ['4713-01-01 BC', '-004712-01-01'],
  ['12026-01-01', '+012026-01-01'],
  ['5874897-12-31', '+5874897-12-31'],
  ['+012026-01-01', '+012026-01-01'],
  ['-000043-03-15', '-000043-03-15'],
  ['2026-02-29', undefined],
  ['2026-1-1', undefined],
  ['26-01-01', undefined],
  ['01.10.2026', undefined],
  ['2026-10-01T00:00:00Z', undefined],
  ['0000-01-01 BC', undefined],
  ['-000043-01-01 BC', undefined],
  ['', undefined],
])('date %j', (text, date) => {
  expect(readDate(text)).toBe(date);
});

describe('timestamps', () => {
  test.each<[text: string, instant: bigint | undefined]>([
    ['2026-10-01T08:30:00Z', nanoseconds('2026-10-01T08:30:00Z')],
    ['2026-10-01t08:30:00z', nanoseconds('2026-10-01T08:30:00Z')],
    ['2026-10-01 08:30:00+02', nanoseconds('2026-10-01T06:30:00Z')],
    ['2026-10-01 08:30:00.123456+05:30', nanoseconds('2026-10-01T03:00:00.123456Z')],
    ['2026-10-01T08:30:00.123456789-0330', nanoseconds('2026-10-01T12:00:00.123456789Z')],
    ['1890-01-01 00:00:00+00:53:28', nanoseconds('1889-12-31T23:06:32Z')],
    ['1969-12-31 23:59:59.999999+00', -1000n],
    ['1970-01-01 00:00:00.5+00', 500_000_000n],
    ['0044-03-15 12:00:00+00 BC', nanoseconds('-000043-03-15T12:00:00Z')],
    ['4713-11-24 00:00:00+00 BC', nanoseconds('-004712-11-24T00:00:00Z')],
    ['12026-01-01 00:00:00+00', nanoseconds('+012026-01-01T00:00:00Z')],
    ['294276-12-31 23:59:59.999999+00', 9_224_318_015_999_999_999_000n],
    ['2026-10-01T08:30:00', nanoseconds('2026-10-01T06:30:00Z')],
    ['2026-12-01 08:30:00.000001', nanoseconds('2026-12-01T07:30:00.000001Z')],
    ['2026-10-25 02:30:00', nanoseconds('2026-10-25T00:30:00Z')],
    ['2026-10-01', undefined],
    ['2026-10-01T08:30Z', undefined],
    ['2026-10-01T24:00:00Z', undefined],
    ['2026-10-01T08:60:00Z', undefined],
    ['2026-10-01T08:30:60Z', undefined],
    ['2026-02-29T00:00:00Z', undefined],
    ['2026-10-01T08:30:00.1234567890Z', undefined],
    ['2026-10-01T08:30:00 CET', undefined],
    // As ISO 8601 and RFC 3339 bound an offset: anything beyond would be another moment.
    ['2026-10-01T08:30:00+23:59', nanoseconds('2026-09-30T08:31:00Z')],
    ['2026-10-01T08:30:00+24:00', undefined],
    ['2026-10-01T08:30:00-0260', undefined],
    ['2026-10-01T08:30:00+02:00:60', undefined],
    [' 2026-10-01T08:30:00Z', undefined],
    ['infinity', undefined],
    ['', undefined],
  ])('%j', (text, instant) => {
    expect(readTimestamp(text, berlin)).toBe(instant);
  });

  test('a wall-clock time that the zone skipped is told apart from nonsense', () => {
    expect(readTimestamp('2026-03-29 02:30:00', berlin)).toBe('skipped');
    expect(readTimestamp('2026-03-29 02:30:00', utc)).toBe(nanoseconds('2026-03-29T02:30:00Z'));
    expect(readTimestamp('2011-12-30 12:00:00', new WallTimes('Pacific/Apia'))).toBe('skipped');
  });

  test('are what Temporal says, for any instant, fraction and offset', () => {
    const instant = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map((value) => Temporal.Instant.fromEpochNanoseconds(value));
    const offset = fc.tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 59 }));
    fc.assert(
      fc.property(instant, offset, (given, [sign, hours, minutes]) => {
        const zone = `${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
        expect(readTimestamp(given.toString({ timeZone: zone }), utc)).toBe(given.epochNanoseconds);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Wall-clock seconds, as instantOf takes them. */
function localSeconds(time: Temporal.PlainDateTime): number {
  return time.toZonedDateTime('UTC').epochMilliseconds / 1000;
}

test('around every change of clocks from 1900 to 2040, in every zone, the first of two times is taken and a skipped one refused, as Temporal has it', () => {
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const wall = new WallTimes(zone);
    let change = Temporal.ZonedDateTime.from(`1900-01-01T00:00:00[${zone}]`).getTimeZoneTransition('next');
    while (change !== null && change.year < 2040) {
      for (const minutes of [-61, -1, 0, 29, 61]) {
        const local = change.toPlainDateTime().add({ minutes }).round('second');
        const candidate = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
        const expected = candidate.toPlainDateTime().equals(local) ? candidate.epochMilliseconds / 1000 : undefined;
        expect(wall.instantOf(localSeconds(local)), `${local.toString()} ${zone}`).toBe(expected);
      }
      change = change.getTimeZoneTransition('next');
    }
  }
});
