/** What a ReportTemplate may say: each rule and bound of crds/reporttemplates.yaml with the last value it accepts and the first it refuses, which the message must name. */
import { expect, test } from 'vitest';
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { bounds, lengths, objectName, secretKey, verdictsOn, type Row } from './verdicts.ts';

const apiserver = useApiserver();
const postgres = { urlFrom: { secretKeyRef: { name: 'billing-db', key: 'url' } }, query: 'select 1 as one' };
const inline = { source: { inline: { rows: [] } }, columns: [{ name: 'id', type: 'Integer' }] };
const { manifest: template, rows, field } = verdictsOn(apiserver, REPORT_TEMPLATES, { source: { postgres }, formats: ['CSV'] });

field('title', lengths('spec.title', 200));
field('description', lengths('spec.description', 4096));

rows('spec.source', (spec) => spec as object, [
  ['postgres alone is accepted', { source: { postgres } }, 'accepted'],
  ['inline with columns is accepted', inline, 'accepted'],
  [
    'no source is refused',
    { source: {} },
    ['spec.source: ', 'no source', 'exactly one of inline, postgres, mysql, http, kubernetes, s3, container and git'],
  ],
  ['two sources are refused', { ...inline, source: { ...inline.source, postgres } }, ['spec.source: ', 'more than one source']],
  ['a source that does not exist is refused by name', { source: { mongodb: {} } }, ['unknown field "spec.source.mongodb"']],
  ['inline without columns is refused', { source: inline.source }, ['spec.columns: Required value', 'inline needs columns']],
  ['postgres without columns is accepted', { source: { postgres }, columns: undefined }, 'accepted'],
]);

rows('spec.source.inline.rows', (given) => ({ ...inline, source: { inline: { rows: given } } }), [
  ['no rows are accepted', [], 'accepted'],
  [
    'values of every JSON type are accepted',
    [{ id: 1, name: 'Acme', paid: true, note: null, tags: ['a'], address: { city: 'Bonn' } }],
    'accepted',
  ],
  ['1,000 rows are accepted', Array.from({ length: 1000 }, (_, id) => ({ id })), 'accepted'],
  ['1,001 rows are refused', Array.from({ length: 1001 }, (_, id) => ({ id })), ['spec.source.inline.rows: Too many', '1000']],
  ['a row that is no object is refused', [[1, 2]], ['spec.source.inline.rows[0]: ', 'object']],
]);

const inPostgres = (name: string) => (given: unknown) => ({ source: { postgres: { ...postgres, [name]: given } } });
rows('spec.source.postgres.query', inPostgres('query'), [
  ['32 KiB are accepted', 'x'.repeat(32_768), 'accepted'],
  ['32,769 characters are refused', 'x'.repeat(32_769), ['spec.source.postgres.query: Too long', '32768']],
  ['32 KiB of two-byte letters are accepted', 'ü'.repeat(16_384), 'accepted'],
  ['a byte more is refused', `${'ü'.repeat(16_384)}x`, ['spec.source.postgres.query: ', '32 KiB of UTF-8']],
  ['an empty query is refused', '', ['spec.source.postgres.query: ']],
]);
rows(
  'spec.source.postgres.statementTimeoutSeconds',
  inPostgres('statementTimeoutSeconds'),
  bounds('spec.source.postgres.statementTimeoutSeconds', 1, 604_800),
);
rows('spec.source.postgres.urlFrom', inPostgres('urlFrom'), [
  ['a URL in the manifest is refused', { value: 'postgres://u:p@h/d' }, ['unknown field "spec.source.postgres.urlFrom.value"']],
  ['an empty reference is refused', {}, ['spec.source.postgres.urlFrom.secretKeyRef: Required value']],
  [
    'a reference without a key is refused',
    { secretKeyRef: { name: 'a' } },
    ['spec.source.postgres.urlFrom.secretKeyRef.key: Required value'],
  ],
]);
rows(
  'spec.source.postgres.urlFrom.secretKeyRef.name',
  (name) => inPostgres('urlFrom')({ secretKeyRef: { name, key: 'url' } }),
  objectName('spec.source.postgres.urlFrom.secretKeyRef.name'),
);
rows(
  'spec.source.postgres.urlFrom.secretKeyRef.key',
  (key) => inPostgres('urlFrom')({ secretKeyRef: { name: 'a', key } }),
  secretKey('spec.source.postgres.urlFrom.secretKeyRef.key'),
);
rows(
  'spec.source.postgres.caSecretRef.name',
  (name) => inPostgres('caSecretRef')({ name, key: 'ca' }),
  objectName('spec.source.postgres.caSecretRef.name'),
);
rows(
  'spec.source.postgres.caSecretRef.key',
  (key) => inPostgres('caSecretRef')({ name: 'a', key }),
  secretKey('spec.source.postgres.caSecretRef.key'),
);

