import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTimestamp } from '../../../src/api/parameters/instants.ts';

describe('a Timestamp', () => {
  test.each<[given: string, instant: string]>([
    ['2026-10-01T06:00:00Z', '2026-10-01T06:00:00Z'],
    ['2026-10-01T08:00:00+02:00', '2026-10-01T06:00:00Z'],
    ['2026-10-01t08:00:00.5z', '2026-10-01T08:00:00.5Z'],
    ['2026-10-01 08:00:00Z', '2026-10-01T08:00:00Z'],
    ['2026-10-01T08:00:00.123456-03:30', '2026-10-01T11:30:00.123456Z'],
    ['2026-10-01T08:00:00.123456000Z', '2026-10-01T08:00:00.123456Z'],
    ['2024-02-29T23:59:59+14:00', '2024-02-29T09:59:59Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
  ])('%s is %s', (given, instant) => {
    expect(readTimestamp(given)).toEqual({ ok: true, value: instant });
  });

  const zone = (given: string): string =>
    `"${given}" has no zone, so that nobody knows which instant is meant; write it with Z or an offset, e.g. 2026-10-01T08:00:00+02:00`;
  const form = (given: string): string => `"${given}" is not an instant; write it as RFC 3339, e.g. 2026-10-01T08:00:00+02:00`;
  test.each<[given: string, problem: string]>([
    ['2026-10-01T08:00', zone('2026-10-01T08:00')],
    ['2026-10-01T08:00:00', zone('2026-10-01T08:00:00')],
    ['2026-10-01 08:00:00.5', zone('2026-10-01 08:00:00.5')],
    ['2026-10-01', zone('2026-10-01')],
    ['2026-10-01T08:00Z', form('2026-10-01T08:00Z')],
    ['2026-10-01T08:00:00 Europe/Berlin', form('2026-10-01T08:00:00 Europe/Berlin')],
    ['2026-10-01T08:00:00+0200', form('2026-10-01T08:00:00+0200')],
    ['2026-10-01T08:00:60Z', form('2026-10-01T08:00:60Z')],
    ['1790000000', form('1790000000')],
    ['', form('')],
    ['now', form('now')],
    ['2026-10-01T08:00:00Z\n', form('2026-10-01T08:00:00Z\\u{a}')],
    ['2026-02-30T08:00:00Z', '"2026-02-30T08:00:00Z" is not an instant of the calendar'],
    ['2026-10-01T24:00:00Z', '"2026-10-01T24:00:00Z" is not an instant of the calendar'],
    ['2026-10-01T08:00:00.1234567Z', '"2026-10-01T08:00:00.1234567Z" is finer than microseconds; write at most six digits of a second'],
    ['1969-12-31T23:59:59.999999999Z', '"1969-12-31T23:59:59.999999999Z" is finer than microseconds; write at most six digits of a second'],
    ['9999-12-31T23:59:59-01:00', '"9999-12-31T23:59:59-01:00" is outside the years 0000 to 9999 in UTC'],
  ])('%j is refused', (given, problem) => {
    expect(readTimestamp(given)).toEqual({ ok: false, problem });
  });

  test('of any microsecond and offset is that instant', () => {
    const microseconds = fc.bigInt({ min: -62_135_596_800_000_000n + 86_400_000_000n, max: 253_402_300_799_999_999n - 86_400_000_000n });
    const minutes = fc.integer({ min: -14 * 60, max: 14 * 60 });
    fc.assert(
      fc.property(microseconds, minutes, (since, offset) => {
        const instant = Temporal.Instant.fromEpochNanoseconds(since * 1_000n);
        const sign = offset < 0 ? '-' : '+';
        const zone = `${sign}${String(Math.trunc(Math.abs(offset) / 60)).padStart(2, '0')}:${String(Math.abs(offset) % 60).padStart(2, '0')}`;
        expect(readTimestamp(instant.toString({ timeZone: zone }))).toEqual({ ok: true, value: instant.toString() });
      }),
    );
  });
});
