/** What a Report may say: each rule and bound of crds/reports.yaml with the last value it accepts and the first it refuses, which the message must name. */
import { describe, expect, test } from 'vitest';
import { REPORTS } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { bounds, expectVerdict, lengths, objectName, verdictsOn, type Row } from './verdicts.ts';

const apiserver = useApiserver();
const { manifest: report, rows, field } = verdictsOn(apiserver, REPORTS, { templateRef: { name: 'invoices' } });

describe('metadata.name', () => {
  test.each<Row>([
    ['52 characters are accepted', 'a'.repeat(52), 'accepted'],
    ['53 characters are refused', 'a'.repeat(53), ['metadata.name: ', 'at most 52 characters', 'Jobs']],
  ])('%s', async (_, given, expected) => expectVerdict(await apiserver.verdict(REPORTS, report({}, String(given))), expected));
});

test('a Report without a spec is refused', async () => {
  const { spec: _, ...rest } = report({});
  expectVerdict(await apiserver.verdict(REPORTS, rest), ['spec: Required value']);
});

test('a field that does not exist is refused by name', async () => {
  expectVerdict(await apiserver.verdict(REPORTS, report({ compresion: 'Gzip' })), ['unknown field "spec.compresion"']);
});

field('templateRef', [
  ['a name alone is accepted', { name: 'invoices' }, 'accepted'],
  ['the kind ClusterReportTemplate is accepted', { name: 'invoices', kind: 'ClusterReportTemplate' }, 'accepted'],
  ['the kind ReportTemplate is accepted', { name: 'invoices', kind: 'ReportTemplate' }, 'accepted'],
  ['a kind that does not exist is refused', { name: 'a', kind: 'Template' }, ['spec.templateRef.kind: ', '"Template"', '"ReportTemplate"']],
  ['a reference without a name is refused', { kind: 'ReportTemplate' }, ['spec.templateRef.name: Required value']],
]);
rows('spec.templateRef.name', (name) => ({ templateRef: { name } }), objectName('spec.templateRef.name'));

const named = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({ name: `p${index}`, value: 'x'.repeat(1024) }));

field('parameters', [
  ['64 parameters of 1,024 characters are accepted', named(64), 'accepted'],
  ['65 parameters are refused', named(65), ['spec.parameters: Too many', '64']],
  [
    'a name given twice is refused',
    [
      { name: 'region', value: 'emea' },
      { name: 'region', value: 'amer' },
    ],
    ['spec.parameters[1]: Duplicate value', 'region'],
  ],
  ['a name of 63 characters is accepted', [{ name: 'a'.repeat(63), value: 1 }], 'accepted'],
  ['a name of 64 characters is refused', [{ name: 'a'.repeat(64), value: 1 }], ['spec.parameters[0].name: Too long', '63']],
  ['a name that begins with a digit is refused', [{ name: '1st', value: 1 }], ['spec.parameters[0].name: ', '"1st"']],
  ['a name with a dash is refused', [{ name: 'due-date', value: 1 }], ['spec.parameters[0].name: ', '"due-date"']],
  ['a parameter without a name is refused', [{ value: 1 }], ['spec.parameters[0].name: Required value']],
  [
    'a parameter with nothing but a name is refused',
    [{ name: 'region' }],
    ['spec.parameters[0]: ', '"region"', 'none of value, values and period'],
  ],
  [
    'a parameter with both value and period is refused',
    [{ name: 'month', value: 'x', period: { from: '2026-10-01', to: '2026-11-01' } }],
    ['spec.parameters[0]: ', '"month"', 'more than one of value, values and period'],
  ],
  [
    'a parameter with both value and values is refused',
    [{ name: 'regions', value: 'emea', values: [] }],
    ['spec.parameters[0]: ', '"regions"', 'more than one of value, values and period'],
  ],
  ['a list is accepted', [{ name: 'customers', values: ['acme', 'initech'] }], 'accepted'],
  ['a list without values is accepted', [{ name: 'customers', values: [] }], 'accepted'],
  [
    '1,000 values of 1,024 characters are accepted',
    [{ name: 'customers', values: Array<string>(1000).fill('x'.repeat(1024)) }],
    'accepted',
  ],
  [
    '1,001 values are refused',
    [{ name: 'customers', values: Array<string>(1001).fill('x') }],
    ['spec.parameters[0].values: Too many', '1000'],
  ],
  [
    'a value of 1,025 characters in a list is refused',
    [{ name: 'customers', values: ['a', 'x'.repeat(1025)] }],
    ['spec.parameters[0].values[1]: Too long', '1024'],
  ],
  ['a number without quotes in a list is refused', [{ name: 'customers', values: [7] }], ['spec.parameters[0].values[0]: ', 'string']],
  ['a null in a list is refused', [{ name: 'customers', values: [null] }], ['spec.parameters[0].values[0]: ']],
  ['an empty string is a value', [{ name: 'region', value: '' }], 'accepted'],
  ['a value of 1,025 characters is refused', [{ name: 'region', value: 'x'.repeat(1025) }], ['spec.parameters[0].value: Too long', '1024']],
  ['1,024 characters outside of ASCII are accepted', [{ name: 'region', value: 'ü'.repeat(1024) }], 'accepted'],
  [
    'the largest and the smallest 64-bit integer are accepted',
    [
      { name: 'a', value: 2n ** 63n - 1n },
      { name: 'b', value: -(2n ** 63n) },
    ],
    'accepted',
  ],
  ['a larger integer is refused', [{ name: 'a', value: 2n ** 63n }], ['spec.parameters[0].value: ', 'integer,string']],
  ['a fraction without quotes is refused', [{ name: 'rate', value: 12.5 }], ['spec.parameters[0].value: ', 'integer,string']],
  ['a boolean without quotes is refused', [{ name: 'paid', value: true }], ['spec.parameters[0].value: ', 'integer,string']],
  ['a list as value is refused', [{ name: 'regions', value: ['emea'] }], ['spec.parameters[0].value: ', 'integer,string']],
]);

