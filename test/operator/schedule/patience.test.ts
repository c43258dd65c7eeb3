/** When a status waits for a run to end, so that one write tells of both, and when it does not: nobody may lose a run by it, or have one twice. */
import { describe, expect, test } from 'vitest';
import { aSchedule, World, type GivenSchedule } from './world.ts';

const time = (text: string): string => `2026-03-02T${text}Z`;
const runName = (text: string): string => `hourly-${Math.floor(Date.parse(time(text)) / 60_000)}`;
const NINE = runName('09:00:00');

/** A schedule of every full hour, created and looked at at 08:30. */
function hourly(given: Partial<GivenSchedule> = {}): World {
  const spec = { schedule: '0 * * * *', ...given.spec };
  const world = new World(aSchedule({ name: 'hourly', created: time('08:30:00'), ...given, spec }), { patient: true });
  world.look();
  return world;
}

function look(world: World, moment: string): World {
  world.at(time(moment)).look();
  return world;
}

/** The spec of the Reports in another zone. */
function withZone(world: World, timeZone: string): Pick<World['schedule']['spec'], 'report'> {
  return { report: { spec: { ...world.schedule.spec.report.spec, timeZone } } };
}

/** How many writes a story costs. */
function writesOf(world: World, story: () => unknown): number {
  const before = world.writes;
  story();
  return world.writes - before;
}

describe('a run costs', () => {
  test('two writes when it ends within ten seconds: its Report, and a status that tells everything', () => {
    const world = hourly();
    expect(writesOf(world, () => look(world, '09:00:00'))).toBe(1);
    expect(world.schedule.status).toMatchObject({ nextScheduleTime: time('09:00:00'), activeCount: 0 });
    expect(world.lookAgainAt).toBe(Date.parse(time('09:00:10')));
    expect(writesOf(world, () => look(world, '09:00:03'))).toBe(0);
    world.at(time('09:00:07')).finish(NINE);
    expect(writesOf(world, () => look(world, '09:00:07'))).toBe(1);
    expect(world.schedule.status).toMatchObject({
      lastScheduleTime: time('09:00:00'),
      nextScheduleTime: time('10:00:00'),
      planned: { time: time('10:00:00') },
      activeCount: 0,
      lastReport: { name: NINE, phase: 'Ready' },
      missedRuns: 0,
    });
    expect(world.lookAgainAt).toBe(Date.parse(time('10:00:00')));
  });

  test('three when it takes longer: the status tells of it after ten seconds, and again of its end', () => {
    const world = hourly();
    expect(writesOf(world, () => look(look(world, '09:00:00'), '09:00:09'))).toBe(1);
    expect(writesOf(world, () => look(world, '09:00:10'))).toBe(1);
    expect(world.schedule.status).toMatchObject({
      lastScheduleTime: time('09:00:00'),
      nextScheduleTime: time('10:00:00'),
      active: [{ name: NINE, uid: `uid-${NINE}` }],
      activeCount: 1,
    });
    world.at(time('09:20:00')).finish(NINE, 'Failed');
    expect(writesOf(world, () => look(world, '09:20:00'))).toBe(1);
    expect(world.schedule.status).toMatchObject({ activeCount: 0, lastReport: { name: NINE, phase: 'Failed' } });
  });
});

describe('the status does not wait', () => {
  test.each<readonly [story: string, given: Partial<GivenSchedule>, before: (world: World) => unknown, at: string]>([
    ['for a run that is late', {}, () => undefined, '09:00:10'],
    ['for a run that was asked for', {}, (world) => world.annotate({ 'dossier.dev/run': 'now' }), '08:45:00'],
    ['when times were missed before', {}, () => undefined, '11:00:01'],
    [
      'when a period goes on where this run ends',
      { parameters: [{ name: 'since', period: { relative: 'SincePreviousRun' } }] },
      () => undefined,
      '09:00:00',
    ],
    ['when the spec was edited', {}, (world) => world.edit({ history: { successful: 3, failed: 3 } }), '09:00:00'],
    ['when the cluster refuses the Report', {}, (world) => world.refusals.set(NINE, 'no more Reports here'), '09:00:00'],
    [
      'when several are made',
      { spec: { concurrencyPolicy: 'Queue', missedRuns: { policy: 'All', limit: 10 } } },
      () => undefined,
      '10:00:00',
    ],
  ])('%s', (_, given, before, at) => {
    const world = hourly(given);
    before(world);
    const { status } = world.schedule;
    look(world, at);
    expect(world.schedule.status).not.toEqual(status);
    expect(world.lookAgainAt).not.toBe(Date.parse(time('09:00:10')));
    expect(writesOf(world, () => look(world, at))).toBe(0);
  });

  test('when an older run of the schedule ends meanwhile', () => {
    const world = hourly({ spec: { concurrencyPolicy: 'Allow' } });
    look(look(world, '09:00:00'), '09:00:10');
    look(world, '10:00:00');
    expect(world.schedule.status.lastScheduleTime).toBe(time('09:00:00'));
    world.at(time('10:00:02')).finish(NINE);
    look(world, '10:00:02');
    expect(world.schedule.status).toMatchObject({ lastScheduleTime: time('10:00:00'), lastReport: { name: NINE }, activeCount: 1 });
  });

  test('when an older run that went on is gone meanwhile', () => {
    const world = hourly({ spec: { concurrencyPolicy: 'Allow' } });
    look(look(world, '09:00:00'), '09:00:10');
    world.reports.delete(NINE);
    look(world, '10:00:00');
    expect(world.schedule.status).toMatchObject({ active: [{ name: runName('10:00:00') }], activeCount: 1 });
  });

  test('for history: what is pruned is told of first', () => {
    const world = hourly({ spec: { history: { successful: 1, failed: 0 } } });
    world.at(time('09:00:00')).look();
    world.finish(NINE);
    world.at(time('09:00:01')).look();
    look(world, '10:00:00');
    const ten = runName('10:00:00');
    world.at(time('10:00:05')).finish(ten);
    look(world, '10:00:05');
    expect(world.schedule.status.lastReport?.name).toBe(ten);
    expect([...world.reports.keys()]).toEqual([ten]);
  });
});

