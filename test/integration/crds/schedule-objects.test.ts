/** What the apiserver makes of a ReportSchedule, how its embedded spec differs from a Report's, and what kubectl shows of it. */
import { describe, expect, test } from 'vitest';
import type { ReportSchedule } from '../../../src/api/generated/reportschedule.ts';
import { isConflict } from '../../../src/kube/errors.ts';
import { REPORT_SCHEDULES, REPORTS } from '../../../src/kube/resources.ts';
import { kubectl, messageOf, useApiserver } from './apiserver.ts';

const apiserver = useApiserver();
const templateRef = { name: 'invoices' };

async function create(name: string, spec: object): Promise<ReportSchedule> {
  const manifest = { apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportSchedule', metadata: { name, namespace: apiserver.namespace }, spec };
  return apiserver.client().create<ReportSchedule>(REPORT_SCHEDULES, manifest, apiserver.signal);
}

async function setStatus({ metadata: { name, namespace, uid } }: ReportSchedule, status: object): Promise<void> {
  const manifest = {
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'ReportSchedule',
    metadata: { name, namespace: namespace ?? '', uid },
    status,
  };
  await apiserver.client().applyStatus(REPORT_SCHEDULES, manifest, name, apiserver.signal);
}

test('defaults stand in the object', async () => {
  const { spec, status } = await create('defaults', { schedule: '0 6 1 * *', report: { spec: { templateRef } } });
  expect(spec).toEqual({
    schedule: '0 6 1 * *',
    timeZone: 'UTC',
    suspend: false,
    concurrencyPolicy: 'Forbid',
    missedRuns: { policy: 'Latest', limit: 10 },
    history: { successful: 30, failed: 5 },
    report: { spec: { templateRef: { ...templateRef, kind: 'ReportTemplate' }, startDeadlineSeconds: 3600, deletionPolicy: 'Retain' } },
  });
  expect(status).toEqual({ observedGeneration: -1 });
});

describe("the embedded spec differs from a Report's in four things:", () => {
  const since = { templateRef, parameters: [{ name: 'span', period: { relative: 'SincePreviousRun' } }] };
  const report = (spec: object): Promise<string> =>
    apiserver.verdict(REPORTS, {
      apiVersion: 'dossier.dev/v1alpha1',
      kind: 'Report',
      metadata: { name: 'plain', namespace: apiserver.namespace },
      spec,
    });

  test('no default for the zone, and files that stay', async () => {
    const { spec } = (await create('own-defaults', { schedule: '@daily', timeZone: 'Europe/Berlin', report: { spec: { templateRef } } }))
      .spec.report;
    expect(spec).not.toHaveProperty('timeZone');
    expect(spec.deletionPolicy).toBe('Retain');
  });

  test('SincePreviousRun is allowed, in a plain Report it is refused', async () => {
    const { spec } = (await create('since', { schedule: '@daily', report: { spec: since } })).spec.report;
    expect(spec.parameters).toEqual(since.parameters);
    expect(await report(since)).toContain('SincePreviousRun');
  });

  test('it may be changed at any time', async () => {
    const before = await create('edited', { schedule: '@daily', report: { spec: { templateRef } } });
    const after = { schedule: '@weekly', report: { spec: { templateRef: { name: 'other' }, timeZone: 'Asia/Tokyo', format: 'CSV' } } };
    const { metadata, ...rest } = before;
    const manifest = { ...rest, metadata: { name: metadata.name, namespace: apiserver.namespace }, spec: after };
    expect(await apiserver.replaced(REPORT_SCHEDULES, before, manifest)).toBe('');
  });
});

test('a status of its bounds is accepted, one beyond them refused, and an old writer does not turn it back', async () => {
  const schedule = await create('bounds', { schedule: '@daily', report: { spec: { templateRef } } });
  const active = (count: number): object[] =>
    Array.from({ length: count }, (_, index) => ({ name: `bounds-${index}`, uid: crypto.randomUUID() }));
  expect(await messageOf(() => setStatus(schedule, { observedGeneration: 1, active: active(50) }))).toBe('');
  expect(await messageOf(() => setStatus(schedule, { observedGeneration: 1, active: active(51) }))).toContain('status.active: Too many');
  const { name, namespace = '', uid, resourceVersion } = schedule.metadata;
  const stale = {
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'ReportSchedule',
    metadata: { name, namespace, uid, resourceVersion },
    status: { observedGeneration: 1 },
  };
  const old = apiserver.client().applyStatus(REPORT_SCHEDULES, stale, name, apiserver.signal);
  await expect(old).rejects.toSatisfy(isConflict);
});

describe('kubectl get rptsched', () => {
  async function lines(...args: readonly string[]): Promise<readonly string[]> {
    const { stdout, stderr } = await kubectl(['get', 'rptsched', '-n', apiserver.namespace, ...args]);
    expect(stderr).toBe('');
    return stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | '));
  }

  test('shows when it runs, ran and will run; wide adds the last Report and why it does not run', async () => {
    const schedule = await create('shown', { schedule: '0 6 1 * *', timeZone: 'Europe/Berlin', report: { spec: { templateRef } } });
    const time = '2026-11-01T05:00:00Z';
    await setStatus(schedule, {
      observedGeneration: 1,
      timetable: '0 6 1 * *',
      activeCount: 2,
      lastScheduleTime: new Date(Date.now() - 90_000).toISOString(),
      nextScheduleTime: '2036-12-01T05:00:00Z',
      lastReport: { name: 'shown-29384720', phase: 'Ready', time },
      conditions: [{ type: 'Ready', status: 'True', reason: 'Scheduled', message: 'Reports are made', lastTransitionTime: time }],
    });
    const [header, row] = await lines('shown');
    expect(header).toBe('NAME | SCHEDULE | ZONE | SUSPEND | ACTIVE | LAST | NEXT | AGE');
    expect(row).toMatch(/^shown \| 0 6 1 \* \* \| Europe\/Berlin \| false \| 2 \| (9\d|1\d\d)s \| 2036-12-01T05:00:00Z \| \d+s$/);
    const [wideHeader, wideRow] = await lines('shown', '-o', 'wide');
    expect(wideHeader).toBe('NAME | SCHEDULE | ZONE | SUSPEND | ACTIVE | LAST | NEXT | LAST REPORT | AGE | REASON | MESSAGE');
    expect(wideRow).toMatch(/2036-12-01T05:00:00Z \| shown-29384720 \| \d+s \| Scheduled \| Reports are made$/);
  });

  test('goes by all its names', async () => {
    for (const name of ['reportschedule', 'reportschedules', 'rptsched', 'dossier'])
      expect(await kubectl(['get', name, '-n', apiserver.namespace, '-o', 'name'])).toMatchObject({ code: 0, stderr: '' });
  });
});
