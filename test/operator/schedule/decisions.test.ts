/**
 * What follows from a schedule, a moment and its Reports: the cases of Kubernetes' cronjob controller by their names, for every concurrencyPolicy, and where they differ
 * on purpose: times that are not valid are said so, a time that waits is kept, and whatever gets no Report is counted.
 */
import { describe, expect, test } from 'vitest';
import type { ReportSchedule } from '../../../src/api/generated/reportschedule.ts';
import { aSchedule, World } from './world.ts';

type Policy = ReportSchedule['spec']['concurrencyPolicy'];

/** `2026-03-02T` and a time; `+7d` for a week later. */
function at(text: string): string {
  const [time = '', days = '0'] = text.split('+');
  return new Date(Date.parse(`2026-03-02T${time}Z`) + Number(days.replace('d', '')) * 86_400_000).toISOString();
}

interface Given {
  readonly spec?: Partial<ReportSchedule['spec']>;
  /** Of the run of 09:00. */
  readonly previous?: 'never ran' | 'done' | 'active';
  readonly now: string;
  readonly refused?: boolean;
}

interface Expected {
  /** Scheduled times of the Reports that are made, as `at` takes them. */
  readonly makes?: readonly string[];
  readonly deletes?: readonly string[];
  readonly missed?: number;
  /** Of Ready. */
  readonly reason?: string;
  readonly next?: string | undefined;
  readonly again?: string | undefined;
}

const runName = (time: string): string => `hourly-${Math.floor(Date.parse(at(time)) / 60_000)}`;

/** A schedule of every full hour, created at 08:30, looked at once at `now`. */
function look({ spec = {}, previous = 'never ran', now, refused = false }: Given): { world: World; outcome: Expected } {
  const { suspend = false, ...rest } = spec;
  const fresh = suspend && previous === 'never ran';
  const world = new World(aSchedule({ name: 'hourly', created: at('08:30:00'), spec: { schedule: '0 * * * *', ...rest, suspend: fresh } }));
  if (previous !== 'never ran') {
    world.at(at('09:00:00')).look();
    if (previous === 'done') world.at(at('09:10:00')).finish(runName('09:00:00'));
    world.look();
    if (suspend) world.at(at('09:30:00')).edit({ suspend }).look();
  }
  const before = { reports: [...world.reports.keys()], made: world.names().length, missed: world.schedule.status.missedRuns ?? 0 };
  if (refused) world.refusals.set(runName('10:00:00'), 'no more Reports here');
  world.at(at(now)).look();
  const { status } = world.schedule;
  const outcome: Expected = {
    makes: world.names().slice(before.made),
    deletes: before.reports.filter((name) => !world.reports.has(name)),
    missed: (status.missedRuns ?? 0) - before.missed,
    reason: status.conditions?.find(({ type }) => type === 'Ready')?.reason ?? '',
    next: status.nextScheduleTime,
    again: world.lookAgainAt === undefined ? undefined : new Date(world.lookAgainAt).toISOString(),
  };
  return { world, outcome };
}

type Row = readonly [story: string, policies: readonly Policy[], given: Given, expected: Expected];

const EACH: readonly Policy[] = ['Allow', 'Forbid', 'Replace', 'Queue'];
const AT_ONCE: readonly Policy[] = ['Allow', 'Queue'];
const zone = (timeZone: string, schedule: string): Partial<ReportSchedule['spec']> => ({ timeZone, schedule });
const within = (startingDeadlineSeconds: number): Partial<ReportSchedule['spec']> => ({ startingDeadlineSeconds });

const NOTHING: Expected = { makes: [], deletes: [], missed: 0 };
const UNTIL_TEN: Expected = { ...NOTHING, reason: 'Scheduled', next: '2026-03-02T10:00:00Z', again: at('10:00:00') };
const AT_TEN: Expected = {
  ...NOTHING,
  makes: ['10:00:00'],
  reason: 'Scheduled',
  next: '2026-03-02T11:00:00Z',
  again: at('11:00:00'),
};
/** The time stays due and is looked at again when the next one comes. */
const HELD: Expected = { ...NOTHING, reason: 'Scheduled', next: '2026-03-02T10:00:00Z', again: at('11:00:00') };
const LATE: Expected = { ...NOTHING, missed: 1, reason: 'Scheduled', next: '2026-03-02T11:00:00Z', again: at('11:00:00') };

