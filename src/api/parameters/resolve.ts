/**
 * A Report's parameters against its template's: defaults filled in, types read, rules checked, and every mistake told at once.
 *
 * Pure, because the result is billed on: the same manifest and template give the same values whenever and however often the operator looks.
 */
import type { ResolvedParameter } from '../../runner/plan.ts';
import { foreignText, quoted } from '../../foreign-text.ts';
import { Hints } from '../../nearest.ts';
import {
  bad,
  good,
  type GivenParameter,
  type GivenScalar,
  type ParameterDeclaration,
  type ParameterType,
  type Read,
  type ReportTime,
} from './declaration.ts';
import { readDate, readTimestamp } from './instants.ts';
import { readChoice, readChoices, readStrings } from './lists.ts';
import { readPeriod } from './period.ts';
import { readBoolean, readDecimal, readInteger, readString } from './scalars.ts';
import { sizeProblem } from './size.ts';

export type Resolution =
  | { readonly ok: true; readonly parameters: readonly ResolvedParameter[] }
  /** Whole sentences, one a mistake, in the order of the manifest. */
  | { readonly ok: false; readonly problems: readonly string[] };

export function resolveParameters(
  declared: readonly ParameterDeclaration[],
  given: readonly GivenParameter[],
  time: ReportTime,
): Resolution {
  const byName = new Map(given.map((parameter) => [parameter.name, parameter]));
  const known = new Set(declared.map(({ name }) => name));
  const hints = new Hints();
  const problems: string[] = [];
  const parameters: ResolvedParameter[] = [];
  for (const { name } of given) {
    if (!known.has(name)) problems.push(unknownParameter(name, [...known], hints));
  }
  for (const declaration of declared) {
    const read = resolveOne(declaration, byName.get(declaration.name), time, hints);
    if (read.ok) parameters.push(read.value);
    else problems.push(`parameter "${declaration.name}": ${read.problem}`);
  }
  const tooLarge = sizeProblem(parameters);
  if (tooLarge !== undefined) problems.push(tooLarge);
  return problems.length === 0 ? { ok: true, parameters } : { ok: false, problems };
}

/** What the template's default of one parameter resolves to; used when templates are checked. */
export function resolveDefault(declaration: ParameterDeclaration, time: ReportTime, hints: Hints): Read<ResolvedParameter> {
  return resolveOne({ ...declaration, required: false }, undefined, time, hints);
}

function unknownParameter(name: string, known: readonly string[], hints: Hints): string {
  const near = hints.nearest(name, known);
  if (near !== undefined) return `parameter ${quoted(name)} is not one of the template's; did you mean "${near}"?`;
  const list = known.length === 0 ? 'it has none' : `it has: ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}`;
  return `parameter ${quoted(name)} is not one of the template's; ${list}`;
}

type Declared<Type extends ParameterType> = ParameterDeclaration & { readonly type: Type };

function resolveOne(
  declaration: ParameterDeclaration,
  given: GivenParameter | undefined,
  time: ReportTime,
  hints: Hints,
): Read<ResolvedParameter> {
  const { type } = declaration;
  const misplaced = misplacedForm(type, given);
  if (misplaced !== undefined) return bad(misplaced);
  switch (type) {
    case 'Period':
      return resolvePeriod({ ...declaration, type }, given, time);
    case 'Strings':
    case 'Choices':
      return resolveList({ ...declaration, type }, given);
    default:
      return resolveScalar({ ...declaration, type }, given, hints);
  }
}

/** A value in a field that the type does not have would be left unread without a word. */
function misplacedForm(type: ParameterType, given: GivenParameter | undefined): string | undefined {
  const own = formOf(type);
  const other = (['value', 'values', 'period'] as const).find((form) => form !== own && given?.[form] !== undefined);
  return other === undefined ? undefined : `is ${type === 'Integer' ? 'an' : 'a'} ${type}: give it as ${EXAMPLES[own]}, not as ${other}`;
}

/** Where a value of the type stands. */
function formOf(type: ParameterType): keyof typeof EXAMPLES {
  if (type === 'Period') return 'period';
  return type === 'Strings' || type === 'Choices' ? 'values' : 'value';
}

const EXAMPLES = { value: 'value', values: 'values: [...]', period: 'period: {from, to}' } as const;

function resolvePeriod(declaration: Declared<'Period'>, given: GivenParameter | undefined, time: ReportTime): Read<ResolvedParameter> {
  const { name, type, maxDays } = declaration;
  const period = given?.period ?? declaration.defaultPeriod;
  if (period === undefined) return absent(declaration, { name, type, value: null });
  return map(readPeriod(period, time, maxDays), (value) => ({ name, type, value }));
}

function resolveList(declaration: Declared<'Strings' | 'Choices'>, given: GivenParameter | undefined): Read<ResolvedParameter> {
  const { name, type } = declaration;
  const values = given?.values ?? declaration.defaultValues;
  if (values === undefined) return absent(declaration, { name, type, value: null });
  if (values.length === 0 && declaration.required === true)
    return bad(`is required (${type}${hint(declaration)}); give it at least one value`);
  const read = type === 'Strings' ? readStrings(values, declaration) : readChoices(values, declaration);
  return map(read, (value) => ({ name, type, value }));
}

function resolveScalar(
  declaration: Declared<Exclude<ParameterType, 'Period' | 'Strings' | 'Choices'>>,
  given: GivenParameter | undefined,
  hints: Hints,
): Read<ResolvedParameter> {
  const { name, type } = declaration;
  const value = given?.value ?? declaration.default;
  if (value === undefined) return absent(declaration, { name, type, value: null });
  switch (type) {
    case 'String':
      return map(readString(value, declaration), (text) => ({ name, type, value: text }));
    case 'Choice':
      return map(readChoice(value, declaration, hints), (choice) => ({ name, type, value: choice }));
    case 'Integer':
      return map(readInteger(value, declaration), (digits) => ({ name, type, value: digits }));
    case 'Decimal':
      return map(readDecimal(value, declaration), (decimal) => ({ name, type, value: decimal }));
    case 'Boolean':
      return map(readBoolean(value), (truth) => ({ name, type, value: truth }));
    case 'Date':
      return map(readQuoted(value, readDate, 'a date; write it as "YYYY-MM-DD"'), (date) => ({ name, type, value: date }));
    case 'Timestamp':
      return map(readQuoted(value, readTimestamp, 'an instant; write it as "2026-10-01T08:00:00+02:00"'), (instant) => ({
        name,
        type,
        value: instant,
      }));
  }
}

function readQuoted(given: GivenScalar, read: (text: string) => Read<string>, what: string): Read<string> {
  return typeof given === 'string' ? read(given) : bad(`${given} is not ${what}, in quotes`);
}

function absent(declaration: ParameterDeclaration, empty: ResolvedParameter): Read<ResolvedParameter> {
  return declaration.required === true
    ? bad(`is required (${declaration.type}${hint(declaration)}); give it as ${EXAMPLES[formOf(declaration.type)]}`)
    : good(empty);
}

function hint({ description }: ParameterDeclaration): string {
  return description === undefined || description === '' ? '' : `: ${foreignText(description, 120)}`;
}

function map<T>(read: Read<T>, wrap: (value: T) => ResolvedParameter): Read<ResolvedParameter> {
  return read.ok ? good(wrap(read.value)) : read;
}
