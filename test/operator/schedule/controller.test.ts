/** Runs stay one, and one at a time, although caches lag, answers are lost, Reports are deleted at once, and another operator takes over in the middle. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isConflict, KubeError } from '../../../src/kube/errors.ts';
import { requestedRunName, scheduledRunName } from '../../../src/schedule/run-name.ts';
import { Cluster, Instance } from './cluster.ts';
import { aSchedule, type GivenSchedule } from './world.ts';

const time = (text: string): string => `2026-03-02T${text}Z`;
const runName = (text: string): string => scheduledRunName('minutely', Date.parse(time(text)));
const NINE = runName('09:00:00');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse(time('08:59:30')) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets time pass on both clocks until a moment. */
function until(moment: string): void {
  vi.advanceTimersByTime(Date.parse(time(moment)) - Date.now());
}

/** A schedule of every minute, and an operator that has looked at it before 09:00. */
async function minutely(given: Partial<GivenSchedule> = {}): Promise<{ readonly cluster: Cluster; readonly operator: Instance }> {
  const spec = { schedule: '* * * * *', history: { successful: 1, failed: 0 }, ...given.spec };
  const cluster = new Cluster(aSchedule({ name: 'minutely', created: time('08:59:30'), ...given, spec }));
  const operator = new Instance(cluster);
  await operator.looks('schedules', 'reports');
  return { cluster, operator: operator.sees('schedules') };
}

const SINCE = [{ name: 'since', period: { relative: 'SincePreviousRun' } }] as const;

test('a run whose answer was lost is not made again, although somebody has deleted its Report since', async () => {
  const { cluster, operator } = await minutely();
  until('09:00:00');
  cluster.losesAnswer = true;
  await expect(operator.looks()).rejects.toThrow('the answer is lost');
  operator.sees('reports');
  cluster.reports.delete(NINE);
  await operator.looks('reports');
  expect([...cluster.created]).toEqual([[NINE, 1]]);
  expect(cluster.schedule.status).toMatchObject({ lastScheduleTime: time('09:00:00'), activeCount: 0, missedRuns: 0 });
});

test('a run that another operator made, and whose Report came and went while its status was silent, is not made again', async () => {
  const { cluster, operator } = await minutely();
  const standby = new Instance(cluster).sees('schedules', 'reports');
  until('09:00:00');
  await operator.looks();
  standby.sees('reports');
  cluster.reports.delete(NINE);
  standby.sees('reports');
  until('09:00:05');
  await standby.looks('schedules');
  expect([...cluster.created]).toEqual([[NINE, 1]]);
  expect(cluster.schedule.status).toMatchObject({ lastScheduleTime: time('09:00:00'), missedRuns: 0 });
});

test('an operator that takes over with a cache from before makes no run again that its predecessor has made, told of and pruned', async () => {
  const { cluster, operator } = await minutely();
  const next = new Instance(cluster).sees('schedules', 'reports');
  until('09:00:00');
  await operator.looks();
  cluster.finish(NINE, 'Failed');
  await operator.looks('reports');
  expect(cluster.reports.size).toBe(0);
  until('09:00:05');
  await expect(next.looks()).rejects.toSatisfy(isConflict);
  await next.looks('schedules', 'reports');
  expect([...cluster.created]).toEqual([[NINE, 1]]);
});

test('and none that was asked for', async () => {
  const { cluster, operator } = await minutely({ annotations: { 'dossier.dev/run': 'now' }, spec: { suspend: true } });
  const asked = requestedRunName('minutely', 'now');
  const planned = cluster.versions.find(({ status }) => status.plannedRun !== undefined) ?? cluster.schedule;
  cluster.finish(asked, 'Failed');
  await operator.looks('schedules', 'reports');
  expect(cluster.reports.size).toBe(0);
  const present = cluster.schedule;
  cluster.schedule = planned;
  const next = new Instance(cluster).sees('schedules', 'reports');
  cluster.schedule = present;
  await expect(next.looks()).rejects.toSatisfy(isConflict);
  await next.looks('schedules', 'reports');
  expect([...cluster.created]).toEqual([[asked, 1]]);
});

test('a run that the cache does not show for longer than ten seconds still holds back the next one', async () => {
  const { cluster, operator } = await minutely();
  until('09:00:00');
  await operator.looks();
  for (const moment of ['09:00:10', '09:00:30', '09:01:00', '09:01:30']) {
    until(moment);
    await operator.looks('schedules');
  }
  expect([...cluster.created]).toEqual([[NINE, 1]]);
  expect(cluster.schedule.status).toMatchObject({ activeCount: 1, lastScheduleTime: time('09:00:00') });
  cluster.finish(NINE, 'Ready');
  until('09:01:40');
  await operator.looks('schedules');
  expect([...cluster.created.keys()]).toEqual([NINE, runName('09:01:00')]);
});

test('what a run of SincePreviousRun covers is believed of its Report, although the cache of a successor has not shown that yet', async () => {
  const { cluster, operator } = await minutely({ parameters: SINCE });
  const next = new Instance(cluster).sees('schedules', 'reports');
  until('09:00:00');
  await operator.looks();
  cluster.finish(NINE, 'Ready');
  await next.looks('schedules');
  expect(cluster.schedule.status).toMatchObject({ coveredUntil: time('09:00:00'), lastReport: { name: NINE } });
});

