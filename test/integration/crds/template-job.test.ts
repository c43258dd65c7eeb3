/** Which settings a ReportTemplate may give its Jobs: the allow-list of crds/reporttemplates.yaml, its rules and bounds. */
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { bounds, objectName, verdictsOn, type Row } from './verdicts.ts';

const postgres = { urlFrom: { secretKeyRef: { name: 'billing-db', key: 'url' } }, query: 'select 1 as one' };
const { rows } = verdictsOn(useApiserver(), REPORT_TEMPLATES, { source: { postgres }, formats: ['CSV'] });

const job = (name: string) => (given: unknown) => ({ job: { [name]: given } });
rows('spec.job.activeDeadlineSeconds', job('activeDeadlineSeconds'), bounds('spec.job.activeDeadlineSeconds', 1, 604_800));
rows('spec.job.backoffLimit', job('backoffLimit'), bounds('spec.job.backoffLimit', 0, 10));
rows('spec.job.ttlSecondsAfterFinished', job('ttlSecondsAfterFinished'), bounds('spec.job.ttlSecondsAfterFinished', 0, 2_592_000));

rows('spec.job has no other setting of pods', (name) => ({ job: { [String(name)]: {} } }), [
  ...['volumes', 'securityContext', 'hostNetwork', 'containers', 'affinity'].map((name): Row => [
    name,
    name,
    [`unknown field "spec.job.${name}"`],
  ]),
]);

rows('spec.job.resources', job('resources'), [
  [
    'quantities as text and as integers are accepted',
    { requests: { cpu: '500m', memory: '256Mi' }, limits: { cpu: 2, memory: '1Gi', 'ephemeral-storage': '1e9' } },
    'accepted',
  ],
  ['a limit alone is accepted', { limits: { memory: '1Gi' } }, 'accepted'],
  ['a request equal to its limit is accepted', { requests: { cpu: '1' }, limits: { cpu: '1000m' } }, 'accepted'],
  [
    'a request above its limit is refused',
    { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } },
    ['spec.job.resources: ', 'requests.memory 2Gi', 'limits.memory 1Gi'],
  ],
  [
    'a cpu request above its limit is refused',
    { requests: { cpu: 2 }, limits: { cpu: '1500m' } },
    ['spec.job.resources: ', 'requests.cpu 2', 'limits.cpu 1500m'],
  ],
  [
    'a disk request above its limit is refused',
    { requests: { 'ephemeral-storage': '2Gi' }, limits: { 'ephemeral-storage': '1Gi' } },
    ['spec.job.resources: ', 'requests.ephemeral-storage'],
  ],
  ['a wrong unit is refused', { limits: { memory: '512MB' } }, ['spec.job.resources.limits.memory: ', '"512MB"', 'quantity']],
  ['less than nothing is refused', { requests: { memory: '-1Gi' } }, ['spec.job.resources.requests.memory: ', 'above zero']],
  ['a fraction without quotes is refused', { requests: { cpu: 0.5 } }, ['spec.job.resources.requests.cpu: ', 'integer,string']],
  ['a quantity of 33 characters is refused', { requests: { cpu: '1'.repeat(33) } }, ['spec.job.resources.requests.cpu: Too long', '32']],
  ['a device is refused', { limits: { 'nvidia.com/gpu': 1 } }, ['unknown field "spec.job.resources.limits.nvidia.com/gpu"']],
]);
for (const kind of ['requests', 'limits'])
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const path = `spec.job.resources.${kind}.${name}`;
    rows(path, (given) => ({ job: { resources: { [kind]: { [name]: given } } } }), [
      ['an integer is accepted', 1, 'accepted'],
      ['a word is refused', 'plenty', [`${path}: `, '"plenty"', 'quantity']],
      ['zero is refused', '0', [`${path}: `, 'above zero']],
    ]);
  }
rows('spec.job.scratchSize', job('scratchSize'), [
  ['a quantity is accepted', '500Mi', 'accepted'],
  ['zero is refused', '0', ['spec.job.scratchSize: ', 'above zero']],
  ['a word is refused', 'big', ['spec.job.scratchSize: ', '"big"', 'quantity']],
]);

