import { describe, expect, test } from 'vitest';
import { FAILURE_REASONS } from '../../src/api/reasons.ts';
import type { ReportSchedule, ReportScheduleStatus } from '../../src/api/generated/reportschedule.ts';
import type { ReportStorage } from '../../src/api/generated/reportstorage.ts';
import { IndexedStore } from '../../src/kube/store.ts';
import { declaredMetrics } from '../telemetry/metrics/declared.ts';
import { readMetrics, valueOf } from '../telemetry/metrics/read.ts';
import { aReport, time } from './report/given.ts';

const FILE = {
  name: 'invoices.csv',
  format: 'CSV',
  contentType: 'text/csv; charset=utf-8',
  rows: 3,
  sheets: 1,
  sizeBytes: 120,
  size: '120B',
  sha256: 'a'.repeat(64),
  bucket: 'reports',
  key: 'k',
  uri: 's3://reports/k',
  etag: 'e',
  storage: { name: 'archive', uid: 'u' },
} as const;

describe('a Report that ends', () => {
  test('Ready counts with its rows, its size and its duration', () => {
    const { registry, observer } = declaredMetrics();
    const status = { phase: 'Ready', startTime: time(10), completionTime: time(70), file: FILE } as const;
    observer.reportEnded(aReport({ status, reason: 'Completed' }));
    const text = registry.text();
    expect(valueOf(text, 'dossier_report_runs_total', { result: 'Ready', reason: 'Completed' })).toBe(1);
    expect(valueOf(text, 'dossier_report_rows_total', { format: 'CSV' })).toBe(3);
    expect(valueOf(text, 'dossier_report_bytes_total', { format: 'CSV' })).toBe(120);
    expect(text).toContain('dossier_report_duration_seconds_sum{result="Ready"} 60\n');
  });

  test('Failed counts by its reason, from its creation when it never started', () => {
    const { registry, observer } = declaredMetrics();
    observer.reportEnded(aReport({ status: { phase: 'Failed', completionTime: time(3600) }, reason: 'StartDeadlineExceeded' }));
    expect(valueOf(registry.text(), 'dossier_report_runs_total', { result: 'Failed', reason: 'StartDeadlineExceeded' })).toBe(1);
    expect(registry.text()).toContain('dossier_report_duration_seconds_sum{result="Failed"} 3600\n');
  });

  test('is expected with 0 for every reason, so that the first one is an increase', () => {
    const runs = readMetrics(declaredMetrics().registry.text()).find(({ name }) => name === 'dossier_report_runs_total');
    expect(runs?.metrics.map(({ labels, value }) => [labels?.['reason'], value])).toEqual([
      ['Completed', '0'],
      ...FAILURE_REASONS.map((reason) => [reason, '0']),
    ]);
  });
});

test('Reports are counted by phase, and the oldest unfinished one tells its age', () => {
  const reports = new IndexedStore<ReturnType<typeof aReport>>({});
  const { registry } = declaredMetrics({ reports });
  expect(valueOf(registry.text(), 'dossier_report_oldest_unfinished_seconds')).toBe(0);
  reports.set(aReport({ status: { phase: 'Deploying' } }));
  expect(valueOf(registry.text(), 'dossier_reports', { phase: 'Deploying' })).toBe(1);
  expect(valueOf(registry.text(), 'dossier_reports', { phase: 'Ready' })).toBe(0);
  const age = (Date.now() - Date.parse(time(0))) / 1000;
  expect(valueOf(registry.text(), 'dossier_report_oldest_unfinished_seconds')).toBeCloseTo(age, -1);
});

describe('a schedule', () => {
  const condition = (type: string, status: 'True' | 'False') =>
    ({ type, status, reason: 'R', message: 'm', lastTransitionTime: time(0) }) as const;

  function textOf(status: Partial<ReportScheduleStatus>, suspend = false): { readonly text: string; readonly without: () => string } {
    const schedules = new IndexedStore<ReportSchedule>({});
    const { registry } = declaredMetrics({ schedules });
    const schedule = {
      metadata: { name: 'monthly', namespace: 'billing', uid: 's', resourceVersion: '1', creationTimestamp: time(0) },
      spec: { suspend },
      status,
    } as unknown as ReportSchedule;
    schedules.set(schedule);
    const text = registry.text();
    return {
      text,
      without: () => {
        schedules.delete('billing/monthly');
        return registry.text();
      },
    };
  }
  const labels = { namespace: 'billing', schedule: 'monthly' };

  test('shows its times, its misses and how it is', () => {
    const { text, without } = textOf({
      missedRuns: 2,
      nextScheduleTime: time(100),
      lastSuccessfulTime: time(50),
      conditions: [condition('Ready', 'True'), condition('LastRunSucceeded', 'False')],
    });
    const values = ['missed_total', 'next_run_timestamp_seconds', 'last_success_timestamp_seconds', 'last_run_succeeded', 'ready'].map(
      (name) => valueOf(text, `dossier_schedule_${name}`, labels),
    );
    expect(values).toEqual([2, Date.parse(time(100)) / 1000, Date.parse(time(50)) / 1000, 0, 1]);
    expect(without()).not.toContain('monthly');
  });

  test('that is new or suspended has no next time and no last', () => {
    const { text } = textOf({ nextScheduleTime: time(100) }, true);
    expect(valueOf(text, 'dossier_schedule_next_run_timestamp_seconds', labels)).toBeUndefined();
    expect(valueOf(text, 'dossier_schedule_last_success_timestamp_seconds', labels)).toBeUndefined();
    expect(valueOf(text, 'dossier_schedule_missed_total', labels)).toBe(0);
  });

  test('that ran early by the clock counts as in time', () => {
    const { registry, observer } = declaredMetrics();
    observer.scheduleRan(-5);
    observer.scheduleRan(1500);
    expect(registry.text()).toContain('dossier_schedule_skew_seconds_sum 1.5\n');
  });
});

test('a storage is available, not available, or not looked at yet', () => {
  const storages = new IndexedStore<ReportStorage>({});
  const { registry } = declaredMetrics({ storages });
  for (const [name, status] of [
    ['good', 'True'],
    ['bad', 'False'],
    ['new', undefined],
  ] as const) {
    storages.set({
      metadata: { name, namespace: 'billing', uid: name, resourceVersion: '1', creationTimestamp: time(0) },
      status:
        status === undefined ? {} : { conditions: [{ type: 'Ready', status, reason: 'R', message: '', lastTransitionTime: time(0) }] },
    } as unknown as ReportStorage);
  }
  const value = (storage: string): number | undefined =>
    valueOf(registry.text(), 'dossier_storage_available', { namespace: 'billing', storage });
  expect([value('good'), value('bad'), value('new')]).toEqual([1, 0, undefined]);
});

test('files that were given up and links that were signed are counted', () => {
  const { registry, observer } = declaredMetrics();
  expect(valueOf(registry.text(), 'dossier_files_abandoned_total')).toBe(0);
  observer.fileAbandoned();
  observer.downloadEnded('Signed');
  expect(valueOf(registry.text(), 'dossier_files_abandoned_total')).toBe(1);
  expect(valueOf(registry.text(), 'dossier_downloads_total', { reason: 'Signed' })).toBe(1);
});
