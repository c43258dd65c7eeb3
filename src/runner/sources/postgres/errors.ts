/**
 * What PostgreSQL and the network say, as one sentence that a user may read (security.md 13).
 *
 * The server's own words hold values of rows (`invalid input syntax for type integer: "…"`), and functions raise whatever their authors like; so a message here
 * is ours, with the SQLSTATE and the place in the user's query. Only while a statement is parsed, when no row has been touched, are the server's words passed on:
 * they name tables, columns and the query's own tokens. Detail, hint and context never are.
 */
import { DatabaseError } from 'pg';
import { DossierError } from '../../../errors.ts';
import { foreignText } from '../../../foreign-text.ts';
import { NetworkError, networkFailureKind } from '../../../net/failure.ts';
import { sqlNetworkMeanings } from '../../../sql/network-meanings.ts';
import { placeInQuery, type ParsedQuery } from '../../../sql/placeholders.ts';
import type { Server } from '../sql-login.ts';
import { ProtocolError } from './socket.ts';

/** Longest piece of the server's own words. */
const SERVER_WORDS_LIMIT = 200;

/** A failure before the first statement; `timeout` = the URL's connect_timeout passed. */
export function connectFailed(error: unknown, url: Server): DossierError {
  if (error instanceof DossierError) return error;
  const server = `${url.host.includes(':') ? `[${url.host}]` : url.host}:${url.port}`;
  if (error === 'timeout') return failed(`no login at ${server} within ${url.connectTimeoutSeconds} s (connect_timeout in the URL)`, true);
  const code = sqlState(error);
  if (code !== undefined) {
    const what = LOGIN_MEANINGS.find(([state]) => code.startsWith(state))?.[1] ?? 'refused the login';
    return failed(`${server} ${what} (SQLSTATE ${code})`, isRetryable(code));
  }
  if (error instanceof ProtocolError || error instanceof DatabaseError)
    return failed(`${server} does not keep to the protocol of PostgreSQL`, false);
  const kind = networkFailureKind(error);
  if (kind === undefined) return failed(`the login at ${server} did not come to an end`, true);
  // A refused address is told as the guard told it; it names the host and the kind of address.
  if (kind === 'addressRefused' && error instanceof NetworkError) return failed(error.message, false);
  const { text, retryable } = NETWORK_MEANINGS[kind];
  return failed(`${server} ${text}`, retryable);
}

export interface StatementContext {
  /** The user's query, as in the template. */
  readonly query: string;
  readonly parsed: Extract<ParsedQuery, { ok: true }>;
  readonly statementTimeoutSeconds?: number;
  /** Parsing touches no row; running does. */
  readonly step: 'parse' | 'run';
}

/** A failure of the user's statement, or of the connection while it ran. */
export function statementFailed(error: unknown, context: StatementContext): DossierError {
  const code = sqlState(error);
  if (code === undefined) return notOfTheServer(error);
  const { position, internalQuery, where, message } = error as DatabaseError;
  const offset = Number(position);
  // A position or context of a function's inside is not the query's.
  const own = internalQuery === undefined && where === undefined;
  const place = own && Number.isSafeInteger(offset) && offset > 0 ? placeInQuery(context.query, context.parsed, offset) : undefined;
  const at = place === undefined ? '' : `at line ${place.line}, column ${place.column} of the query: `;
  const what =
    own && context.step === 'parse' && PARSE_CLASSES.some((state) => code.startsWith(state))
      ? namedPlaceholders(foreignText(message, SERVER_WORDS_LIMIT), context.parsed.names)
      : meaningOf(code, context.statementTimeoutSeconds);
  return failed(`${at}${what} (SQLSTATE ${code})`, isRetryable(code));
}

/** A failure of a statement of ours: the transaction's begin, its settings, a look into the catalog. */
export function sessionFailed(error: unknown, timeZone: string): DossierError {
  const code = sqlState(error);
  if (code === undefined) return notOfTheServer(error);
  const what =
    code === '22023'
      ? `the server does not accept the session's settings; it may not know the time zone ${timeZone}`
      : meaningOf(code, undefined);
  return failed(`${what} (SQLSTATE ${code})`, isRetryable(code));
}

