/**
 * Times that passed while nobody was there, and times that come while a run is active, on a real apiserver. A schedule gets its past from the test, so that no minute has
 * to be waited for: what the operator finds is what it would find after hours of absence.
 */
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { REPORTS } from '../../../src/kube/resources.ts';
import { Billing, reasonOf } from '../support/billing.ts';
import { startOperator, type TestOperator } from '../support/operator.ts';
import { conditionOf, getSchedule, newSchedule, runsOf, scheduledAt, sleptSince, untilRuns, untilSchedule } from '../support/schedules.ts';
import { adminClient, newBucket, newNamespace } from '../support/servers.ts';
import { storyOf } from '../support/traces.ts';

const HOUR_MS = 3_600_000;
/** So that the next full hour cannot come during the test, whenever that runs: every hour at the minute half an hour away. */
const MINUTE = (new Date().getUTCMinutes() + 30) % 60;
const HOURLY = `${MINUTE} * * * *`;
/** The newest time of that schedule, and the one `hours` before it. */
function passed(hours = 0): string {
  const newest = Math.floor((Date.now() - MINUTE * 60_000) / HOUR_MS) * HOUR_MS + MINUTE * 60_000;
  return `${new Date(newest - hours * HOUR_MS).toISOString().slice(0, 19)}Z`;
}

let client: KubeClient;
let billing: Billing;
let operator: TestOperator;

/** Reports that stay Pending until they are deleted. */
const waiting = { spec: { templateRef: { name: 'to-come' }, startDeadlineSeconds: 0 } };
const schedules: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  latest: {},
  skip: { missedRuns: { policy: 'Skip' } },
  late: { startingDeadlineSeconds: 60 },
  all: { missedRuns: { policy: 'All', limit: 3 }, concurrencyPolicy: 'Allow' },
  forbid: { report: waiting },
  allow: { report: waiting, concurrencyPolicy: 'Allow' },
  replace: { report: waiting, concurrencyPolicy: 'Replace' },
  queue: { report: waiting, concurrencyPolicy: 'Queue' },
  suspended: { suspend: true },
};
const BUSY = ['forbid', 'allow', 'replace', 'queue'];

beforeAll(async () => {
  client = adminClient();
  billing = new Billing(client, await newNamespace(client, 'missed'), await newBucket('missed'));
  await billing.storage();
  await billing.priceList();
  for (const [name, spec] of Object.entries(schedules)) {
    await newSchedule(billing, name, { schedule: HOURLY, ...spec }, BUSY.includes(name) ? { 'dossier.dev/run': 'busy' } : {});
  }
  const before = startOperator(billing.namespace);
  for (const name of Object.keys(schedules)) await untilSchedule(billing, name, ({ status }) => status.observedGeneration === 1);
  for (const name of BUSY) await untilSchedule(billing, name, ({ status }) => status.lastHandledRun === 'busy');
  await before.stop();
  for (const name of Object.keys(schedules)) await sleptSince(billing, name, Date.parse(passed(5)));
  operator = startOperator(billing.namespace);
});
afterAll(async () => {
  await operator.stop();
  await client.transport.close();
});

/** Scheduled times that have Reports, annotation runs left out. */
async function madeFor(name: string): Promise<readonly string[]> {
  const runs = await runsOf(billing, name);
  return runs.filter(({ metadata }) => metadata.annotations?.['dossier.dev/run'] === undefined).map(scheduledAt);
}

describe('after five hours without an operator', () => {
  test.each<readonly [name: string, made: () => readonly string[], missed: number]>([
    ['latest', () => [passed()], 4],
    ['skip', () => [], 5],
    ['late', () => [], 5],
    ['all', () => [passed(2), passed(1), passed()], 2],
    ['suspended', () => [], 5],
  ])('a schedule of %s has the Reports that its policy says, and counts the rest', async (name, made, missed) => {
    onTestFailed(() => console.log(operator.log()));
    const last = made().at(-1);
    await untilSchedule(billing, name, ({ status }) => status.missedRuns === missed && status.lastScheduleTime === last);
    expect(await madeFor(name)).toEqual(made());
    await expect.poll(() => storyOf(billing, 'ReportSchedule', name)).toContain('Warning RunsMissed');
  });

  test('the Reports that were made up for are made as any other', async () => {
    for (const { metadata } of await untilRuns(billing, 'all', 3))
      expect((await billing.finished(metadata.name)).status.phase).toBe('Ready');
    await untilSchedule(billing, 'all', ({ status }) => status.activeCount === 0);
  });
});

describe('while a run is active', () => {
  test('Allow makes the next beside it', async () => {
    await untilRuns(billing, 'allow', 2);
    expect(await madeFor('allow')).toEqual([passed()]);
  });

  test('Forbid keeps the newest time, says what it waits for, and makes its Report when the other is gone', async () => {
    const { status } = await untilSchedule(billing, 'forbid', (schedule) => schedule.status.missedRuns === 4);
    expect(await madeFor('forbid')).toEqual([]);
    expect(status.nextScheduleTime).toBe(passed());
    const [active] = await runsOf(billing, 'forbid');
    const message = `the run of ${passed()} waits until Report ${active?.metadata.name ?? ''} of this schedule has ended`;
    expect(conditionOf(await getSchedule(billing, 'forbid'), 'Ready')).toMatchObject({ status: 'True', reason: 'Scheduled', message });
    await billing.delete(REPORTS, active?.metadata.name ?? '');
    await expect.poll(() => madeFor('forbid'), { timeout: 20_000 }).toEqual([passed()]);
    await untilSchedule(billing, 'forbid', (schedule) => schedule.status.missedRuns === 4 && schedule.status.activeCount === 1);
  });

  test('Replace deletes it, and makes the next once it is gone', async () => {
    await expect.poll(() => madeFor('replace'), { timeout: 20_000 }).toEqual([passed()]);
    expect(await runsOf(billing, 'replace')).toHaveLength(1);
    await expect
      .poll(() => storyOf(billing, 'ReportSchedule', 'replace'))
      .toEqual(expect.arrayContaining(['Normal ReportReplaced', 'Normal ReportCreated']));
  });

  test('Queue makes the next, which waits for its turn', async () => {
    const runs = await untilRuns(billing, 'queue', 2);
    const queued = runs.find(({ metadata }) => metadata.annotations?.['dossier.dev/queue'] === 'true');
    // The run by annotation was handled later than the time that passed, and nobody waits for a younger one.
    expect(queued === undefined ? '' : scheduledAt(queued)).toBe(passed());
    expect(reasonOf(await billing.until(queued?.metadata.name ?? '', ({ status }) => status.phase === 'Pending'))).toBe('TemplateNotFound');
  });
});