const cases: readonly Row[] = [
  [
    'never ran, not valid schedule',
    EACH,
    { spec: { schedule: 'obvious error' }, now: '09:30:00' },
    { ...NOTHING, reason: 'InvalidSchedule' },
  ],
  [
    'never ran, not valid time zone',
    EACH,
    { spec: { timeZone: 'Europe/Berlinn' }, now: '09:30:00' },
    { ...NOTHING, reason: 'UnknownTimeZone' },
  ],
  ['never ran, not time', EACH, { now: '08:59:59' }, { ...NOTHING, next: '2026-03-02T09:00:00Z', again: at('09:00:00') }],
  [
    'never ran, not time in zone',
    EACH,
    { spec: zone('Asia/Kolkata', '0 12 * * *'), now: '09:30:00' },
    { ...NOTHING, next: '2026-03-03T06:30:00Z' },
  ],
  [
    'never ran, is time',
    EACH,
    { now: '09:00:00' },
    { makes: ['09:00:00'], missed: 0, next: '2026-03-02T10:00:00Z', again: at('10:00:00') },
  ],
  [
    'never ran, is time in zone',
    EACH,
    { spec: zone('Asia/Kolkata', '30 15 * * *'), now: '10:00:00' },
    { makes: ['10:00:00'], next: '2026-03-03T10:00:00Z' },
  ],
  [
    'never ran, is time, but TZ is also set in schedule',
    EACH,
    { spec: { schedule: 'TZ=UTC 0 * * * *' }, now: '10:00:00' },
    { ...NOTHING, reason: 'InvalidSchedule' },
  ],
  [
    'never ran, is time, suspended',
    EACH,
    { spec: { suspend: true }, now: '09:00:00' },
    { ...NOTHING, reason: 'Suspended', next: undefined, again: undefined },
  ],
  [
    'never ran, is time, past deadline',
    EACH,
    { spec: within(20), now: '09:00:21' },
    { ...NOTHING, missed: 1, next: '2026-03-02T10:00:00Z' },
  ],
  ['never ran, is time, exactly at the deadline', EACH, { spec: within(20), now: '09:00:20' }, { ...NOTHING, missed: 1 }],
  ['never ran, is time, not past deadline', EACH, { spec: within(20), now: '09:00:19' }, { makes: ['09:00:00'], missed: 0 }],

  ['prev ran but done, not time', EACH, { previous: 'done', now: '09:59:59' }, UNTIL_TEN],
  ['prev ran but done, is time', EACH, { previous: 'done', now: '10:00:00' }, AT_TEN],
  [
    'prev ran but done, is time, create job failed',
    EACH,
    { previous: 'done', now: '10:00:00', refused: true },
    { ...HELD, again: at('10:01:00') },
  ],
  [
    'prev ran but done, is time, suspended',
    EACH,
    { previous: 'done', spec: { suspend: true }, now: '10:00:00' },
    { ...NOTHING, reason: 'Suspended' },
  ],
  ['prev ran but done, is time, past deadline', EACH, { previous: 'done', spec: within(20), now: '10:00:30' }, LATE],
  ['prev ran but done, is time, not past deadline', EACH, { previous: 'done', spec: within(20), now: '10:00:10' }, AT_TEN],

  ['still active, not time', EACH, { previous: 'active', now: '09:59:59' }, UNTIL_TEN],
  ['still active, is time', AT_ONCE, { previous: 'active', now: '10:00:00' }, AT_TEN],
  ['still active, is time', ['Forbid'], { previous: 'active', now: '10:00:00' }, HELD],
  ['still active, is time', ['Replace'], { previous: 'active', now: '10:00:00' }, { ...HELD, deletes: ['09:00:00'] }],
  [
    'still active, is time, suspended',
    EACH,
    { previous: 'active', spec: { suspend: true }, now: '10:00:00' },
    { ...NOTHING, reason: 'Suspended' },
  ],
  ['still active, is time, past deadline', EACH, { previous: 'active', spec: within(20), now: '10:00:30' }, LATE],
  ['still active, is time, not past deadline', AT_ONCE, { previous: 'active', spec: within(20), now: '10:00:10' }, AT_TEN],
  [
    'still active, is time, not past deadline',
    ['Forbid'],
    { previous: 'active', spec: within(20), now: '10:00:10' },
    { ...HELD, again: at('10:00:20') },
  ],

  ['prev ran but done, long overdue, no deadline', EACH, { previous: 'done', now: '10:00:00+7d' }, { makes: ['10:00:00+7d'], missed: 168 }],
  [
    'prev ran but done, long overdue, not past deadline',
    EACH,
    { previous: 'done', spec: within(3600), now: '10:30:00+7d' },
    { makes: ['10:00:00+7d'], missed: 168 },
  ],
  [
    'prev ran but done, long overdue, past short deadline',
    EACH,
    { previous: 'done', spec: within(1), now: '10:30:00+7d' },
    { makes: [], missed: 169 },
  ],
  ['still active, long overdue', AT_ONCE, { previous: 'active', now: '10:30:00+7d' }, { makes: ['10:00:00+7d'], missed: 168 }],
  [
    'still active, long overdue, only the newest is kept',
    ['Forbid'],
    { previous: 'active', now: '10:30:00+7d' },
    { makes: [], missed: 168, next: '2026-03-09T10:00:00Z' },
  ],

  ['this ran but done, time drifted back', EACH, { previous: 'done', now: '08:59:00' }, UNTIL_TEN],
  ['with @every schedule', EACH, { spec: { schedule: '@every 1h' }, now: '10:00:00' }, { ...NOTHING, reason: 'InvalidSchedule' }],

  [
    'missed under Skip, within its minute',
    EACH,
    { previous: 'done', spec: { missedRuns: { policy: 'Skip', limit: 10 } }, now: '10:00:59' },
    AT_TEN,
  ],
  [
    'missed under Skip, after its minute',
    EACH,
    { previous: 'done', spec: { missedRuns: { policy: 'Skip', limit: 10 } }, now: '10:01:00' },
    LATE,
  ],
  [
    'missed under All, oldest first',
    ['Allow'],
    { previous: 'done', spec: { missedRuns: { policy: 'All', limit: 3 } }, now: '14:30:00' },
    { makes: ['12:00:00', '13:00:00', '14:00:00'], missed: 2, next: '2026-03-02T15:00:00Z' },
  ],
  [
    'missed under All, those in time',
    ['Allow'],
    { previous: 'done', spec: { missedRuns: { policy: 'All', limit: 3 }, ...within(7200) }, now: '14:30:00' },
    { makes: ['13:00:00', '14:00:00'], missed: 3 },
  ],
];