test('a Report that the cache has shown to go is believed to be gone without asking for it', async () => {
  const { cluster, operator } = await minutely({ spec: { concurrencyPolicy: 'Allow' } });
  until('09:00:00');
  await operator.looks();
  until('09:00:10');
  await operator.looks('reports');
  cluster.reports.delete(NINE);
  operator.sees('schedules', 'reports');
  cluster.requests.length = 0;
  await operator.looks();
  expect(cluster.requests).toEqual(['PATCH reportschedules/status']);
  expect(cluster.schedule.status).toMatchObject({ active: [], activeCount: 0 });
});

test('a run that is held up by a webhook that is down is told of when it is a minute late, tried every minute from then on, and made', async () => {
  const { cluster, operator } = await minutely({ spec: { schedule: '0 * * * *' } });
  const message = 'Internal error occurred: failed calling webhook "policy.example.com": connection refused';
  cluster.refusal = new KubeError(500, 'InternalError', message);
  until('09:00:00');
  await expect(operator.looks()).rejects.toThrow(message);
  expect(cluster.schedule.status.conditions).not.toContainEqual(expect.objectContaining({ type: 'LastRunSucceeded' }));
  until('09:01:00');
  expect(await operator.looks()).toEqual({ kind: 'lookAgainAt', epochMs: Date.parse(time('09:02:00')) });
  const told = { type: 'LastRunSucceeded', status: 'False', reason: 'CreateRefused', message: expect.stringContaining(message) as string };
  expect(cluster.schedule.status.conditions).toContainEqual(expect.objectContaining(told));
  cluster.refusal = undefined;
  until('09:02:00');
  await operator.looks();
  expect([...cluster.created]).toEqual([[NINE, 1]]);
  expect(cluster.schedule.status).toMatchObject({ lastScheduleTime: time('09:00:00'), missedRuns: 0 });
});

test.each<readonly [story: string, given: Partial<GivenSchedule>]>([
  ['at its time', { parameters: SINCE }],
  ['on request', { parameters: SINCE, spec: { suspend: true }, annotations: { 'dossier.dev/run': 'now' } }],
])('what a run made %s covers stays covered when somebody deletes its Report as soon as that is Ready', async (_, given) => {
  const { cluster, operator } = await minutely(given);
  until('09:00:00');
  await operator.looks();
  const [name = ''] = cluster.created.keys();
  operator.sees('schedules', 'reports');
  cluster.finish(name, 'Ready');
  operator.sees('reports');
  cluster.reports.delete(name);
  cluster.annotate({ ...given.annotations, note: 'changed by somebody' });
  operator.sees('reports', 'schedules');
  until('09:00:20');
  await operator.looks();
  const covered = given.annotations === undefined ? time('09:00:00') : time('08:59:30');
  expect(cluster.schedule.status).toMatchObject({ coveredUntil: covered, lastReport: { name, phase: 'Ready' }, activeCount: 0 });
  expect(cluster.schedule.status.covering).toBeUndefined();
});

test('what a run covers stays open when somebody deletes its Report before that is Ready', async () => {
  const { cluster, operator } = await minutely({ parameters: SINCE });
  until('09:00:00');
  await operator.looks();
  operator.sees('schedules', 'reports');
  cluster.reports.delete(NINE);
  await operator.looks('reports');
  expect(cluster.schedule.status).toMatchObject({ coveredUntil: time('08:59:00'), activeCount: 0 });
  expect(cluster.schedule.status.covering).toBeUndefined();
});

test('an operator need not look again for what it has written itself', async () => {
  const { operator } = await minutely();
  expect(operator.wakes).toBe(1);
  until('09:00:10');
  await operator.looks('reports');
  expect(operator.sees('schedules').wakes).toBe(1);
});

test('of two runs of SincePreviousRun that are asked for in quick succession, the second goes on where the first one ends', async () => {
  const { cluster, operator } = await minutely({ parameters: SINCE, spec: { suspend: true } });
  const names = ['first', 'second'].map((value) => requestedRunName('minutely', value));
  cluster.annotate({ 'dossier.dev/run': 'first' });
  cluster.onCreated = () => {
    cluster.onCreated = undefined;
    cluster.annotate({ 'dossier.dev/run': 'second' });
  };
  until('09:00:10');
  await expect(operator.looks('schedules')).rejects.toSatisfy(isConflict);
  await operator.looks('schedules', 'reports');
  expect([...cluster.created.keys()]).toEqual(names.slice(0, 1));
  expect(cluster.schedule.status).toMatchObject({ lastHandledRun: 'first', covering: { name: names[0] } });
  until('09:00:20');
  cluster.finish(names[0] ?? '', 'Ready');
  await operator.looks('schedules', 'reports');
  expect([...cluster.created.keys()]).toEqual(names);
  const period = cluster.reports.get(names[1] ?? '')?.spec.parameters?.[0]?.period;
  expect(period).toEqual({ from: time('09:00:10'), to: time('09:00:20') });
});

test.each<readonly [who: string, isSuccessor: boolean]>([
  ['whose answer was lost', false],
  ['that a predecessor made', true],
])('a run %s, and that no cache shows by its next time, holds that back and is not counted as missed', async (_, isSuccessor) => {
  const { cluster, operator } = await minutely({ parameters: SINCE });
  const next = isSuccessor ? new Instance(cluster).sees('schedules', 'reports') : operator;
  until('09:00:00');
  cluster.losesAnswer = true;
  await expect(operator.looks()).rejects.toThrow('the answer is lost');
  until('09:01:00');
  await next.looks();
  expect([...cluster.created]).toEqual([[NINE, 1]]);
  expect(cluster.schedule.status).toMatchObject({
    lastScheduleTime: time('09:00:00'),
    covering: { name: NINE, until: time('09:00:00') },
    activeCount: 1,
    missedRuns: 0,
  });
});
