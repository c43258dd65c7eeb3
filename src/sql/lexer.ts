/**
 * PostgreSQL's SQL cut into tokens, as its own scanner does it, so that nothing inside a string, a comment or a name is ever taken for code.
 *
 * Source of the rules: PostgreSQL's documentation, "Lexical Structure" (4.1), with standard_conforming_strings on, which the session sets. Tokens lie in the
 * text by offset; spaces and comments are the gaps between them. One pass, linear in the text.
 */
import { MISTAKES_LIMIT } from '../mistakes.ts';
import { placeAt } from './place.ts';

export type TokenKind =
  /** Keyword or unquoted name. */
  | 'word'
  /** `"…"`, U&"…". */
  | 'quotedName'
  | 'number'
  /** `'…'` in all its forms, adjoining pieces included, and dollar quotes. */
  | 'string'
  /** `$1`. */
  | 'positional'
  /** One character, or `::` or `:=`. */
  | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** Offsets in UTF-16 units, half-open. */
  readonly start: number;
  readonly end: number;
}

export interface Lexed {
  readonly tokens: readonly Token[];
  /** Clauses with line and column. What follows an unterminated piece, or the mistake that fills the list, is not read. */
  readonly mistakes: readonly string[];
}

export function lex(sql: string): Lexed {
  const lexer = new Lexer(sql);
  lexer.run();
  return lexer;
}

const SPACE = /[ \t\n\r\f\v]+/y;
const LINE_COMMENT = /--[^\n\r]*/y;
/** Every character beyond ASCII may stand in a name. */
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
/** Wider than SQL's numbers: what follows digits directly is never a token of its own. */
const NUMBER = /\.?[0-9][0-9A-Za-z_.]*/y;
const POSITIONAL = /\$[0-9]+/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
class Lexer implements Lexed {
  readonly tokens: Token[] = [];
  readonly mistakes: string[] = [];
  readonly #sql: string;
  #at = 0;

  constructor(sql: string) {
    this.#sql = sql;
  }

  run(): void {
    while (this.#at < this.#sql.length && this.mistakes.length < MISTAKES_LIMIT) this.#step();
  }

  #step(): void {
    const gapEnd = this.#end(SPACE) ?? this.#end(LINE_COMMENT);
    if (gapEnd !== undefined) this.#at = gapEnd;
    else if (this.#sql.startsWith('/*', this.#at)) this.#skipComment();
    else if (this.#sql[this.#at] === "'") this.#string(this.#at, false);
    else if (this.#sql[this.#at] === '"') this.#quotedName(this.#at);
    else if (this.#sql[this.#at] === '$') this.#dollar();
    else this.#wordOrNumberOrSymbol();
  }

  #wordOrNumberOrSymbol(): void {
    const wordEnd = this.#end(WORD);
    const numberEnd = this.#end(NUMBER);
    if (wordEnd !== undefined) this.#wordOrPrefix(wordEnd);
    else if (numberEnd !== undefined) this.#add('number', numberEnd);
    else if (this.#sql.startsWith('::', this.#at) || this.#sql.startsWith(':=', this.#at)) this.#add('symbol', this.#at + 2);
    else this.#add('symbol', this.#at + 1);
  }

  /** A one-letter word that touches a quote is the quote's prefix; only E gives the backslash a meaning. */
  #wordOrPrefix(end: number): void {
    const prefix = end === this.#at + 1 ? this.#sql.slice(this.#at, end).toLowerCase() : '';
    if (this.#sql[end] === "'" && prefix === 'e') this.#string(end, true);
    else if (this.#sql[end] === "'" && (prefix === 'b' || prefix === 'x' || prefix === 'n')) this.#string(end, false);
    else if (this.#sql.startsWith("&'", end) && prefix === 'u') this.#string(end + 1, false);
    else if (this.#sql.startsWith('&"', end) && prefix === 'u') this.#quotedName(end + 1);
    else this.#add('word', end);
  }

  #string(quote: number, escapes: boolean): void {
    let end = this.#quoteEnd(quote, escapes);
    for (;;) {
      const next = end === undefined ? undefined : this.#nextPiece(end);
      if (next === undefined) break;
      end = this.#quoteEnd(next, escapes);
    }
    if (end === undefined) this.#neverClosed('string');
    else this.#add('string', end);
  }

  /** A string goes on, by the first piece's rules, in a quote after nothing but spaces and line comments with a line break among them. */
  #nextPiece(from: number): number | undefined {
    let at = from;
    let lineBreak = false;
    for (;;) {
      const gapEnd = this.#end(SPACE, at) ?? this.#end(LINE_COMMENT, at);
      if (gapEnd === undefined) return lineBreak && this.#sql[at] === "'" ? at : undefined;
      lineBreak ||= /[\n\r]/.test(this.#sql.slice(at, gapEnd));
      at = gapEnd;
    }
  }

  #quotedName(quote: number): void {
    const end = this.#quoteEnd(quote, false);
    if (end === undefined) this.#neverClosed('quoted name');
    else this.#add('quotedName', end);
  }

  #dollar(): void {
    const positionalEnd = this.#end(POSITIONAL);
    const tagEnd = this.#end(DOLLAR_TAG);
    if (positionalEnd !== undefined) {
      this.#add('positional', positionalEnd);
    } else if (tagEnd === undefined) {
      this.mistakes.push(`${placeAt(this.#sql, this.#at)}: a lone $ has no meaning in SQL`);
      this.#at += 1;
    } else {
      const tag = this.#sql.slice(this.#at, tagEnd);
      const close = this.#sql.indexOf(tag, tagEnd);
      if (close < 0) this.#neverClosed('dollar-quoted string');
      else this.#add('string', close + tag.length);
    }
  }

  /** Comments nest. */
  #skipComment(): void {
    let depth = 0;
    for (let at = this.#at; at < this.#sql.length; at += 1) {
      if (this.#sql.startsWith('/*', at)) depth += 1;
      else if (this.#sql.startsWith('*/', at)) depth -= 1;
      else continue;
      at += 1;
      if (depth > 0) continue;
      this.#at = at + 1;
      return;
    }
    this.#neverClosed('comment');
  }

  /** Where the quote at `open` is closed. A doubled quote is part of the text, and so is whatever a backslash escapes. */
  #quoteEnd(open: number, escapes: boolean): number | undefined {
    const quote = this.#sql[open];
    for (let at = open + 1; at < this.#sql.length; at += 1) {
      if (escapes && this.#sql[at] === '\\') at += 1;
      else if (this.#sql[at] !== quote) continue;
      else if (this.#sql[at + 1] === quote) at += 1;
      else return at + 1;
    }
    return undefined;
  }

  #neverClosed(what: string): void {
    this.mistakes.push(`${placeAt(this.#sql, this.#at)}: the ${what} that begins here is never closed`);
    this.#at = this.#sql.length;
  }

  #add(kind: TokenKind, end: number): void {
    this.tokens.push({ kind, start: this.#at, end });
    this.#at = end;
  }

  #end(pattern: RegExp, from = this.#at): number | undefined {
    pattern.lastIndex = from;
    return pattern.test(this.#sql) ? pattern.lastIndex : undefined;
  }
}
