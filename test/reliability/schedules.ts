/** Schedules in the weather: runs that are asked for one after the other, and a schedule of every minute. Each run is made once, whatever becomes of the requests. */
import { expect, vi } from 'vitest';
import type { Report } from '../../src/api/generated/report.ts';
import type { ReportSchedule } from '../../src/api/generated/reportschedule.ts';
import { REPORT_SCHEDULES } from '../../src/kube/resources.ts';
import { requestedRunName } from '../../src/schedule/run-name.ts';
import type { Billing } from '../integration/support/billing.ts';
import { conditionOf, getSchedule, newSchedule, runNow, runsOf } from '../integration/support/schedules.ts';
import { inlineMember, type Member } from './batch.ts';
import type { Sighting } from './observer.ts';

const ASKED = 'asked';
const MINUTELY = 'minutely';
const VALUES = ['one', 'two', 'three'];
const MINUTE_MS = 60_000;
/** The operator may be killed and start again in between, on a busy machine. */
const HEEDED_MS = 120_000;

export async function createSchedules(billing: Billing): Promise<void> {
  const report = { spec: { templateRef: { name: 'inline' }, format: 'CSV', deletionPolicy: 'Delete' } };
  await newSchedule(billing, ASKED, { schedule: '0 6 1 1 *', concurrencyPolicy: 'Allow', report });
  await newSchedule(billing, MINUTELY, { schedule: '* * * * *', concurrencyPolicy: 'Allow', missedRuns: { policy: 'All' }, report });
}

/** Asks for a run, and for the next when it was heeded: a value that is written over is nobody's wish any more. Resolves when all were, and none comes any more. */
export async function askForRuns(billing: Billing): Promise<void> {
  for (const value of VALUES) {
    await runNow(billing, ASKED, value);
    await until(billing, ASKED, ({ status }) => status.lastHandledRun === value);
  }
  await billing.patch(REPORT_SCHEDULES, MINUTELY, { op: 'add', path: '/spec/suspend', value: true });
  await until(billing, MINUTELY, (schedule) => conditionOf(schedule, 'Ready').reason === 'Suspended');
}

async function until(billing: Billing, name: string, is: (schedule: ReportSchedule) => boolean): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(is(await getSchedule(billing, name))).toBe(true);
    },
    { timeout: HEEDED_MS, interval: 50 },
  );
}

/** The Reports that schedules have made, each as a member that must become Ready. */
export async function runsOfSchedules(billing: Billing): Promise<readonly Member[]> {
  const reports = [...(await runsOf(billing, ASKED)), ...(await runsOf(billing, MINUTELY))];
  return reports.map(({ metadata }) => inlineMember(metadata.name, 'CSV'));
}

/** Their Reports go with them. */
export async function deleteSchedules(billing: Billing): Promise<void> {
  for (const name of [ASKED, MINUTELY]) await billing.delete(REPORT_SCHEDULES, name);
}

/** Runs that were made twice, not at all, or that nobody asked for. */
export function wrongRuns(reports: readonly Sighting<Report>[]): readonly string[] {
  const made = reports.filter(({ type, object }) => type === 'ADDED' && object.metadata.labels?.['dossier.dev/schedule'] !== undefined);
  const names = made.map(({ object }) => object.metadata.name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} was made twice`);
  const asked = names.filter((name) => name.startsWith(`${ASKED}-`)).toSorted();
  const wished = VALUES.map((value) => requestedRunName(ASKED, value)).toSorted();
  const minutes = names
    .filter((name) => name.startsWith(`${MINUTELY}-`))
    .map((name) => Number(name.slice(MINUTELY.length + 1)))
    .toSorted((a, b) => a - b);
  const gaps = minutes.filter((minute, index) => index > 0 && minute !== (minutes[index - 1] ?? 0) + 1);
  return [
    ...twice,
    ...(asked.join() === wished.join() ? [] : [`asked for ${wished.join(', ')} and got ${asked.join(', ')}`]),
    ...gaps.map((minute) => `no run in the minute before ${new Date(minute * MINUTE_MS).toISOString()}`),
  ];
}
