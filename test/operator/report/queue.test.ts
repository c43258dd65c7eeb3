/** Reports of one schedule under concurrencyPolicy Queue: whose turn it is, and from when the one whose turn came may be late. */
import { describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import { keyOf } from '../../../src/kube/store.ts';
import { IndexedStore } from '../../../src/kube/store.ts';
import { decide, jobRefused } from '../../../src/operator/report/decide.ts';
import { olderSibling, queuedBehind, turnedReports } from '../../../src/operator/report/siblings.ts';
import { checkReport } from '../../../src/operator/report/run.ts';
import { QUEUE_ANNOTATION, REPORTS_BY_SCHEDULE, SCHEDULED_AT_ANNOTATION, scheduleUidOf } from '../../../src/operator/schedule/marks.ts';
import type { Template } from '../../../src/operator/template/template.ts';
import { aJob, aReport, at, aView, time, type GivenReport } from './given.ts';

interface GivenSibling extends GivenReport {
  readonly name?: string;
  /** Seconds after the first scheduled time; undefined = not marked. */
  readonly scheduled?: number;
  readonly queued?: boolean;
  readonly schedule?: string;
  readonly controllerKind?: string;
}

function sibling(given: GivenSibling): Report {
  const { name = 'invoices', scheduled, queued = true, schedule = 'schedule-uid', controllerKind = 'ReportSchedule' } = given;
  const annotations = {
    ...(scheduled === undefined ? {} : { [SCHEDULED_AT_ANNOTATION]: time(scheduled) }),
    ...(queued ? { [QUEUE_ANNOTATION]: 'true' } : {}),
  };
  const report = aReport({ ...given, annotations });
  const owner = { apiVersion: 'dossier.dev/v1alpha1', kind: controllerKind, name: 'monthly', uid: schedule, controller: true };
  return { ...report, metadata: { ...report.metadata, name, uid: `uid-${name}`, ownerReferences: [owner] } };
}

function storeOf(...reports: readonly Report[]): IndexedStore<Report> {
  const store = new IndexedStore<Report>({ [REPORTS_BY_SCHEDULE]: scheduleUidOf });
  for (const report of reports) store.set(report);
  return store;
}

const older = sibling({ name: 'older', scheduled: 0 });
const younger = sibling({ name: 'younger', scheduled: 60 });

describe('a queued Report waits for', () => {
  test.each<readonly [story: string, others: readonly Report[], report: Report, behind: string | undefined]>([
    ['nobody when it is alone', [], younger, undefined],
    ['the oldest of those before it', [sibling({ name: 'second', scheduled: 30 }), older], younger, 'older'],
    ['none that is due after it', [younger], older, undefined],
    ['the one whose name comes first when two are of one time', [sibling({ name: 'a', scheduled: 60 })], younger, 'a'],
    ['one that runs by annotation', [sibling({ name: 'asked', scheduled: 10, queued: false })], younger, 'asked'],
    ['one that is being deleted and is still there', [sibling({ name: 'older', scheduled: 0, deleting: true })], younger, 'older'],
    ['none that is Ready', [sibling({ name: 'older', scheduled: 0, status: { phase: 'Ready' } })], younger, undefined],
    ['none that Failed', [sibling({ name: 'older', scheduled: 0, status: { phase: 'Failed' } })], younger, undefined],
    [
      'one that is about to fail and still holds its bucket',
      [sibling({ name: 'older', scheduled: 0, status: { failure: { reason: 'SourceFailed', message: 'no', time: time(9) } } })],
      younger,
      'older',
    ],
    ['none of another schedule', [sibling({ name: 'older', scheduled: 0, schedule: 'another' })], younger, undefined],
    ['none that says nothing of a time', [sibling({ name: 'a' })], younger, undefined],
    ['none when another kind controls it', [older], sibling({ name: 'x', scheduled: 60, controllerKind: 'Job' }), undefined],
    ['none when it does not queue', [older], sibling({ name: 'x', scheduled: 60, queued: false }), undefined],
    ['none once its turn has come', [older], sibling({ name: 'younger', scheduled: 60, status: { queuedUntil: time(61) } }), undefined],
  ])('%s', (_, others, report, behind) => {
    expect(olderSibling(storeOf(...others, report), report)?.metadata.name).toBe(behind);
  });

  test('those behind it are told when it ends; those that do not queue or are at their end are not', () => {
    const store = storeOf(
      older,
      younger,
      sibling({ name: 'asked', scheduled: 70, queued: false }),
      sibling({ name: 'done', scheduled: 20, status: { phase: 'Ready' } }),
    );
    expect(queuedBehind(store, older).map(keyOf)).toEqual(['billing/younger']);
    expect(queuedBehind(store, aReport())).toEqual([]);
  });
});

describe('a schedule and its Reports look again', () => {
  const ready = sibling({ name: 'older', scheduled: 0, status: { phase: 'Ready' } });
  const replaced = { ...older, metadata: { ...older.metadata, uid: 'another' } };
  test.each<readonly [string, Report | undefined, Report | undefined, readonly (Report | undefined)[]]>([
    ['when one came', undefined, older, [older]],
    ['when one went', older, undefined, [older]],
    ['when one ended', older, ready, [ready]],
    ['when one is being deleted', older, sibling({ name: 'older', scheduled: 0, deleting: true }), [expect.anything() as Report]],
    ['for both when one took the name of another', older, replaced, [older, replaced]],
    ['never for what happens in between', older, { ...older, status: { ...older.status, phase: 'Deploying' } }, []],
  ])('%s', (_, before, after, expected) => {
    expect(turnedReports(before, after)).toEqual(expected);
  });
});

describe('a Report behind another', () => {
  const behind = { kind: 'behind', sibling: 'older' } as const;
  const queued = (status: GivenReport['status'] = {}, reason?: string): Report =>
    sibling({
      name: 'younger',
      scheduled: 60,
      status,
      ...(reason === undefined ? {} : { reason, message: 'waiting behind Report older' }),
    });

  test('says so, and is never late however long that takes', () => {
    const plan = decide(aView({ report: queued(), readiness: behind }), at(1_000_000));
    expect(plan.lookAgainAt).toBeUndefined();
    expect(plan.steps).toMatchObject([
      {
        kind: 'writeStatus',
        status: {
          phase: 'Pending',
          conditions: [{ reason: 'Queued', message: 'waiting behind Report older of the same schedule' }, {}, {}],
        },
      },
    ]);
  });

  test('has the time of its deadline from its turn on, whatever it waits for then', () => {
    const full = { kind: 'waiting', reason: 'Queued', message: 'waiting: 200 of 200 reports are running' } as const;
    const [first] = decide(aView({ report: queued({}, 'Queued'), readiness: full }), at(10_000)).steps;
    expect(first).toMatchObject({
      kind: 'writeStatus',
      status: { queuedUntil: time(10_000), conditions: [{ message: full.message }, {}, {}] },
    });
    const since = queued({ queuedUntil: time(10_000) }, 'Queued');
    expect(decide(aView({ report: since, readiness: full }), at(10_001)).lookAgainAt).toBe(at(13_600));
    expect(decide(aView({ report: since, readiness: full }), at(13_600)).steps).toMatchObject([
      { kind: 'writeStatus', status: { phase: 'Failed', conditions: [{ reason: 'StartDeadlineExceeded' }, {}, {}] } },
    ]);
  });

  test('remembers its turn also when it had its Job at once, or when a quota refuses the Job', () => {
    const [followed] = decide(aView({ report: queued(), job: aJob() }), at(10_000)).steps;
    expect(followed).toMatchObject({ kind: 'writeStatus', status: { queuedUntil: time(10_000) } });
    const [refused] = jobRefused(aView({ report: queued() }), 'quota', 'exceeded quota', at(10_000)).steps;
    expect(refused).toMatchObject({ kind: 'writeStatus', status: { queuedUntil: time(10_000) } });
    const [again] = decide(aView({ report: queued({ queuedUntil: time(9_000) }), job: aJob() }), at(10_000)).steps;
    expect(again).toMatchObject({ kind: 'writeStatus', status: { queuedUntil: time(9_000) } });
  });
});

describe("a template's default period is named", () => {
  const template = {
    kind: 'ReportTemplate',
    metadata: { name: 'invoices', uid: 'template-uid' },
    spec: { formats: ['CSV'], parameters: [{ name: 'day', type: 'Period', defaultPeriod: { relative: 'Yesterday' } }] },
  } as unknown as Template;
  const dayOf = (report: Report): unknown => {
    const checked = checkReport(report, template);
    return checked.ok ? checked.parameters[0]?.value : checked.message;
  };

  test('from the scheduled time of a run, however late its Report was made', () => {
    expect(dayOf(sibling({ scheduled: -30 * 86_400 }))).toEqual({ from: '2026-08-31T00:00:00Z', to: '2026-09-01T00:00:00Z' });
  });

  test.each<readonly [string, Report]>([
    ['without a schedule', aReport({ annotations: { [SCHEDULED_AT_ANNOTATION]: '2020-01-01T00:00:00Z' } })],
    ['that another kind controls', sibling({ scheduled: -30 * 86_400, controllerKind: 'CronJob' })],
    ['whose time is no instant', aReport({ annotations: { [SCHEDULED_AT_ANNOTATION]: 'yesterday' } })],
  ])('from the creation of a Report %s', (_, report) => {
    expect(dayOf(report)).toEqual({ from: '2026-09-30T00:00:00Z', to: '2026-10-01T00:00:00Z' });
  });
});
