/** ReportSchedules of a test: made, followed, and given a past without waiting for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../../src/api/generated/report.ts';
import type { ReportSchedule } from '../../../src/api/generated/reportschedule.ts';
import { REPORT_SCHEDULES, REPORTS } from '../../../src/kube/resources.ts';
import type { Billing } from './billing.ts';

const DEADLINE_MS = 60_000;
const POLL_MS = 50;

/** A ReportSchedule of `prices`, suspended unless `spec` says otherwise. */
export async function newSchedule(
  billing: Billing,
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
  annotations: Readonly<Record<string, string>> = {},
): Promise<ReportSchedule> {
  const whole = { schedule: '0 6 1 1 *', report: { spec: { templateRef: { name: 'prices' } } }, ...spec };
  return billing.create<ReportSchedule>(REPORT_SCHEDULES, name, { spec: whole }, { annotations });
}

export async function getSchedule({ client, namespace, signal }: Billing, name: string): Promise<ReportSchedule> {
  return client.get<ReportSchedule>(REPORT_SCHEDULES, namespace, name, signal);
}

/** Waits until the schedule is as asked; one that never is ends the test with what it was last. */
export async function untilSchedule(billing: Billing, name: string, is: (schedule: ReportSchedule) => boolean): Promise<ReportSchedule> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const schedule = await getSchedule(billing, name);
    if (is(schedule)) return schedule;
    if (performance.now() > deadline)
      throw new Error(`ReportSchedule ${name} never was as asked; it is: ${JSON.stringify(schedule.status, undefined, 2)}`);
    await sleep(POLL_MS);
  }
}

/** Reports that carry the schedule's label, oldest scheduled time first. */
export async function runsOf({ client, namespace, signal }: Billing, schedule: string): Promise<readonly Report[]> {
  const { items } = await client.list<Report>(REPORTS, { namespace, labelSelector: `dossier.dev/schedule=${schedule}` }, signal);
  return items.toSorted((a, b) => scheduledAt(a).localeCompare(scheduledAt(b)) || a.metadata.name.localeCompare(b.metadata.name));
}

/** Waits until the schedule has so many Reports. */
export async function untilRuns(billing: Billing, schedule: string, count: number): Promise<readonly Report[]> {
  await untilSchedule(billing, schedule, () => true);
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const runs = await runsOf(billing, schedule);
    if (runs.length === count) return runs;
    if (performance.now() > deadline) throw new Error(`${schedule} has ${runs.length} Reports instead of ${count}`);
    await sleep(POLL_MS);
  }
}

export function scheduledAt({ metadata }: Report): string {
  return metadata.annotations?.['dossier.dev/scheduled-at'] ?? '';
}

export function conditionOf(
  { status }: ReportSchedule,
  type: string,
): { readonly status: string; readonly reason: string; readonly message: string } {
  return status.conditions?.find((condition) => condition.type === type) ?? { status: '', reason: '', message: '' };
}

/** Asks for a run now, as kubectl annotate does it. */
export async function runNow(billing: Billing, name: string, value: string): Promise<void> {
  const { metadata } = await getSchedule(billing, name);
  const path = '/metadata/annotations';
  await billing.patch(REPORT_SCHEDULES, name, { op: 'add', path, value: { ...metadata.annotations, 'dossier.dev/run': value } });
}

/** Makes it so that times count from then on, as if nobody had been there since; for a schedule that no operator works on now. */
export async function sleptSince(billing: Billing, name: string, baseline: number): Promise<void> {
  const { metadata, spec, status } = await getSchedule(billing, name);
  const past = {
    ...status,
    baselineTime: `${new Date(baseline).toISOString().slice(0, 19)}Z`,
    observedSchedule: `${spec.schedule ?? ''} ${spec.timeZone}`,
  };
  const manifest = {
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'ReportSchedule',
    metadata: { name, namespace: billing.namespace },
    status: past,
  };
  await billing.client.applyStatus(
    REPORT_SCHEDULES,
    { ...manifest, metadata: { ...manifest.metadata, uid: metadata.uid } },
    name,
    billing.signal,
  );
}
