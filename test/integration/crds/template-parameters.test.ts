/** How a ReportTemplate may declare parameters and set up its Jobs: the rules of crds/reporttemplates.yaml that compare fields, and their bounds. */
import { describe, test } from 'vitest';
import type { Manifest } from '../../../src/kube/client.ts';
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { expectVerdict, useApiserver, type Expected } from './apiserver.ts';

const apiserver = useApiserver();

type Row = readonly [story: string, given: unknown, expected: Expected];

function template(spec: object): Manifest {
  const metadata = { name: 'sample', namespace: apiserver.namespace };
  const source = { postgres: { urlFrom: { secretKeyRef: { name: 'billing-db', key: 'url' } }, query: 'select 1 as one' } };
  return { apiVersion: 'dossier.dev/v1alpha1', kind: 'ReportTemplate', metadata, spec: { source, formats: ['CSV'], ...spec } };
}

function rows(of: string, spec: (given: unknown) => object, table: readonly Row[]): void {
  describe(of, () => {
    test.each(table)('%s', async (_, given, expected) => {
      expectVerdict(await apiserver.verdict(REPORT_TEMPLATES, template(spec(given))), expected);
    });
  });
}

const many = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({ name: `p${index}`.padEnd(63, 'x'), type: 'Period', description: 'x'.repeat(1024) }));

rows('spec.parameters', (parameters) => ({ parameters }), [
  ['64 parameters are accepted', many(64), 'accepted'],
  ['65 parameters are refused', many(65), ['spec.parameters: Too many', '64']],
  ['a name with a dash is refused', [{ name: 'due-date', type: 'Date' }], ['spec.parameters[0].name: ', '"due-date"']],
  ['a name of 64 characters is refused', [{ name: 'a'.repeat(64), type: 'Date' }], ['spec.parameters[0].name: Too long', '63']],
  [
    'a name given twice is refused',
    [
      { name: 'a', type: 'String' },
      { name: 'a', type: 'Date' },
    ],
    ['spec.parameters[1]: Duplicate value'],
  ],
  ['a parameter without a type is refused', [{ name: 'a' }], ['spec.parameters[0].type: Required value']],
  [
    'a type that does not exist is refused',
    [{ name: 'a', type: 'Float' }],
    ['spec.parameters[0].type: Unsupported value: "Float"', '"Decimal"'],
  ],
  [
    'a Period beside an unrelated name is accepted',
    [
      { name: 'month', type: 'Period' },
      { name: 'months', type: 'Integer' },
    ],
    'accepted',
  ],
  [
    'a Period beside its own beginning is refused',
    [
      { name: 'month', type: 'Period' },
      { name: 'month_from', type: 'Date' },
    ],
    ['spec.parameters: ', 'month_from'],
  ],
  [
    'a Period beside its own end is refused',
    [
      { name: 'month_to', type: 'Date' },
      { name: 'month', type: 'Period' },
    ],
    ['spec.parameters: ', 'month_to'],
  ],
  [
    'the same names without a Period are accepted',
    [
      { name: 'month', type: 'String' },
      { name: 'month_from', type: 'Date' },
    ],
    'accepted',
  ],
]);

