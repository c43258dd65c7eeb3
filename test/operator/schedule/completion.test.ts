import { expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { reportsToPrune } from '../../../src/operator/schedule/history.ts';
import { summaryOf } from '../../../src/operator/schedule/summary.ts';
import type { ReportSchedule } from '../../../src/api/generated/reportschedule.ts';
import { aReport } from '../report/given.ts';

const SECOND = '2026-11-01T06:00:01Z';

function ready(name: string, resourceVersion: string, deleting = false): Report {
  const report = aReport({ status: { phase: 'Ready', completionTime: SECOND } });
  const going = deleting ? { deletionTimestamp: SECOND } : {};
  return { ...report, metadata: { ...report.metadata, name, uid: name, resourceVersion, ...going } };
}

const SCHEDULE = { spec: { schedule: '@daily' }, status: {} } as ReportSchedule;
const NOW = Date.parse(SECOND);
const LIMITS = { successful: 1, failed: 0 };

test.each([
  ['in the order of their names', [ready('a', '7'), ready('b', '8'), ready('c', '9')], 'c'],
  ['against the order of their names', [ready('c', '7'), ready('b', '8'), ready('a', '9')], 'a'],
  ['of which one was written last because it is being deleted', [ready('c', '10', true), ready('b', '8'), ready('a', '9')], 'a'],
])('of runs that ended within one second, %s, the last one is what status says and history keeps', (_, reports, last) => {
  for (const given of [reports, reports.toReversed()]) {
    expect(summaryOf(SCHEDULE, { reports: given, gone: [] }, NOW).lastReport?.name).toBe(last);
    expect(reportsToPrune(given, LIMITS, NOW).map(({ metadata }) => metadata.name)).not.toContain(last);
  }
});
