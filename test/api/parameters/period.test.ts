import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDate } from '../../../src/api/parameters/instants.ts';
import { readPeriod as readPeriodAt } from '../../../src/api/parameters/period.ts';
import type { GivenPeriod, Read } from '../../../src/api/parameters/declaration.ts';
import type { InstantPeriod } from '../../../src/api/parameters/period.ts';

/** For periods that are given by their bounds, which do not depend on when the Report was created. */
function readPeriod(given: GivenPeriod, zone: string, maxDays: number | undefined): Read<InstantPeriod> {
  return readPeriodAt(given, { zone, createdAt: 0 }, maxDays);
}

describe('a date', () => {
  test.each(['2026-10-01', '2024-02-29', '2000-02-29', '0000-01-01', '9999-12-31', '2011-12-30'])('%s', (text) => {
    expect(readDate(text)).toEqual({ ok: true, value: text });
  });

  test.each(['2026-02-30', '2026-02-29', '1900-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '2026-01-00', '2026-01-32'])(
    '%s is no day of the calendar',
    (text) => {
      expect(readDate(text)).toEqual({ ok: false, problem: `"${text}" is not a day of the calendar` });
    },
  );

  test.each([
    '',
    '2026-1-1',
    '26-10-01',
    '20261001',
    '2026/10/01',
    '01.10.2026',
    '2026-10-01T00:00:00Z',
    '2026-10',
    '+002026-10-01',
    '-000001-01-01',
    ' 2026-10-01',
    '2026-10-01\n',
    '２０２６-10-01',
    'LastMonth',
  ])('%j is not written as a date', (text) => {
    const read = readDate(text);
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.problem).toMatch(/ is not a date; write it as YYYY-MM-DD, e\.g\. 2026-10-01$/);
  });
});

