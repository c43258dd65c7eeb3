/**
 * Parameters as the text that is bound to their placeholders; the server infers each type from its place in the query.
 *
 * A Timestamp and a bound of a Period carry the offset of the Report's zone: as a timestamptz it is the instant, as a date or a timestamp without zone PostgreSQL drops the
 * offset and what stays is the zone's own day or wall clock. A list is one array: `= any(:customers)`, `:customers::text[] is null`.
 */
import { placeholderNames } from '../../../sql/placeholders.ts';
import type { ResolvedParameter } from '../../plan.ts';

export type BindText = string | null;

/** By the names of placeholders. `timeZone` must be a known zone. */
export function bindTexts(parameters: readonly ResolvedParameter[], timeZone: string): ReadonlyMap<string, BindText> {
  return new Map(
    parameters.flatMap((parameter): (readonly [string, BindText])[] => {
      const texts = textsOf(parameter, timeZone);
      return placeholderNames(parameter).map((name, index) => [name, texts[index] ?? null] as const);
    }),
  );
}

function textsOf(parameter: ResolvedParameter, timeZone: string): readonly BindText[] {
  switch (parameter.type) {
    case 'String':
    case 'Choice':
    case 'Decimal':
    case 'Date':
    case 'Integer':
      return [parameter.value];
    case 'Strings':
    case 'Choices':
      return [parameter.value === null ? null : arrayLiteral(parameter.value)];
    case 'Timestamp':
      return [parameter.value === null ? null : zonedText(parameter.value, timeZone)];
    case 'Boolean':
      return [parameter.value === null ? null : String(parameter.value)];
    case 'Period':
      return parameter.value === null
        ? [null, null]
        : [parameter.value.from, parameter.value.to].map((bound) => zonedText(bound, timeZone));
  }
}

/**
 * `{"acme","a \"b\""}`: every text in quotes, so that NULL, an empty text and a comma are nothing special.
 * https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** `2026-10-01 00:00:00+02:00`, with the era where the year needs one. */
function zonedText(instant: string, timeZone: string): string {
  // PostgreSQL keeps microseconds and would round a finer bound; rounded up, it lets the same rows through, because theirs are whole microseconds.
  const moment = Temporal.Instant.from(instant).round({ smallestUnit: 'microsecond', roundingMode: 'ceil' }).toZonedDateTimeISO(timeZone);
  const year = moment.year > 0 ? moment.year : 1 - moment.year;
  const [, monthAndDay = ''] = /-(\d\d-\d\d)$/.exec(moment.toPlainDate().toString()) ?? [];
  // `offset` has the seconds that local mean times have; Temporal's text of the whole rounds them away.
  return `${String(year).padStart(4, '0')}-${monthAndDay} ${moment.toPlainTime().toString()}${moment.offset}${moment.year > 0 ? '' : ' BC'}`;
}