const columns = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `c${index}`,
    type: 'Decimal',
    header: `Column ${index}`,
    numberFormat: '#,##0.00',
    width: 14,
  }));
field('columns', [
  ['1,000 columns are accepted', columns(1000), 'accepted'],
  ['1,001 columns are refused', columns(1001), ['spec.columns: Too many', '1000']],
  ['an empty list is refused', [], ['spec.columns: ', 'at least 1']],
  [
    'a name given twice is refused',
    [
      { name: 'a', type: 'String' },
      { name: 'a', type: 'Date' },
    ],
    ['spec.columns[1]: Duplicate value'],
  ],
  [
    'names that differ in case only are two names',
    [
      { name: 'a', type: 'String' },
      { name: 'A', type: 'Date' },
    ],
    'accepted',
  ],
  ['a column without a type is refused', [{ name: 'a' }], ['spec.columns[0].type: Required value']],
  [
    'a type that does not exist is refused',
    [{ name: 'a', type: 'Money' }],
    ['spec.columns[0].type: Unsupported value: "Money"', '"Decimal"'],
  ],
  ...['String', 'Integer', 'Decimal', 'Number', 'Boolean', 'Date', 'Timestamp', 'JSON'].map((type): Row => [
    `${type} is accepted`,
    [{ name: 'a', type }],
    'accepted',
  ]),
]);
const inColumn = (name: string) => (given: unknown) => ({ columns: [{ name: 'a', type: 'Decimal', [name]: given }] });
rows('spec.columns[].name', inColumn('name'), [
  ...lengths('spec.columns[0].name', 63),
  ['a name that begins with a digit is refused', '1st', ['spec.columns[0].name: ', '"1st"']],
  ['a space is refused', 'due date', ['spec.columns[0].name: ', '"due date"']],
  ['a word that YAML takes for a boolean is refused without quotes', true, ['spec.columns[0].name: ', 'string']],
]);
rows('spec.columns[].header', inColumn('header'), [
  ...lengths('spec.columns[0].header', 256),
  ['an empty header is refused', '', ['spec.columns[0].header: ']],
]);
rows('spec.columns[].numberFormat', inColumn('numberFormat'), [
  ...lengths('spec.columns[0].numberFormat', 255),
  ['an empty format is refused', '', ['spec.columns[0].numberFormat: ']],
  ['a line break is refused', '0.00\n', ['spec.columns[0].numberFormat: ', 'control characters']],
]);
rows('spec.columns[].width', inColumn('width'), bounds('spec.columns[0].width', 1, 255));

field('formats', [
  ['all formats are accepted, in any order', ['XLSX', 'NDJSON', 'JSON', 'CSV'], 'accepted'],
  ['no format is refused', [], ['spec.formats: ', 'at least 1']],
  ['a format named twice is refused', ['CSV', 'CSV'], ['spec.formats: ', 'each format once']],
  ['a format that does not exist is refused', ['PDF'], ['spec.formats[0]: Unsupported value: "PDF"']],
  ['a template without formats is refused', undefined, ['spec.formats: Required value']],
]);

