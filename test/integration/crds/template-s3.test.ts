/** What the source s3 of a template may say: each rule and bound with the last value it accepts and the first it refuses. */
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { verdictsOn, type Row } from './verdicts.ts';

const apiserver = useApiserver();
const s3 = { storageRef: { name: 'archive' }, key: 'imports/a.csv', format: 'CSV' };
const columns = [{ name: 'id', type: 'String' }];
const { rows } = verdictsOn(apiserver, REPORT_TEMPLATES, { source: { s3 }, columns, formats: ['CSV'] });

const at = 'spec.source.s3';
const withFields = (fields: unknown): object => ({ source: { s3: { ...s3, ...(fields as object) } } });

rows('spec', (spec) => spec as object, [
  ['a key and columns are accepted', {}, 'accepted'],
  ['no columns are refused', { columns: undefined }, ['spec.columns: Required value', 's3 needs columns']],
  ['a path of a column is accepted', { columns: [{ ...columns[0], path: 'Invoice' }] }, 'accepted'],
  ['a second source is refused', { source: { s3, inline: { rows: [] } } }, ['spec.source: ', 'more than one source']],
]);
rows(at, withFields, [
  ['a prefix is accepted', { key: undefined, prefix: 'imports/' }, 'accepted'],
  ['neither key nor prefix is refused', { key: undefined }, [`${at}: `, 'exactly one of key and prefix']],
  ['both are refused', { prefix: 'imports/' }, [`${at}: `, 'exactly one of key and prefix']],
  ['no storage is refused', { storageRef: undefined }, [`${at}.storageRef: Required value`]],
  ['no format is refused', { format: undefined }, [`${at}.format: Required value`]],
  ['another format is refused', { format: 'XLSX' }, [`${at}.format: `, 'NDJSON']],
  ['a dialect is accepted', { csv: { delimiter: '\t', null: '-', formulas: 'Unescape' } }, 'accepted'],
  ['a quote as delimiter is refused', { csv: { delimiter: '"' } }, [`${at}.csv.delimiter: `]],
]);
for (const field of ['key', 'prefix']) {
  const path = `${at}.${field}`;
  const refused = (value: string, says: string): Row => [`${JSON.stringify(value)} is refused`, value, [`${path}: `, says]];
  rows(path, (value) => withFields({ key: undefined, [field]: value }), [
    ['letters of any language, spaces and dots are accepted', 'Büro 1/a..b/.c', 'accepted'],
    ['512 characters are accepted', 'x'.repeat(512), 'accepted'],
    ['513 are refused', 'x'.repeat(513), [`${path}: Too long`]],
    refused('', `${path}`),
    ...['/a', 'a//b', '.', '..', '../b', 'a/../b', 'a/./b', 'a//'].map((value) => refused(value, 'no empty part')),
    ...['a%2e', '%2e%2e/b', 'a\\b', 'a\nb', 'a\u0085b'].map((value) => refused(value, 'must not contain %')),
    ['a slash at the end', 'a/', field === 'prefix' ? 'accepted' : [`${path}: `, 'no empty part']],
  ]);
}