export function failed(clause: string, retryable: boolean): DossierError {
  return new DossierError('SourceFailed', `postgres: ${clause}`, { retryable });
}

/** A failure in the middle of a session that no SQLSTATE explains. */
export function notOfTheServer(error: unknown): DossierError {
  if (error instanceof DossierError) return error;
  if (error instanceof ProtocolError || error instanceof DatabaseError)
    return failed('the server does not keep to the protocol of PostgreSQL', false);
  return failed('the connection to the server was cut before all rows were read', true);
}

function sqlState(error: unknown): string | undefined {
  const code = error instanceof DatabaseError ? error.code : undefined;
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Syntax and names (42, 3F), and what the server cannot do (0A). */
const PARSE_CLASSES = ['42', '3F', '0A'];

/** `$2` in the server's words is what the user wrote as `:region`. */
function namedPlaceholders(words: string, names: readonly string[]): string {
  return words.replace(/\$(\d{1,5})/g, (written, number: string) => {
    const name = names[Number(number) - 1];
    return name === undefined ? written : `:${name}`;
  });
}

/** Another try may meet a server that has recovered; a mistake stays one. https://www.postgresql.org/docs/current/errcodes-appendix.html */
function isRetryable(code: string): boolean {
  return ['08', '40', '53', '57P0', '58', '55P03', '25P03'].some((state) => code.startsWith(state));
}

/** The first whose state the SQLSTATE begins with. */
const MEANINGS: readonly (readonly [state: string, meaning: string])[] = [
  ['08', 'the connection to the server failed'],
  ['0A', 'the server does not support something in the query'],
  ['22P02', 'a text cannot be read as the type it is used as; if it is a parameter, use it as its own type or cast it'],
  ['22003', 'a number is out of the range of its type'],
  ['22007', 'a text is not a date or time'],
  ['22008', 'a date or time is out of range'],
  ['22012', 'a division by zero'],
  ['22', 'a value does not fit where the query uses it'],
  ['25P03', 'the server ended the session because it waited too long for the file to be written'],
  ['25P04', 'the server ended the transaction because it took longer than its transaction_timeout'],
  ['25', 'the query writes or changes its transaction, and sources are read in a read-only one'],
  ['28', 'the server does not accept the login any more'],
  ['40', 'the server ended the transaction because of another one, or of its recovery'],
  ['42501', 'the user of the URL lacks a right that the query needs'],
  ['42', 'a name, a type or the syntax of the query is wrong'],
  ['53300', 'the server has no connection to spare'],
  ['53', 'the server has no memory, disk or other resource to spare'],
  ['54', 'the query is beyond a limit of the server'],
  ['55P03', 'a lock could not be had'],
  ['57P', 'the server is shutting down, starting, or ended this session'],
  ['58', 'the server met an error of its operating system'],
  ['P0', 'a function in the database raised an error'],
  ['XX', 'the server met an internal error'],
];

function meaningOf(code: string, statementTimeoutSeconds: number | undefined): string {
  if (code === '57014') {
    return statementTimeoutSeconds === undefined
      ? 'the server cancelled the statement: its own statement_timeout passed, or somebody cancelled it; set statementTimeoutSeconds of the source'
      : `the server cancelled the statement, as it does when one step takes longer than ${statementTimeoutSeconds} s; make the query faster or raise statementTimeoutSeconds of the source`;
  }
  return MEANINGS.find(([state]) => code.startsWith(state))?.[1] ?? 'the server reports an error';
}

const LOGIN_MEANINGS: readonly (readonly [state: string, meaning: string])[] = [
  ['28P01', 'refused the password; check user and password of the URL in the Secret'],
  ['28', 'does not let this user in from here, or not without TLS; check its pg_hba.conf and the URL in the Secret'],
  ['3D000', 'has no such database; check the URL in the Secret'],
  ['42501', 'does not let this user into the database; grant connect on it'],
  ['53300', 'has no connection to spare'],
  ['57P', 'is starting, stopping or recovering'],
];

const NETWORK_MEANINGS = sqlNetworkMeanings('PostgreSQL');
