/** SincePreviousRun: where each period begins, what it believes, and what it says when nobody knows. */
import { describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { requestedRunName } from '../../../src/schedule/run-name.ts';
import { aSchedule, World, type GivenSchedule } from './world.ts';

const SINCE = [{ name: 'span', period: { relative: 'SincePreviousRun' as const } }];

function daily(given: Partial<GivenSchedule> = {}): World {
  const spec = { schedule: '0 6 * * *', ...given.spec };
  return new World(aSchedule({ name: 'daily', created: '2026-03-02T08:30:00Z', parameters: SINCE, ...given, spec }));
}

/** 06:00 of a day of March. */
const day = (date: number): string => `2026-03-${String(date).padStart(2, '0')}T06:00:00Z`;
const runName = (date: number): string => `daily-${Date.parse(day(date)) / 60_000}`;
const periodOf = (world: World, name: string): unknown => world.reports.get(name)?.spec.parameters?.[0]?.period;
const readyOf = (world: World): object | undefined => world.schedule.status.conditions?.find(({ type }) => type === 'Ready');

function ends(world: World, date: number, phase: 'Ready' | 'Failed'): World {
  world.now += 600_000;
  world.finish(runName(date), phase);
  world.look();
  return world;
}

function started(world = daily()): World {
  world.look();
  world.at(day(3)).look();
  return world;
}

describe('a period begins', () => {
  test('at the scheduled time before the first run', () => {
    expect(periodOf(started(), runName(3))).toEqual({ from: day(2), to: day(3) });
  });

  test('where the last successful one ended: failed and missed runs are made up for by the next', () => {
    const world = ends(started(), 3, 'Ready');
    ends(looked(world, 4), 4, 'Failed');
    looked(world, 9);
    expect(periodOf(world, runName(9))).toEqual({ from: day(3), to: day(9) });
    expect(world.schedule.status).toMatchObject({ coveredUntil: day(3), missedRuns: 4 });
    ends(world, 9, 'Ready');
    expect(world.schedule.status).toMatchObject({ coveredUntil: day(9) });
    expect(world.schedule.status.covering).toBeUndefined();
  });

  test('where a run by annotation ended, which waits for the active one', () => {
    const world = started().annotate({ 'dossier.dev/run': 'now' });
    world.look();
    expect(world.names()).toHaveLength(1);
    expect(readyOf(world)).toMatchObject({
      message: `the run asked for by annotation (now) waits until Report ${runName(3)} of this schedule has ended`,
    });
    ends(world, 3, 'Ready');
    const asked = world.names()[1] ?? '';
    expect(periodOf(world, asked)).toEqual({ from: day(3), to: '2026-03-03T06:10:00Z' });
    world.at(day(4)).look();
    expect(world.names()).toHaveLength(2);
    world.finish(asked);
    world.look();
    expect(periodOf(world, runName(4))).toEqual({ from: '2026-03-03T06:10:00Z', to: day(4) });
  });

  test('anew when the times were changed before any run', () => {
    const world = daily();
    world.look();
    world.edit({ schedule: '0 12 * * *' }).look();
    expect(world.schedule.status.coveredUntil).toBe('2026-03-01T12:00:00Z');
    expect(world.names()).toEqual([]);
  });

  test('where it was when the times are changed later', () => {
    const world = ends(started(), 3, 'Ready').edit({ schedule: '0 12 * * *' });
    world.look();
    expect(world.schedule.status.coveredUntil).toBe(day(3));
    world.at('2026-03-03T12:00:00Z').look();
    expect(periodOf(world, world.names()[1] ?? '')).toEqual({ from: day(3), to: '2026-03-03T12:00:00Z' });
  });
});

function looked(world: World, date: number): World {
  world.at(day(date)).look();
  return world;
}

/** A Report that says of itself that it is a Ready run of this schedule which covers until then. */
function forge(world: World, until: string): void {
  const metadata = {
    name: 'forged',
    namespace: 'billing',
    uid: 'forged-uid',
    resourceVersion: '1',
    creationTimestamp: new Date(world.now).toISOString(),
    annotations: { 'dossier.dev/scheduled-at': until, 'dossier.dev/covers-until': until },
    ownerReferences: [{ apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportSchedule', name: 'daily', uid: 'schedule-uid', controller: true }],
  };
  const spec = { templateRef: { kind: 'ReportTemplate', name: 'x' }, timeZone: 'UTC', startDeadlineSeconds: 1, deletionPolicy: 'Delete' };
  const status = { observedGeneration: 1, phase: 'Ready', completionTime: new Date(world.now).toISOString() };
  world.reports.set('forged', { apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', metadata, spec, status } as Report);
}

describe('what is covered is believed', () => {
  test('only of Reports whose UID was written down when they were made', () => {
    const world = ends(started(), 3, 'Ready');
    forge(world, '2026-03-03T06:10:00Z');
    world.look();
    expect(world.schedule.status.coveredUntil).toBe(day(3));
    expect(periodOf(looked(world, 4), runName(4))).toEqual({ from: day(3), to: day(4) });
  });

  test('of a run that was made by an operator that died before it could write that down', () => {
    const world = daily();
    world.look();
    world.at(day(3)).look(1);
    expect(world.schedule.status.covering).toBeUndefined();
    ends(world, 3, 'Ready');
    expect(world.schedule.status.coveredUntil).toBe(day(3));
  });

  test('also when the run ended while another parameter stood in the spec', () => {
    const world = started();
    const { report } = world.schedule.spec;
    world.edit({ report: { spec: { ...report.spec, parameters: [] } } });
    ends(world, 3, 'Ready');
    expect(world.schedule.status.coveredUntil).toBe(day(3));
  });

  test('never of the time to come', () => {
    const world = ends(started(), 3, 'Ready');
    const { coveredUntil: _, ...status } = world.schedule.status;
    world.schedule = { ...world.schedule, status };
    forge(world, '2036-01-01T06:00:00Z');
    world.look();
    expect(world.schedule.status.coveredUntil).toBe(day(3)); // as the true run tells
  });
});

describe('coverage that is lost', () => {
  function lost(): World {
    const world = ends(started(), 3, 'Ready');
    const { coveredUntil: _, ...status } = world.schedule.status;
    world.schedule = { ...world.schedule, status };
    world.reports.clear();
    return looked(world, 4);
  }

  test('is said with the remedy, and nothing runs', () => {
    const world = lost();
    expect(world.names()).toEqual([runName(3)]);
    const message = expect.stringContaining('kubectl annotate reportschedule daily -n billing dossier.dev/cover-from=') as string;
    expect(readyOf(world)).toMatchObject({ status: 'False', reason: 'CoverageUnknown', message });
    expect(world.schedule.status.nextScheduleTime).toBeUndefined();
    world.look();
    expect(world.events.filter(({ reason }) => reason === 'CoverageUnknown')).toHaveLength(1);
    world.annotate({ 'dossier.dev/run': 'now' }).look();
    expect(world.names()).toEqual([runName(3)]);
  });

  test('goes on where the annotation says, and what came due meanwhile has its run', () => {
    const world = lost().annotate({ 'dossier.dev/cover-from': '2026-03-02T06:00:00Z' });
    world.look();
    expect(periodOf(world, runName(4))).toEqual({ from: day(2), to: day(4) });
    expect(readyOf(world)).toMatchObject({ status: 'True', reason: 'Scheduled' });
    ends(world, 4, 'Ready');
    expect(world.schedule.status.coveredUntil).toBe(day(4)); // the annotation is still there and is not believed again
  });

  test.each([
    ['yesterday', 'annotation dossier.dev/cover-from "yesterday" is no instant; write it like 2026-10-01T00:00:00Z'],
    ['2036-01-01T00:00:00Z', 'is still to come; give the end of the last period that was delivered'],
  ])('is not taken from %s', (value, message) => {
    const world = lost().annotate({ 'dossier.dev/cover-from': value });
    world.look();
    expect(world.names()).toEqual([runName(3)]);
    expect(readyOf(world)).toMatchObject({ reason: 'CoverageUnknown', message: expect.stringContaining(message) as string });
  });

  test('is told by an unfinished run, which knows where it began', () => {
    const world = started();
    const { coveredUntil: _, covering: _covering, ...status } = world.schedule.status;
    world.schedule = { ...world.schedule, status };
    world.look();
    expect(world.schedule.status.coveredUntil).toBe(day(2));
  });
});

test('a time that is covered already is skipped, told and counted', () => {
  const world = started();
  world.schedule = { ...world.schedule, status: { ...world.schedule.status, coveredUntil: '2026-03-04T07:00:00Z' } };
  ends(world, 3, 'Failed');
  looked(world, 4);
  expect(world.names()).toEqual([runName(3)]);
  expect(world.schedule.status.missedRuns).toBe(1);
  expect(world.events.at(-1)?.note).toBe(`the run of ${day(4)} is skipped: everything up to 2026-03-04T07:00:00Z is covered already`);
});

describe('what a clock that was ahead has covered', () => {
  const remedy = 'delete the schedule with --cascade=orphan and make it anew with the annotation dossier.dev/cover-from';
  function ahead(): World {
    const world = ends(started(), 3, 'Failed');
    world.schedule = { ...world.schedule, status: { ...world.schedule.status, coveredUntil: '2027-03-04T06:00:00Z' } };
    return world;
  }

  test('is told with the remedy when it leaves out a time', () => {
    const world = looked(ahead(), 4);
    expect(world.names()).toEqual([runName(3)]);
    expect(world.events.at(-1)?.note).toContain(remedy);
  });

  test('and when a run that was asked for waits for it', () => {
    const world = ahead().annotate({ 'dossier.dev/run': 'now' });
    world.look();
    expect(readyOf(world)).toMatchObject({ message: expect.stringContaining(remedy) as string });
    expect(world.names()).toEqual([runName(3)]);
  });
});

test('a request that was refused until a later time was covered covers what came since, and is not looked at without end', () => {
  const asked = requestedRunName('daily', 'now');
  const refused = started().annotate({ 'dossier.dev/run': 'now' });
  refused.refusals.set(asked, 'no runs by hand here');
  ends(refused, 3, 'Failed');
  looked(refused, 4);
  ends(refused, 4, 'Ready');
  expect(refused.lookAgainAt).toBeGreaterThan(refused.now);
  refused.refusals.clear();
  refused.at('2026-03-04T07:00:00Z').look();
  expect(periodOf(refused, asked)).toEqual({ from: day(4), to: '2026-03-04T06:10:00Z' });
});
