import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstPeriod, lastDays, relativePeriod, RELATIVE_PERIODS, type RelativePeriod } from '../../src/schedule/relative-period.ts';
import { cron } from './timetables.ts';
import { zones } from './zones.ts';

/** A Wednesday in the middle of a quarter: 08:00 in Berlin. */
const MOMENT = Date.parse('2026-11-18T07:00Z');

describe('a relative period', () => {
  test.each<[RelativePeriod, string, string]>([
    ['Today', '2026-11-17T23:00:00Z', '2026-11-18T23:00:00Z'],
    ['Yesterday', '2026-11-16T23:00:00Z', '2026-11-17T23:00:00Z'],
    ['ThisWeek', '2026-11-15T23:00:00Z', '2026-11-22T23:00:00Z'],
    ['LastWeek', '2026-11-08T23:00:00Z', '2026-11-15T23:00:00Z'],
    ['ThisMonth', '2026-10-31T23:00:00Z', '2026-11-30T23:00:00Z'],
    // Begins in summer time and ends in winter time.
    ['LastMonth', '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'],
    ['ThisQuarter', '2026-09-30T22:00:00Z', '2026-12-31T23:00:00Z'],
    ['LastQuarter', '2026-06-30T22:00:00Z', '2026-09-30T22:00:00Z'],
    ['ThisYear', '2025-12-31T23:00:00Z', '2026-12-31T23:00:00Z'],
    ['LastYear', '2024-12-31T23:00:00Z', '2025-12-31T23:00:00Z'],
  ])('%s in Berlin on 18 November 2026 is %s to %s', (name, from, to) => {
    expect(relativePeriod(name, MOMENT, 'Europe/Berlin')).toEqual({ from, to });
  });

  test.each([
    ['a Monday begins its week', 'ThisWeek', '2026-11-16T00:00Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
    ['a Sunday ends its week', 'ThisWeek', '2026-11-22T23:59Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
    ['the month before January is in the year before', 'LastMonth', '2026-01-31T12:00Z', '2025-12-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['the month before 31 March is February', 'LastMonth', '2028-03-31T12:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    [
      'the quarter before the first is in the year before',
      'LastQuarter',
      '2026-02-28T12:00Z',
      '2025-10-01T00:00:00Z',
      '2026-01-01T00:00:00Z',
    ],
    ['the week around New Year has days of both years', 'ThisWeek', '2027-01-01T12:00Z', '2026-12-28T00:00:00Z', '2027-01-04T00:00:00Z'],
  ] as const)('%s', (_, name, moment, from, to) => {
    expect(relativePeriod(name, Date.parse(moment), 'UTC')).toEqual({ from, to });
  });

  test('a day whose midnight does not exist begins with its first instant', () => {
    const noon = Date.parse('2026-04-24T09:00Z');
    expect(relativePeriod('Today', noon, 'Africa/Cairo')).toEqual({ from: '2026-04-23T22:00:00Z', to: '2026-04-24T21:00:00Z' });
    expect(relativePeriod('Yesterday', noon, 'Africa/Cairo')).toEqual({ from: '2026-04-22T22:00:00Z', to: '2026-04-23T22:00:00Z' });
  });

  test('the day before one that a zone left out is yesterday of the day after', () => {
    const newYearsEve = Date.parse('2011-12-31T00:00+14:00');
    expect(relativePeriod('Yesterday', newYearsEve, 'Pacific/Apia')).toEqual({ from: '2011-12-29T10:00:00Z', to: '2011-12-30T10:00:00Z' });
  });

  test.each([
    [1, '2026-11-16T23:00:00Z'],
    [7, '2026-11-10T23:00:00Z'],
    [30, '2026-10-18T22:00:00Z'],
  ])('the last %i days begin at %s and end with yesterday', (count, from) => {
    expect(lastDays(count, MOMENT, 'Europe/Berlin')).toEqual({ from, to: '2026-11-17T23:00:00Z' });
  });

  test('is never empty, follows on the one before it, and This… holds its moment: in every zone, at every moment since standard time', () => {
    // Until 2011 clocks in Newfoundland went back across midnight, so that a day had ended once before its last hour.
    const moments = fc.integer({ min: Date.parse('2012-01-01T00:00Z'), max: Date.parse('2100-01-01T00:00Z') });
    fc.assert(
      fc.property(fc.constantFrom(...zones), moments, (zone, moment) => {
        const instant = Temporal.Instant.fromEpochMilliseconds(moment);
        for (const name of RELATIVE_PERIODS) {
          const { from, to } = relativePeriod(name, moment, zone);
          expect(Date.parse(from)).toBeLessThan(Date.parse(to));
          if (!name.startsWith('This') && name !== 'Today') continue;
          expect(Temporal.Instant.compare(from, instant)).toBeLessThanOrEqual(0);
          expect(Temporal.Instant.compare(instant, to)).toBeLessThan(0);
        }
        for (const [last, current] of [
          ['Yesterday', 'Today'],
          ['LastWeek', 'ThisWeek'],
          ['LastMonth', 'ThisMonth'],
          ['LastQuarter', 'ThisQuarter'],
          ['LastYear', 'ThisYear'],
        ] as const) {
          expect(relativePeriod(last, moment, zone).to).toBe(relativePeriod(current, moment, zone).from);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the first run of SincePreviousRun', () => {
  test('covers the time since the scheduled time before it', () => {
    const timetable = cron('0 6 1 * *', 'Europe/Berlin');
    const due = Date.parse('2026-11-01T05:00Z');
    expect(firstPeriod(timetable, due)).toEqual({ from: '2026-10-01T04:00:00Z', to: '2026-11-01T05:00:00Z' });
    // A run that was asked for in between.
    expect(firstPeriod(timetable, due + 1)).toEqual({ from: '2026-11-01T05:00:00Z', to: '2026-11-01T05:00:00.001Z' });
  });
});
