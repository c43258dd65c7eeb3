/** Parameters as a template declares them and as a Report gives them; structural twins of the generated types, so that both kinds of template fit. */

export const PARAMETER_TYPES = ['String', 'Integer', 'Decimal', 'Boolean', 'Date', 'Period'] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

/** As written in a manifest: integers beyond 2^53 arrive as bigint (exact-json.ts). */
export type GivenScalar = string | number | bigint;

/** Dates (`2026-10-01`) or RFC 3339 instants; half-open. */
export interface GivenPeriod {
  readonly from: string;
  readonly to: string;
}

export interface ParameterDeclaration {
  readonly name: string;
  readonly type: ParameterType;
  readonly required?: boolean;
  readonly description?: string;
  readonly default?: GivenScalar;
  readonly defaultPeriod?: GivenPeriod;
  /** String: RE2, whole match. */
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Integer and Decimal. */
  readonly minimum?: GivenScalar;
  readonly maximum?: GivenScalar;
  /** Period. */
  readonly maxDays?: number;
}

/** Exactly one of value and period (CEL). */
export interface GivenParameter {
  readonly name: string;
  readonly value?: GivenScalar;
  readonly period?: GivenPeriod;
}

/** A value that was read, or what is wrong with it: a clause that follows `parameter "x": `. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function good<T>(value: T): Read<T> {
  return { ok: true, value };
}

export function bad(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
