import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ReportTemplate } from '../../src/api/generated/reporttemplate.ts';
import type { GivenParameter, ParameterDeclaration } from '../../src/api/parameters/declaration.ts';
import { resolveParameters } from '../../src/api/parameters/resolve.ts';
import { exampleReport, templateText } from '../../src/cli/template-text.ts';

const PARAMETERS: readonly ParameterDeclaration[] = [
  { name: 'month', type: 'Period', required: true, maxDays: 31, description: 'Month that\n  is billed' },
  { name: 'region', type: 'Choice', choices: [{ value: 'emea', label: 'EMEA' }, { value: 'amer' }], default: 'emea' },
  { name: 'customers', type: 'Strings', maxItems: 3, pattern: '[a-z]+' },
  { name: 'minimum', type: 'Decimal', required: true, minimum: '0.01', maximum: '99.99' },
  { name: 'day', type: 'Date', description: '\u001b[31mred\u202e' },
  { name: 'year', type: 'Period', required: true, defaultPeriod: { relative: 'LastYear' } },
];

function template(parameters: readonly ParameterDeclaration[], more: object = {}): ReportTemplate {
  return {
    kind: 'ReportTemplate',
    metadata: { name: 'invoices', namespace: 'billing' },
    spec: {
      title: 'Invoices',
      description: 'One line per invoice.',
      source: { postgres: {} },
      formats: ['XLSX', 'CSV'],
      columns: [
        { name: 'id', type: 'Integer' },
        { name: 'total', type: 'Decimal' },
      ],
      parameters,
      ...more,
    },
    status: { conditions: [{ type: 'Ready', status: 'True', reason: 'Valid', message: 'x' }] },
  } as unknown as ReportTemplate;
}

test('a template tells everything that a Report needs, and nothing that a terminal would obey', () => {
  expect(templateText(template(PARAMETERS), 'billing')).toBe(
    [
      'Name:          invoices',
      'Kind:          ReportTemplate',
      'Title:         Invoices',
      'Description:   One line per invoice.',
      'Ready:         True',
      'Source:        postgres',
      'Formats:       XLSX (default), CSV',
      'Columns:       id (Integer), total (Decimal)',
      'Parameters:',
      '  NAME        TYPE      REQUIRED   DEFAULT    ALLOWED                                          DESCRIPTION',
      '  month       Period    yes                   at most 31 days                                  Month that is billed',
      '  region      Choice    no         emea       emea (EMEA) | amer',
      '  customers   Strings   no                    like [a-z]+, at most 3 values',
      '  minimum     Decimal   yes                   from 0.01, to 99.99',
      '  day         Date      no                    a day, e.g. "2026-10-01"                         \\u{1b}[31mred\\u{202e}',
      '  year        Period    no         LastYear   a period: {from, to}, {relative} or {lastDays}',
      'A Report of it:',
      '  apiVersion: dossier.dev/v1alpha1',
      '  kind: Report',
      '  metadata:',
      '    name: invoices-example',
      '    namespace: billing',
      '  spec:',
      '    templateRef:',
      '      name: invoices',
      '    parameters:',
      '      - name: month',
      '        period:',
      '          relative: LastMonth',
      '      - name: minimum',
      '        value: "0.01"',
      '    format: XLSX',
      '',
    ].join('\n'),
  );
});

test('one that is not ready says why, and one without parameters says so', () => {
  const sick = {
    ...template([]),
    status: { conditions: [{ type: 'Ready', status: 'False', reason: 'InvalidTemplate', message: 'spec.x: no' }] },
  };
  const text = templateText(sick as unknown as ReportTemplate, 'billing');
  expect(text).toContain('Ready:         False: spec.x: no');
  expect(text).toContain('Parameters:   none');
});

test('a choice that a terminal would obey is left out of the Report at the end, and another one taken', () => {
  const bad = [{ value: 'a\u009b31m' }, { value: 'b\u202ec' }];
  const one = { name: 'p', required: true } as const;
  const text = (declaration: ParameterDeclaration): string => exampleReport(template([declaration]), 'billing');
  expect(text({ ...one, type: 'Choice', choices: [...bad, { value: 'plain' }] })).toContain('value: plain\n');
  expect(text({ ...one, type: 'Choices', choices: bad })).toContain('- VALUE\n');
});

describe('the Report at the end is one that the template accepts', () => {
  const required = { required: true } as const;
  const choices = [{ value: 'a' }, { value: 'b' }];

  test.each<ParameterDeclaration>([
    { name: 'p', type: 'String', ...required },
    { name: 'p', type: 'Strings', ...required },
    { name: 'p', type: 'Integer', ...required, minimum: 7 },
    { name: 'p', type: 'Integer', ...required },
    { name: 'p', type: 'Decimal', ...required, minimum: 7 },
    { name: 'p', type: 'Boolean', ...required },
    { name: 'p', type: 'Date', ...required },
    { name: 'p', type: 'Timestamp', ...required },
    { name: 'p', type: 'Choice', ...required, choices },
    { name: 'p', type: 'Choices', ...required, choices },
    { name: 'p', type: 'Period', ...required },
    { name: 'p', type: 'Period', ...required, maxDays: 1 },
  ])('$type', (declaration) => {
    const report = parse(exampleReport(template([declaration]), 'billing')) as {
      readonly spec: { readonly parameters: readonly GivenParameter[] };
    };
    expect(report.spec.parameters).toHaveLength(1);
    expect(resolveParameters([declaration], report.spec.parameters, { zone: 'UTC', createdAt: Date.UTC(2026, 10, 28) })).toMatchObject({
      ok: true,
    });
  });

  test('and of a cluster template says so, with a name that fits', () => {
    const cluster = { ...template([]), kind: 'ClusterReportTemplate', metadata: { name: `${'x'.repeat(43)}-${'y'.repeat(60)}` } };
    const report = parse(exampleReport(cluster as unknown as ReportTemplate, 'billing')) as {
      readonly metadata: { readonly name: string };
      readonly spec: object;
    };
    expect(report.metadata.name).toBe(`${'x'.repeat(43)}-example`);
    expect(report.spec).toMatchObject({ templateRef: { kind: 'ClusterReportTemplate' } });
  });
});