const malformed = (from: string): Row => [
  `"${from}" is refused`,
  { from, to: '9999-12-31' },
  ['spec.parameters[0].period.from: ', JSON.stringify(from), 'YYYY-MM-DD'],
];
const wellFormed = (from: string): Row => [`"${from}" is accepted`, { from, to: '9999-12-31' }, 'accepted'];
const upsideDown = (from: string, to: string): Row => [
  `from ${from} to ${to} is refused`,
  { from, to },
  ['spec.parameters[0].period: ', from, to, 'not before'],
];

rows('spec.parameters[].period', (period) => ({ parameters: [{ name: 'month', period }] }), [
  wellFormed('2026-10-01'),
  wellFormed('0001-01-01'),
  wellFormed('2024-02-29'),
  wellFormed('2000-02-29'),
  wellFormed('2026-10-01T00:00:00Z'),
  wellFormed('2026-10-01T23:59:59.999999999+14:00'),
  wellFormed('2024-02-29T00:00:00-12:00'),
  malformed(''),
  malformed('2026-10'),
  malformed('2026-10-1'),
  malformed('01.10.2026'),
  malformed('10/01/2026'),
  malformed('LastMonth'),
  malformed('0000-01-01'),
  malformed('2026-00-01'),
  malformed('2026-13-01'),
  malformed('2026-10-00'),
  malformed('2026-10-32'),
  malformed('2026-04-31'),
  malformed('2026-02-29'),
  malformed('1900-02-29'),
  malformed('2024-02-30'),
  malformed('2026-10-01 '),
  malformed('2026-10-01\n'),
  malformed('2026-10-01T08:00Z'),
  malformed('2026-10-01T08:00:00'),
  malformed('2026-10-01T24:00:00Z'),
  malformed('2026-10-01T08:60:00Z'),
  malformed('2026-10-01T08:00:60Z'),
  malformed('2026-10-01T08:00:00.1234567890Z'),
  malformed('2026-10-01T08:00:00+24:00'),
  malformed('2026-10-01T08:00:00 Europe/Berlin'),
  malformed('２０２６-10-01'),
  ['the end is checked like the beginning', { from: '2026-10-01', to: '2026-11-31' }, ['spec.parameters[0].period.to: ', '"2026-11-31"']],
  ['a period without an end is refused', { from: '2026-10-01' }, ['spec.parameters[0].period.to: Required value']],
  ['a period without a beginning is refused', { to: '2026-10-01' }, ['spec.parameters[0].period.from: Required value']],
  [
    'a date without quotes that became a number is refused',
    { from: 20261001, to: '2026-11-01' },
    ['spec.parameters[0].period.from: ', 'string'],
  ],
  ...['Today', 'Yesterday', 'ThisWeek', 'LastWeek', 'ThisMonth', 'LastMonth', 'ThisQuarter', 'LastQuarter', 'ThisYear', 'LastYear'].map(
    (relative): Row => [`${relative} is accepted`, { relative }, 'accepted'],
  ),
  [
    'SincePreviousRun is refused, and what knows it is named',
    { relative: 'SincePreviousRun' },
    ['spec.parameters[0].period.relative: ', 'only a ReportSchedule knows a previous run'],
  ],
  ['another name is refused', { relative: 'LastDecade' }, ['spec.parameters[0].period.relative: ', '"LastDecade"', '"LastMonth"']],
  ['lower case is refused', { relative: 'lastMonth' }, ['spec.parameters[0].period.relative: ', '"lastMonth"']],
  ['a day is accepted', { lastDays: 1 }, 'accepted'],
  ['36,600 days are accepted', { lastDays: 36_600 }, 'accepted'],
  ['no days are refused', { lastDays: 0 }, ['spec.parameters[0].period.lastDays: ', 'greater than or equal to 1']],
  ['36,601 days are refused', { lastDays: 36_601 }, ['spec.parameters[0].period.lastDays: ', 'less than or equal to 36600']],
  ['days in quotes are refused', { lastDays: '7' }, ['spec.parameters[0].period.lastDays: ', 'integer']],
  ['a period without anything is refused', {}, ['spec.parameters[0].period: ', 'exactly one of']],
  [
    'bounds and a name are refused',
    { from: '2026-10-01', to: '2026-11-01', relative: 'LastMonth' },
    ['spec.parameters[0].period: ', 'exactly one of'],
  ],
  ['a bound and days are refused', { from: '2026-10-01', lastDays: 7 }, ['spec.parameters[0].period: ', 'exactly one of']],
  ['a name and days are refused', { relative: 'LastMonth', lastDays: 7 }, ['spec.parameters[0].period: ', 'exactly one of']],
  ['one day is accepted', { from: '2026-10-01', to: '2026-10-02' }, 'accepted'],
  ['a second is accepted', { from: '2026-10-01T00:00:00Z', to: '2026-10-01T00:00:01Z' }, 'accepted'],
  ['instants are compared as instants, not as text', { from: '2026-10-01T01:00:00+02:00', to: '2026-10-01T00:00:00Z' }, 'accepted'],
  ['a day and an instant are accepted: only a zone can order them', { from: '2026-10-01', to: '2026-10-01T12:00:00Z' }, 'accepted'],
  upsideDown('2026-10-01', '2026-10-01'),
  upsideDown('2026-11-01', '2026-10-01'),
  upsideDown('2026-10-01T00:00:00Z', '2026-10-01T00:00:00Z'),
  upsideDown('2026-10-01T00:00:00Z', '2026-10-01T01:00:00+02:00'),
]);

