/**
 * However absurd a schedule, its annotations and its history, one look at it holds the event loop for less than 100 ms (security.md 6): meanwhile no lease is renewed and no other
 * schedule is looked at. Processor time of this thread is measured, which other work on the machine does not lengthen, and each look is the first of its kind.
 */
import { expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { decide } from '../../../src/operator/schedule/decide.ts';
import { aSchedule, UID, type GivenSchedule } from './world.ts';

const BOUND_MS = 100;
const NOW = '2026-11-23T10:00:00Z';

function reports(count: number, more: (index: number) => Pick<Report, 'status'> & { readonly annotations?: object }): readonly Report[] {
  return Array.from({ length: count }, (_, index) => {
    const { status, annotations } = more(index);
    const time = new Date(Date.parse(NOW) - (index + 1) * 60_000).toISOString();
    return {
      apiVersion: 'dossier.dev/v1alpha1',
      kind: 'Report',
      metadata: {
        name: `monthly-${index}`,
        namespace: 'billing',
        uid: `uid-${index}`,
        resourceVersion: '1',
        creationTimestamp: time,
        annotations: { 'dossier.dev/scheduled-at': time, ...annotations },
        ownerReferences: [{ apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportSchedule', name: 'monthly', uid: UID, controller: true }],
      },
      spec: {
        templateRef: { kind: 'ReportTemplate', name: 'invoices' },
        timeZone: 'UTC',
        startDeadlineSeconds: 3600,
        deletionPolicy: 'Retain',
      },
      status,
    };
  });
}

const ended = (index: number): Pick<Report, 'status'> => ({
  status: { observedGeneration: 1, phase: index % 2 === 0 ? 'Ready' : 'Failed', completionTime: NOW },
});
const running = (): Pick<Report, 'status'> => ({ status: { observedGeneration: 1, phase: 'Deploying' } });
const everyMinute = Array.from({ length: 60 }, (_, minute) => minute).join(',');
const since = [{ name: 'since', period: { relative: 'SincePreviousRun' } }] as const;

interface Absurdity extends Partial<GivenSchedule> {
  readonly reports?: readonly Report[];
}

test.each<readonly [string, Absurdity]>([
  ['every minute, and nobody was there for ten years', { spec: { schedule: '* * * * *' } }],
  [
    'the same, and a hundred are to be made up for',
    { spec: { schedule: '* * * * *', concurrencyPolicy: 'Allow', missedRuns: { policy: 'All', limit: 100 } } },
  ],
  ['all minutes one by one, and nobody was there for ten years', { spec: { schedule: `${everyMinute} * * * *` } }],
  ['times that daylight saving moves by half an hour', { spec: { schedule: '*/7 1-3 * * *', timeZone: 'Australia/Lord_Howe' } }],
  ['times in a zone with two changes around Ramadan', { spec: { schedule: '*/7 1-3 * * *', timeZone: 'Africa/Casablanca' } }],
  ['a date that never comes', { spec: { schedule: '0 6 30,31 2 *' } }],
  ['a date that comes every four years', { spec: { schedule: '0 6 29 2 *' } }],
  ['no schedule at all', { spec: { schedule: '*'.repeat(256) } }],
  ['a zone that is none, nor near one', { spec: { timeZone: 'x/'.repeat(128) } }],
  ['a zone that is nearly one', { spec: { timeZone: 'America/Argentina/ComodRivadaviia' } }],
  [
    'annotations of a quarter of a megabyte',
    { annotations: { 'dossier.dev/run': '('.repeat(262_144), 'dossier.dev/cover-from': '9'.repeat(262_144) } },
  ],
  ['ten thousand Reports that have ended', { spec: { history: { successful: 1_000, failed: 1_000 } }, reports: reports(10_000, ended) }],
  [
    'ten thousand Reports that have not ended, one behind the other',
    { spec: { concurrencyPolicy: 'Queue' }, reports: reports(10_000, running) },
  ],
  [
    'ten thousand Reports that are to be replaced',
    { spec: { schedule: '* * * * *', concurrencyPolicy: 'Replace' }, reports: reports(10_000, running) },
  ],
  [
    'ten thousand Reports from which coverage has to be told',
    {
      parameters: since,
      status: { observedGeneration: 1 },
      reports: reports(10_000, (index) => ({ ...ended(index), annotations: { 'dossier.dev/covers-until': `${'9'.repeat(1_000)}Z` } })),
    },
  ],
])('%s: looked at in less than 100 ms', (_, { reports: history = [], ...given }) => {
  const baselineTime = '2016-11-23T10:00:00Z';
  const schedule = aSchedule({ created: baselineTime, ...given, status: { baselineTime, ...given.status } });
  const view = {
    schedule,
    reports: history,
    gone: [],
    made: [],
    mayBeStale: false,
    taken: new Set<string>(),
    refused: new Map<string, string>(),
  };
  const before = process.threadCpuUsage();
  decide(view, Date.parse(NOW));
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(BOUND_MS);
});
