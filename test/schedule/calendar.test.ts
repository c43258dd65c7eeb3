import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileCalendar, DAYS_OF_WEEK, type Calendar } from '../../src/schedule/calendar.ts';
import { calendar, timesBetween } from './timetables.ts';

const ZONE = 'Europe/Berlin';
const [FROM, TO] = [Date.parse('2027-01-01T00:00+01:00'), Date.parse('2029-01-01T00:00+01:00')];
const DATES = Array.from({ length: 731 }, (_, days) => Temporal.PlainDate.from('2027-01-01').add({ days }));

function datesOf(given: Calendar): readonly string[] {
  return timesBetween(calendar(given, ZONE), FROM, TO).map((time) => {
    const wall = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(ZONE);
    expect(wall.toPlainTime().toString({ smallestUnit: 'minute' })).toBe(given.at);
    return wall.toPlainDate().toString();
  });
}

describe('a calendar names days', () => {
  test('every day', () => {
    expect(datesOf({ frequency: 'Daily', at: '06:00' })).toEqual(DATES.map(String));
  });

  test('days of the week', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...DAYS_OF_WEEK), { minLength: 1 }), (daysOfWeek) => {
        // Temporal counts from Monday = 1 to Sunday = 7.
        const numbers = new Set(daysOfWeek.map((name) => DAYS_OF_WEEK.indexOf(name) || 7));
        const named = DATES.filter((date) => numbers.has(date.dayOfWeek)).map(String);
        expect(datesOf({ frequency: 'Weekly', at: '18:45', daysOfWeek })).toEqual(named);
      }),
    );
  });

  test('days of the month from its beginning and from its end, the last day instead of one that it has not', () => {
    const day = fc.oneof(fc.integer({ min: 1, max: 31 }), fc.integer({ min: -28, max: -1 }));
    fc.assert(
      fc.property(fc.array(day, { minLength: 1, maxLength: 5 }), (daysOfMonth) => {
        const named = DATES.filter(({ day: today, daysInMonth }) =>
          daysOfMonth.some((wanted) => today === (wanted < 0 ? daysInMonth + 1 + wanted : Math.min(wanted, daysInMonth))),
        ).map(String);
        expect(datesOf({ frequency: 'Monthly', at: '00:05', daysOfMonth })).toEqual(named);
      }),
    );
  });

  test.each<[string, readonly number[], readonly string[]]>([
    ['the last day', [-1], ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30']],
    ['the 31st or the last day', [31], ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30']],
    [
      'the 30th and 31st, in short months once',
      [30, 31],
      ['2028-01-30', '2028-01-31', '2028-02-29', '2028-03-30', '2028-03-31', '2028-04-30'],
    ],
    ['the last but one', [-2], ['2028-01-30', '2028-02-28', '2028-03-30', '2028-04-29']],
  ])('%s', (_, daysOfMonth, dates) => {
    const spring = datesOf({ frequency: 'Monthly', at: '06:00', daysOfMonth }).filter((date) => date >= '2028-01' && date < '2028-05');
    expect(spring).toEqual(dates);
  });
});

describe('a problem names the field and what to write', () => {
  test.each<[unknown, string]>([
    [{ frequency: 'Daily', at: '6:00' }, 'at "6:00" is not a time of day; write it as HH:MM from 00:00 to 23:59, e.g. 06:00'],
    [{ frequency: 'Daily', at: '24:00' }, 'at "24:00" is not a time of day; write it as HH:MM from 00:00 to 23:59, e.g. 06:00'],
    [{ frequency: 'Daily', at: '06:00\n' }, 'at "06:00\\u{a}" is not a time of day; write it as HH:MM from 00:00 to 23:59, e.g. 06:00'],
    [{ frequency: 'Daily', at: '06:00', daysOfWeek: ['Monday'] }, 'daysOfWeek belongs to frequency Weekly; leave it out'],
    [{ frequency: 'Daily', at: '06:00', daysOfMonth: [1] }, 'daysOfMonth belongs to frequency Monthly; leave it out'],
    [{ frequency: 'Weekly', at: '06:00' }, 'daysOfWeek is missing; frequency Weekly needs at least one, e.g. [Monday]'],
    [{ frequency: 'Weekly', at: '06:00', daysOfWeek: ['Mondey'] }, 'daysOfWeek "Mondey" is not a day of the week; write Monday'],
    [
      { frequency: 'Weekly', at: '06:00', daysOfWeek: ['Monday'], daysOfMonth: [1] },
      'daysOfMonth belongs to frequency Monthly; leave it out',
    ],
    [
      { frequency: 'Monthly', at: '06:00' },
      'daysOfMonth is missing; frequency Monthly needs at least one, e.g. [1] or [-1] for the last day',
    ],
    [{ frequency: 'Monthly', at: '06:00', daysOfMonth: [0] }, 'daysOfMonth 0 is neither 1 to 31 nor -1 (the last day) to -28'],
    [{ frequency: 'Monthly', at: '06:00', daysOfMonth: [32] }, 'daysOfMonth 32 is neither 1 to 31 nor -1 (the last day) to -28'],
    [{ frequency: 'Monthly', at: '06:00', daysOfMonth: [-29] }, 'daysOfMonth -29 is neither 1 to 31 nor -1 (the last day) to -28'],
    [{ frequency: 'Monthly', at: '06:00', daysOfMonth: [1.5] }, 'daysOfMonth 1.5 is neither 1 to 31 nor -1 (the last day) to -28'],
    [{ frequency: 'Monthly', at: '06:00', daysOfWeek: ['Monday'] }, 'daysOfWeek belongs to frequency Weekly; leave it out'],
    [
      { frequency: 'Hourly', at: '6' },
      'at "6" is not a time of day; write it as HH:MM from 00:00 to 23:59, e.g. 06:00; frequency "Hourly" is not one of Daily, Weekly, Monthly',
    ],
  ])('%j', (given, problem) => {
    expect(compileCalendar(given as Calendar)).toEqual({ ok: false, problem });
  });
});
