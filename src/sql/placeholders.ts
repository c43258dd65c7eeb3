/**
 * Named placeholders of a query (`:region`, `:month_from`) as those of the server (`$1` of PostgreSQL, `?` of MySQL), so that a parameter's value can only ever be a bind.
 *
 * A colon begins a placeholder when a name touches it on its right and it is not part of something else. `::casts`, `:=`, and colons in strings, comments,
 * dollar quotes and names never are. Two places of SQL have a colon of their own, between operands:
 *
 * - bounds of an array slice. Inside a subscript a colon that touches the operand before it separates the bounds (`a[1:n]`, `a[lo:hi]`: `n` and `hi` are
 *   columns). Where the colon comes first or stands apart (`a[:n]`, `a[1 :n]`) both readings are possible, and it is refused: `a[(:n)]`, `a[1:(:n)]` say
 *   parameter, `a[: n]`, `a[1 : n]` say column. `array[:a, :b]` is no subscript.
 * - pairs such as `json_object('k': v)`. Elsewhere a colon that touches both an operand and a name (`'k':v`, `limit:n`) is refused: a space before it makes
 *   a placeholder, a space behind it a colon.
 *
 * Used by the operator when it checks a template and by the runner when it reads: no driver is imported here.
 */
import type { ParameterDeclaration } from '../api/parameters/declaration.ts';
import { atMostMistakes, MISTAKES_LIMIT } from '../mistakes.ts';
import { nearest } from '../nearest.ts';
import { foreignText } from '../foreign-text.ts';
import { lex, type Lexed, type Token } from './lexer.ts';
import { lexMysql } from './mysql-lexer.ts';
import { placeAt, placeOf, type Place } from './place.ts';

/** Either server counts a statement's parameters in 16 bits. */
export const BINDS_LIMIT = 65_535;

/** A server's SQL. */
export interface SqlDialect {
  readonly name: string;
  readonly lex: (sql: string) => Lexed;
  /** What is sent in place of the parameter with that number, from 1. */
  readonly bind: (number: number) => string;
  /** Whether a list in `in (:names)` is sent as its values. */
  readonly listsInIn: boolean;
}

export const POSTGRES_SQL: SqlDialect = { name: 'PostgreSQL', lex, bind: (number) => `$${number}`, listsInIn: false };
/** Each occurrence is a parameter of its own. */
export const MYSQL_SQL: SqlDialect = { name: 'MySQL', lex: lexMysql, bind: () => '?', listsInIn: true };

/** One `:name` of a query; offsets in UTF-16 units, half-open, the colon included. */
export interface Placeholder {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** It is all that stands in the parentheses of an IN: `in (:names)`. */
  readonly inList: boolean;
  /** It is one of several values there: `in ('a', :names)`. */
  readonly amongValues: boolean;
}

export type ParsedQuery =
  | {
      readonly ok: true;
      /** With the dialect's binds for the placeholders and without a trailing semicolon. The same name has the same number. */
      readonly sql: string;
      /** `names[0]` is number 1; each name once. */
      readonly names: readonly string[];
      /** Every occurrence, in order. */
      readonly placeholders: readonly Placeholder[];
      /** Where the statement ends in the query. */
      readonly end: number;
    }
  /** Clauses with line and column, at most 20 and a count. */
  | { readonly ok: false; readonly mistakes: readonly string[] };

/** Never throws. */
export function parseQuery(query: string, dialect: SqlDialect = POSTGRES_SQL): ParsedQuery {
  if (query.includes('\0')) return { ok: false, mistakes: ['the query has a NUL character, which SQL cannot have'] };
  const { tokens, mistakes } = dialect.lex(query);
  const scan = scanTokens(query, tokens);
  const all = [...mistakes, ...scan.mistakes];
  if (all.length > 0) return { ok: false, mistakes: atMostMistakes(all) };

  const numbers = new Map<string, number>();
  let sql = '';
  let copied = 0;
  for (const { name, start, end } of scan.placeholders) {
    const number = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, number);
    sql += query.slice(copied, start) + dialect.bind(number);
    copied = end;
  }
  sql += query.slice(copied, scan.end);
  const names = [...numbers.keys()];
  if (names.length > BINDS_LIMIT)
    return { ok: false, mistakes: [`the query has ${names.length} different placeholders; ${dialect.name} takes 65,535`] };
  return { ok: true, sql, names, placeholders: scan.placeholders, end: scan.end };
}

