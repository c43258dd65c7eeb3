/** What the source container of a template may say: each rule and bound with the last value it accepts and the first it refuses. */
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { verdictsOn } from './verdicts.ts';

const apiserver = useApiserver();
const container = { image: 'registry.example.com/reports/usage:1.4' };
const columns = [{ name: 'id', type: 'String' }];
const { rows } = verdictsOn(apiserver, REPORT_TEMPLATES, { source: { container }, columns, formats: ['CSV'] });

const at = 'spec.source.container';
const inContainer =
  (name: string) =>
  (value: unknown): object => ({ source: { container: { ...container, [name]: value } } });

rows('spec', (spec) => spec as object, [
  ['an image and columns are accepted', {}, 'accepted'],
  ['no columns are refused', { columns: undefined }, ['spec.columns: Required value', 'container needs columns']],
  ['a path of a column is refused', { columns: [{ ...columns[0], path: '$.id' }] }, ['spec.columns: ', 'path is for columns']],
  [
    'a service account is refused',
    { job: { serviceAccountName: 'reporter' } },
    ['spec.job.serviceAccountName: Forbidden', 'custom code runs as the default service account', 'trusted'],
  ],
  [
    'a service account is accepted where the code is trusted',
    { source: { container: { ...container, trusted: true } }, job: { serviceAccountName: 'reporter' } },
    'accepted',
  ],
]);
rows(`${at}.image`, inContainer('image'), [
  ['512 characters are accepted', 'x'.repeat(512), 'accepted'],
  ['513 are refused', 'x'.repeat(513), [`${at}.image: Too long`, '512']],
  ['none is refused', undefined, [`${at}.image: Required value`]],
  ['an empty one is refused', '', [`${at}.image: `]],
  ['a space is refused', 'usage 1', [`${at}.image: `, 'without spaces']],
]);
for (const name of ['command', 'args'])
  rows(`${at}.${name}`, inContainer(name), [
    ['64 words are accepted', Array.from({ length: 64 }, () => 'x'), 'accepted'],
    ['65 words are refused', Array.from({ length: 65 }, () => 'x'), [`${at}.${name}: Too many`, '64']],
    ['no words are refused', [], [`${at}.${name}: `]],
    ['4,097 characters are refused', ['x'.repeat(4097)], [`${at}.${name}[0]: Too long`, '4096']],
  ]);
const secretKeyRef = { name: 'usage-api', key: 'token' };
rows(`${at}.env`, inContainer('env'), [
  ['a value is accepted', [{ name: 'CURRENCY', value: 'EUR' }], 'accepted'],
  ['an empty value is accepted', [{ name: 'CURRENCY', value: '' }], 'accepted'],
  ['a key of a Secret is accepted', [{ name: 'TOKEN', valueFrom: { secretKeyRef } }], 'accepted'],
  [
    'both are refused',
    [{ name: 'TOKEN', value: 'x', valueFrom: { secretKeyRef } }],
    [`${at}.env[0]: `, '"TOKEN" must have exactly one of'],
  ],
  ['neither is refused', [{ name: 'TOKEN' }], [`${at}.env[0]: `, '"TOKEN" must have exactly one of']],
  ['a variable of the operator is refused', [{ name: 'DOSSIER_ROWS', value: '/x' }], [`${at}.env[0].name: `, 'set by the operator only']],
  ['a name that is none is refused', [{ name: '1A', value: 'x' }], [`${at}.env[0].name: `]],
  [
    'a name twice is refused',
    [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ],
    [`${at}.env[1]: Duplicate value`],
  ],
  ['a ConfigMap is refused', [{ name: 'A', valueFrom: { configMapKeyRef: secretKeyRef } }], ['unknown field']],
]);
rows(`${at}.trusted`, inContainer('trusted'), [['text is refused', 'yes', [`${at}.trusted: `, 'boolean']]]);
