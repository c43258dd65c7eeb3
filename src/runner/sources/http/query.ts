/**
 * The query of a request: pairs of a template with a Report's parameters in them.
 *
 * A value is encoded after its parameters are in it, so no parameter can add a pair, end the query or name another host. The operator checks what the runner fills.
 */
import type { ParameterDeclaration } from '../../../api/parameters/declaration.ts';
import { DossierError } from '../../../errors.ts';
import { foreignText } from '../../../foreign-text.ts';
import { Hints } from '../../../nearest.ts';
import { placeholderNames } from '../../../sql/placeholders.ts';
import type { ResolvedParameter } from '../../plan.ts';

export interface QueryPair {
  readonly name: string;
  readonly value: string;
}

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/**
 * The pairs with their parameters in them, not yet encoded: a pair whose parameter has no value is left out, one with a list is repeated for each of its values.
 * `timeZone` is a known zone, for instants. @throws DossierError InvalidParameters for an empty list: without its pairs, a server would answer with everything.
 */
export function fillQuery(pairs: readonly QueryPair[], parameters: readonly ResolvedParameter[], timeZone: string): readonly QueryPair[] {
  const texts = new Map(parameters.flatMap((parameter) => textsOf(parameter, timeZone)));
  return pairs.flatMap(({ name, value }) => {
    const used = placeholdersOf(value);
    const values = used.map((parameter) => texts.get(parameter));
    if (values.some((text) => text === undefined || text === null)) return [];
    const list = values.find((text) => typeof text === 'object');
    if (list?.length === 0) throw emptyList(used[values.indexOf(list)] ?? '');
    return (list ?? ['']).map((element) => ({
      name,
      value: value.replace(PLACEHOLDER, (written, parameter: string) => {
        const text = texts.get(parameter.trim());
        return typeof text === 'string' ? text : text === list ? element : written;
      }),
    }));
  });
}

function emptyList(parameter: string): DossierError {
  return new DossierError(
    'InvalidParameters',
    `http: parameter "${parameter}" is an empty list, which a query cannot say; give values, or leave it out`,
    {
      retryable: false,
    },
  );
}

function placeholdersOf(value: string): readonly string[] {
  return [...value.matchAll(PLACEHOLDER)].map(([, inner = '']) => inner.trim());
}

/** Mistakes in the placeholders of a template's query, as clauses that begin with the pair. */
export function checkQuery(
  pairs: readonly QueryPair[],
  declared: readonly Pick<ParameterDeclaration, 'name' | 'type'>[],
): readonly string[] {
  const known = declared.flatMap(placeholderNames);
  const periods = new Set(declared.filter(({ type }) => type === 'Period').map(({ name }) => name));
  const lists = new Set(declared.filter(({ type }) => type === 'Strings' || type === 'Choices').map(({ name }) => name));
  const hints = new Hints();
  return pairs.flatMap(({ name, value }) => {
    const pair = `pair "${foreignText(name, 64)}"`;
    const rest = value.replace(PLACEHOLDER, '');
    const open = rest.includes('{{') ? [`${pair}: {{ without a name and }}; a parameter is written {{name}}`] : [];
    const used = [...new Set(placeholdersOf(value))];
    const unknown = used.filter((inner) => !known.includes(inner)).map((inner) => `${pair}: ${unknownName(inner, periods, known, hints)}`);
    const several =
      used.filter((inner) => lists.has(inner)).length > 1
        ? [`${pair}: at most one of its parameters may be a list, which repeats the pair`]
        : [];
    return [...open, ...unknown, ...several];
  });
}

function unknownName(name: string, periods: ReadonlySet<string>, known: readonly string[], hints: Hints): string {
  if (periods.has(name)) return `parameter "${name}" is a Period; write {{${name}_from}} and {{${name}_to}} (half-open: from <= t < to)`;
  const near = hints.nearest(name, known);
  const hint =
    near !== undefined ? `did you mean {{${near}}}?` : known.length === 0 ? 'it has none' : `it has: ${known.slice(0, 20).join(', ')}`;
  return `{{${foreignText(name, 64)}}} is no parameter of the template; ${hint}`;
}

/** By the names of placeholders; null = not given. */
function textsOf(
  parameter: ResolvedParameter,
  timeZone: string,
): readonly (readonly [name: string, text: string | readonly string[] | null])[] {
  const { name, type, value } = parameter;
  switch (type) {
    case 'String':
    case 'Choice':
    case 'Decimal':
    case 'Date':
    case 'Integer':
    case 'Strings':
    case 'Choices':
      return [[name, value]];
    case 'Boolean':
      return [[name, value === null ? null : String(value)]];
    case 'Timestamp':
      return [[name, value === null ? null : instantText(value, timeZone)]];
    case 'Period': {
      const [from = '', to = ''] = placeholderNames(parameter);
      return [
        [from, value === null ? null : instantText(value.from, timeZone)],
        [to, value === null ? null : instantText(value.to, timeZone)],
      ];
    }
  }
}

/** RFC 3339 on the zone's clock: whoever reads only the date finds the one that was meant. In UTC where the offset has seconds, for which RFC 3339 has no form. */
function instantText(instant: string, timeZone: string): string {
  const moment = Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone);
  if (moment.offset.length > '+00:00'.length) return instant;
  return `${moment.toPlainDateTime().toString()}${moment.offset === '+00:00' ? 'Z' : moment.offset}`;
}

/** RFC 3986, without exceptions for what some characters mean to some servers. */
export function encodeQuery(pairs: readonly QueryPair[]): string {
  return pairs.map(({ name, value }) => `${encode(name)}=${encode(value)}`).join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
