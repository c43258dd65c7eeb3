import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Timetable } from '../../src/schedule/due-search.ts';
import { dueTimes, nextTime, previousTime } from '../../src/schedule/timetable.ts';
import { expressions } from './expressions.ts';
import { dueIn, observe, type Observation } from './oracle.ts';
import { cron, timesBetween } from './timetables.ts';
import { around, clockChanges, isAlone, offsetsBetween, zones, type ClockChange } from './zones.ts';

/** Everything the module says of from <= time < to, asked in three ways. */
function saidOf(schedule: Timetable, from: number, to: number): unknown {
  const backward: number[] = [];
  for (let time = previousTime(schedule, to); time !== undefined && time >= from; time = previousTime(schedule, time)) backward.push(time);
  return { forward: timesBetween(schedule, from, to), backward: backward.reverse(), counted: dueTimes(schedule, from - 1, to - 1, 3) };
}

/** What it says at moments in between: how many since `from`, which was the last before, which is the next. */
function saidAt(schedule: Timetable, from: number, moments: readonly number[]): unknown {
  return moments.map((moment) => [
    dueTimes(schedule, from - 1, moment, 0).count,
    previousTime(schedule, moment),
    nextTime(schedule, moment),
  ]);
}

function expectedAt(due: readonly number[], moments: readonly number[]): unknown {
  return moments.map((moment) => [
    due.filter((time) => time <= moment).length,
    due.findLast((time) => time < moment) ?? (expect.anything() as unknown),
    due.find((time) => time > moment) ?? (expect.anything() as unknown),
  ]);
}

const observations = new Map<string, Observation>();

/** Zones whose offset is the same at every moment of a stretch of time show the same there; that stretch is walked once for all of them. */
function observeOnce(change: ClockChange): Observation {
  const { from, to } = around(change);
  const key = JSON.stringify([from, to, offsetsBetween(change.zone, from, to)]);
  const known = observations.get(key);
  if (known !== undefined) return known;
  const observation = observe(change.zone, from, to, change.seconds ? 1000 : 60_000);
  observations.set(key, observation);
  return observation;
}

function expectAgreement(change: ClockChange, tried: readonly string[]): void {
  const { from, to } = around(change);
  const observation = observeOnce(change);
  // The last moment before the change, its first, and some around and between.
  const moments = [-1, 0, 1, 0.1, 0.3, 0.5, 0.7, 0.9].map((part) =>
    Number.isInteger(part) ? change.at + part : from + Math.floor(part * (to - from)),
  );
  for (const expression of tried) {
    const due = dueIn(observation, expression);
    const schedule = cron(expression, change.zone);
    const story = `${expression} in ${change.zone} around ${new Date(change.at).toISOString()}`;
    expect({ story, said: saidOf(schedule, from, to) }).toEqual({
      story,
      said: { forward: due, backward: due, counted: { count: due.length, newest: due.slice(-3) } },
    });
    expect({ story, said: saidAt(schedule, from, moments) }).toEqual({ story, said: expectedAt(due, moments) });
  }
}

/** Each hour of a day, at fixed hours and by the real clock, and days that begin or end near a change. */
const PROBES = [
  '* * * * *',
  '*/15 * * * *',
  '7 */1 * * *',
  '* 0-23 * * *',
  '0,30 0-23 * * *',
  '15 */2 * * *',
  '30 2 * * *',
  '0 0 * * *',
  '59 23 * * *',
  '*/20 0-3,22 * * 0,6',
  '45 * * * 0',
  '30 1,2 */2 * *',
];

/** Zones whose clocks change in a way of their own. */
const NAMED = [
  ['Australia/Lord_Howe', 'by half an hour', '2024-01-01', '2029-01-01'],
  ['Antarctica/Troll', 'by two hours', '2024-01-01', '2029-01-01'],
  ['Africa/Cairo', 'at midnight on a Friday', '2024-01-01', '2029-01-01'],
  ['Asia/Beirut', 'at midnight on a Sunday', '2024-01-01', '2029-01-01'],
  ['America/Santiago', 'at midnight, in the south', '2024-01-01', '2029-01-01'],
  ['Europe/Dublin', 'with winter as the exception', '2024-01-01', '2029-01-01'],
  ['Africa/Casablanca', 'four times a year, around Ramadan', '2012-01-01', '2029-01-01'],
  ['Pacific/Apia', 'over a day that does not exist', '2010-01-01', '2014-01-01'],
  ['Pacific/Kwajalein', 'back by 23 hours, and over a day', '1960-01-01', '1995-01-01'],
  ['America/St_Johns', 'at a minute past midnight', '2005-01-01', '2012-01-01'],
  ['Africa/Monrovia', 'away from an offset with seconds', '1970-01-01', '1973-01-01'],
  ['America/Juneau', 'back by a day', '1867-01-01', '1868-01-01'],
  ['Asia/Manila', 'over a day, with seconds', '1844-01-01', '1845-01-01'],
] as const;

describe('due times agree with a minute-by-minute walk on Temporal', () => {
  test('at every change of clocks of every zone from 2024 to 2028', () => {
    const changes = zones.flatMap((zone) => clockChanges(zone, '2024-01-01', '2029-01-01'));
    expect(changes.length).toBeGreaterThan(1000);
    for (const change of changes) expectAgreement(change, PROBES);
  }, 120_000);

  test.each(NAMED)('in %s, where clocks change %s', (zone, _, from, to) => {
    const changes = clockChanges(zone, from, to);
    expect(changes).not.toHaveLength(0);
    for (const change of changes) expectAgreement(change, PROBES);
  });

  test('for random expressions at random changes since clocks were set by zones', () => {
    const anyChange = fc
      .constantFrom(...zones)
      .map((zone) => clockChanges(zone, '1840-01-01', '2040-01-01'))
      .filter((changes) => changes.length > 0)
      .chain((changes) => fc.constantFrom(...changes));
    fc.assert(
      fc.property(anyChange, fc.array(expressions, { minLength: 1, maxLength: 20 }), (change, tried) => {
        fc.pre(isAlone(change));
        expectAgreement(change, tried);
      }),
      { numRuns: 100 },
    );
  });
});