/**
 * Every mistake of a query against the parameters of its template: what cannot be parsed, placeholders that no parameter fills, lists where one value
 * stands, parameters that no placeholder uses. Clauses for a list, at most 20 and a count.
 */
export function checkPlaceholders(
  query: string,
  parameters: readonly Pick<ParameterDeclaration, 'name' | 'type'>[],
  dialect: SqlDialect = POSTGRES_SQL,
): readonly string[] {
  const parsed = parseQuery(query, dialect);
  if (!parsed.ok) return parsed.mistakes;
  const fillers = new Map(parameters.flatMap((parameter) => placeholderNames(parameter).map((name) => [name, parameter.name])));
  const periods = new Set(parameters.filter(({ type }) => type === 'Period').map(({ name }) => name));
  const unfilled = parsed.names.filter((name) => !fillers.has(name));
  const used = new Set(parsed.names.map((name) => fillers.get(name) ?? name));
  const unused = parameters.filter(({ name }) => !used.has(name));
  const lists = new Set(parameters.filter(({ type }) => type === 'Strings' || type === 'Choices').map(({ name }) => name));
  const misread = parsed.placeholders.filter(
    ({ name, inList, amongValues }) => lists.has(name) && (amongValues || (inList && !dialect.listsInIn)),
  );
  // Only what is told is looked up: a hostile query has thousands of names.
  const mistakes = [
    ...unfilled
      .slice(0, MISTAKES_LIMIT)
      .map((name) => `${firstPlace(query, parsed.placeholders, name)}: ${unfilledProblem(name, periods, [...fillers.keys()])}`),
    ...misread
      .slice(0, MISTAKES_LIMIT)
      .map(
        ({ name, start }) =>
          `${placeAt(query, start)}: parameter "${name}" is a list, which IN takes for one value${dialect.listsInIn ? ` beside others; write in (:${name}) for it alone` : `; write = any(:${name}), or <> all(:${name}) for not in`}`,
      ),
    ...unused.map(
      (parameter) => `parameter "${parameter.name}" is never used; write ${usage(parameter)} in the query or remove the parameter`,
    ),
  ];
  return atMostMistakes(mistakes, unfilled.length + misread.length + unused.length);
}

/** What a parameter is called in a query: a Period is its two bounds. */
export function placeholderNames({ name, type }: Pick<ParameterDeclaration, 'name' | 'type'>): readonly string[] {
  return type === 'Period' ? [`${name}_from`, `${name}_to`] : [name];
}

/** Where in the user's query a character of the parsed query's `sql` stands; `position` counts characters from 1, as PostgreSQL's errors do. */
export function placeInQuery(query: string, { sql, names, placeholders }: Extract<ParsedQuery, { ok: true }>, position: number): Place {
  const offset = Array.from(sql)
    .slice(0, position - 1)
    .join('').length;
  // `shift` is how far the sent text is ahead of or behind the user's at this point.
  let shift = 0;
  for (const { name, start, end } of placeholders) {
    const sentLength = `$${names.indexOf(name) + 1}`.length;
    if (offset + shift < start) break;
    if (offset + shift < start + sentLength) return placeOf(query, start);
    shift += end - start - sentLength;
  }
  return placeOf(query, offset + shift);
}

interface Scan {
  readonly placeholders: readonly Placeholder[];
  readonly mistakes: readonly string[];
  /** Where the statement ends: at its semicolon, or at the end of the text. */
  readonly end: number;
}

type Bracket = 'round' | 'in' | 'subscript' | 'constructor';

