/**
 * Parameters as the binds of a prepared statement, each of the type that the server compares exactly: a text beside a number would be compared as a double.
 *
 * A Timestamp and a bound of a Period are the wall clock of the Report's zone, which is also the session's: beside a TIMESTAMP they are the instant, beside a DATE or a DATETIME
 * the zone's own day or wall clock. A list in `in (:names)` becomes a bind for each value; anywhere else it is one JSON array, for json_contains.
 */
import type { TypedParameterValue } from 'mysql2';
import { DossierError } from '../../../errors.ts';
import { BINDS_LIMIT, placeholderNames, type ParsedQuery } from '../../../sql/placeholders.ts';
import { count } from '../../cells/misfit.ts';
import type { ResolvedParameter } from '../../plan.ts';

export type Bind = string | TypedParameterValue | null;

/** Makes the driver's typed values; given, because the driver is loaded late. */
export interface BindTypes {
  readonly LONGLONG: (value: bigint) => TypedParameterValue;
  readonly NEWDECIMAL: (value: string) => TypedParameterValue;
}

export interface BoundStatement {
  readonly sql: string;
  readonly binds: readonly Bind[];
}

interface BindValue {
  readonly whole: Bind;
  /** Of a list. */
  readonly items?: readonly string[];
}

const INT64_MAX = 2n ** 63n - 1n;

/** @throws DossierError TemplateFailed when the query has a name that no parameter fills, or too many values */
export function bindStatement(
  query: string,
  parsed: Extract<ParsedQuery, { ok: true }>,
  parameters: readonly ResolvedParameter[],
  timeZone: string,
  types: BindTypes,
): BoundStatement {
  const values = bindValues(parameters, timeZone, types);
  const binds: Bind[] = [];
  let sql = '';
  let copied = 0;
  for (const { name, start, end, inList } of parsed.placeholders) {
    const value = values.get(name);
    if (value === undefined) throw templateFailed(`:${name} in the query is no parameter of the template`);
    // No value is in an empty list, and none is in a list of null.
    const own: readonly Bind[] =
      inList && value.items !== undefined && value.items.length > 0 ? value.items : [inList && value.items ? null : value.whole];
    sql += query.slice(copied, start) + own.map(() => '?').join(', ');
    binds.push(...own);
    copied = end;
  }
  if (binds.length > BINDS_LIMIT)
    throw new DossierError(
      'InvalidParameters',
      `mysql: the lists have ${count(binds.length)} values where the query uses them; MySQL takes 65,535`,
      {
        retryable: false,
      },
    );
  return { sql: sql + query.slice(copied, parsed.end), binds };
}

function bindValues(parameters: readonly ResolvedParameter[], timeZone: string, types: BindTypes): ReadonlyMap<string, BindValue> {
  return new Map(
    parameters.flatMap((parameter): (readonly [string, BindValue])[] => {
      const values = valuesOf(parameter, timeZone, types);
      return placeholderNames(parameter).map((name, index) => [name, values[index] ?? { whole: null }] as const);
    }),
  );
}

function valuesOf(parameter: ResolvedParameter, timeZone: string, types: BindTypes): readonly BindValue[] {
  const { type } = parameter;
  switch (type) {
    case 'String':
    case 'Choice':
    case 'Date':
      return [{ whole: parameter.value }];
    case 'Strings':
    case 'Choices':
      return [{ whole: parameter.value === null ? null : JSON.stringify(parameter.value), items: parameter.value ?? [] }];
    case 'Decimal':
      return [{ whole: parameter.value === null ? null : types.NEWDECIMAL(parameter.value) }];
    case 'Integer':
      return [{ whole: parameter.value === null ? null : integerBind(parameter.value, types) }];
    case 'Boolean':
      return [{ whole: parameter.value === null ? null : types.LONGLONG(parameter.value ? 1n : 0n) }];
    case 'Timestamp':
      return [{ whole: parameter.value === null ? null : wallText(parameter.value, timeZone) }];
    case 'Period':
      return parameter.value === null
        ? []
        : [parameter.value.from, parameter.value.to].map((bound) => ({ whole: wallText(bound, timeZone) }));
  }
}

function integerBind(digits: string, types: BindTypes): TypedParameterValue {
  const value = BigInt(digits);
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? types.LONGLONG(value) : types.NEWDECIMAL(digits);
}

/** `2026-10-01 00:00:00`, with a fraction only when there is one. */
function wallText(instant: string, timeZone: string): string {
  // The server keeps microseconds and would round a finer bound; rounded up, it lets the same rows through.
  const moment = Temporal.Instant.from(instant).round({ smallestUnit: 'microsecond', roundingMode: 'ceil' }).toZonedDateTimeISO(timeZone);
  // A day may begin at 01:00, when clocks skip an hour; a DATE is midnight all the same, and would be in the day before.
  if (moment.equals(moment.startOfDay())) return `${moment.toPlainDate().toString()} 00:00:00`;
  return moment
    .toPlainDateTime()
    .toString({ fractionalSecondDigits: 'auto', smallestUnit: moment.microsecond + moment.millisecond === 0 ? 'second' : 'microsecond' })
    .replace('T', ' ');
}

function templateFailed(clause: string): DossierError {
  return new DossierError('TemplateFailed', `mysql: ${clause}`, { retryable: false });
}
