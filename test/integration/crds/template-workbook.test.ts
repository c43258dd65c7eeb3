/** What xlsx.workbook and xlsx.info of a template may say: each rule and bound with the last value it accepts and the first it refuses. */
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { bounds, verdictsOn } from './verdicts.ts';

const apiserver = useApiserver();
const workbook = { configMapRef: { name: 'forms', key: 'invoices.xlsx' }, sheet: 'Data' };
const columns = [{ name: 'id', type: 'String' }];
const git = { url: 'https://git.example.com/reports.git', ref: { tag: 'v1' }, entrypoint: 'usage.ts' };
const { rows } = verdictsOn(apiserver, REPORT_TEMPLATES, { source: { inline: { rows: [] } }, columns, formats: ['XLSX'] });

const at = 'spec.xlsx.workbook';
const withFields = (fields: unknown): object => ({ xlsx: { workbook: { ...workbook, ...(fields as object) } } });

rows(at, withFields, [
  ['a key of a ConfigMap is accepted', {}, 'accepted'],
  ['neither ConfigMap nor path is refused', { configMapRef: undefined }, [`${at}: `, 'exactly one of configMapRef and path']],
  ['both are refused', { path: 'a.xlsx' }, [`${at}: `, 'exactly one of configMapRef and path']],
  [
    'a path is refused where there is no repository',
    { configMapRef: undefined, path: 'a.xlsx' },
    [`${at}.path: `, 'is for the source git'],
  ],
  ['no sheet is refused', { sheet: undefined }, [`${at}.sheet: Required value`]],
]);
rows(`${at}.path`, (path) => ({ source: { git }, ...withFields({ configMapRef: undefined, path }) }), [
  ['a file is accepted', 'forms/Rechnung 1.xlsx', 'accepted'],
  ['a path out of the source is refused', '../a.xlsx', [`${at}.path: `, 'below the path of the source']],
  ['a whole path is refused', '/a.xlsx', [`${at}.path: `, 'below the path of the source']],
  ["git's own files are refused", '.git/a.xlsx', [`${at}.path: `, 'below the path of the source']],
]);
rows(`${at}.startRow`, (startRow) => withFields({ startRow }), bounds(`${at}.startRow`, 1, 1_048_576));
rows(`${at}.startColumn`, (startColumn) => withFields({ startColumn }), bounds(`${at}.startColumn`, 1, 16_384));
rows('spec.xlsx.info', (info) => ({ xlsx: { info } }), [
  ['true is accepted', true, 'accepted'],
  ['text is refused', 'yes', ['spec.xlsx.info: ', 'boolean']],
]);