field('format', [
  ['CSV is accepted', 'CSV', 'accepted'],
  ['JSON is accepted', 'JSON', 'accepted'],
  ['NDJSON is accepted', 'NDJSON', 'accepted'],
  ['XLSX is accepted', 'XLSX', 'accepted'],
  ['another format is refused', 'PDF', ['spec.format: Unsupported value: "PDF"', '"CSV", "JSON", "NDJSON", "XLSX"']],
  ['lower case is refused', 'csv', ['spec.format: ', '"CSV"']],
]);

rows('spec.compression', (spec) => spec as object, [
  ['None is accepted', { compression: 'None' }, 'accepted'],
  ['Gzip is accepted: the template may offer a format for it', { compression: 'Gzip' }, 'accepted'],
  ['Gzip is accepted for CSV', { format: 'CSV', compression: 'Gzip' }, 'accepted'],
  ['Gzip is accepted for JSON', { format: 'JSON', compression: 'Gzip' }, 'accepted'],
  ['Gzip is accepted for NDJSON', { format: 'NDJSON', compression: 'Gzip' }, 'accepted'],
  ['None is accepted for XLSX', { format: 'XLSX', compression: 'None' }, 'accepted'],
  [
    'Gzip is refused for XLSX',
    { format: 'XLSX', compression: 'Gzip' },
    ['spec.compression: ', 'XLSX is compressed already', 'leave compression out'],
  ],
  ['another compression is refused', { compression: 'Zstd' }, ['spec.compression: Unsupported value: "Zstd"', '"None", "Gzip"']],
  ['lower case is refused', { compression: 'gzip' }, ['spec.compression: ', '"Gzip"']],
]);

