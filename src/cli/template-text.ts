/**
 * A template in words: everything that somebody needs to write a Report from it, in the form of `kubectl describe`, with a manifest to start from. Pure.
 *
 * Whatever the template's author wrote passes the filter for foreign text: a terminal is shown nothing that it would obey.
 */
import { stringify } from 'yaml';
import { findCondition } from '../api/conditions.ts';
import type { ClusterReportTemplate } from '../api/generated/clusterreporttemplate.ts';
import type { ReportTemplate } from '../api/generated/reporttemplate.ts';
import type { GivenParameter, GivenPeriod, ParameterDeclaration } from '../api/parameters/declaration.ts';
import { foreignText } from '../foreign-text.ts';

const GAP = 3;
/** Choices that are listed in a row of the table. */
const CHOICES_SHOWN = 12;

export function templateText(template: ReportTemplate | ClusterReportTemplate, namespace: string): string {
  const { kind, metadata, spec, status } = template;
  const ready = findCondition(status.conditions, 'Ready');
  const parameters = spec.parameters ?? [];
  const head = [
    ['Name:', metadata.name],
    ['Kind:', kind],
    ...(spec.title === undefined ? [] : [['Title:', told(spec.title)]]),
    ...(spec.description === undefined ? [] : [['Description:', told(spec.description)]]),
    ['Ready:', ready === undefined ? 'Unknown' : ready.status === 'True' ? 'True' : `${ready.status}: ${told(ready.message)}`],
    ['Source:', Object.keys(spec.source).join(', ')],
    ['Formats:', spec.formats.map((format, index) => (index === 0 ? `${format} (default)` : format)).join(', ')],
    ...(spec.columns === undefined ? [] : [['Columns:', spec.columns.map(({ name, type }) => `${name} (${type})`).join(', ')]]),
  ];
  const table = [
    ['NAME', 'TYPE', 'REQUIRED', 'DEFAULT', 'ALLOWED', 'DESCRIPTION'],
    ...parameters.map((parameter) => [
      parameter.name,
      parameter.type,
      isRequired(parameter) ? 'yes' : 'no',
      defaultText(parameter),
      allowedText(parameter),
      told(parameter.description ?? ''),
    ]),
  ];
  return [
    ...lines(head),
    ...(parameters.length === 0 ? ['Parameters:   none'] : ['Parameters:', ...lines(table).map((line) => `  ${line}`)]),
    'A Report of it:',
    ...exampleReport(template, namespace)
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** A manifest that the template accepts, with the parameters that must be given; texts that a pattern governs are left to the reader. */
export function exampleReport({ kind, metadata, spec }: ReportTemplate | ClusterReportTemplate, namespace: string): string {
  const parameters = (spec.parameters ?? []).filter(isRequired).map(exampleOf);
  return stringify(
    {
      apiVersion: 'dossier.dev/v1alpha1',
      kind: 'Report',
      metadata: { name: `${metadata.name.slice(0, 44).replace(/[^a-z0-9]+$/, '')}-example`, namespace },
      spec: {
        templateRef: { ...(kind === 'ReportTemplate' ? {} : { kind }), name: metadata.name },
        ...(parameters.length === 0 ? {} : { parameters }),
        format: spec.formats[0],
      },
    },
    { lineWidth: 0 },
  );
}

function isRequired(parameter: ParameterDeclaration): boolean {
  return parameter.required === true && defaultText(parameter) === '';
}

function defaultText({ default: scalar, defaultValues, defaultPeriod }: ParameterDeclaration): string {
  if (scalar !== undefined) return told(String(scalar));
  if (defaultValues !== undefined) return told(defaultValues.join(', '));
  return defaultPeriod === undefined ? '' : told(periodText(defaultPeriod));
}

function periodText({ from, to, relative, lastDays }: GivenPeriod): string {
  if (relative !== undefined) return relative;
  return lastDays === undefined ? `${from ?? ''}..${to ?? ''}` : `last ${lastDays} days`;
}

function allowedText({ type, pattern, minLength, maxLength, maxItems, choices, minimum, maximum, maxDays }: ParameterDeclaration): string {
  const rules = [
    ...(choices === undefined ? [] : [choicesText(choices)]),
    ...(minimum === undefined ? [] : [`from ${String(minimum)}`]),
    ...(maximum === undefined ? [] : [`to ${String(maximum)}`]),
    ...(minLength === undefined ? [] : [`at least ${minLength} characters`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(pattern === undefined ? [] : [`like ${pattern}`]),
    ...(maxItems === undefined ? [] : [`at most ${maxItems} values`]),
    ...(maxDays === undefined ? [] : [`at most ${maxDays} days`]),
  ];
  return told(rules.length === 0 ? FORMS[type] : rules.join(', '));
}

/** What a value looks like, where no rule says it. */
const FORMS: Readonly<Record<ParameterDeclaration['type'], string>> = {
  String: 'text',
  Strings: 'a list of texts (values)',
  Integer: 'a whole number',
  Decimal: 'a decimal in quotes, e.g. "12.50"',
  Boolean: '"true" or "false"',
  Date: 'a day, e.g. "2026-10-01"',
  Timestamp: 'an instant, e.g. "2026-10-01T08:00:00Z"',
  Choice: 'text',
  Choices: 'a list of texts (values)',
  Period: 'a period: {from, to}, {relative} or {lastDays}',
};

function choicesText(choices: NonNullable<ParameterDeclaration['choices']>): string {
  const shown = choices.slice(0, CHOICES_SHOWN).map(({ value, label }) => (label === undefined ? value : `${value} (${label})`));
  return choices.length > shown.length ? `${shown.join(' | ')} | … (${choices.length} in all)` : shown.join(' | ');
}

function exampleOf({ name, type, choices, minimum, maxDays }: ParameterDeclaration): GivenParameter {
  // One that a terminal shows as it is.
  const choice = choices?.find(({ value }) => foreignText(value, value.length) === value)?.value ?? 'VALUE';
  switch (type) {
    case 'String':
      return { name, value: 'VALUE' };
    case 'Strings':
      return { name, values: ['VALUE'] };
    case 'Integer':
      return { name, value: minimum ?? 1 };
    case 'Decimal':
      return { name, value: String(minimum ?? '1.00') };
    case 'Boolean':
      return { name, value: 'true' };
    case 'Date':
      return { name, value: '2026-10-01' };
    case 'Timestamp':
      return { name, value: '2026-10-01T08:00:00Z' };
    case 'Choice':
      return { name, value: choice };
    case 'Choices':
      return { name, values: [choice] };
    case 'Period':
      return { name, period: (maxDays ?? 31) < 31 ? { lastDays: 1 } : { relative: 'LastMonth' } };
  }
}

/** Cells in columns. */
function lines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)) + GAP);
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('')
      .trimEnd(),
  );
}

function told(text: string): string {
  return foreignText(text.trim().replace(/\s*\n\s*/g, ' '));
}
