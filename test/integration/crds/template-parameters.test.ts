/** How a ReportTemplate may declare parameters: rules that its type has, names, defaults and bounds of crds/reporttemplates.yaml. */
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { verdictsOn, type Row } from './verdicts.ts';

const postgres = { urlFrom: { secretKeyRef: { name: 'billing-db', key: 'url' } }, query: 'select 1 as one' };
const { rows } = verdictsOn(useApiserver(), REPORT_TEMPLATES, { source: { postgres }, formats: ['CSV'] });

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
const choices = [{ value: 'emea', label: 'EMEA' }, { value: 'amer' }];
const OWN_RULES: Readonly<Record<string, object>> = {
  String: { pattern: '[A-Z]{2}', minLength: 2, maxLength: 2, default: 'DE' },
  Strings: { pattern: '[A-Z]{2}', minLength: 2, maxLength: 2, maxItems: 3, defaultValues: ['DE', 'FR'] },
  Integer: { minimum: 1, maximum: 12, default: 7 },
  Decimal: { minimum: '0.01', maximum: '99.99', default: '12.50' },
  Boolean: { default: 'true' },
  Date: { default: '2026-10-01' },
  Timestamp: { default: '2026-10-01T08:00:00+02:00' },
  Choice: { choices, default: 'emea' },
  Choices: { choices, defaultValues: ['emea', 'amer'] },
  Period: { maxDays: 31, defaultPeriod: { from: '2026-10-01', to: '2026-11-01' } },
};
const RULES: readonly (readonly [field: string, value: unknown, types: readonly string[]])[] = [
  ['pattern', 'x', ['String', 'Strings']],
  ['minLength', 1, ['String', 'Strings']],
  ['maxLength', 1, ['String', 'Strings']],
  ['maxItems', 1, ['Strings']],
  ['choices', choices, ['Choice', 'Choices']],
  ['defaultValues', ['emea'], ['Strings', 'Choices']],
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
rows('Strings', of('Strings'), [
  ['have at least one value', { maxItems: 0 }, ['spec.parameters[0].maxItems: ', 'greater than or equal to 1']],
  ['may have 1,000 values', { maxItems: 1000, defaultValues: Array<string>(1000).fill('x') }, 'accepted'],
  ['may not have more', { maxItems: 1001 }, ['spec.parameters[0].maxItems: ', 'less than or equal to 1000']],
  ['have no more than 1,000 defaults', { defaultValues: Array<string>(1001).fill('x') }, ['spec.parameters[0].defaultValues: Too many']],
  ['have defaults of 1,024 characters', { defaultValues: ['x'.repeat(1024)] }, 'accepted'],
  ['have no longer ones', { defaultValues: ['x'.repeat(1025)] }, ['spec.parameters[0].defaultValues[0]: Too long', '1024']],
  ['may have no values as default', { defaultValues: [] }, 'accepted'],
  ['have no single default', { default: 'x' }, ['spec.parameters[0]: ', '"p" is a list', 'defaultValues']],
  ['take no numbers as defaults', { defaultValues: [7] }, ['spec.parameters[0].defaultValues[0]: ', 'string']],
]);
rows('a Choice', of('Choice'), [
  ['needs choices', {}, ['spec.parameters[0].choices: Required value', '"p" has type Choice', 'list the choices']],
  ['needs at least one', { choices: [] }, ['spec.parameters[0].choices: ', 'at least 1']],
  ['may have 1,000', { choices: Array.from({ length: 1000 }, (_, index) => ({ value: `c${index}` })) }, 'accepted'],
  [
    'may not have more',
    { choices: Array.from({ length: 1001 }, (_, index) => ({ value: `c${index}` })) },
    ['spec.parameters[0].choices: Too many', '1000'],
  ],
  ['has no choice without a value', { choices: [{ label: 'EMEA' }] }, ['spec.parameters[0].choices[0].value: Required value']],
  ['has no empty choice', { choices: [{ value: '' }] }, ['spec.parameters[0].choices[0].value: ']],
  ['has each choice once', { choices: [{ value: 'a' }, { value: 'a' }] }, ['spec.parameters[0].choices[1]: Duplicate value']],
  ['may have values of 1,024 characters', { choices: [{ value: 'x'.repeat(1024), label: 'x'.repeat(256) }] }, 'accepted'],
  ['may not have longer ones', { choices: [{ value: 'x'.repeat(1025) }] }, ['spec.parameters[0].choices[0].value: Too long', '1024']],
  [
    'may not have longer labels',
    { choices: [{ value: 'a', label: 'x'.repeat(257) }] },
    ['spec.parameters[0].choices[0].label: Too long', '256'],
  ],
  ['takes no number as a choice', { choices: [{ value: 7 }] }, ['spec.parameters[0].choices[0].value: ', 'string']],
  ['has a default in quotes', { choices, default: 7 }, ['spec.parameters[0]: ', '"p" is a Choice', 'quotes']],
]);
rows('Choices', of('Choices'), [
  ['need choices', { defaultValues: ['emea'] }, ['spec.parameters[0].choices: Required value', '"p" has type Choices']],
  ['have no single default', { choices, default: 'emea' }, ['spec.parameters[0]: ', '"p" is a list', 'defaultValues']],
]);
rows('a Timestamp', of('Timestamp'), [
  ['takes an instant in UTC', { default: '2026-10-01T06:00:00Z' }, 'accepted'],
  ['takes microseconds', { default: '2026-10-01T06:00:00.123456-11:30' }, 'accepted'],
  ['takes no finer ones', { default: '2026-10-01T06:00:00.1234567Z' }, ['spec.parameters[0]: ', '"p"', 'RFC 3339']],
  ['takes no local time', { default: '2026-10-01T08:00:00' }, ['spec.parameters[0]: ', '"p"', 'with a zone']],
  ['takes no day', { default: '2026-10-01' }, ['spec.parameters[0]: ', '"p"', 'RFC 3339']],
  ['takes no day that does not exist', { default: '2026-02-29T00:00:00Z' }, ['spec.parameters[0]: ', '"p"', 'RFC 3339']],
  ['takes no number', { default: 1790000000 }, ['spec.parameters[0]: ', '"p"', 'RFC 3339']],
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
  ['may have a relative default', { defaultPeriod: { relative: 'LastMonth' } }, 'accepted'],
  ['may have the last days as default', { defaultPeriod: { lastDays: 7 } }, 'accepted'],
  [
    'takes no default that depends on a schedule',
    { defaultPeriod: { relative: 'SincePreviousRun' } },
    ['spec.parameters[0].defaultPeriod.relative: ', '"SincePreviousRun"', '"LastYear"'],
  ],
  [
    'takes no default in two forms',
    { defaultPeriod: { relative: 'LastMonth', lastDays: 7 } },
    ['spec.parameters[0].defaultPeriod: ', 'exactly one of'],
  ],
  ['takes no empty default', { defaultPeriod: {} }, ['spec.parameters[0].defaultPeriod: ', 'exactly one of']],
  ['may have 36,600 days', { maxDays: 36_600 }, 'accepted'],
  ['may not have more', { maxDays: 36_601 }, ['spec.parameters[0].maxDays: ', 'less than or equal to 36600']],
  ['has at least one day', { maxDays: 0 }, ['spec.parameters[0].maxDays: ', 'greater than or equal to 1']],
]);
