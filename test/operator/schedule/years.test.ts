/** Years of a schedule in seconds, with a controller that dies at any write, comes late, and comes back: each minute that is due has its Report, once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextTime } from '../../../src/schedule/timetable.ts';
import { timingOf } from '../../../src/operator/schedule/timing.ts';
import { aSchedule, World } from './world.ts';

const CREATED = '2026-01-15T10:00:00Z';

function dueTimesOf(world: World, until: number): readonly number[] {
  const timing = timingOf(world.schedule);
  if (timing.kind === 'invalid') throw new Error(timing.message);
  const times: number[] = [];
  for (
    let time = nextTime(timing.timetable, Date.parse(CREATED));
    time !== undefined && time <= until;
    time = nextTime(timing.timetable, time)
  )
    times.push(time);
  return times;
}

/** Scheduled times of all Reports that were made, oldest first. */
function scheduledTimes(world: World): readonly number[] {
  return world
    .names()
    .map((name) => Number(name.split('-').at(-1)) * 60_000)
    .sort((a, b) => a - b);
}

/** Lets the controller look, dying where it is told to, until a look ends in peace. */
function lookThrough(world: World, crashes: readonly number[]): void {
  for (const crashAt of crashes) world.look(crashAt);
  for (let looks = 0; !world.look(); looks += 1) if (looks > 5) throw new Error('it never comes to rest');
}

const crashPoints = fc.array(
  fc.integer({ min: 1, max: 8 }).map((half) => half / 2),
  { maxLength: 3 },
);
/** At an appointment: where the controller dies, and whether what runs ends right after it. */
const moments = fc.array(fc.tuple(crashPoints, fc.boolean()), { minLength: 1, maxLength: 40 });
const expressions = fc.constantFrom('0 6 1 * *', '30 2 * * *', '0 0 * * 0', '15 */6 * * *', '@daily', '0 12 29 2 *');
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe');

describe('a schedule that is looked at in time', () => {
  test('gives each due minute exactly one Report, wherever its controller dies', () => {
    fc.assert(
      fc.property(expressions, zones, moments, fc.boolean(), (schedule, timeZone, looks, patient) => {
        const world = new World(aSchedule({ created: CREATED, spec: { schedule, timeZone, concurrencyPolicy: 'Allow' } }), { patient });
        lookThrough(world, []);
        for (const [points, ends] of looks) {
          const next = world.lookAgainAt;
          if (next === undefined) throw new Error('no appointment');
          world.now = next;
          lookThrough(world, points);
          if (!ends) continue;
          for (const name of [...world.reports.keys()]) world.finish(name);
          lookThrough(world, points);
        }
        lookThrough(world, []);
        expect(scheduledTimes(world)).toEqual(dueTimesOf(world, world.now));
        expect([...world.created.values()].every((times) => times === 1)).toBe(true);
        expect(world.schedule.status.missedRuns).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a schedule whose controller comes late and dies often', () => {
  const delays = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 * 24 * 60 }), crashPoints, fc.boolean()), { minLength: 1, maxLength: 30 });
  const policies = fc.constantFrom<'Allow' | 'Forbid' | 'Queue' | 'Replace'>('Allow', 'Forbid', 'Queue', 'Replace');
  const missed = fc.constantFrom<'Skip' | 'Latest' | 'All'>('Skip', 'Latest', 'All');

  test('makes no minute twice, none that was not due, and counts every time that got no Report', () => {
    fc.assert(
      fc.property(expressions, zones, policies, missed, delays, (schedule, timeZone, concurrencyPolicy, policy, looks) => {
        const allowed = policy === 'All' && concurrencyPolicy !== 'Allow' && concurrencyPolicy !== 'Queue' ? 'Latest' : policy;
        const spec = {
          schedule,
          timeZone,
          concurrencyPolicy,
          missedRuns: { policy: allowed, limit: 5 },
          history: { successful: 1000, failed: 1000 },
        };
        const world = new World(aSchedule({ created: CREATED, spec }));
        lookThrough(world, []);
        for (const [minutes, points, finishes] of looks) {
          world.now += minutes * 60_000;
          lookThrough(world, points);
          // Replace and Queue settle over several looks, when Reports go or end.
          if (finishes) for (const [name, { status }] of [...world.reports]) if (status.phase === undefined) world.finish(name);
          lookThrough(world, points);
          lookThrough(world, []);
        }
        for (const [name, { status }] of [...world.reports]) if (status.phase === undefined) world.finish(name);
        lookThrough(world, []);
        lookThrough(world, []);
        const due = dueTimesOf(world, world.now);
        const made = scheduledTimes(world);
        expect([...world.created.values()].every((times) => times === 1)).toBe(true);
        expect(made.filter((time) => !due.includes(time))).toEqual([]);
        expect(world.schedule.status.missedRuns).toBe(due.length - made.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a schedule that covers what came since the previous run', () => {
  test('leaves no gap and no overlap between the periods of its successful runs, whatever fails, is missed, is asked for or dies', () => {
    const looks = fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 50 * 24 * 60 }),
        crashPoints,
        fc.constantFrom<'Ready' | 'Failed' | 'running'>('Ready', 'Failed', 'running'),
        fc.boolean(),
      ),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(expressions, looks, (schedule, story) => {
        const parameters = [{ name: 'span', period: { relative: 'SincePreviousRun' as const } }];
        const world = new World(
          aSchedule({ created: CREATED, spec: { schedule, history: { successful: 1000, failed: 1000 } }, parameters }),
        );
        lookThrough(world, []);
        for (const [index, [minutes, points, end, asked]] of story.entries()) {
          world.now += minutes * 60_000;
          if (asked) world.annotate({ 'dossier.dev/run': `run-${index}` });
          lookThrough(world, points);
          for (const [name, { status }] of [...world.reports]) if (status.phase === undefined && end !== 'running') world.finish(name, end);
          lookThrough(world, points);
        }
        const periods = [...world.reports.values()]
          .filter(({ status }) => status.phase === 'Ready')
          .map(({ spec }) => spec.parameters?.[0]?.period as { from: string; to: string })
          .sort((a, b) => a.from.localeCompare(b.from));
        for (const [index, period] of periods.entries()) {
          expect(period.from < period.to).toBe(true);
          const following = periods[index + 1];
          if (following !== undefined) expect(following.from).toBe(period.to);
        }
      }),
      { numRuns: 150 },
    );
  });
});
