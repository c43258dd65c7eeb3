import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDate } from '../../../src/api/parameters/instants.ts';
import { longestDays, readPeriod as readPeriodAt, type InstantPeriod } from '../../../src/api/parameters/period.ts';
import { RELATIVE_PERIODS } from '../../../src/schedule/relative-period.ts';
import type { GivenPeriod, Read } from '../../../src/api/parameters/declaration.ts';

/** For periods that are given by their bounds, which do not depend on when the Report was created. */
function readPeriod(given: GivenPeriod, zone: string, maxDays: number | undefined): Read<InstantPeriod> {
  return readPeriodAt(given, { zone, createdAt: 0 }, maxDays);
}

describe('a date', () => {
  test.each(['2026-10-01', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31', '2011-12-30'])('%s', (text) => {
    expect(readDate(text)).toEqual({ ok: true, value: text });
  });

  test.each(['2026-02-30', '2026-02-29', '1900-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '2026-01-00', '2026-01-32', '0000-12-31'])(
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

describe('a period named from the day of creation', () => {
  /** In Berlin the day after, and a month later. */
  const createdAt = Date.parse('2026-10-31T23:30:00Z');

  test.each<[given: GivenPeriod, zone: string, from: string, to: string]>([
    [{ relative: 'Today' }, 'UTC', '2026-10-31T00:00:00Z', '2026-11-01T00:00:00Z'],
    [{ relative: 'Today' }, 'Europe/Berlin', '2026-10-31T23:00:00Z', '2026-11-01T23:00:00Z'],
    [{ relative: 'LastMonth' }, 'UTC', '2026-09-01T00:00:00Z', '2026-10-01T00:00:00Z'],
    [{ relative: 'LastMonth' }, 'Europe/Berlin', '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'],
    [{ relative: 'ThisYear' }, 'Europe/Berlin', '2025-12-31T23:00:00Z', '2026-12-31T23:00:00Z'],
    [{ lastDays: 1 }, 'UTC', '2026-10-30T00:00:00Z', '2026-10-31T00:00:00Z'],
    [{ lastDays: 7 }, 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-31T23:00:00Z'],
    [{ lastDays: 36_600 }, 'UTC', '1926-08-17T00:00:00Z', '2026-10-31T00:00:00Z'],
  ])('%j in %s', (given, zone, from, to) => {
    expect(readPeriodAt(given, { zone, createdAt }, undefined)).toEqual({ ok: true, value: { from, to } });
  });

  test.each<[given: GivenPeriod, problem: string]>([
    [{}, 'period must be exactly one of {from, to}, {relative} and {lastDays}'],
    [{ relative: 'Today', lastDays: 1 }, 'period must be exactly one of {from, to}, {relative} and {lastDays}'],
    [{ from: '2026-10-01', relative: 'Today' }, 'period must be exactly one of {from, to}, {relative} and {lastDays}'],
    [{ from: '2026-10-01' }, 'period.to is missing'],
    [{ to: '2026-10-01' }, 'period.from is missing'],
    [
      { relative: 'SincePreviousRun' },
      'period.relative SincePreviousRun: only a ReportSchedule knows a previous run; give {from, to} or another relative period',
    ],
    [
      { relative: 'lastMonth' as 'LastMonth' },
      'period.relative "lastMonth" is not one of Today, Yesterday, ThisWeek, LastWeek, ThisMonth, LastMonth, ThisQuarter, LastQuarter, ThisYear, LastYear',
    ],
    [{ lastDays: 0 }, 'period.lastDays 0 must be a whole number from 1 to 36600'],
    [{ lastDays: 36_601 }, 'period.lastDays 36601 must be a whole number from 1 to 36600'],
    [{ lastDays: 1.5 }, 'period.lastDays 1.5 must be a whole number from 1 to 36600'],
  ])('is not %j', (given, problem) => {
    expect(readPeriodAt(given, { zone: 'UTC', createdAt }, undefined)).toEqual({ ok: false, problem });
  });

  test('keeps to maxDays', () => {
    const time = { zone: 'Europe/Berlin', createdAt };
    expect(readPeriodAt({ relative: 'LastMonth' }, time, 31).ok).toBe(true);
    expect(readPeriodAt({ relative: 'LastMonth' }, time, 30)).toEqual({
      ok: false,
      problem: 'the period LastMonth is longer than 30 days',
    });
    expect(readPeriodAt({ lastDays: 31 }, time, 31).ok).toBe(true);
    expect(readPeriodAt({ lastDays: 32 }, time, 31)).toEqual({
      ok: false,
      problem: 'the period of the last 32 days is longer than 31 days',
    });
  });

  test('never has more days than it can have', () => {
    const zones = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'));
    const moments = fc.integer({ min: Date.parse('1970-01-01'), max: Date.parse('2100-01-01') });
    const periods = fc.oneof(
      fc.constantFrom(...RELATIVE_PERIODS).map((relative): GivenPeriod => ({ relative })),
      fc.integer({ min: 1, max: 400 }).map((lastDays): GivenPeriod => ({ lastDays })),
    );
    fc.assert(
      fc.property(zones, moments, periods, (zone, moment, given) => {
        expect(readPeriodAt(given, { zone, createdAt: moment }, longestDays(given)).ok).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