rows('spec.compression', (spec) => spec as object, [
  ['Gzip is accepted', { compression: 'Gzip' }, 'accepted'],
  ['Gzip is accepted beside XLSX', { formats: ['XLSX', 'CSV'], compression: 'Gzip' }, 'accepted'],
  [
    'Gzip is refused for XLSX alone',
    { formats: ['XLSX'], compression: 'Gzip' },
    ['spec.compression: ', 'only XLSX', 'leave compression out'],
  ],
  ['another compression is refused', { compression: 'Zip' }, ['spec.compression: Unsupported value: "Zip"', '"None", "Gzip"']],
]);
rows('spec.json.decimals', (decimals) => ({ json: { decimals } }), [
  ['String is accepted', 'String', 'accepted'],
  ['Number is accepted', 'Number', 'accepted'],
  ['Double is refused', 'Double', ['spec.json.decimals: Unsupported value: "Double"', '"String", "Number"']],
]);
rows('spec.json.integers', (integers) => ({ json: { integers } }), [
  ['Number is accepted', 'Number', 'accepted'],
  ['String is accepted', 'String', 'accepted'],
  ['true is refused', true, ['spec.json.integers: ']],
]);
rows('spec.csv.delimiter', (delimiter) => ({ csv: { delimiter } }), [
  ...[',', ';', '|', '\t'].map((delimiter): Row => [`${JSON.stringify(delimiter)} is accepted`, delimiter, 'accepted']),
  ...['', ',,', ' ', '"', 'TAB', '\n'].map((delimiter): Row => [
    `${JSON.stringify(delimiter)} is refused`,
    delimiter,
    ['spec.csv.delimiter: Unsupported value'],
  ]),
]);
rows('spec.csv.null', (text) => ({ csv: { null: text } }), lengths('spec.csv.null', 64));
rows('spec.csv.quote', (quote) => ({ csv: { quote } }), [
  ['All is accepted', 'All', 'accepted'],
  ['None is refused', 'None', ['spec.csv.quote: Unsupported value: "None"', '"Minimal", "All"']],
]);
rows('spec.csv.lineEnding', (lineEnding) => ({ csv: { lineEnding } }), [
  ['CRLF is accepted', 'CRLF', 'accepted'],
  ['CR is refused', 'CR', ['spec.csv.lineEnding: Unsupported value: "CR"', '"LF", "CRLF"']],
]);
rows('spec.csv.formulas', (formulas) => ({ csv: { formulas } }), [
  ['Keep is accepted', 'Keep', 'accepted'],
  ['Drop is refused', 'Drop', ['spec.csv.formulas: Unsupported value: "Drop"', '"Escape", "Keep"']],
]);

rows('spec.xlsx.sheetName', (sheetName) => ({ xlsx: { sheetName } }), [
  ...lengths('spec.xlsx.sheetName', 31),
  ['15 emoji and a letter are accepted', `${'😀'.repeat(15)}x`, 'accepted'],
  ['16 emoji are refused, because each counts as two', '😀'.repeat(16), ['spec.xlsx.sheetName: ', '31 characters', 'emoji']],
  ['an empty name is refused', '', ['spec.xlsx.sheetName: ']],
  ...[...'[]:*?/\\\n'].map((character): Row => [
    `${JSON.stringify(character)} is refused`,
    `a${character}b`,
    ['spec.xlsx.sheetName: ', 'must not contain'],
  ]),
  ['an apostrophe inside is accepted', "Editor's list", 'accepted'],
  ['an apostrophe at the beginning is refused', "'a", ['spec.xlsx.sheetName: ', 'apostrophe']],
  ['an apostrophe at the end is refused', "a'", ['spec.xlsx.sheetName: ', 'apostrophe']],
  ['History is refused in any case', 'hISTORY', ['spec.xlsx.sheetName: ', 'History']],
  ['History with more to it is accepted', 'History 2026', 'accepted'],
]);

rows('spec.storageRef.name', (name) => ({ storageRef: { name } }), objectName('spec.storageRef.name'));
rows('spec.allowedStorageRefs[].name', (name) => ({ allowedStorageRefs: [{ name }] }), objectName('spec.allowedStorageRefs[0].name'));
const storages = (count: number): readonly object[] => Array.from({ length: count }, (_, index) => ({ name: `s${index}` }));
field('allowedStorageRefs', [
  ['32 are accepted', storages(32), 'accepted'],
  ['33 are refused', storages(33), ['spec.allowedStorageRefs: Too many', '32']],
  ['a name given twice is refused', [{ name: 'a' }, { name: 'a' }], ['spec.allowedStorageRefs[1]: Duplicate value']],
]);
field('maxRunning', bounds('spec.maxRunning', 1, 10_000));

test('every mistake that a rule finds is told at once', async () => {
  const message = await apiserver.verdict(REPORT_TEMPLATES, template({ source: {}, formats: ['CSV', 'CSV'], xlsx: { sheetName: 'a/b' } }));
  for (const path of ['spec.source: ', 'spec.formats: ', 'spec.xlsx.sheetName: ']) expect(message).toContain(path);
});
