import { describe, expect, test } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { ReportDownload, ReportDownloadStatus } from '../../../src/api/generated/reportdownload.ts';
import { decide } from '../../../src/operator/download/decide.ts';
import type { Plan } from '../../../src/operator/download/plan.ts';
import type { FileView } from '../../../src/operator/download/view.ts';
import { aReport, at, CREATED, KEY, STORAGE, stored, time } from '../report/given.ts';

interface GivenDownload {
  readonly generateName?: string;
  readonly owned?: boolean;
  readonly deleting?: boolean;
  readonly seconds?: number;
  readonly status?: Partial<ReportDownloadStatus>;
  /** Of the condition Ready, since how many seconds after the creation. */
  readonly reason?: string;
  readonly since?: number;
}

function aDownload(given: GivenDownload): ReportDownload {
  const { reason, since = 0 } = given;
  const condition = {
    type: 'Ready',
    status: 'False',
    lastTransitionTime: time(since),
    reason: reason ?? '',
    message: 'as before',
  } as const;
  return {
    apiVersion: 'dossier.dev/v1alpha1',
    kind: 'ReportDownload',
    metadata: {
      name: 'mine',
      namespace: 'billing',
      uid: 'download-uid',
      resourceVersion: '8',
      generation: 1,
      creationTimestamp: CREATED,
      ...(given.generateName === undefined ? {} : { generateName: given.generateName }),
      ...(given.owned === true
        ? { ownerReferences: [{ apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', name: 'invoices', uid: 'report-uid' }] }
        : {}),
      ...(given.deleting === true ? { deletionTimestamp: time(1) } : {}),
    },
    spec: { reportRef: { name: 'invoices' }, expirationSeconds: given.seconds ?? 600 },
    status: { observedGeneration: 1, ...(reason === undefined ? {} : { conditions: [condition] }), ...given.status },
  };
}

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
  key: KEY,
  uri: `s3://reports/${KEY}`,
  etag: 'etag-1',
  storage: STORAGE,
} as const;
const readyReport = aReport({ status: { phase: 'Ready', file: FILE }, reason: 'Completed' });
const seen = (found: Extract<FileView, { kind: 'seen' }>['stored']): FileView => ({ kind: 'seen', key: KEY, stored: found });
const object = (facts: Partial<(typeof stored)['facts']> | { readonly reportUid: undefined }): FileView =>
  seen({ kind: 'object', facts: { ...stored.facts, ...facts } });

interface Outcome {
  readonly phase?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly steps: readonly string[];
  readonly lookAgain?: number | undefined;
  readonly events: readonly string[];
}

function outcome(plan: Plan): Outcome {
  const status = plan.steps.flatMap((step) => ('status' in step ? [step.status] : []))[0];
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return {
    phase: status?.phase,
    reason: ready?.reason,
    message: ready?.message,
    steps: plan.steps.map(({ kind }) => kind),
    lookAgain: plan.lookAgainAt === undefined ? undefined : (plan.lookAgainAt - at(0)) / 1000,
    events: plan.events.map(({ type, reason }) => `${type} ${reason}`),
  };
}

type Row = readonly [
  story: string,
  given: GivenDownload & { readonly now?: number; readonly report?: Report | 'none'; readonly file?: FileView },
  expected: Partial<Record<keyof Outcome, unknown>>,
];

function check(_story: string, { now = 10, report = readyReport, file, ...download }: Row[1], expected: Row[2]): void {
  const view = { download: aDownload(download), ...(report === 'none' ? {} : { report }), ...(file === undefined ? {} : { file }) };
  expect(outcome(decide(view, at(now)))).toMatchObject(expected);
}

const nothing = { steps: [], events: [], lookAgain: undefined };

describe('a new ReportDownload', () => {
  test.each<Row>([
    [
      'of a file that is what its Report says gets a link, and the Report as its owner',
      { file: seen(stored) },
      { steps: ['addOwner', 'sign'], phase: 'Ready', reason: 'Signed', lookAgain: 610, events: ['Normal Signed'] },
    ],
    ['that has its owner already is signed', { owned: true, file: seen(stored) }, { steps: ['sign'], phase: 'Ready' }],
    ['works for as long as it asks', { seconds: 60, file: seen(stored) }, { lookAgain: 70 }],
    [
      'of no Report has failed',
      { report: 'none' },
      {
        steps: ['writeStatus'],
        phase: 'Failed',
        reason: 'ReportNotFound',
        message: expect.stringMatching(/"invoices".*spec.reportRef.name/),
        events: ['Warning ReportNotFound'],
      },
    ],
    [
      'of a Report that waits has failed and names its phase',
      { report: aReport({ status: { phase: 'Pending' }, reason: 'Queued' }) },
      {
        steps: ['addOwner', 'writeStatus'],
        phase: 'Failed',
        reason: 'ReportNotReady',
        message: expect.stringMatching(/is Pending \(Queued\): create a new/),
      },
    ],
    [
      'of a Report that nobody has looked at yet has failed',
      { report: aReport({ status: { observedGeneration: -1 } }) },
      { phase: 'Failed', reason: 'ReportNotReady', message: expect.stringMatching(/is Pending: /) },
    ],
    [
      'of a Report that failed has failed and says why there is no file',
      { report: aReport({ status: { phase: 'Failed' }, reason: 'SourceFailed' }) },
      { phase: 'Failed', reason: 'ReportNotReady', message: expect.stringMatching(/is Failed \(SourceFailed\): it has no file/) },
    ],
    [
      'of a Report that is being deleted has failed',
      { report: aReport({ status: { phase: 'Ready', file: FILE }, deleting: true }) },
      { phase: 'Failed', reason: 'ReportNotReady', message: expect.stringMatching(/being deleted/) },
    ],
    [
      'of a Report whose storage is gone has failed',
      { file: { kind: 'storageGone' } },
      { phase: 'Failed', reason: 'FileMissing', message: expect.stringMatching(/ReportStorage "archive" \(uid storage-uid\).*is gone/) },
    ],
    [
      'of a file that is gone has failed',
      { file: seen({ kind: 'absent' }) },
      { phase: 'Failed', reason: 'FileMissing', message: expect.stringMatching(/no object billing\/invoices/) },
    ],
    [
      'of a file of another size has failed',
      { file: object({ bytes: 121 as 120 }) },
      { phase: 'Failed', reason: 'FileMissing', message: expect.stringMatching(/121 bytes instead of 120/) },
    ],
    [
      'of a file with another ETag has failed',
      { file: object({ etag: 'etag-2' as 'etag-1' }) },
      { phase: 'Failed', reason: 'FileMissing', message: expect.stringMatching(/ETag is "etag-2" instead of "etag-1"/) },
    ],
    [
      'of a file of another Report has failed',
      { file: object({ reportUid: 'other' as 'report-uid' }) },
      { phase: 'Failed', reason: 'FileMissing', message: expect.stringMatching(/dossier-report-uid is "other" instead of "report-uid"/) },
    ],
    [
      'of a file of nobody has failed',
      { file: object({ reportUid: undefined }) },
      { phase: 'Failed', reason: 'FileMissing', message: expect.stringMatching(/dossier-report-uid is missing/) },
    ],
    [
      'names every difference at once',
      { file: object({ bytes: 0 as 120, etag: 'x\u202ey' as 'etag-1' }) },
      { message: expect.stringMatching(/0 bytes instead of 120, its ETag is "x\\u\{202e\}y" instead/) },
    ],
    [
      'tells what the status says of an ETag as it tells what a bucket says',
      { report: aReport({ status: { phase: 'Ready', file: { ...FILE, etag: 'x\u009by' } }, reason: 'Completed' }), file: seen(stored) },
      { message: expect.stringMatching(/its ETag is "etag-1" instead of "x\\u\{9b\}y"/) },
    ],
    [
      'whose bucket does not answer waits and says so once',
      { file: seen({ kind: 'unknown', message: 'refuses connections' }) },
      {
        steps: ['addOwner', 'writeStatus'],
        phase: undefined,
        reason: 'StorageUnavailable',
        message: 'refuses connections',
        lookAgain: 15,
        events: ['Warning StorageUnavailable'],
      },
    ],
    [
      'that still waits tells it no second time',
      { owned: true, reason: 'StorageUnavailable', file: { kind: 'unavailable', message: 'no Secret' }, now: 599 },
      { phase: undefined, reason: 'StorageUnavailable', events: [], lookAgain: 604 },
    ],
    [
      'waits no longer than its link would have worked',
      { owned: true, reason: 'StorageUnavailable', since: 5, file: { kind: 'unavailable', message: 'no Secret' }, now: 605 },
      { phase: 'Failed', reason: 'StorageUnavailable', message: 'given up after 600 s: no Secret', events: ['Warning StorageUnavailable'] },
    ],
    ['that is being deleted is left alone', { deleting: true, file: seen(stored) }, nothing],
  ])('%s', check);

  test('is signed from the moment of the decision, and says what the file must be', () => {
    const plan = decide({ download: aDownload({}), report: readyReport, file: seen(stored) }, at(10) + 999);
    expect(plan.steps.at(-1)).toMatchObject({
      key: KEY,
      storage: STORAGE,
      time: { from: at(10) + 999, seconds: 600 },
      status: { expirationTime: time(610), file: { name: 'invoices.csv', sizeBytes: 120, sha256: 'a'.repeat(64) } },
    });
  });

  test('belongs to its Report without being controlled by it', () => {
    const [step] = decide({ download: aDownload({}), report: readyReport, file: seen(stored) }, at(10)).steps;
    expect(step).toEqual({
      kind: 'addOwner',
      owner: { apiVersion: 'dossier.dev/v1alpha1', kind: 'Report', name: 'invoices', uid: 'report-uid' },
    });
  });
});

describe('a link', () => {
  const open = { owned: true, reason: 'Signed', status: { phase: 'Ready', url: 'https://x', expirationTime: time(600) } } as const;
  test.each<Row>([
    ['is left alone while it works', { ...open, now: 599 }, { ...nothing, lookAgain: 600 }],
    [
      'is removed when its time has come',
      { ...open, now: 600 },
      { steps: ['writeStatus'], phase: 'Expired', reason: 'Expired', events: ['Normal Expired'], lookAgain: undefined },
    ],
    ['is removed long after, when nobody looked in time', { ...open, now: 86_400 }, { steps: ['writeStatus'], phase: 'Expired' }],
    ['without a time that can be read is removed', { ...open, status: { ...open.status, expirationTime: 'soon' } }, { phase: 'Expired' }],
    ['is kept although its Report is gone: it is deleted with it', { ...open, report: 'none', now: 1 }, { ...nothing, lookAgain: 600 }],
  ])('%s', check);

  test('stands in no status once it has expired', () => {
    const plan = decide({ download: aDownload(open), report: readyReport }, at(600));
    expect(JSON.stringify(plan)).not.toContain('https://x');
  });
});

describe('a ReportDownload at its end', () => {
  const expired = { owned: true, reason: 'Expired', since: 600, status: { phase: 'Expired' } } as const;
  test.each<Row>([
    ['is never signed again', { ...expired, now: 700, file: seen(stored) }, nothing],
    ['is never signed again when the clock was set back', { ...expired, now: 100, file: seen(stored) }, nothing],
    ['is never deleted when somebody gave it its name', { ...expired, now: 1e9 }, nothing],
    ['that has failed stays so', { status: { phase: 'Failed' }, now: 1e9, file: seen(stored) }, nothing],
    ['made by generateName is kept for ten minutes', { ...expired, generateName: 'mine-', now: 601 }, { ...nothing, lookAgain: 1200 }],
    ['made by generateName is deleted then', { ...expired, generateName: 'mine-', now: 1200 }, { steps: ['delete'], events: [] }],
    [
      'made by generateName is kept for ten minutes after it failed, however long it waited before',
      {
        generateName: 'mine-',
        now: 3601,
        status: {
          phase: 'Failed',
          conditions: [
            { type: 'Ready', status: 'False', lastTransitionTime: time(0), reason: 'StorageUnavailable', message: 'given up' },
            { type: 'Stalled', status: 'True', lastTransitionTime: time(3600), reason: 'StorageUnavailable', message: 'given up' },
          ],
        },
      },
      { ...nothing, lookAgain: 4200 },
    ],
    [
      'made by generateName is looked at again after it failed',
      { generateName: 'mine-', report: 'none' },
      { phase: 'Failed', lookAgain: 610 },
    ],
  ])('%s', check);
});
