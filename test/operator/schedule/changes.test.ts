/** What follows when a schedule is edited, suspended, broken and mended, asked to run now, or met by what others made. */
import { describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { aSchedule, World, type GivenSchedule } from './world.ts';

const CREATED = '2026-03-02T08:30:00Z';

function hourly(given: Partial<GivenSchedule> = {}): World {
  const spec = { schedule: '0 * * * *', concurrencyPolicy: 'Allow', ...given.spec } as const;
  return new World(aSchedule({ name: 'hourly', created: CREATED, ...given, spec }));
}

const time = (text: string): string => `2026-03-02T${text}Z`;
const runName = (text: string): string => `hourly-${Math.floor(Date.parse(time(text)) / 60_000)}`;
const readyOf = (world: World): object | undefined => world.schedule.status.conditions?.find(({ type }) => type === 'Ready');
const lastRunOf = (world: World): object | undefined => world.schedule.status.conditions?.find(({ type }) => type === 'LastRunSucceeded');
const reasons = (world: World): readonly string[] => world.events.map(({ reason }) => reason);

/** Looks at each of the moments. */
function looks(world: World, ...moments: readonly string[]): World {
  for (const moment of moments) world.at(time(moment)).look();
  return world;
}

describe('an edit never starts runs of the past', () => {
  test.each<readonly [string, Parameters<World['edit']>[0]]>([
    ['of the expression', { schedule: '30 * * * *' }],
    ['of the zone', { timeZone: 'Asia/Kolkata' }],
    ['that suspends', { suspend: true }],
  ])('%s', (_, change) => {
    const world = looks(hourly(), '08:30:00').edit(change);
    looks(world, '09:45:00');
    expect(world.names()).toEqual([]);
    expect(world.schedule.status.baselineTime).toBe(time('09:45:00'));
  });

  test('of anything else leaves what is due due', () => {
    const world = looks(hourly(), '08:30:00').edit({ history: { successful: 3, failed: 1 } });
    expect(looks(world, '09:45:00').names()).toEqual([runName('09:00:00')]);
  });

  test('before the operator saw the schedule for the first time', () => {
    expect(looks(hourly({ generation: 2 }), '09:45:00').names()).toEqual([]);
    expect(looks(hourly(), '09:45:00').names()).toEqual([runName('09:00:00')]);
  });

  test('and un-suspending neither; what passed meanwhile is not counted, what was due before is', () => {
    const world = looks(hourly(), '08:30:00');
    looks(world.edit({ suspend: true }), '09:10:00');
    expect(world.schedule.status).toMatchObject({ missedRuns: 1 });
    expect(world.schedule.status.nextScheduleTime).toBeUndefined();
    looks(world, '10:00:00', '11:00:00');
    looks(world.edit({ suspend: false }), '11:10:00');
    expect(world.names()).toEqual([]);
    expect(world.schedule.status).toMatchObject({ missedRuns: 1, nextScheduleTime: time('12:00:00') });
    expect(looks(world, '12:00:00').names()).toEqual([runName('12:00:00')]);
  });

  test('while a time waits counts that time, which is off', () => {
    const world = looks(hourly({ spec: { concurrencyPolicy: 'Forbid' } }), '09:00:00', '10:00:00').edit({ schedule: '30 * * * *' });
    looks(world, '10:05:00');
    expect(world.schedule.status).toMatchObject({ missedRuns: 1, nextScheduleTime: time('10:30:00') });
  });

  test('that breaks the schedule and mends it either', () => {
    const world = looks(hourly(), '08:30:00');
    looks(world.edit({ timeZone: 'Etc/UCT2' }), '08:40:00');
    expect(readyOf(world)).toMatchObject({ status: 'False', reason: 'UnknownTimeZone' });
    looks(world.edit({ timeZone: 'UTC' }), '10:10:00');
    expect(world.names()).toEqual([]);
    expect(readyOf(world)).toMatchObject({ status: 'True', reason: 'Scheduled' });
    expect(world.schedule.status.nextScheduleTime).toBe(time('11:00:00'));
  });

  test('that breaks the zone of the Reports while a time waits, and mends it, counts that time once: it has its Report', () => {
    const world = looks(hourly({ spec: { concurrencyPolicy: 'Forbid' } }), '09:00:00', '10:00:00');
    const { report } = world.schedule.spec;
    looks(world.edit({ report: { spec: { ...report.spec, timeZone: 'Etc/UCT2' } } }), '10:05:00');
    looks(world.edit({ report }), '10:10:00').finish(runName('09:00:00'));
    looks(world, '10:15:00');
    expect(world.names()).toEqual([runName('09:00:00'), runName('10:00:00')]);
    expect(world.schedule.status.missedRuns).toBe(0);
  });

  test('keeps Reports as they were made', () => {
    const world = looks(hourly(), '09:00:00');
    const before = world.reports.get(runName('09:00:00'));
    const { report } = world.schedule.spec;
    looks(world.edit({ report: { spec: { ...report.spec, templateRef: { kind: 'ReportTemplate', name: 'other' } } } }), '10:00:00');
    expect(world.reports.get(runName('09:00:00'))).toEqual(before);
    expect(world.reports.get(runName('10:00:00'))?.spec.templateRef.name).toBe('other');
  });
});

describe('a schedule that is wrong says what, in Ready, Stalled and one Event', () => {
  test.each<readonly [string, Partial<GivenSchedule['spec']> & object, string, string]>([
    [
      'four fields',
      { schedule: '0 6 * *' },
      'InvalidSchedule',
      'spec.schedule: "0 6 * *" has 4 fields; Kubernetes cron has 5: minute hour',
    ],
    ['an hour that is not', { schedule: '0 25 * * *' }, 'InvalidSchedule', 'hour "25" is outside 0 to 23'],
    ['a date that never comes', { schedule: '0 6 31 2 *' }, 'InvalidSchedule', '"0 6 31 2 *" never fires'],
    ['a macro that is not', { schedule: '@dayly' }, 'InvalidSchedule', 'write @daily'],
    [
      'an unknown zone',
      { timeZone: 'Europe/Berlinn' },
      'UnknownTimeZone',
      'spec.timeZone: "Europe/Berlinn" is not a known IANA time zone; near it: Europe/Berlin',
    ],
    ['an offset as zone', { timeZone: '+02:00' }, 'UnknownTimeZone', 'spec.timeZone: "+02:00" is not a known IANA time zone'],
    ['small letters in a zone', { timeZone: 'europe/berlin' }, 'UnknownTimeZone', 'must be written "Europe/Berlin"'],
  ])('%s', (_, spec, reason, message) => {
    const world = looks(hourly({ spec }), '09:00:00', '10:00:00');
    expect(world.names()).toEqual([]);
    expect(readyOf(world)).toMatchObject({ status: 'False', reason, message: expect.stringContaining(message) as string });
    expect(world.schedule.status.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({ status: 'True', reason });
    expect(reasons(world)).toEqual([reason]);
    expect(world.lookAgainAt).toBeUndefined();
    expect(world.writes).toBe(1);
  });

  test('and goes on telling how its runs end', () => {
    const world = looks(hourly(), '09:00:00').edit({ timeZone: 'Etc/UCT2' });
    looks(world, '09:05:00').finish(runName('09:00:00'), 'Failed');
    looks(world, '09:10:00');
    expect(world.schedule.status).toMatchObject({ activeCount: 0, lastReport: { name: runName('09:00:00'), phase: 'Failed' } });
    expect(lastRunOf(world)).toMatchObject({ status: 'False' });
  });

  test('also in the zone of its Reports, with periods in it or without', () => {
    const world = hourly({ parameters: [{ name: 'month', period: { relative: 'LastMonth' } }] });
    const { report } = world.schedule.spec;
    looks(world.edit({ report: { spec: { ...report.spec, timeZone: 'Europe/Berlinn' } } }), '09:00:00');
    const message = expect.stringContaining('spec.report.spec.timeZone: "Europe/Berlinn" is not a known') as string;
    expect(readyOf(world)).toMatchObject({ status: 'False', reason: 'UnknownTimeZone', message });
  });
});

describe('the annotation dossier.dev/run', () => {
  const run = (value: string): Readonly<Record<string, string>> => ({ 'dossier.dev/run': value });

  test('is one run a value, whatever concurrencyPolicy says, and counts as active', () => {
    const world = looks(hourly({ spec: { concurrencyPolicy: 'Forbid' } }), '09:00:00').annotate(run('a'));
    looks(world, '09:10:00', '09:11:00');
    looks(world.annotate(run('b')), '09:12:00');
    expect(world.names()).toHaveLength(3);
    expect(world.schedule.status).toMatchObject({ lastHandledRun: 'b', activeCount: 3 });
    looks(world.annotate(run('b')), '09:13:00');
    expect(world.names()).toHaveLength(3);
    const asked = world.reports.get(world.names()[1] ?? '');
    expect(asked?.metadata.name).toMatch(/^hourly-run-[a-z2-7]{10}$/);
    expect(asked?.metadata.annotations).toMatchObject({ 'dossier.dev/run': 'a', 'dossier.dev/scheduled-at': time('09:10:00') });
  });

  test('runs while suspended, and leaves the times alone', () => {
    const world = looks(hourly({ spec: { suspend: true } }), '08:30:00').annotate(run('now'));
    looks(world, '09:10:00');
    expect(world.names()).toHaveLength(1);
    expect(world.schedule.status.lastScheduleTime).toBeUndefined();
    expect(world.schedule.status.missedRuns).toBe(0);
  });

  test('does not queue', () => {
    const world = looks(hourly({ spec: { concurrencyPolicy: 'Queue' } }), '09:00:00').annotate(run('now'));
    looks(world, '09:10:00');
    expect(world.reports.get(world.names()[1] ?? '')?.metadata.annotations).not.toHaveProperty('dossier.dev/queue');
  });

  test.each(['x'.repeat(65), 'a b', '$(date)', 'ä', '<script>'])('is refused aloud and copied nowhere when it is %s', (value) => {
    const world = looks(hourly(), '08:30:00').annotate(run(value));
    looks(world, '08:40:00');
    expect(world.names()).toEqual([]);
    expect(reasons(world)).toEqual(['RunRefused']);
    expect(JSON.stringify(world.schedule.status)).not.toContain(value);
  });

  test('is one run wherever the operator dies', () => {
    for (const crashAt of [0.5, 1, 1.5, 2, 2.5, 3]) {
      const world = looks(hourly({ spec: { suspend: true } }), '08:30:00').annotate(run('now'));
      world.at(time('08:40:00')).look(crashAt);
      looks(world, '08:41:00', '08:42:00');
      expect([...world.created.values()], `died at ${crashAt}`).toEqual([1]);
      expect(world.schedule.status).toMatchObject({ lastHandledRun: 'now', activeCount: 1 });
      expect(world.schedule.status.plannedRun).toBeUndefined();
    }
  });
});

/** A Report by hand that says of itself what it likes. */
function foreign(world: World, name: string, metadata: Partial<Report['metadata']>, phase?: 'Ready' | 'Failed'): void {
  const made = {
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'Report',
    metadata: {
      name,
      namespace: 'billing',
      uid: `foreign-${name}`,
      resourceVersion: '1',
      creationTimestamp: new Date(world.now).toISOString(),
      ...metadata,
    },
    spec: {
      templateRef: { kind: 'ReportTemplate', name: 'invoices' },
      timeZone: 'UTC',
      startDeadlineSeconds: 3600,
      deletionPolicy: 'Retain',
    },
    status: { observedGeneration: 1, ...(phase === undefined ? {} : { phase, completionTime: new Date(world.now).toISOString() }) },
  };
  world.reports.set(name, made as Report);
}

const owner = { apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportSchedule', name: 'hourly', uid: 'schedule-uid', controller: true };

describe("somebody else's Report under a run's name", () => {
  test('is left alone, told, counted, and the schedule goes on', () => {
    const world = looks(hourly(), '08:30:00');
    foreign(world, runName('09:00:00'), {});
    looks(world, '09:00:00');
    const message = `the run of ${time('09:00:00')} got no Report: one named ${runName('09:00:00')} exists that this schedule did not make for it`;
    expect(lastRunOf(world)).toMatchObject({ status: 'False', reason: 'NameTaken', message });
    expect(readyOf(world)).toMatchObject({ status: 'True' });
    expect(world.schedule.status).toMatchObject({ missedRuns: 1, nextScheduleTime: time('10:00:00') });
    expect(reasons(world)).toEqual(['NameTaken']);
    expect(looks(world, '10:00:00').names()).toEqual([runName('10:00:00')]);
  });

  test.each<readonly [string, Partial<Report['metadata']>]>([
    ['with the owner but not the minute', { ownerReferences: [owner] }],
    ['with the minute but not the owner', { annotations: { 'dossier.dev/scheduled-at': time('09:00:00') } }],
    [
      'with all marks, but made before its time',
      {
        ownerReferences: [owner],
        annotations: { 'dossier.dev/scheduled-at': time('09:00:00') },
        creationTimestamp: '2026-03-02T08:40:00Z',
      },
    ],
    [
      'that answers a request',
      { ownerReferences: [owner], annotations: { 'dossier.dev/scheduled-at': time('09:00:00'), 'dossier.dev/run': 'x' } },
    ],
  ])('is not taken for it %s', (_, metadata) => {
    const world = looks(hourly(), '08:30:00').at(time('09:00:00'));
    foreign(world, runName('09:00:00'), metadata);
    world.look();
    expect(world.schedule.status.missedRuns).toBe(1);
    expect(lastRunOf(world)).toMatchObject({ reason: 'NameTaken' });
  });

  test('is taken for it with owner, minute and the planned spec, made in its time: that is what a second operator leaves', () => {
    const world = looks(hourly(), '08:30:00').at(time('09:00:00'));
    foreign(world, runName('09:00:00'), { ownerReferences: [owner], annotations: { 'dossier.dev/scheduled-at': time('09:00:00') } });
    world.look();
    expect(world.names()).toEqual([]);
    expect(world.schedule.status).toMatchObject({ missedRuns: 0, lastScheduleTime: time('09:00:00'), activeCount: 1 });
  });

  test('of a request leaves that unanswered for good, and counts nothing', () => {
    const world = looks(hourly(), '08:30:00').annotate({ 'dossier.dev/run': 'now' });
    const probe = looks(hourly(), '08:30:00').annotate({ 'dossier.dev/run': 'now' });
    const [name = ''] = looks(probe, '08:40:00').names();
    foreign(world, name, {});
    looks(world, '08:40:00', '08:41:00');
    expect(world.names()).toEqual([]);
    expect(lastRunOf(world)).toMatchObject({ reason: 'NameTaken' });
    expect(world.schedule.status).toMatchObject({ lastHandledRun: 'now', missedRuns: 0 });
  });

  test('marked for a time to come moves nothing', () => {
    const world = looks(hourly(), '08:30:00');
    foreign(world, 'hourly-forged', { ownerReferences: [owner], annotations: { 'dossier.dev/scheduled-at': '2036-01-01T00:00:00Z' } });
    expect(looks(world, '09:00:00').names()).toEqual([runName('09:00:00')]);
    const lost = hourly();
    foreign(lost, 'hourly-forged', { ownerReferences: [owner], annotations: { 'dossier.dev/scheduled-at': '2036-01-01T00:00:00Z' } });
    expect(looks(lost, '09:00:00').names()).toEqual([runName('09:00:00')]);
  });
});

describe('a Report that the cluster refuses', () => {
  test('is told, tried again every minute without a write, and made when it may be', () => {
    const world = looks(hourly(), '08:30:00');
    world.refusals.set(runName('09:00:00'), 'exceeded quota: count/reports.dossier.dev');
    looks(world, '09:00:00');
    const message = `the run of ${time('09:00:00')} has no Report yet: the cluster refuses ${runName('09:00:00')}: exceeded quota: count/reports.dossier.dev`;
    expect(lastRunOf(world)).toMatchObject({ status: 'False', reason: 'CreateRefused', message });
    expect(world.lookAgainAt).toBe(Date.parse(time('09:01:00')));
    const writes = world.writes;
    looks(world, '09:01:00', '09:02:00');
    expect(world.writes).toBe(writes);
    world.refusals.clear();
    looks(world, '09:03:00');
    expect(world.names()).toEqual([runName('09:00:00')]);
    expect(world.schedule.status.missedRuns).toBe(0);
  });

  test('is no longer told of once it is made: until that has ended, the condition says how the one before it ended', () => {
    const first = looks(hourly(), '08:30:00');
    first.refusals.set(runName('09:00:00'), 'no');
    looks(first, '09:00:00').refusals.clear();
    looks(first, '09:01:00');
    expect(lastRunOf(first)).toBeUndefined();
    first.finish(runName('09:00:00'), 'Failed');
    first.refusals.set(runName('10:00:00'), 'no');
    looks(first, '09:10:00', '10:00:00').refusals.clear();
    expect(lastRunOf(first)).toMatchObject({ reason: 'CreateRefused' });
    looks(first, '10:01:00', '10:02:00');
    expect(lastRunOf(first)).toMatchObject({ status: 'False', message: expect.stringContaining(runName('09:00:00')) as string });
  });

  test('is told of for as long as nothing else is made, also when its time is over', () => {
    const world = looks(hourly({ spec: { startingDeadlineSeconds: 90 } }), '08:30:00');
    world.refusals.set(runName('09:00:00'), 'no');
    looks(world, '09:00:00', '09:01:00', '09:02:00', '09:03:00');
    expect(world.schedule.status).toMatchObject({ missedRuns: 1, nextScheduleTime: time('10:00:00') });
    expect(lastRunOf(world)).toMatchObject({ reason: 'CreateRefused' });
  });

  test('of a request is made when it may be', () => {
    const world = looks(hourly(), '08:30:00').annotate({ 'dossier.dev/run': 'now' });
    const probe = looks(hourly(), '08:30:00').annotate({ 'dossier.dev/run': 'now' });
    const [name = ''] = looks(probe, '08:40:00').names();
    world.refusals.set(name, 'no');
    looks(world, '08:40:00');
    expect(world.schedule.status.lastHandledRun).toBeUndefined();
    world.refusals.clear();
    expect(looks(world, '08:41:00').names()).toEqual([name]);
  });
});

describe('history', () => {
  const finishAll = (world: World, phase: 'Ready' | 'Failed'): void => {
    for (const [name, { status }] of world.reports) if (status.phase === undefined) world.finish(name, phase);
  };
  const day = (hour: number): string => `${String(hour).padStart(2, '0')}:00:00`;

  test('keeps the newest completions of each kind, and prunes after the status is written', () => {
    const world = looks(hourly({ spec: { history: { successful: 2, failed: 1 } } }), '08:30:00');
    for (let hour = 9; hour <= 16; hour += 1) {
      looks(world, day(hour));
      finishAll(world, hour % 2 === 0 ? 'Failed' : 'Ready');
      world.look();
    }
    expect([...world.reports.keys()]).toEqual([runName(day(13)), runName(day(15)), runName(day(16))]);
    expect(world.schedule.status).toMatchObject({
      lastReport: { name: runName(day(16)), phase: 'Failed' },
      lastSuccessfulTime: time(day(15)).replace('Z', '.000Z'),
    });
    expect(lastRunOf(world)).toMatchObject({ status: 'False' });
  });

  test.each([0, 1, 10])('of %i never prunes the newest success, and lastSuccessfulTime stays', (successful) => {
    const world = looks(hourly({ spec: { history: { successful, failed: 0 } } }), '09:00:00');
    finishAll(world, 'Ready');
    looks(world, '09:10:00', '10:00:00');
    finishAll(world, 'Failed');
    looks(world, '10:10:00');
    expect([...world.reports.keys()]).toEqual([runName('09:00:00')]);
    expect(world.schedule.status.lastSuccessfulTime).toBeDefined();
    expect(lastRunOf(world)).toMatchObject({ status: 'False' });
  });

  test('never touches Reports that the schedule does not control, whatever their labels', () => {
    const world = looks(hourly({ spec: { history: { successful: 0, failed: 0 } } }), '08:30:00');
    foreign(world, 'by-hand', { labels: { 'dossier.dev/schedule': 'hourly' } }, 'Failed');
    looks(world, '09:00:00');
    expect(world.reports.has('by-hand')).toBe(true);
  });

  test('of ten thousand Reports is pruned in bites', () => {
    const world = looks(hourly({ spec: { history: { successful: 1, failed: 0 } } }), '08:30:00');
    for (let index = 0; index < 10_000; index += 1) foreign(world, `old-${index}`, { ownerReferences: [owner] }, 'Failed');
    world.look();
    expect(world.reports.size).toBe(9_950);
  });
});

describe('what a run carries', () => {
  test('owner, label and time; labels and annotations of report.metadata, never those of the schedule', () => {
    const world = hourly();
    const { report } = world.schedule.spec;
    world.annotate({ 'argocd.argoproj.io/tracking-id': 'app' });
    world.edit({ report: { ...report, metadata: { labels: { team: 'billing' }, annotations: { note: 'monthly' } } } });
    looks(world, '08:30:00', '09:00:00');
    expect(world.reports.get(runName('09:00:00'))?.metadata).toMatchObject({
      labels: { team: 'billing', 'dossier.dev/schedule': 'hourly' },
      annotations: { note: 'monthly', 'dossier.dev/scheduled-at': time('09:00:00') },
      ownerReferences: [{ ...owner, blockOwnerDeletion: true }],
    });
    expect(Object.keys(world.reports.get(runName('09:00:00'))?.metadata.annotations ?? {})).toEqual(['note', 'dossier.dev/scheduled-at']);
  });

  test('periods that are absolute, from its time and in its zone', () => {
    const parameters = [
      { name: 'month', period: { relative: 'LastMonth' as const } },
      { name: 'week', period: { lastDays: 7 } },
      { name: 'region', value: 'emea' },
    ];
    const world = looks(hourly({ parameters, spec: { timeZone: 'Europe/Berlin' } }), '08:30:00', '11:00:00');
    expect(world.reports.get(runName('11:00:00'))?.spec).toMatchObject({
      timeZone: 'Europe/Berlin',
      parameters: [
        { name: 'month', period: { from: '2026-01-31T23:00:00Z', to: '2026-02-28T23:00:00Z' } },
        { name: 'week', period: { from: '2026-02-22T23:00:00Z', to: '2026-03-01T23:00:00Z' } },
        { name: 'region', value: 'emea' },
      ],
    });
  });
});

test('a schedule that is being deleted makes nothing', () => {
  const world = looks(hourly(), '08:30:00');
  world.schedule = { ...world.schedule, metadata: { ...world.schedule.metadata, deletionTimestamp: time('08:40:00') } };
  expect(looks(world, '09:00:00').names()).toEqual([]);
});