/** One parameter of a type with further fields. */
const of = (type: string) => (fields: unknown) => ({ parameters: [{ name: 'p', type, ...(fields as object) }] });
const OWN_RULES: Readonly<Record<string, object>> = {
  String: { pattern: '[A-Z]{2}', minLength: 2, maxLength: 2, default: 'DE' },
  Integer: { minimum: 1, maximum: 12, default: 7 },
  Decimal: { minimum: '0.01', maximum: '99.99', default: '12.50' },
  Boolean: { default: 'true' },
  Date: { default: '2026-10-01' },
  Period: { maxDays: 31, defaultPeriod: { from: '2026-10-01', to: '2026-11-01' } },
};
const RULES: readonly (readonly [field: string, value: unknown, types: readonly string[]])[] = [
  ['pattern', 'x', ['String']],
  ['minLength', 1, ['String']],
  ['maxLength', 1, ['String']],
  ['minimum', 1, ['Integer', 'Decimal']],
  ['maximum', 1, ['Integer', 'Decimal']],
  ['maxDays', 1, ['Period']],
  ['defaultPeriod', { from: '2026-10-01', to: '2026-11-01' }, ['Period']],
];
for (const [type, own] of Object.entries(OWN_RULES)) {
  rows(`a parameter of type ${type}`, of(type), [
    ['has its own rules', own, 'accepted'],
    ...RULES.filter(([, , types]) => !types.includes(type)).map(([name, value]): Row => [
      `has no ${name}`,
      { [name]: value },
      ['spec.parameters[0]: ', '"p"', name, type],
    ]),
  ]);
}

rows('a String', of('String'), [
  ['takes no empty pattern', { pattern: '' }, ['spec.parameters[0].pattern: ']],
  ['takes a pattern of 256 characters', { pattern: 'x'.repeat(256) }, 'accepted'],
  ['takes no pattern of 257', { pattern: 'x'.repeat(257) }, ['spec.parameters[0].pattern: Too long', '256']],
  ['may be 1,024 characters long', { minLength: 1024, maxLength: 1024 }, 'accepted'],
  ['may not be longer', { maxLength: 1025 }, ['spec.parameters[0].maxLength: ', 'less than or equal to 1024']],
  ['has no negative length', { minLength: -1 }, ['spec.parameters[0].minLength: ', 'greater than or equal to 0']],
  [
    'cannot be longer than its longest',
    { minLength: 3, maxLength: 2 },
    ['spec.parameters[0]: ', '"p"', 'minLength is more than maxLength'],
  ],
  ['has a default in quotes', { default: 7 }, ['spec.parameters[0]: ', '"p" is a String', 'quotes']],
]);
rows('an Integer', of('Integer'), [
  ['takes digits in quotes as default', { default: '-9223372036854775808' }, 'accepted'],
  ['takes no fraction as default', { default: '1.5' }, ['spec.parameters[0]: ', '"p"', 'integer']],
  ['takes no empty default', { default: '' }, ['spec.parameters[0]: ', '"p"', 'integer']],
  ['is not upside down', { minimum: 2, maximum: 1 }, ['spec.parameters[0]: ', '"p"', 'minimum 2 is more than maximum 1']],
  ['may have one value only', { minimum: 2, maximum: 2 }, 'accepted'],
  ['takes no words as maximum', { maximum: 'ten' }, ['spec.parameters[0].maximum: ', 'integer or a decimal']],
  ['takes no words as minimum', { minimum: 'one' }, ['spec.parameters[0].minimum: ', 'integer or a decimal']],
]);
rows('a Decimal', of('Decimal'), [
  ['takes an integer as default', { default: 12 }, 'accepted'],
  ['takes a sign', { default: '-12.50' }, 'accepted'],
  ['takes no exponent', { default: '1e3' }, ['spec.parameters[0]: ', '"p"', 'decimal in quotes']],
  ['takes no decimal comma', { default: '12,50' }, ['spec.parameters[0]: ', '"p"', 'decimal in quotes']],
  ['takes no fraction without quotes', { maximum: 99.5 }, ['spec.parameters[0].maximum: ', 'integer,string']],
  ['takes bounds of 100 digits', { maximum: '9'.repeat(100) }, 'accepted'],
  ['takes no bounds of 101', { maximum: '9'.repeat(101) }, ['spec.parameters[0].maximum: Too long', '100']],
]);
rows('a Boolean', of('Boolean'), [
  ['takes no other word as default', { default: 'yes' }, ['spec.parameters[0]: ', '"p"', '"true" or "false"']],
  ['takes no default without quotes', { default: true }, ['spec.parameters[0].default: ', 'integer,string']],
  ['takes no number as default', { default: 1 }, ['spec.parameters[0]: ', '"p"', '"true" or "false"']],
]);
rows('a Date', of('Date'), [
  ['takes the leap day of a leap year', { default: '2024-02-29' }, 'accepted'],
  ['takes no leap day of another year', { default: '2026-02-29' }, ['spec.parameters[0]: ', '"p"', 'YYYY-MM-DD']],
  ['takes no instant', { default: '2026-10-01T00:00:00Z' }, ['spec.parameters[0]: ', '"p"', 'YYYY-MM-DD']],
  ['takes no number', { default: 20261001 }, ['spec.parameters[0]: ', '"p"', 'YYYY-MM-DD']],
]);
rows('a Period', of('Period'), [
  ['has no scalar default', { default: '2026-10-01' }, ['spec.parameters[0]: ', '"p" is a Period', 'defaultPeriod']],
  [
    'checks its default like a Report does',
    { defaultPeriod: { from: '2026-10-32', to: '2026-11-01' } },
    ['spec.parameters[0].defaultPeriod.from: ', '2026-10-32'],
  ],
  [
    'checks the end of its default too',
    { defaultPeriod: { from: '2026-10-01', to: '2026-11-31' } },
    ['spec.parameters[0].defaultPeriod.to: ', '2026-11-31'],
  ],
  ['is not upside down', { defaultPeriod: { from: '2026-11-01', to: '2026-10-01' } }, ['spec.parameters[0].defaultPeriod: ', 'not before']],
  ['may have 36,600 days', { maxDays: 36_600 }, 'accepted'],
  ['may not have more', { maxDays: 36_601 }, ['spec.parameters[0].maxDays: ', 'less than or equal to 36600']],
  ['has at least one day', { maxDays: 0 }, ['spec.parameters[0].maxDays: ', 'greater than or equal to 1']],
]);