function scanTokens(query: string, tokens: readonly Token[]): Scan {
  const placeholders: Placeholder[] = [];
  const mistakes: string[] = [];
  const brackets: Bracket[] = [];
  const textOf = (token: Token | undefined): string => (token === undefined ? '' : query.slice(token.start, token.end));
  const refuse = (at: number, clause: string): void => {
    mistakes.push(`${placeAt(query, at)}: ${clause}`);
  };
  const semicolon = tokens.findIndex((token) => token.kind === 'symbol' && textOf(token) === ';');
  const statement = semicolon < 0 ? tokens : tokens.slice(0, semicolon);
  const surplus = semicolon < 0 ? undefined : tokens.slice(semicolon).find((token) => textOf(token) !== ';');
  if (statement.length === 0) mistakes.push('the query is empty');
  if (surplus !== undefined) refuse(surplus.start, 'a second statement begins here; a query is one statement');

  for (let index = 0; index < statement.length && mistakes.length < MISTAKES_LIMIT; index += 1) {
    const token = statement[index] as Token;
    const previous = statement[index - 1];
    if (token.kind === 'positional') {
      refuse(token.start, `${textOf(token)} is a numbered parameter; write :name with the name of a parameter of the template`);
    }
    if (token.kind !== 'symbol') continue;
    switch (textOf(token)) {
      case '(':
        brackets.push(opensValuesOfIn(textOf(previous), textOf(statement[index + 1])) ? 'in' : 'round');
        break;
      case '[':
        brackets.push(bracketAfter(textOf(statement[index - 2]), textOf(previous), brackets.at(-1)));
        break;
      case ')':
      case ']':
        brackets.pop();
        break;
      case ':': {
        const name = statement[index + 1];
        if (name === undefined || name.kind !== 'word' || name.start !== token.end) break;
        const reading = colonReading(token, previous, textOf(previous), brackets.at(-1) === 'subscript');
        if (reading === 'placeholder') {
          const whole = ['(', ','].includes(textOf(previous)) && [')', ','].includes(textOf(statement[index + 2]));
          const isValue = whole && brackets.at(-1) === 'in';
          const inList = isValue && textOf(previous) === '(' && textOf(statement[index + 2]) === ')';
          placeholders.push({ name: textOf(name), start: token.start, end: name.end, inList, amongValues: isValue && !inList });
          index += 1;
        } else if (reading !== 'colon') {
          refuse(token.start, reading.refused(foreignText(textOf(name), 64)));
        }
        break;
      }
      default:
    }
  }
  const stop = semicolon < 0 ? undefined : tokens[semicolon];
  return { placeholders, mistakes, end: stop === undefined ? query.length : stop.start };
}

/** Whether a parenthesis behind `previous` has the values of an IN, and no query. */
function opensValuesOfIn(previous: string, next: string): boolean {
  return previous.toLowerCase() === 'in' && !['select', 'with', 'values', 'table', '('].includes(next.toLowerCase());
}

/** ARRAY is a reserved word, so before a bracket it is the constructor, except behind a dot; inside a constructor a bracket that begins an element is one more. */
function bracketAfter(beforePrevious: string, previous: string, outer: Bracket | undefined): Bracket {
  if (previous.toLowerCase() === 'array' && beforePrevious !== '.') return 'constructor';
  return outer === 'constructor' && (previous === '[' || previous === ',') ? 'constructor' : 'subscript';
}

type Reading = 'placeholder' | 'colon' | { readonly refused: (name: string) => string };

/** What a colon is that a name touches on its right (the rules at the top). */
function colonReading(colon: Token, previous: Token | undefined, previousText: string, inSubscript: boolean): Reading {
  const afterOperand = previous !== undefined && (previous.kind !== 'symbol' || previousText === ')' || previousText === ']');
  const touching = afterOperand && previous.end === colon.start;
  if (inSubscript) {
    if (touching) return 'colon';
    if (!afterOperand && previousText !== '[') return 'placeholder';
    return {
      refused: (name) =>
        `:${name} in a subscript may be a parameter or a slice; write (:${name}) for the parameter, ": ${name}" for a slice up to ${name}`,
    };
  }
  if (!touching) return 'placeholder';
  return {
    refused: (name) =>
      `":${name}" touches what stands before it; write a space before the colon for a parameter, a space behind it for a colon`,
  };
}

function usage(parameter: Pick<ParameterDeclaration, 'name' | 'type'>): string {
  return placeholderNames(parameter)
    .map((name) => `:${name}`)
    .join(' and ');
}

function unfilledProblem(name: string, periods: ReadonlySet<string>, known: readonly string[]): string {
  if (periods.has(name)) return `parameter "${name}" is a Period; write :${name}_from and :${name}_to (half-open: from <= t < to)`;
  const near = nearest(name, known, 1)[0];
  const hint =
    near !== undefined ? `did you mean :${near}?` : known.length === 0 ? 'it has none' : `it has: ${known.slice(0, 20).join(', ')}`;
  return `:${foreignText(name, 64)} is no parameter of the template; ${hint}`;
}

function firstPlace(query: string, placeholders: readonly Placeholder[], name: string): string {
  const first = placeholders.find((placeholder) => placeholder.name === name);
  return placeAt(query, first?.start ?? 0);
}
