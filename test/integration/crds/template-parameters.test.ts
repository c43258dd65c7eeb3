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
