/** Parameters as a template declares them and as a Report gives them; structural twins of the generated types, so that both kinds of template fit. */
import type { RelativePeriod } from '../../schedule/relative-period.ts';

export const PARAMETER_TYPES = [
  'String',
  'Strings',
  'Integer',
  'Decimal',
  'Boolean',
  'Date',
  'Timestamp',
  'Choice',
  'Choices',
  'Period',
] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

/** As written in a manifest: integers beyond 2^53 arrive as bigint (exact-json.ts). */
export type GivenScalar = string | number | bigint;

/** Exactly one of from and to (dates such as `2026-10-01` or RFC 3339 instants; half-open), relative, and lastDays (CEL). */
export interface GivenPeriod {
  readonly from?: string;
  readonly to?: string;
  /** SincePreviousRun only where a ReportSchedule resolves it. */
  readonly relative?: RelativePeriod | 'SincePreviousRun';
  readonly lastDays?: number;
}

export interface Choice {
  readonly value: string;
  /** For people. */
  readonly label?: string;
}

export interface ParameterDeclaration {
  readonly name: string;
  readonly type: ParameterType;
  readonly required?: boolean;
  readonly description?: string;
  /** For all types but Strings, Choices and Period. */
  readonly default?: GivenScalar;
  /** Strings and Choices. */
  readonly defaultValues?: readonly string[];
  readonly defaultPeriod?: GivenPeriod;
  /** String, and each of Strings: RE2, whole match. */
  readonly pattern?: string;
  /** String, and each of Strings: in characters. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Strings. */
  readonly maxItems?: number;
  /** Choice and Choices. */
  readonly choices?: readonly Choice[];
  /** Integer and Decimal. */
  readonly minimum?: GivenScalar;
  readonly maximum?: GivenScalar;
  /** Period. */
  readonly maxDays?: number;
}

/** Exactly one of value, values and period (CEL). */
export interface GivenParameter {
  readonly name: string;
  readonly value?: GivenScalar;
  readonly values?: readonly string[];
  readonly period?: GivenPeriod;
}

/** From where a Report counts its days. */
export interface ReportTime {
  /** A known zone (time/zones.ts). */
  readonly zone: string;
  /** Its creation in epoch milliseconds: relative periods are named from it, so that they stay what they are however often and late they are resolved. */
  readonly createdAt: number;
}

/** A value that was read, or what is wrong with it: a clause that follows `parameter "x": `. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function good<T>(value: T): Read<T> {
  return { ok: true, value };
}

export function bad(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