describe('a bound that is a date is the first instant of that day in the zone', () => {
  test.each<[string, string, string, string, string]>([
    ['UTC', '2026-10-01', '2026-11-01', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'],
    ['Europe/Berlin', '2026-10-01', '2026-11-01', '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-30', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['Europe/Berlin', '2026-10-25', '2026-10-26', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
    // Clocks go from 23:59:59 to 01:00 on 6 September: the day begins at one o'clock.
    ['America/Santiago', '2026-09-06', '2026-09-07', '2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z'],
    ['Asia/Kathmandu', '2026-10-01', '2026-10-02', '2026-09-30T18:15:00Z', '2026-10-01T18:15:00Z'],
    // The week without a Friday: the day after the 29th is the 31st.
    ['Pacific/Apia', '2011-12-29', '2011-12-31', '2011-12-29T10:00:00Z', '2011-12-30T10:00:00Z'],
    ['Pacific/Apia', '2011-12-30', '2012-01-01', '2011-12-30T10:00:00Z', '2011-12-31T10:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-06', '2026-04-04T13:00:00Z', '2026-04-05T13:30:00Z'],
  ])('%s: %s to %s', (zone, from, to, start, end) => {
    expect(readPeriod({ from, to }, zone, undefined)).toEqual({ ok: true, value: { from: start, to: end } });
  });
});

describe('a bound that is an instant', () => {
  test.each([
    ['2026-10-01T00:00:00Z', '2026-10-01T00:00:00Z'],
    ['2026-10-01T00:00:00+02:00', '2026-09-30T22:00:00Z'],
    ['2026-10-01t08:30:00.5z', '2026-10-01T08:30:00.5Z'],
    ['2026-10-01 08:30:00Z', '2026-10-01T08:30:00Z'],
    ['2026-10-01T08:30:00.123456789-03:30', '2026-10-01T12:00:00.123456789Z'],
    ['2026-10-01T00:00:00-00:00', '2026-10-01T00:00:00Z'],
  ])('%s is %s in UTC, whatever the zone', (text, instant) => {
    for (const zone of ['UTC', 'Europe/Berlin', 'Pacific/Apia'])
      expect(readPeriod({ from: text, to: '2030-01-01' }, zone, undefined)).toMatchObject({ ok: true, value: { from: instant } });
  });

  test.each([
    ['a leap second, which would move the bound', '2016-12-31T23:59:60Z', 'is neither a date'],
    ['hour 24', '2026-10-01T24:00:00Z', 'is not an instant of the calendar'],
    ['minute 60', '2026-10-01T10:60:00Z', 'is not an instant of the calendar'],
    ['30 February', '2026-02-30T10:00:00Z', 'is not an instant of the calendar'],
    ['an offset of a day', '2026-10-01T10:00:00+24:00', 'is not an instant of the calendar'],
    ['no zone', '2026-10-01T10:00:00', 'nor an instant with a zone'],
    ['no seconds', '2026-10-01T10:00Z', 'nor an instant with a zone'],
    ['ten digits of a second', '2026-10-01T10:00:00.1234567891Z', 'nor an instant with a zone'],
    ['a zone by name', '2026-10-01T10:00:00+02:00[Europe/Berlin]', 'nor an instant with a zone'],
    ['a year of five digits', '+12026-10-01T10:00:00Z', 'nor an instant with a zone'],
    ['a year that is none in UTC', '9999-12-31T23:59:59-01:00', 'is outside the years 0000 to 9999 in UTC'],
    ['a year before all', '0000-01-01T00:00:00+01:00', 'is outside the years 0000 to 9999 in UTC'],
    ['nothing', '', 'is neither a date'],
  ])('is not %s', (_, text, problem) => {
    for (const given of [
      { from: text, to: '9999-01-01' },
      { from: '0001-01-02', to: text },
    ]) {
      const read = readPeriod(given, 'UTC', undefined);
      expect(read.ok).toBe(false);
      if (!read.ok) expect(read.problem).toContain(problem);
    }
  });

  test('a day that begins in another millennium is outside, too', () => {
    expect(readPeriod({ from: '0000-01-01', to: '2026-01-01' }, 'Asia/Tokyo', undefined)).toMatchObject({ ok: false });
  });
});

describe('from must be before to', () => {
  test.each<[string, string, string]>([
    ['2026-10-01', '2026-10-01', 'UTC'],
    ['2026-10-02', '2026-10-01', 'UTC'],
    ['2026-10-01T00:00:00Z', '2026-10-01', 'UTC'],
    ['2026-10-01', '2026-09-30T22:00:00Z', 'Europe/Berlin'],
    // A day that does not exist has no hours.
    ['2011-12-30', '2011-12-31', 'Pacific/Apia'],
  ])('%s to %s in %s', (from, to, zone) => {
    expect(readPeriod({ from, to }, zone, undefined)).toEqual({
      ok: false,
      problem: `period.from ${from} must be before period.to ${to} (to is not part of the period)`,
    });
  });

  test('by one nanosecond is enough', () => {
    expect(readPeriod({ from: '2026-10-01T00:00:00Z', to: '2026-10-01T00:00:00.000000001Z' }, 'UTC', undefined).ok).toBe(true);
  });
});

describe('maxDays counts days of the zone', () => {
  test.each<[string, string, string, number]>([
    ['UTC', '2026-10-01', '2026-11-01', 31],
    // 31 days and an hour, 30 days and 23 hours: both a month of their days.
    ['Europe/Berlin', '2026-10-01', '2026-11-01', 31],
    ['Europe/Berlin', '2026-03-01', '2026-04-01', 31],
    ['Europe/Berlin', '2026-10-25', '2026-10-26', 1],
    ['America/Santiago', '2026-09-06', '2026-09-07', 1],
    // All but a minute of a day of 25 hours is a part of one day, not of two.
    ['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T22:59:00Z', 1],
    ['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:01Z', 2],
    ['UTC', '2026-10-01T12:00:00Z', '2026-10-02T12:00:00Z', 1],
    ['UTC', '2026-10-01T12:00:00Z', '2026-10-02T12:00:00.000000001Z', 2],
    ['UTC', '2026-10-01T12:00:00Z', '2026-10-01T12:00:01Z', 1],
    ['Pacific/Apia', '2011-12-29', '2012-01-01', 3],
    ['UTC', '1926-10-01', '2026-10-01', 36_525],
  ])('%s: %s to %s has %i', (zone, from, to, days) => {
    expect(readPeriod({ from, to }, zone, days).ok).toBe(true);
    expect(readPeriod({ from, to }, zone, days - 1)).toEqual({
      ok: false,
      problem: `the period from ${from} to ${to} is longer than ${days - 1} days`,
    });
  });

  test('lets every span of so many dates pass, in every zone', () => {
    const zone = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'));
    const day = fc.integer({ min: 0, max: 40_000 }).map((days) => Temporal.PlainDate.from('1950-01-01').add({ days }));
    fc.assert(
      fc.property(zone, day, fc.integer({ min: 1, max: 400 }), (of, from, days) => {
        const given = { from: from.toString(), to: from.add({ days }).toString() };
        const read = readPeriod(given, of, days);
        if (read.ok) {
          // The next period begins where this one ends.
          expect(readPeriod({ from: given.to, to: from.add({ days: days + 1 }).toString() }, of, undefined)).toMatchObject({
            value: { from: read.value.to },
          });
        } else {
          // Only where a whole day of the zone is missing: Kwajalein, Samoa, Tokelau, Enderbury, Kiritimati.
          expect(read.problem).toContain('must be before');
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('mistakes in both bounds are told together', () => {
  expect(readPeriod({ from: 'yesterday', to: '2026-02-30' }, 'UTC', undefined)).toEqual({
    ok: false,
    problem:
      'period.from "yesterday" is neither a date (2026-10-01) nor an instant with a zone (2026-10-01T00:00:00+02:00); period.to "2026-02-30" is not a day of the calendar',
  });
});
