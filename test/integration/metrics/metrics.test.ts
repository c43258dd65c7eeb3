/** What Prometheus gets from an operator that works: every family that the documentation lists, right values, and no name of anybody's Report. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { REPORT_DOWNLOADS, REPORT_SCHEDULES } from '../../../src/kube/resources.ts';
import { page, tableRows } from '../../docs/pages.ts';
import { readMetrics, valueOf } from '../../telemetry/metrics/read.ts';
import { useBilling } from '../support/billing.ts';
import { untilStorage } from '../support/storages.ts';

const POLL_MS = 50;
const { billing, operator } = useBilling('metrics');

function metricsUrl(): string {
  const port = /"metricsPort":(\d+)/.exec(operator().log())?.[1] ?? 'not told';
  return `http://127.0.0.1:${port}/metrics`;
}

async function scrape(): Promise<string> {
  return (await fetch(metricsUrl())).text();
}

/** Scrapes until the text is as asked. */
async function scrapeUntil(is: (text: string) => boolean): Promise<string> {
  for (;;) {
    const text = await scrape();
    if (is(text)) return text;
    await sleep(POLL_MS, undefined, { signal: billing().signal });
  }
}

beforeAll(async () => {
  await billing().storage();
  await billing().priceList();
  await untilStorage(billing(), 'archive', 'Available');
  await billing().report('secret-merger', { templateRef: { name: 'prices' } });
  await billing().report('wrong', { templateRef: { name: 'prices' }, parameters: [{ name: 'nobody', value: 'x' }] });
  expect((await billing().finished('secret-merger')).status.phase).toBe('Ready');
  expect((await billing().finished('wrong')).status.phase).toBe('Failed');
  await billing().create(REPORT_DOWNLOADS, 'secret-link', { spec: { reportRef: { name: 'secret-merger' } } });
  const report = { spec: { templateRef: { name: 'prices' } } };
  await billing().create(REPORT_SCHEDULES, 'yearly', { spec: { schedule: '0 6 1 1 *', report } });
});

test('everything that was done is counted, and everything that is there is shown', async () => {
  const here = { namespace: billing().namespace };
  const text = await scrapeUntil(
    (each) =>
      valueOf(each, 'dossier_schedule_next_run_timestamp_seconds', { ...here, schedule: 'yearly' }) !== undefined &&
      valueOf(each, 'dossier_downloads_total', { reason: 'Signed' }) === 1,
  );
  expect(valueOf(text, 'dossier_report_runs_total', { result: 'Ready', reason: 'Completed' })).toBe(1);
  expect(valueOf(text, 'dossier_report_runs_total', { result: 'Failed', reason: 'InvalidParameters' })).toBe(1);
  expect(valueOf(text, 'dossier_report_rows_total', { format: 'CSV' })).toBe(2);
  expect(valueOf(text, 'dossier_reports', { phase: 'Ready' })).toBe(1);
  expect(valueOf(text, 'dossier_storage_available', { ...here, storage: 'archive' })).toBe(1);
  expect(valueOf(text, 'dossier_schedule_missed_total', { ...here, schedule: 'yearly' })).toBe(0);
  expect(valueOf(text, 'leader_election_master_status', { name: 'dossier-operator' })).toBe(1);
  expect(valueOf(text, 'dossier_cache_objects', { kind: 'Report' })).toBe(2);
  expect(valueOf(text, 'dossier_watch_lists_total', { kind: 'Report' })).toBe(1);
  expect(valueOf(text, 'controller_runtime_reconcile_total', { controller: 'report', result: 'success' })).toBeGreaterThan(0);
  expect(text).toMatch(/^rest_client_requests_total\{code="201",method="POST",host="127\.0\.0\.1:\d+"\} \d+$/m);
  expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(50e6);
});

test('the families are those of docs/metrics.md, in a text that others read', async () => {
  const text = await scrape();
  const documented = tableRows(page('docs/metrics.md').text).flatMap(([name = '', type]) =>
    !/^[a-z]/.test(name) || name === 'metric' || name === 'alert' ? [] : [`${name} ${type?.toUpperCase()}`],
  );
  expect(
    readMetrics(text)
      .map(({ name, type }) => `${name} ${type}`)
      .toSorted(),
  ).toEqual(documented.toSorted());
});

test('no series has the name of a Report, a download or a template, and a settled operator gets no new ones', async () => {
  const before = await scrape();
  expect(before).not.toMatch(/secret-merger|secret-link|wrong|prices/);
  const series = (text: string): readonly string[] => text.split('\n').map((line) => line.replace(/ \S+$/, ''));
  await billing().report('another', { templateRef: { name: 'prices' } });
  await billing().finished('another');
  const added = series(await scrape()).filter((line) => !series(before).includes(line) && !/^(rest_client|nodejs_eventloop)/.test(line));
  expect(added).toEqual([]);
});

test('a schedule that is deleted takes its series along', async () => {
  await billing().delete(REPORT_SCHEDULES, 'yearly');
  expect(await scrapeUntil((text) => !text.includes('yearly'))).not.toContain('yearly');
});

test('anything but /metrics is not there', async () => {
  const answer = await fetch(metricsUrl().replace('/metrics', '/'));
  expect([answer.status, await answer.text()]).toEqual([404, 'not found: metrics are at /metrics\n']);
});