const labelled = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
for (const name of ['nodeSelector', 'labels']) {
  const path = `spec.job.${name}`;
  rows(path, job(name), [
    ['16 are accepted', labelled(16), 'accepted'],
    ['17 are refused', labelled(17), [`${path}: Too many`, '16']],
    ['a key with a prefix is accepted', { 'kueue.x-k8s.io/queue-name': 'reports' }, 'accepted'],
    ['an empty value is accepted', { disk: '' }, 'accepted'],
    ['a value of 63 characters is accepted', { disk: 'x'.repeat(63) }, 'accepted'],
    ['a value of 64 characters is refused', { disk: 'x'.repeat(64) }, [`${path}.disk: Too long`, '63']],
    ['a value with a space is refused', { disk: 'very fast' }, [`${path}.disk: `, '"very fast"']],
    ['a key of 63 characters is accepted', { ['k'.repeat(63)]: 'v' }, 'accepted'],
    ['a key of 64 characters is refused', { ['k'.repeat(64)]: 'v' }, [`${path}: `, 'label keys']],
    ['a key with two slashes is refused', { 'a/b/c': 'v' }, [`${path}: `, 'label keys']],
    ['a key that ends with a dash is refused', { 'disk-': 'v' }, [`${path}: `, 'label keys']],
  ]);
}
rows('spec.job.labels', job('labels'), [
  ["the operator's own prefix is refused", { 'dossier.dev/report': 'x' }, ['spec.job.labels: ', 'dossier.dev/']],
]);

rows('spec.job.tolerations', job('tolerations'), [
  ['a taint with a value is accepted', [{ key: 'pool', value: 'batch', effect: 'NoSchedule' }], 'accepted'],
  ['every taint is accepted', [{ operator: 'Exists' }], 'accepted'],
  ['a time for NoExecute is accepted', [{ key: 'pool', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }], 'accepted'],
  ['no key and no operator is refused', [{ effect: 'NoSchedule' }], ['spec.job.tolerations[0]: ', 'operator: Exists']],
  ['Exists with a value is refused', [{ key: 'pool', operator: 'Exists', value: 'a' }], ['spec.job.tolerations[0]: ', 'has no value']],
  ['a time without NoExecute is refused', [{ key: 'pool', tolerationSeconds: 60 }], ['spec.job.tolerations[0]: ', 'NoExecute']],
  ['a key with a space is refused', [{ key: 'my pool', operator: 'Exists' }], ['spec.job.tolerations[0].key: ', '"my pool"']],
  ['a value with a space is refused', [{ key: 'pool', value: 'very fast' }], ['spec.job.tolerations[0].value: ', '"very fast"']],
  [
    'an effect that does not exist is refused',
    [{ key: 'pool', effect: 'Never' }],
    ['spec.job.tolerations[0].effect: Unsupported value: "Never"'],
  ],
  ['16 are accepted', Array.from({ length: 16 }, () => ({ operator: 'Exists' })), 'accepted'],
  ['17 are refused', Array.from({ length: 17 }, () => ({ operator: 'Exists' })), ['spec.job.tolerations: Too many', '16']],
]);
for (const name of ['serviceAccountName', 'priorityClassName']) rows(`spec.job.${name}`, job(name), objectName(`spec.job.${name}`));
rows('spec.job.imagePullSecrets', job('imagePullSecrets'), [
  ['capital letters are refused', [{ name: 'Registry' }], ['spec.job.imagePullSecrets[0].name: ', '"Registry"']],
  ['8 are accepted', Array.from({ length: 8 }, (_, index) => ({ name: `s${index}` })), 'accepted'],
  ['9 are refused', Array.from({ length: 9 }, (_, index) => ({ name: `s${index}` })), ['spec.job.imagePullSecrets: Too many', '8']],
  ['a name given twice is refused', [{ name: 'a' }, { name: 'a' }], ['spec.job.imagePullSecrets[1]: Duplicate value']],
]);