describe.each(EACH)('under %s', (concurrencyPolicy) => {
  const rows = cases.filter(([, policies]) => policies.includes(concurrencyPolicy));
  test.each(rows)('%s', (_, _policies, given, { makes, deletes, ...expected }) => {
    const { outcome } = look({ ...given, spec: { ...given.spec, concurrencyPolicy } });
    expect(outcome).toMatchObject({
      ...expected,
      ...(makes === undefined ? {} : { makes: makes.map(runName) }),
      ...(deletes === undefined ? {} : { deletes: deletes.map(runName) }),
    });
  });
});

describe('a Report that went', () => {
  test.each(EACH)('is not made again under %s: its time had its run', (concurrencyPolicy) => {
    const { world } = look({ previous: 'active', spec: { concurrencyPolicy }, now: '09:20:00' });
    world.reports.clear();
    world.at(at('09:21:00')).look();
    expect(world.names()).toEqual([runName('09:00:00')]);
    expect(world.schedule.status).toMatchObject({ active: [], activeCount: 0, missedRuns: 0 });
  });
});

describe('a time that waits under Forbid', () => {
  const forbid = { concurrencyPolicy: 'Forbid' } as const;

  test('says what it waits for, and has its Report as soon as that has ended, however late', () => {
    const { world } = look({ previous: 'active', spec: forbid, now: '10:00:00' });
    const waits = 'the run of 2026-03-02T10:00:00Z waits until Report hourly-29540700 of this schedule has ended';
    expect(world.schedule.status.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'True', message: waits });
    world.at(at('10:40:00')).finish(runName('09:00:00'));
    world.look();
    expect(world.names()).toEqual([runName('09:00:00'), runName('10:00:00')]);
    expect(world.schedule.status).toMatchObject({ missedRuns: 0, lastScheduleTime: '2026-03-02T10:00:00Z' });
    expect(world.schedule.status.conditions?.[0]?.message).toBe('Reports are made at their times');
  });

  test('gives way to the next one, and is counted then', () => {
    const { world } = look({ previous: 'active', spec: forbid, now: '10:00:00' });
    world.now = world.lookAgainAt ?? 0;
    world.look();
    expect(world.schedule.status).toMatchObject({ missedRuns: 1, nextScheduleTime: '2026-03-02T11:00:00Z' });
    world.at(at('11:05:00')).finish(runName('09:00:00'));
    world.look();
    expect(world.names()).toEqual([runName('09:00:00'), runName('11:00:00')]);
  });

  test('is missed when its deadline passes', () => {
    const { world } = look({ previous: 'active', spec: { ...forbid, startingDeadlineSeconds: 60 }, now: '10:00:00' });
    world.now = world.lookAgainAt ?? 0;
    expect(world.now).toBe(Date.parse(at('10:01:00')));
    world.look();
    expect(world.schedule.status).toMatchObject({ missedRuns: 1, nextScheduleTime: '2026-03-02T11:00:00Z' });
  });
});