const job = (name: string) => (given: unknown) => ({ job: { [name]: given } });
const bounds = (name: string, minimum: number, maximum: number): void => {
  const path = `spec.job.${name}`;
  rows(path, job(name), [
    [`${minimum} is accepted`, minimum, 'accepted'],
    [`${maximum} is accepted`, maximum, 'accepted'],
    [`${minimum - 1} is refused`, minimum - 1, [`${path}: `, `greater than or equal to ${minimum}`]],
    [`${maximum + 1} is refused`, maximum + 1, [`${path}: `, `less than or equal to ${maximum}`]],
  ]);
};
bounds('activeDeadlineSeconds', 1, 604_800);
bounds('backoffLimit', 0, 10);
bounds('ttlSecondsAfterFinished', 0, 2_592_000);

test.each(['volumes', 'securityContext', 'hostNetwork', 'containers', 'affinity'])('spec.job has no %s', async (name) => {
  expectVerdict(await apiserver.verdict(REPORT_TEMPLATES, template({ job: { [name]: {} } })), [`unknown field "spec.job.${name}"`]);
});

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
for (const name of ['serviceAccountName', 'priorityClassName']) {
  rows(`spec.job.${name}`, job(name), [
    ['a name is accepted', 'reports', 'accepted'],
    ['254 characters are refused', 'x'.repeat(254), [`spec.job.${name}: Too long`, '253']],
    ['capital letters are refused', 'Reports', [`spec.job.${name}: `, '"Reports"']],
  ]);
}
rows('spec.job.imagePullSecrets', job('imagePullSecrets'), [
  ['capital letters are refused', [{ name: 'Registry' }], ['spec.job.imagePullSecrets[0].name: ', '"Registry"']],
  ['8 are accepted', Array.from({ length: 8 }, (_, index) => ({ name: `s${index}` })), 'accepted'],
  ['9 are refused', Array.from({ length: 9 }, (_, index) => ({ name: `s${index}` })), ['spec.job.imagePullSecrets: Too many', '8']],
  ['a name given twice is refused', [{ name: 'a' }, { name: 'a' }], ['spec.job.imagePullSecrets[1]: Duplicate value']],
]);