describe('while the status is silent, the run stays one', () => {
  const silent = (given: Partial<GivenSchedule> = {}): World => look(hourly(given), '09:00:00');

  test.each<readonly [story: string, what: (world: World) => unknown]>([
    ['an edit of the times', (world) => world.edit({ schedule: '30 * * * *' })],
    ['an edit of the Report', (world) => world.edit({ report: { spec: { ...world.schedule.spec.report.spec, format: 'XLSX' } } })],
    ['a suspension', (world) => world.edit({ suspend: true })],
    ['an edit that breaks the times', (world) => world.edit({ schedule: 'hourly' })],
    ['an edit that breaks the zone of its Reports', (world) => world.edit(withZone(world, 'Europe/Berlinn'))],
    ['the deletion of its Report', (world) => world.reports.delete(NINE)],
  ])('and %s is acted on at once', (_, what) => {
    const world = silent();
    what(world);
    expect(writesOf(world, () => look(world, '09:00:04'))).toBe(1);
    expect(world.schedule.status).toMatchObject({ lastScheduleTime: time('09:00:00'), missedRuns: 0 });
    look(world, '09:00:10');
    expect([...world.created]).toEqual([[NINE, 1]]);
  });

  test('although its spec is broken, its Report deleted, and the spec mended', () => {
    const world = silent();
    look(world.edit(withZone(world, 'Europe/Berlinn')), '09:00:04');
    world.reports.delete(NINE);
    look(world.edit(withZone(world, 'Europe/Berlin')), '09:00:30');
    expect([...world.created]).toEqual([[NINE, 1]]);
    expect(world.schedule.status).toMatchObject({ nextScheduleTime: time('10:00:00'), missedRuns: 0 });
  });

  test.each(['08:59:57', '08:30:00'])('although the clock is set back to %s and its Report is deleted', (moment) => {
    const world = silent();
    look(world, moment);
    world.reports.delete(NINE);
    look(look(look(world, moment), '08:59:59'), '09:00:00');
    expect([...world.created]).toEqual([[NINE, 1]]);
    look(world, '09:00:10');
    expect(world.schedule.status).toMatchObject({ lastScheduleTime: time('09:00:00'), nextScheduleTime: time('10:00:00'), missedRuns: 0 });
  });

  test('although the clock is set back, and history keeps no Report that failed by then', () => {
    const world = silent({ spec: { history: { successful: 1, failed: 0 } } });
    world.at(time('08:59:57')).finish(NINE, 'Failed');
    look(look(world, '08:59:57'), '09:00:00');
    expect([...world.created]).toEqual([[NINE, 1]]);
  });

  test('and the beginning of its deletion is told at once', () => {
    const world = silent();
    const report = world.reports.get(NINE);
    if (report === undefined) throw new Error('no Report');
    world.reports.set(NINE, { ...report, metadata: { ...report.metadata, deletionTimestamp: time('09:00:03') } });
    expect(writesOf(world, () => look(world, '09:00:03'))).toBe(1);
    expect(world.schedule.status).toMatchObject({ lastScheduleTime: time('09:00:00'), activeCount: 1 });
  });

  test('when it is asked to run meanwhile, too', () => {
    const world = silent({ spec: { concurrencyPolicy: 'Allow' } });
    look(world.annotate({ 'dossier.dev/run': 'now' }), '09:00:03');
    expect(world.schedule.status).toMatchObject({ lastScheduleTime: time('09:00:00'), lastHandledRun: 'now', activeCount: 2 });
    expect([...world.created.values()]).toEqual([1, 1]);
  });

  test('although the operator dies and another one takes over, which waits as long', () => {
    const world = silent();
    world.annotate({ 'dossier.dev/run': 'now' }).look(0.5);
    expect(world.schedule.status.lastScheduleTime).toBeUndefined();
    look(world.annotate({ 'dossier.dev/run': '' }), '09:00:05');
    expect(world.lookAgainAt).toBe(Date.parse(time('09:00:10')));
    expect(writesOf(world, () => look(world, '09:00:10'))).toBe(1);
    expect(world.schedule.status).toMatchObject({ lastScheduleTime: time('09:00:00'), activeCount: 1, missedRuns: 0 });
    expect([...world.created]).toEqual([[NINE, 1]]);
  });
});
