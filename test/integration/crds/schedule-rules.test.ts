/** What a ReportSchedule may say: each rule and bound of crds/reportschedules.yaml with what it accepts and what it refuses, which the message must name. */
import { describe, expect, test } from 'vitest';
import { REPORT_SCHEDULES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { bounds, expectVerdict, verdictsOn, type Row } from './verdicts.ts';

const apiserver = useApiserver();
const report = { spec: { templateRef: { name: 'invoices' } } };
const { manifest: schedule, rows, field } = verdictsOn(apiserver, REPORT_SCHEDULES, { report, schedule: '0 6 1 * *' });

describe('metadata.name', () => {
  test.each<Row>([
    ['37 characters are accepted', 'a'.repeat(37), 'accepted'],
    ['38 characters are refused', 'a'.repeat(38), ['metadata.name: ', 'at most 37 characters']],
  ])('%s', async (_, given, expected) => expectVerdict(await apiserver.verdict(REPORT_SCHEDULES, schedule({}, String(given))), expected));
});

test('a field that does not exist is refused by name', async () => {
  const message = await apiserver.verdict(REPORT_SCHEDULES, schedule({ startingDeadline: 5 }));
  expectVerdict(message, ['unknown field "spec.startingDeadline"']);
});

const FIVE = 'Kubernetes cron has 5: minute hour day-of-month month day-of-week';
field('schedule', [
  ['five fields are accepted', '*/15 6-18 1,15 JAN-JUN MON', 'accepted'],
  ['blanks and tabs between fields are accepted', '  0\t6  1 * *  ', 'accepted'],
  ...['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'].map((macro): Row => [
    `${macro} is accepted`,
    macro,
    'accepted',
  ]),
  ['an empty one is refused', '', ['spec.schedule']],
  ['blanks alone are refused', '   ', ['spec.schedule: ', `"   " has no fields; ${FIVE}`]],
  ['4 fields are refused', '0 6 * *', ['spec.schedule: ', `"0 6 * *" has 4 fields; ${FIVE}`]],
  ['1 field is refused', '6', ['spec.schedule: ', `"6" has 1 field; ${FIVE}`]],
  ['6 fields are refused with a hint', '0 0 6 1 * *', [`has 6 fields; ${FIVE}; leave out the seconds`]],
  ['7 fields are refused with a hint', '0 0 6 1 * * 2026', [`has 7 fields; ${FIVE}; leave out the seconds and the year`]],
  ['9 fields are refused', '0 0 6 1 * * * * *', [`has more than 7 fields; ${FIVE}`]],
  ['an unknown macro is refused', '@reboot', ['spec.schedule: ', '@hourly @daily @midnight']],
  ['@every is refused with a hint', '@every 5m', ['spec.schedule: ', 'for every five minutes write */5 * * * *']],
  ['TZ= is refused with a hint', 'TZ=UTC 0 6 1 * *', ['spec.schedule: ', 'write it into spec.timeZone']],
  ['CRON_TZ= is refused with a hint', 'CRON_TZ=UTC 0 6 1 * *', ['spec.schedule: ', 'write it into spec.timeZone']],
  ['256 characters are accepted', `${'0,'.repeat(123)}0 0 1 * *`.padEnd(256), 'accepted'],
  ['257 characters are refused', '0 6 1 * *'.padEnd(257), ['spec.schedule: Too long', '256']],
]);

rows('spec.schedule and spec.calendar', (given) => given as object, [
  ['one of them is accepted', { schedule: undefined, calendar: { frequency: 'Daily', at: '06:00' } }, 'accepted'],
  ['none is refused', { schedule: undefined }, ['spec: ', 'exactly one of schedule']],
  ['both are refused', { calendar: { frequency: 'Daily', at: '06:00' } }, ['spec: ', 'exactly one of schedule']],
]);

rows('spec.calendar', (calendar) => ({ schedule: undefined, calendar }), [
  ['days of a week are accepted', { frequency: 'Weekly', at: '23:59', daysOfWeek: ['Monday', 'Sunday'] }, 'accepted'],
  ['days of a month are accepted', { frequency: 'Monthly', at: '00:00', daysOfMonth: [1, 31, -1, -28] }, 'accepted'],
  ['an unknown frequency is refused', { frequency: 'Hourly', at: '06:00' }, ['spec.calendar.frequency: ', '"Hourly"', '"Daily"']],
  ['24:00 is refused', { frequency: 'Daily', at: '24:00' }, ['spec.calendar.at: ', 'HH:MM from 00:00 to 23:59']],
  ['6:00 is refused', { frequency: 'Daily', at: '6:00' }, ['spec.calendar.at: ', '"06:00"']],
  ['a time without quotes is refused', { frequency: 'Daily', at: 360 }, ['spec.calendar.at: ', 'string']],
  [
    'Weekly without days is refused',
    { frequency: 'Weekly', at: '06:00' },
    ['spec.calendar.daysOfWeek: ', 'frequency Weekly, which needs it'],
  ],
  [
    'Monthly without days is refused',
    { frequency: 'Monthly', at: '06:00' },
    ['spec.calendar.daysOfMonth: ', 'frequency Monthly, which needs it'],
  ],
  ['Daily with days of a week is refused', { frequency: 'Daily', at: '06:00', daysOfWeek: ['Monday'] }, ['spec.calendar.daysOfWeek: ']],
  [
    'Weekly with days of a month is refused',
    { frequency: 'Weekly', at: '06:00', daysOfWeek: ['Monday'], daysOfMonth: [1] },
    ['spec.calendar.daysOfMonth: '],
  ],
  [
    'a day that is none is refused',
    { frequency: 'Weekly', at: '06:00', daysOfWeek: ['Mon'] },
    ['spec.calendar.daysOfWeek[0]: ', '"Mon"', '"Monday"'],
  ],
  ['a day given twice is refused', { frequency: 'Monthly', at: '06:00', daysOfMonth: [1, 1] }, ['spec.calendar.daysOfMonth[1]: Duplicate']],
  ['day 0 is refused', { frequency: 'Monthly', at: '06:00', daysOfMonth: [0] }, ['spec.calendar.daysOfMonth[0]: ', '-1 (the last day)']],
  ['day 32 is refused', { frequency: 'Monthly', at: '06:00', daysOfMonth: [32] }, ['spec.calendar.daysOfMonth[0]: ', '31']],
  ['day -29 is refused', { frequency: 'Monthly', at: '06:00', daysOfMonth: [-29] }, ['spec.calendar.daysOfMonth[0]: ', '-28']],
]);

field('timeZone', [
  ['a zone of two parts is accepted', 'Europe/Berlin', 'accepted'],
  ['a zone of three parts is accepted', 'America/Argentina/Buenos_Aires', 'accepted'],
  ['an offset in a name is accepted', 'Etc/GMT+12', 'accepted'],
  ['an offset alone is refused', '+02:00', ['spec.timeZone: ', 'must be the name of an IANA time zone']],
  ['an empty one is refused', '', ['spec.timeZone: ']],
  ['four parts are refused', 'a/b/c/d', ['spec.timeZone: ']],
  ['65 characters are refused', 'E'.repeat(65), ['spec.timeZone: Too long', '64']],
]);

field('concurrencyPolicy', [
  ...['Forbid', 'Allow', 'Replace', 'Queue'].map((policy): Row => [`${policy} is accepted`, policy, 'accepted']),
  ['another one is refused', 'forbid', ['spec.concurrencyPolicy: ', '"forbid"', '"Forbid"']],
]);
field('startingDeadlineSeconds', bounds('spec.startingDeadlineSeconds', 1, 31_622_400));
rows('spec.missedRuns.limit', (limit) => ({ missedRuns: { limit } }), bounds('spec.missedRuns.limit', 1, 100));
rows('spec.history.successful', (successful) => ({ history: { successful } }), bounds('spec.history.successful', 0, 1000));
rows('spec.history.failed', (failed) => ({ history: { failed } }), bounds('spec.history.failed', 0, 1000));

const all = { missedRuns: { policy: 'All' } };
const since = {
  report: { spec: { templateRef: { name: 'invoices' }, parameters: [{ name: 'span', period: { relative: 'SincePreviousRun' } }] } },
};
rows('policies that need each other', (given) => given as object, [
  ['All with Allow is accepted', { ...all, concurrencyPolicy: 'Allow' }, 'accepted'],
  ['All with Queue is accepted', { ...all, concurrencyPolicy: 'Queue' }, 'accepted'],
  ['All with Forbid, the default, is refused', all, ['spec.missedRuns.policy: ', 'needs concurrencyPolicy Allow or Queue']],
  ['All with Replace is refused', { ...all, concurrencyPolicy: 'Replace' }, ['spec.missedRuns.policy: ', 'Allow or Queue']],
  ['SincePreviousRun with Forbid, the default, is accepted', since, 'accepted'],
  ...['Allow', 'Replace', 'Queue'].map((concurrencyPolicy): Row => [
    `SincePreviousRun with ${concurrencyPolicy} is refused`,
    { ...since, concurrencyPolicy },
    ['spec.concurrencyPolicy: ', 'SincePreviousRun needs concurrencyPolicy Forbid'],
  ]),
]);

const inReport = (metadata: unknown): object => ({ report: { ...report, metadata } });
const many = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'x']));
rows('spec.report.metadata', inReport, [
  ['labels and annotations are accepted', { labels: { 'example.com/team': 'billing' }, annotations: { note: 'any text: ä' } }, 'accepted'],
  ['32 labels are accepted', { labels: many(32) }, 'accepted'],
  ['33 labels are refused', { labels: many(33) }, ['spec.report.metadata.labels: Too many', '32']],
  ['33 annotations are refused', { annotations: many(33) }, ['spec.report.metadata.annotations: Too many', '32']],
  [
    "a label of the operator's is refused",
    { labels: { 'dossier.dev/schedule': 'x' } },
    ['spec.report.metadata.labels: ', "the operator's"],
  ],
  [
    "an annotation of the operator's is refused",
    { annotations: { 'dossier.dev/run': 'x' } },
    ['spec.report.metadata.annotations: ', "the operator's"],
  ],
  ["a label under the operator's domain is refused", { labels: { 'x.dossier.dev/a': 'x' } }, ['spec.report.metadata.labels: ']],
  ['a label key with a blank is refused', { labels: { 'a b': 'x' } }, ['spec.report.metadata.labels: ', 'label keys']],
  ['a label value with a slash is refused', { labels: { a: 'b/c' } }, ['spec.report.metadata.labels.a: ']],
  ['a name is refused: runs have names of their own', { name: 'x' }, ['unknown field "spec.report.metadata.name"']],
]);

rows('spec.report.spec', (spec) => ({ report: { spec } }), [
  ['a reference is needed', {}, ['spec.report.spec.templateRef: Required value']],
  [
    'rules of a Report hold',
    { ...report.spec, parameters: [{ name: 'm', period: { from: '2026-11-01', to: '2026-10-01' } }] },
    ['spec.report.spec.parameters[0].period: ', 'is not before'],
  ],
  ['a zone of its own must look like one', { ...report.spec, timeZone: '+02:00' }, ['spec.report.spec.timeZone: ']],
]);

test('the largest schedule fits into the budget of its rules', async () => {
  const labels = Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`${'a'.repeat(60)}.example.com/l${index}`, 'x'.repeat(63)]));
  const parameters = Array.from({ length: 64 }, (_, index) => ({ name: `p${index}`, values: Array<string>(200).fill('x'.repeat(32)) }));
  const message = await apiserver.verdict(
    REPORT_SCHEDULES,
    schedule({
      schedule: '0 6 1 * *'.padEnd(256),
      report: { metadata: { labels, annotations: labels }, spec: { ...report.spec, parameters } },
    }),
  );
  expect(message).toBe('');
});