describe('a time that replaces', () => {
  test('waits until what it replaces is gone, and asks for its deletion as it was seen', () => {
    const { world } = look({ previous: 'active', spec: { concurrencyPolicy: 'Replace' }, now: '10:00:00' });
    expect(world.names()).toEqual([runName('09:00:00')]);
    expect(world.events.at(-1)).toMatchObject({ reason: 'ReportReplaced' });
    world.look();
    expect(world.names()).toEqual([runName('09:00:00'), runName('10:00:00')]);
    expect(world.schedule.status.missedRuns).toBe(0);
  });
});

describe('under Queue', () => {
  test('ten wait; what comes then is skipped, told once and counted', () => {
    const world = new World(
      aSchedule({ name: 'hourly', created: at('08:30:00'), spec: { schedule: '0 * * * *', concurrencyPolicy: 'Queue' } }),
    );
    for (let hour = 9; hour <= 21; hour += 1) world.at(at(`${String(hour).padStart(2, '0')}:00:00`)).look();
    expect(world.names()).toHaveLength(11);
    expect([...world.reports.values()].every(({ metadata }) => metadata.annotations?.['dossier.dev/queue'] === 'true')).toBe(true);
    expect(world.schedule.status).toMatchObject({ activeCount: 11, missedRuns: 2 });
    expect(world.events.filter(({ reason }) => reason === 'RunsMissed').map(({ note }) => note)).toEqual([
      'the run of 2026-03-02T20:00:00Z is skipped: 10 Reports of this schedule wait already',
      'the run of 2026-03-02T21:00:00Z is skipped: 10 Reports of this schedule wait already',
    ]);
  });

  test('what All makes up for fills the queue with the oldest, and one Event tells of the rest', () => {
    const spec = { schedule: '0 * * * *', concurrencyPolicy: 'Queue', missedRuns: { policy: 'All', limit: 100 } } as const;
    const world = new World(aSchedule({ name: 'hourly', created: at('08:30:00'), spec }));
    world.look();
    world.at(at('08:30:00+1d')).look();
    expect(world.names()).toEqual(Array.from({ length: 11 }, (_, index) => runName(`${String(9 + index).padStart(2, '0')}:00:00`)));
    expect(world.schedule.status.missedRuns).toBe(24 - 11);
    expect(world.events.filter(({ reason }) => reason === 'RunsMissed')).toHaveLength(1);
  });
});

describe('a clock', () => {
  test('that was a year ahead and was set right does not silence the schedule, and says so', () => {
    const { world } = look({ previous: 'done', now: '10:00:00+365d' });
    world.at(at('10:30:00')).look();
    expect(world.events.at(-1)).toMatchObject({ type: 'Warning', reason: 'ClockMovedBack' });
    expect(world.schedule.status.nextScheduleTime).toBe('2026-03-02T11:00:00Z');
    world.finish(runName('10:00:00+365d'));
    world.at(at('11:00:00')).look();
    expect(world.names().at(-1)).toBe(runName('11:00:00'));
  });

  test.each(['10:00:00+365d', '14:00:00'])(
    'that was at %s when a run ended and was set right lets history keep what ends now, and status tell it',
    (ahead) => {
      const spec = { history: { successful: 1, failed: 0 }, concurrencyPolicy: 'Allow' } as const;
      const { world } = look({ previous: 'done', spec, now: ahead });
      world.finish(runName(ahead));
      world.look();
      // Of the wrong time, and pruned before anything of the right one is.
      const before = world.names().length;
      world.at(at('10:30:00')).look();
      world.annotate({ 'dossier.dev/run': 'now' }).look();
      const asked = world.names()[before] ?? '';
      world.at(at('10:40:00')).finish(asked);
      world.look();
      world.look();
      expect([...world.reports.keys()]).toEqual([asked]);
      expect(world.schedule.status).toMatchObject({ lastReport: { name: asked }, lastSuccessfulTime: at('10:40:00') });
    },
  );

  test('that jumps back by minutes makes nothing twice', () => {
    const { world } = look({ previous: 'done', now: '10:00:00' });
    for (const time of ['09:58:00', '09:59:59', '10:00:00', '10:00:01']) world.at(at(time)).look();
    expect(world.names()).toEqual([runName('09:00:00'), runName('10:00:00')]);
  });
});
