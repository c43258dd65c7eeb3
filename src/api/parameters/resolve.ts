/**
 * A Report's parameters against its template's: defaults filled in, types read, rules checked, and every mistake told at once.
 *
 * Pure, because the result is billed on: the same manifest, template and zone give the same values whenever and however often the operator looks.
 */
import type { ResolvedParameter } from '../../runner/plan.ts';
import { foreignText, quoted } from '../../foreign-text.ts';
import { nearest } from '../../nearest.ts';
import { bad, good, type GivenParameter, type ParameterDeclaration, type Read } from './declaration.ts';
import { readDate, readPeriod } from './period.ts';
import { readBoolean, readDecimal, readInteger, readString } from './scalars.ts';

export type Resolution =
  | { readonly ok: true; readonly parameters: readonly ResolvedParameter[] }
  /** Whole sentences, one a mistake, in the order of the manifest. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** `zone` must be a known zone (time/zones.ts). */
export function resolveParameters(declared: readonly ParameterDeclaration[], given: readonly GivenParameter[], zone: string): Resolution {
  const byName = new Map(given.map((parameter) => [parameter.name, parameter]));
  const known = new Set(declared.map(({ name }) => name));
  const problems: string[] = [];
  const parameters: ResolvedParameter[] = [];
  for (const { name } of given) {
    if (!known.has(name)) problems.push(unknownParameter(name, [...known]));
  }
  for (const declaration of declared) {
    const read = resolveOne(declaration, byName.get(declaration.name), zone);
    if (read.ok) parameters.push(read.value);
    else problems.push(`parameter "${declaration.name}": ${read.problem}`);
  }
  return problems.length === 0 ? { ok: true, parameters } : { ok: false, problems };
}

/** What the template's default of one parameter resolves to; used when templates are checked. */
export function resolveDefault(declaration: ParameterDeclaration, zone: string): Read<ResolvedParameter> {
  return resolveOne({ ...declaration, required: false }, undefined, zone);
}

function unknownParameter(name: string, known: readonly string[]): string {
  const near = nearest(name, known, 1)[0];
  if (near !== undefined) return `parameter ${quoted(name)} is not one of the template's; did you mean "${near}"?`;
  const list = known.length === 0 ? 'it has none' : `it has: ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}`;
  return `parameter ${quoted(name)} is not one of the template's; ${list}`;
}

function resolveOne(declaration: ParameterDeclaration, given: GivenParameter | undefined, zone: string): Read<ResolvedParameter> {
  const { name, type } = declaration;
  if (type === 'Period') {
    if (given?.value !== undefined) return bad('is a Period: give it as period: {from, to}, not as value');
    const period = given?.period ?? declaration.defaultPeriod;
    if (period === undefined) return absent(declaration, { name, type, value: null });
    const read = readPeriod(period, zone, declaration.maxDays);
    return read.ok ? good({ name, type, value: read.value }) : read;
  }
  if (given?.period !== undefined) return bad(`is a ${type}: give it as value, not as period`);
  const value = given?.value ?? declaration.default;
  if (value === undefined) return absent(declaration, { name, type, value: null });
  switch (type) {
    case 'String':
      return map(readString(value, declaration), (text) => ({ name, type, value: text }));
    case 'Integer':
      return map(readInteger(value, declaration), (digits) => ({ name, type, value: digits }));
    case 'Decimal':
      return map(readDecimal(value, declaration), (decimal) => ({ name, type, value: decimal }));
    case 'Boolean':
      return map(readBoolean(value), (truth) => ({ name, type, value: truth }));
    case 'Date':
      if (typeof value !== 'string') return bad(`${value} is not a date; write it as "YYYY-MM-DD", in quotes`);
      return map(readDate(value), (date) => ({ name, type, value: date }));
  }
}

function absent(declaration: ParameterDeclaration, empty: ResolvedParameter): Read<ResolvedParameter> {
  return declaration.required === true ? bad(`is required (${declaration.type}${hint(declaration)})`) : good(empty);
}

function hint({ description }: ParameterDeclaration): string {
  return description === undefined || description === '' ? '' : `: ${foreignText(description, 120)}`;
}

function map<T>(read: Read<T>, wrap: (value: T) => ResolvedParameter): Read<ResolvedParameter> {
  return read.ok ? good(wrap(read.value)) : read;
}