field('timeZone', [
  ...['UTC', 'Europe/Berlin', 'America/Argentina/ComodRivadavia', 'Etc/GMT+5', 'A'.repeat(64)].map((zone): Row => [
    `${zone} is accepted`,
    zone,
    'accepted',
  ]),
  ...['+02:00', 'Europe/', '/Berlin', 'Europe Berlin', 'a/b/c/d', '../../etc/passwd'].map((zone): Row => [
    `${zone} is refused`,
    zone,
    ['spec.timeZone: ', zone, 'IANA'],
  ]),
  ['an empty name is refused', '', ['spec.timeZone: ']],
  ['65 characters are refused', 'A'.repeat(65), ['spec.timeZone: Too long', '64']],
]);

field('fileName', [
  ['letters of any alphabet, spaces and dots are accepted', 'Übersicht Q4 (v1.2) – 請求書', 'accepted'],
  ['a name that begins with a dot is accepted', '.hidden', 'accepted'],
  ['200 bytes are accepted', 'a'.repeat(200), 'accepted'],
  ['201 characters are refused', 'a'.repeat(201), ['spec.fileName: Too long', '200']],
  ['200 bytes of two-byte letters are accepted', 'ü'.repeat(100), 'accepted'],
  ['201 bytes are refused though they are 101 characters', `${'ü'.repeat(100)}a`, ['spec.fileName: ', '200 bytes of UTF-8']],
  ['an empty name is refused', '', ['spec.fileName: ']],
  ['"." is refused', '.', ['spec.fileName: ', 'folders']],
  ['".." is refused', '..', ['spec.fileName: ', 'folders']],
  ['a slash is refused', 'a/b', ['spec.fileName: ', '"a/b"', 'slash']],
  ['a backslash is refused', 'a\\b', ['spec.fileName: ', 'backslash']],
  ...['\u0000', '\n', '\u007f', '\u0085', '\u200e', '\u202e', '\u2066', '\ufeff', '\u2028', '\u2029'].map((character): Row => {
    const code = `U+${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return [`${code} is refused`, `invoices${character}`, ['spec.fileName: ', 'control characters']];
  }),
]);

field('storageRef', [['a reference without a name is refused', {}, ['spec.storageRef.name: Required value']]]);
rows('spec.storageRef.name', (name) => ({ storageRef: { name } }), objectName('spec.storageRef.name'));

field('startDeadlineSeconds', [
  ...bounds('spec.startDeadlineSeconds', 0, 2_592_000),
  ['a duration text is refused', '1h', ['spec.startDeadlineSeconds: ', 'integer']],
]);
field('activeDeadlineSeconds', bounds('spec.activeDeadlineSeconds', 1, 604_800));

field('deletionPolicy', [
  ['Delete is accepted', 'Delete', 'accepted'],
  ['Retain is accepted', 'Retain', 'accepted'],
  ['another policy is refused', 'Keep', ['spec.deletionPolicy: Unsupported value: "Keep"', '"Delete", "Retain"']],
]);

field('description', lengths('spec.description', 1024));

test('every mistake that a rule finds is told at once', async () => {
  const message = await apiserver.verdict(REPORTS, report({ timeZone: '+02:00', fileName: 'a/b', parameters: [{ name: 'region' }] }));
  for (const field of ['spec.timeZone: ', 'spec.fileName: ', 'spec.parameters[0]: ']) expect(message).toContain(field);
});
