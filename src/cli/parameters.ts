/** `--param name=value`, as a Report has it: what a value means follows from the type that the template gives its parameter. Pure. */
import type { ReportSpecParameter, ReportSpecParameterPeriod } from '../api/generated/report.ts';
import type { ReportTemplateSpecParameter } from '../api/generated/reporttemplate.ts';
import { nearest } from '../nearest.ts';
import { UsageError } from './command.ts';

type Relative = NonNullable<ReportSpecParameterPeriod['relative']>;

/** Throws UsageError. Values themselves are checked by the operator, which tells all mistakes at once. */
export function parametersOf(given: readonly string[], declared: readonly ReportTemplateSpecParameter[]): readonly ReportSpecParameter[] {
  const byName = new Map<string, string[]>();
  for (const each of given) {
    const equals = each.indexOf('=');
    if (equals <= 0) throw new UsageError(`--param "${each}": must be NAME=VALUE`);
    const name = each.slice(0, equals);
    byName.set(name, [...(byName.get(name) ?? []), each.slice(equals + 1)]);
  }
  return [...byName].map(([name, values]) => parameterOf(name, values, declared));
}

function parameterOf(name: string, values: readonly string[], declared: readonly ReportTemplateSpecParameter[]): ReportSpecParameter {
  const declaration = declared.find((each) => each.name === name);
  if (declaration === undefined) {
    const names = declared.map((each) => each.name);
    const [close] = nearest(name, names, 1);
    const help = close === undefined ? (names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`) : `did you mean "${close}"?`;
    throw new UsageError(`--param "${name}": the template has no such parameter; ${help}`);
  }
  if (declaration.type === 'Strings' || declaration.type === 'Choices') return { name, values };
  const [value, more] = values;
  if (value === undefined || more !== undefined)
    throw new UsageError(`--param "${name}": given ${values.length} times, but it takes one value`);
  return declaration.type === 'Period' ? { name, period: periodOf(name, value) } : { name, value };
}

/** `2026-10-01..2026-11-01` (the second day is no part of it), `LastMonth`, or `7d`: so many whole days before today. */
function periodOf(name: string, text: string): ReportSpecParameterPeriod {
  const [from, to, more] = text.split('..');
  if (from !== undefined && to !== undefined && more === undefined && from !== '' && to !== '') return { from, to };
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  if (days !== undefined) return { lastDays: Number(days) };
  if (/^[A-Z][A-Za-z]+$/.test(text)) return { relative: text as Relative };
  throw new UsageError(
    `--param "${name}": a period is written FROM..TO (2026-10-01..2026-11-01), by its name (LastMonth) or as days before today (7d)`,
  );
}
