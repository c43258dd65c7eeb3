/** What the source kubernetes of a template may say: each rule and bound with the last value it accepts and the first it refuses. */
import { CLUSTER_REPORT_TEMPLATES, REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { lengths, verdictsOn, type Row } from './verdicts.ts';

const apiserver = useApiserver();
const kubernetes = { apiVersion: 'v1', kind: 'Pod' };
const columns = [{ name: 'name', type: 'String', path: '$.metadata.name' }];
const job = { serviceAccountName: 'reporter' };
const base = { source: { kubernetes }, columns, job, formats: ['CSV'] };
const { rows } = verdictsOn(apiserver, REPORT_TEMPLATES, base);

const at = 'spec.source.kubernetes';
const inKubernetes =
  (name: string) =>
  (value: unknown): object => ({ source: { kubernetes: { ...kubernetes, [name]: value } } });

rows('spec.job.serviceAccountName', (given) => ({ job: given }), [
  ['a service account is accepted', job, 'accepted'],
  ['no service account is refused', {}, ['spec.job.serviceAccountName: Required value', 'service account']],
  ['no job at all is refused', undefined, ['spec.job.serviceAccountName: Required value', 'service account']],
]);

const count = { name: 'n', type: 'Integer', aggregate: 'Count' };
const grouped = { ...kubernetes, groupBy: ['name'] };
rows('spec.columns', (spec) => spec as object, [
  ['a path for each is accepted', {}, 'accepted'],
  ['no columns are refused', { columns: undefined }, ['spec.columns: Required value', 'kubernetes needs columns']],
  ['a column without a path is refused', { columns: [{ name: 'name', type: 'String' }] }, ['spec.columns: ', 'needs its path']],
  ['a count of rows needs no path', { source: { kubernetes: grouped }, columns: [...columns, count] }, 'accepted'],
  [
    'a sum needs one',
    { source: { kubernetes: grouped }, columns: [...columns, { ...count, aggregate: 'Sum' }] },
    ['spec.columns: ', 'needs its path'],
  ],
  ['an aggregate without groupBy is refused', { columns: [...columns, count] }, ['spec.columns: ', 'with groupBy']],
  [
    'an aggregate of another source is refused',
    { source: { http: { url: 'https://a' } }, columns: [{ ...count, path: '$.n' }] },
    ['spec.columns: ', 'aggregate is for columns of the source kubernetes'],
  ],
  [
    'an aggregate that does not exist is refused',
    { source: { kubernetes: grouped }, columns: [...columns, { ...count, aggregate: 'Avg' }] },
    ['spec.columns[1].aggregate: Unsupported value: "Avg"'],
  ],
  ['quantities are accepted', { columns: [{ name: 'cpu', type: 'Quantity', path: '$.spec.cpu' }] }, 'accepted'],
  [
    '1,000 columns are accepted',
    { columns: Array.from({ length: 1000 }, (_, index) => ({ name: `c${index}`, type: 'String', path: '$.a' })) },
    'accepted',
  ],
]);

rows(`${at}.apiVersion`, inKubernetes('apiVersion'), [
  ...['v1', 'apps/v1', 'cert-manager.io/v1', 'dossier.dev/v1alpha1', 'metrics.k8s.io/v1beta1'].map((version): Row => [
    `${version} is accepted`,
    version,
    'accepted',
  ]),
  ...['', '/v1', 'apps/', 'apps/v1/pods', 'v1?x', '../api/v1', 'Apps/v1', 'v1 '].map((version): Row => [
    `"${version}" is refused`,
    version,
    [`${at}.apiVersion: `],
  ]),
  ['a template without one is refused', undefined, [`${at}.apiVersion: Required value`]],
]);
rows(`${at}.kind`, inKubernetes('kind'), [
  ['63 characters are accepted', `K${'k'.repeat(62)}`, 'accepted'],
  ['64 characters are refused', `K${'k'.repeat(63)}`, [`${at}.kind: Too long`]],
  ...['', 'pod', 'Pod/status', 'Pod.v1'].map((kind): Row => [`"${kind}" is refused`, kind, [`${at}.kind: `]]),
  ['a template without one is refused', undefined, [`${at}.kind: Required value`]],
]);
for (const [name, limit] of [
  ['labelSelector', 1024],
  ['fieldSelector', 1024],
  ['forEach', 256],
] as const) {
  rows(`${at}.${name}`, inKubernetes(name), [...lengths(`${at}.${name}`, limit), ['an empty text is refused', '', [`${at}.${name}: `]]]);
}
const names = (length: number): readonly string[] => Array.from({ length }, (_, index) => `c${index}`);
rows(`${at}.groupBy`, inKubernetes('groupBy'), [
  ['a column is accepted', ['name'], 'accepted'],
  ['32 names are accepted', names(32), 'accepted'],
  ['33 names are refused', names(33), [`${at}.groupBy: Too many`, '32']],
  ['no name is refused', [], [`${at}.groupBy: `]],
  ['a name given twice is refused', ['name', 'name'], [`${at}.groupBy[1]: Duplicate value`]],
  ['a name of 64 characters is refused', ['x'.repeat(64)], [`${at}.groupBy[0]: Too long`]],
]);
rows(`${at}.allNamespaces`, inKubernetes('allNamespaces'), [
  ['its own namespace is accepted', false, 'accepted'],
  ['all namespaces are refused', true, [`${at}.allNamespaces: `, 'ClusterReportTemplate']],
]);

const also = (more: object, length = 1): readonly object[] => Array.from({ length }, () => ({ apiVersion: 'v1', kind: 'Node', ...more }));
const paths = (length: number): readonly object[] => Array.from({ length }, (_, index) => ({ column: `c${index}`, path: '$.a' }));
rows(`${at}.also`, inKubernetes('also'), [
  ['eight kinds are accepted', also({}, 8), 'accepted'],
  ['nine are refused', also({}, 9), [`${at}.also: Too many`, '8']],
  ['the same kind twice is accepted', also({ forEach: '$.a[*]' }, 2), 'accepted'],
  ['a kind without an apiVersion is refused', [{ kind: 'Node' }], [`${at}.also[0].apiVersion: Required value`]],
  ['a kind in lower case is refused', also({ kind: 'node' }), [`${at}.also[0].kind: `]],
  ['100 paths are accepted', also({ paths: paths(100) }), 'accepted'],
  ['101 are refused', also({ paths: paths(101) }), [`${at}.also[0].paths: Too many`, '100']],
  ['a path for a column twice is refused', also({ paths: [...paths(1), ...paths(1)] }), [`${at}.also[0].paths[1]: Duplicate value`]],
  [
    'a path of 257 characters is refused',
    also({ paths: [{ column: 'a', path: '$'.repeat(257) }] }),
    [`${at}.also[0].paths[0].path: Too long`],
  ],
  ['a join on eight columns is accepted', also({ joinOn: names(8) }), 'accepted'],
  ['a join on nine is refused', also({ joinOn: names(9) }), [`${at}.also[0].joinOn: Too many`]],
  ['a join on none is refused', also({ joinOn: [] }), [`${at}.also[0].joinOn: `]],
]);
const where = (more: object, length = 1): readonly object[] => Array.from({ length }, () => ({ column: 'name', operator: 'In', ...more }));
rows(`${at}.where`, inKubernetes('where'), [
  ['16 conditions are accepted', where({ parameter: 'p' }, 16), 'accepted'],
  ['17 are refused', where({ parameter: 'p' }, 17), [`${at}.where: Too many`, '16']],
  ['a condition without values is refused', where({}), [`${at}.where[0]: `, 'exactly one of parameter and values']],
  [
    'a condition with both is refused',
    where({ parameter: 'p', values: ['a'] }),
    [`${at}.where[0]: `, 'exactly one of parameter and values'],
  ],
  ['100 values are accepted', where({ values: names(100) }), 'accepted'],
  ['101 are refused', where({ values: names(101) }), [`${at}.where[0].values: Too many`]],
  ['no values are refused', where({ values: [] }), [`${at}.where[0].values: `]],
  [
    'an operator that does not exist is refused',
    where({ operator: 'Like', values: ['a'] }),
    [`${at}.where[0].operator: Unsupported value: "Like"`],
  ],
]);
rows('spec.columns', (more) => ({ columns: [...columns, { name: 'c', type: 'Decimal', ...(more as object) }] }), [
  ['a formula needs no path', { formula: 'a * 2', scale: 18 }, 'accepted'],
  ['256 characters of a formula are accepted', { formula: '1'.repeat(256) }, 'accepted'],
  ['257 are refused', { formula: '1'.repeat(257) }, ['spec.columns[1].formula: Too long']],
  ['a scale of 19 is refused', { formula: '1', scale: 19 }, ['spec.columns[1].scale: ', '18']],
  ['a negative scale is refused', { formula: '1', scale: -1 }, ['spec.columns[1].scale: ']],
  ['a part of a text and a default are accepted', { path: '$.a', extract: '(a)', default: '' }, 'accepted'],
  ['a pattern of 257 characters is refused', { path: '$.a', extract: 'a'.repeat(257) }, ['spec.columns[1].extract: Too long']],
]);
rows('spec', (column) => ({ source: { http: { url: 'https://a' } }, columns: [{ name: 'a', type: 'String', ...(column as object) }] }), [
  ...[{ extract: '(a)' }, { default: '' }, { formula: '1' }, { scale: 1 }].map((column): Row => [
    `${Object.keys(column).join()} of another source is refused`,
    column,
    ['spec.columns: ', 'extract, default, formula and scale are for columns of the source kubernetes'],
  ]),
]);

const ofCluster = verdictsOn(apiserver, CLUSTER_REPORT_TEMPLATES, base);
ofCluster.rows(`${at}.allNamespaces of a ClusterReportTemplate`, inKubernetes('allNamespaces'), [
  ['its own namespace is accepted', false, 'accepted'],
  ['all namespaces are accepted', true, 'accepted'],
]);
