import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueTimes, nextTime, previousTime } from '../../src/schedule/timetable.ts';
import { ZoneOffsets } from '../../src/time/zone-offsets.ts';
import kubernetes from './data/kubernetes-clock-changes.json' with { type: 'json' };
import { daysOfMonth, daysOfWeek, expressions, months } from './expressions.ts';
import { dayMatcher } from './oracle.ts';
import { cron, timesBetween } from './timetables.ts';
import { zones } from './zones.ts';

function at(text: string): number {
  return Temporal.Instant.from(text).epochMilliseconds;
}

function wallText(time: number | undefined, zone: string): string | undefined {
  return time === undefined ? undefined : Temporal.Instant.fromEpochMilliseconds(time).toString({ timeZone: zone, smallestUnit: 'minute' });
}

describe('the next time', () => {
  test.each([
    ['0 6 1 * *', 'Europe/Berlin', '2026-10-01T04:00:00Z', '2026-11-01T06:00+01:00'],
    ['0 6 1 * *', 'Europe/Berlin', '2026-10-01T03:59:59.999Z', '2026-10-01T06:00+02:00'],
    ['0 6 31 * *', 'UTC', '2026-08-31T06:00Z', '2026-10-31T06:00+00:00'],
    ['0 6 13 * 5', 'UTC', '2026-11-06T06:00Z', '2026-11-13T06:00+00:00'],
    ['0 6 13 * 5', 'UTC', '2026-12-04T06:00Z', '2026-12-11T06:00+00:00'],
    ['0 6 */1 * 5', 'UTC', '2026-11-13T06:00Z', '2026-11-20T06:00+00:00'],
    ['59 23 31 12 *', 'UTC', '2026-12-31T23:59Z', '2027-12-31T23:59+00:00'],
    ['0 6 29 2 *', 'UTC', '2026-01-01T00:00Z', '2028-02-29T06:00+00:00'],
    // 2100 is no leap year: eight years without a 29 February.
    ['0 6 29 2 *', 'UTC', '2096-02-29T06:00Z', '2104-02-29T06:00+00:00'],
    ['0 0 1 1 *', 'Pacific/Kiritimati', '2026-12-31T10:00Z', '2028-01-01T00:00+14:00'],
    ['0 0 1 1 *', 'America/New_York', '1969-12-31T00:00Z', '1970-01-01T00:00-05:00'],
  ])('of %s in %s after %s is %s', (expression, zone, after, next) => {
    const timetable = cron(expression, zone);
    const time = nextTime(timetable, at(after));
    expect(wallText(time, zone)).toBe(next);
    expect(time).toBeGreaterThan(at(after));
  });

  test.each(['0 6 29 2 *', '59 23 31 12 *', '* * * * *'])(
    'of %s is found within 2 ms, also when nothing is known yet of the zone',
    (expression) => {
      const { rule } = cron(expression, 'Europe/Berlin');
      const took = Array.from({ length: 10 }, () => {
        const start = performance.now();
        expect(nextTime({ rule, zone: new ZoneOffsets('Europe/Berlin') }, at('2096-03-01T00:00Z'))).toBeDefined();
        return performance.now() - start;
      });
      expect(Math.min(...took)).toBeLessThan(2);
    },
  );

  test('is a whole minute, in every zone, since 1973', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        expressions,
        fc.integer({ min: at('1973-01-01T00:00Z'), max: at('2100-01-01T00:00Z') }),
        (zone, expression, after) => {
          const next = nextTime(cron(expression, zone), after);
          fc.pre(next !== undefined);
          expect(next % 60_000).toBe(0);
        },
      ),
    );
  });

  test('and the previous time lead back to each other', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        expressions,
        fc.integer({ min: at('1900-01-01T00:00Z'), max: at('2100-01-01T00:00Z') }),
        (zone, expression, moment) => {
          const timetable = cron(expression, zone);
          const next = nextTime(timetable, moment) ?? NaN;
          const previous = previousTime(timetable, next) ?? NaN;
          expect(previous).toBeLessThanOrEqual(moment);
          expect(nextTime(timetable, previous)).toBe(next);
          expect(previousTime(timetable, next + 1)).toBe(next);
        },
      ),
    );
  });

  test('falls on the days that the expression names, and on all of them, for eight years', () => {
    const from = Temporal.PlainDate.from('2024-01-01');
    const dates = Array.from({ length: 2922 }, (_, days) => from.add({ days }));
    fc.assert(
      fc.property(daysOfMonth, months, daysOfWeek, (day, month, weekday) => {
        const expression = `0 6 ${day} ${month} ${weekday}`;
        const named = dates.filter(dayMatcher(expression)).map(String);
        fc.pre(named.length > 0);
        const times = timesBetween(cron(expression, 'Europe/Berlin'), at('2024-01-01T00:00Z'), at('2032-01-01T00:00Z'));
        expect(times.map((time) => wallText(time, 'Europe/Berlin')?.slice(0, 10))).toEqual(named);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the previous time', () => {
  test('is strictly before, and found eight years back', () => {
    const timetable = cron('0 6 29 2 *', 'UTC');
    expect(previousTime(timetable, at('2104-02-29T06:00Z'))).toBe(at('2096-02-29T06:00Z'));
    expect(previousTime(timetable, at('2104-02-29T06:00:00.001Z'))).toBe(at('2104-02-29T06:00Z'));
  });
});

describe('where Kubernetes skips or doubles, each time is due once', () => {
  const rows = kubernetes.rows as unknown as readonly (readonly [zone: string, expression: string, day: string, due: readonly string[]])[];
  const kubernetesDue = (zone: string, expression: string, day: string) => {
    const row = rows.find((candidate) => candidate[0] === zone && candidate[1] === expression && candidate[2] === day);
    if (row === undefined) throw new Error(`nothing is known of ${expression} in ${zone} on ${day}`);
    return row[3].map((text) => wallText(at(text), zone));
  };

  test.each([
    ['Europe/Berlin', '30 2 * * *', '2026-03-29', 'skips', ['03:00+02:00']],
    ['Europe/Berlin', '0 2 * * *', '2026-03-29', 'skips', ['03:00+02:00']],
    ['Europe/Berlin', '0,30 2 * * *', '2026-03-29', 'skips', ['03:00+02:00']],
    ['Europe/Berlin', '30 1-3 * * *', '2026-03-29', 'skips', ['01:30+01:00', '03:00+02:00', '03:30+02:00']],
    ['Europe/Berlin', '30 2 * * *', '2026-10-25', 'doubles', ['02:30+02:00']],
    ['Europe/Berlin', '0 2 * * *', '2026-10-25', 'doubles', ['02:00+02:00']],
    ['Europe/Berlin', '0,30 2 * * *', '2026-10-25', 'doubles', ['02:00+02:00', '02:30+02:00']],
    ['Europe/Berlin', '30 1-3 * * *', '2026-10-25', 'doubles', ['01:30+02:00', '02:30+02:00', '03:30+01:00']],
    ['America/New_York', '30 1 1 * *', '2026-11-01', 'doubles', ['01:30-04:00']],
    ['America/New_York', '30 1 * * 0', '2026-11-01', 'doubles', ['01:30-04:00']],
    ['America/Santiago', '0 0 * * *', '2026-09-06', 'skips', ['01:00-03:00']],
    ['America/Santiago', '30 0 * * 0', '2026-09-06', 'skips', ['01:00-03:00']],
    ['America/Santiago', '30 23 * * *', '2026-04-04', 'doubles', ['23:30-03:00']],
    ['Africa/Cairo', '@daily', '2026-04-24', 'skips', ['01:00+03:00']],
    ['Africa/Cairo', '30 23 * * *', '2026-10-29', 'doubles', ['23:30+03:00']],
    ['Asia/Beirut', '0 0 * * 0', '2026-03-29', 'skips', ['01:00+03:00']],
    ['Asia/Beirut', '30 23 * * *', '2026-10-24', 'doubles', ['23:30+03:00']],
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-04', 'skips', ['02:30+11:00']],
    ['Australia/Lord_Howe', '0 2 * * *', '2026-10-04', 'skips', ['02:30+11:00']],
    ['Australia/Lord_Howe', '45 1 * * *', '2026-04-05', 'doubles', ['01:45+11:00']],
    ['Antarctica/Troll', '30 1 * * *', '2026-03-29', 'skips', ['03:00+02:00']],
    ['Antarctica/Troll', '30 1 * * *', '2026-10-25', 'doubles', ['01:30+02:00']],
    ['Africa/Casablanca', '30 2 * * *', '2026-03-22', 'skips', ['03:00+01:00']],
    ['Africa/Casablanca', '30 2 * * *', '2026-02-15', 'doubles', ['02:30+01:00']],
    ['Europe/Berlin', '0 */6 * * *', '2026-03-29', 'agrees', ['00:00+01:00', '06:00+02:00', '12:00+02:00', '18:00+02:00']],
    ['Europe/Berlin', '0 6 * * *', '2026-03-29', 'agrees', ['06:00+02:00']],
  ])('%s, %s on %s: Kubernetes %s', (zone, expression, day, kubernetesDoes, times) => {
    const date = Temporal.PlainDate.from(day);
    const [from, to] = [date, date.add({ days: 1 })].map((start) => start.toZonedDateTime(zone).epochMilliseconds);
    const due = timesBetween(cron(expression, zone), from ?? NaN, to ?? NaN);
    expect(due.map((time) => wallText(time, zone))).toEqual(times.map((time) => `${day}T${time}`));

    const theirs = kubernetesDue(zone, expression, day).length;
    expect(theirs < due.length ? 'skips' : theirs > due.length ? 'doubles' : 'agrees').toBe(kubernetesDoes);
  });

  test('a day that an island left out is due when the next one begins', () => {
    const due = (expression: string) => wallText(nextTime(cron(expression, 'Pacific/Apia'), at('2011-12-29T20:00Z')), 'Pacific/Apia');
    expect(kubernetesDue('Pacific/Apia', '0 6 30 12 *', '2011-12-30')).toEqual([]);
    expect(due('0 6 30 12 *')).toBe('2011-12-31T00:00+14:00');
  });
});

describe('due times of a stretch of time', () => {
  const moments = fc.integer({ min: at('1960-01-01T00:00Z'), max: at('2040-01-01T00:00Z') });

  test('are counted without being walked, and the newest are the last of the walk', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        expressions,
        moments,
        fc.integer({ min: -5, max: 40 * 86_400_000 }),
        fc.nat(120),
        (zone, expression, after, length, limit) => {
          const timetable = cron(expression, zone);
          const walked = timesBetween(timetable, after + 1, after + length + 1);
          const { count, newest } = dueTimes(timetable, after, after + length, limit);
          expect({ count, newest }).toEqual({ count: walked.length, newest: limit === 0 ? [] : walked.slice(-limit) });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('begin after the first moment and end with the last', () => {
    const timetable = cron('0 6 * * *', 'UTC');
    const [six, later] = [at('2026-10-01T06:00Z'), at('2026-10-02T06:00Z')];
    expect(dueTimes(timetable, six, later, 10)).toEqual({ count: 1, newest: [later] });
    expect(dueTimes(timetable, six - 1, later - 1, 10)).toEqual({ count: 1, newest: [six] });
    expect(dueTimes(timetable, six, six, 10)).toEqual({ count: 0, newest: [] });
    expect(dueTimes(timetable, later, six, 10)).toEqual({ count: 0, newest: [] });
    expect(dueTimes(timetable, six - 1, later, 0)).toEqual({ count: 2, newest: [] });
  });

  test('of every minute of two years are told in under 5 ms, whatever clocks did', () => {
    const [from, to] = [at('2024-01-01T00:00Z'), at('2026-01-01T00:00Z')];
    const minutes = (to - from) / 60_000;
    for (const [expression, count] of [
      ['* * * * *', minutes],
      // Two autumns have an hour twice, and two springs lack one: its minutes are due together at 03:00.
      ['* 0-23 * * *', minutes - 2 * 60],
    ] as const) {
      const timetable = cron(expression, 'Europe/Berlin');
      const took = Array.from({ length: 10 }, () => {
        const start = performance.now();
        expect(dueTimes(timetable, from - 1, to - 1, 100).count).toBe(count);
        return performance.now() - start;
      });
      expect(Math.min(...took)).toBeLessThan(5);
    }
  });
});
