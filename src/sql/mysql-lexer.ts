/**
 * MySQL's and MariaDB's SQL cut into tokens, so that nothing inside a string, a comment or a name is ever taken for code.
 *
 * Source of the rules: MySQL's reference, "Language Structure" (11), in the sql_mode that the session sets: a backslash escapes in strings, and double quotes are
 * strings. Comments that servers run (`/*! …`) are refused: which of them they run depends on their version.
 */
import { MISTAKES_LIMIT } from '../mistakes.ts';
import type { Lexed, Token, TokenKind } from './lexer.ts';
import { placeAt } from './place.ts';

const SPACE = /[ \t\n\r\f\v]+/y;
/** Two dashes are a comment only before a space; otherwise they are two minus signs. */
const LINE_COMMENT = /(?:#|--(?=[\s\p{Cc}]|$))[^\n]*/uy;
const WORD = /[A-Za-z_$\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
/** Wider than SQL's numbers: what follows digits directly is never a token of its own. */
const NUMBER = /\.?[0-9][0-9A-Za-z_$.]*/y;

/** What follows an unterminated piece, or the mistake that fills the list, is not read. */
export function lexMysql(sql: string): Lexed {
  const tokens: Token[] = [];
  const mistakes: string[] = [];
  const endOf = (pattern: RegExp, at: number): number | undefined => {
    pattern.lastIndex = at;
    return pattern.test(sql) ? pattern.lastIndex : undefined;
  };
  for (let at = 0; at < sql.length && mistakes.length < MISTAKES_LIMIT;) {
    const gap = endOf(SPACE, at) ?? endOf(LINE_COMMENT, at);
    if (gap !== undefined) {
      at = gap;
      continue;
    }
    const piece = sql.startsWith('/*', at) ? comment(sql, at) : token(sql, at, endOf);
    if ('mistake' in piece) mistakes.push(`${placeAt(sql, at)}: ${piece.mistake}`);
    else if (piece.kind !== undefined) tokens.push({ kind: piece.kind, start: at, end: piece.end });
    at = piece.end;
  }
  return { tokens, mistakes };
}

type Piece = { readonly kind: TokenKind | undefined; readonly end: number } | { readonly mistake: string; readonly end: number };

function comment(sql: string, at: number): Piece {
  const close = sql.indexOf('*/', at + 2);
  if (close < 0) return neverClosed(sql, 'comment');
  if (/^\/\*M?!/.test(sql.slice(at, at + 4)))
    return { mistake: 'a comment that the server runs (/*! … */) is not allowed; write what it should run', end: close + 2 };
  return { kind: undefined, end: close + 2 };
}

function token(sql: string, at: number, endOf: (pattern: RegExp, at: number) => number | undefined): Piece {
  const first = sql[at];
  if (first === "'" || first === '"' || first === '`') {
    const end = quoteEnd(sql, at, first !== '`');
    if (end === undefined) return neverClosed(sql, first === '`' ? 'quoted name' : 'string');
    return { kind: first === '`' ? 'quotedName' : 'string', end };
  }
  if (first === '?') return { kind: 'positional', end: at + 1 };
  const word = endOf(WORD, at);
  if (word !== undefined) return { kind: 'word', end: word };
  const number = endOf(NUMBER, at);
  if (number !== undefined) return { kind: 'number', end: number };
  return { kind: 'symbol', end: at + (sql.startsWith(':=', at) ? 2 : 1) };
}

/** Where the quote at `open` is closed. A doubled quote is part of the text, and so is whatever a backslash escapes. */
function quoteEnd(sql: string, open: number, escapes: boolean): number | undefined {
  const quote = sql[open];
  for (let at = open + 1; at < sql.length; at += 1) {
    if (escapes && sql[at] === '\\') at += 1;
    else if (sql[at] !== quote) continue;
    else if (sql[at + 1] === quote) at += 1;
    else return at + 1;
  }
  return undefined;
}

function neverClosed(sql: string, what: string): Piece {
  return { mistake: `the ${what} that begins here is never closed`, end: sql.length };
}
