/**
 * What MySQL and the network say, as one sentence that a user may read (security.md 13).
 *
 * The server's own words hold values of rows (`Incorrect DATE value: '…'`), so a message here is ours, with the error's number. Only while a statement is prepared, when no row
 * has been touched, are the server's words passed on: they name tables, columns and the query's own text.
 */
import { DossierError } from '../../../errors.ts';
import { foreignText } from '../../../foreign-text.ts';
import { NetworkError, networkFailureKind } from '../../../net/failure.ts';
import { sqlNetworkMeanings } from '../../../sql/network-meanings.ts';
import type { MysqlUrl } from '../../../sql/mysql-url.ts';
import { destinationOf } from '../../../sql/sql-url.ts';

/** Longest piece of the server's own words. */
const SERVER_WORDS_LIMIT = 300;

/** What answers does not keep to MySQL's protocol. */
export class ProtocolError extends Error {
  constructor(cause?: unknown) {
    super('the server does not keep to the protocol of MySQL', { cause });
    this.name = 'ProtocolError';
  }
}

export function failed(clause: string, retryable: boolean): DossierError {
  return new DossierError('SourceFailed', `mysql: ${clause}`, { retryable });
}

/** A failure before the first statement; `timeout` = the URL's connect_timeout passed. */
export function connectFailed(error: unknown, url: MysqlUrl): DossierError {
  if (error instanceof DossierError) return error;
  const server = destinationOf(url);
  if (error === 'timeout') return failed(`no login at ${server} within ${url.connectTimeoutSeconds} s (connect_timeout in the URL)`, true);
  const number = errorNumber(error);
  if (number !== undefined) {
    const meaning = LOGIN_MEANINGS.get(number) ?? 'refused the login';
    return failed(`${server} ${meaning} (error ${number})`, RETRYABLE.has(number));
  }
  if (hasCode(error, 'HANDSHAKE_NO_SSL_SUPPORT'))
    return failed(
      'the server does not offer TLS, and nothing is sent without it; turn TLS on there, or write ?sslmode=disable in the URL to send all in clear text',
      false,
    );
  if (hasCode(error, 'AUTH_SWITCH_PLUGIN_ERROR') || hasCode(error, 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED'))
    return failed(`${server} asks for a way to log in that is not supported; use mysql_native_password or caching_sha2_password`, false);
  if (error instanceof ProtocolError) return failed(`${server} does not keep to the protocol of MySQL`, false);
  const kind = networkFailureKind(error);
  if (kind === undefined) return failed(`the login at ${server} did not come to an end`, true);
  if (kind === 'addressRefused' && error instanceof NetworkError) return failed(error.message, false);
  const { text, retryable } = NETWORK_MEANINGS[kind];
  return failed(`${server} ${text}`, retryable);
}

/** A failure of the user's statement, or of the connection while it ran. `step`: preparing touches no row. */
export function statementFailed(error: unknown, step: 'prepare' | 'run', statementTimeoutSeconds: number | undefined): DossierError {
  if (error instanceof DossierError) return error;
  if (error instanceof ProtocolError) return failed('the server does not keep to the protocol of MySQL', false);
  const number = errorNumber(error);
  if (number === undefined) return failed('the connection to the server was cut before all rows were read', true);
  const own = step === 'prepare' && !MEANINGS.has(number) && error instanceof Error;
  const what = own ? foreignText(error.message, SERVER_WORDS_LIMIT) : meaningOf(number, statementTimeoutSeconds);
  return failed(`${what} (error ${number})`, RETRYABLE.has(number));
}

/** A failure of a statement of ours: the session's settings, the transaction's begin. */
export function sessionFailed(error: unknown, timeZone: string): DossierError {
  if (errorNumber(error) !== UNKNOWN_TIME_ZONE) return statementFailed(error, 'run', undefined);
  return failed(
    `the server does not know the time zone ${timeZone}; load its time zone tables (mysql_tzinfo_to_sql), or ask for timeZone UTC (error ${UNKNOWN_TIME_ZONE})`,
    false,
  );
}

const CUT_VALUE = 'cut a value, or made NULL of it, because it is larger than its max_allowed_packet; raise that, or select less';
const CLAMPED_NUMBER = 'put the nearest number of a type in the place of one that is out of its range; cast to a larger type';

/** What the server did to a result that it gives as if nothing were wrong, by the numbers of its warnings. */
export const WRONG_RESULTS: ReadonlyMap<number, string> = new Map([
  [1260, CUT_VALUE],
  [1301, CUT_VALUE],
  [1264, CLAMPED_NUMBER],
  [1916, CLAMPED_NUMBER],
  [
    1931,
    'ended the query before its last row, at its max_recursive_iterations or a limit of rows examined; raise that, or make the query do with less',
  ],
]);

/** Whether the server keeps that for administrators. */
export function isForAdministrators(error: unknown): boolean {
  return errorNumber(error) === ACCESS_DENIED;
}

function errorNumber(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errno' in error) || !('sqlState' in error)) return undefined;
  return typeof error.errno === 'number' && error.errno > 0 ? error.errno : undefined;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

const UNKNOWN_TIME_ZONE = 1298;
const ACCESS_DENIED = 1227;

/** Another try may meet a server that has recovered; a mistake stays one. */
const RETRYABLE: ReadonlySet<number> = new Set([
  1021, 1037, 1038, 1040, 1041, 1053, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1205, 1213, 1226, 1317, 1927, 2006, 2013, 3168, 4031,
]);

function meaningOf(number: number, statementTimeoutSeconds: number | undefined): string {
  if (number === 3024 || number === 1969)
    return statementTimeoutSeconds === undefined
      ? 'the server ended the statement: its own time-out passed; set statementTimeoutSeconds of the source'
      : `the server ended the statement because it took longer than ${statementTimeoutSeconds} s; make the query faster or raise statementTimeoutSeconds of the source`;
  return MEANINGS.get(number) ?? 'the server reports an error';
}

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [1021, 'the server has no room on its disk'],
  [1037, 'the server has no memory to spare'],
  [1038, 'the server has no memory to spare for sorting'],
  [1041, 'the server has no memory to spare'],
  [1053, 'the server is shutting down'],
  [1104, 'the query would look at more rows than the server allows (max_join_size)'],
  [1142, 'the user of the URL lacks a right that the query needs'],
  [1143, 'the user of the URL lacks a right that the query needs'],
  [1205, 'a lock could not be had in time'],
  [1213, 'the server ended the transaction because of another one'],
  [1242, 'a subquery returns more than one row'],
  [1264, 'a number is out of the range of its type'],
  [1290, 'an option of the server forbids what the query does'],
  [1292, 'a text cannot be read as the type it is used as'],
  [1317, 'the server interrupted the statement'],
  [1365, 'a division by zero'],
  [1370, 'the user of the URL lacks a right that the query needs'],
  [1690, 'a number is out of the range of its type'],
  [1792, 'the query writes or changes its transaction, and sources are read in a read-only one'],
  [1927, 'the server ended the connection'],
]);

const LOGIN_MEANINGS: ReadonlyMap<number, string> = new Map([
  [1040, 'has no connection to spare'],
  [1044, 'does not let this user into the database; grant rights on it'],
  [1045, 'refused user or password; check the URL in the Secret'],
  [1049, 'has no such database; check the URL in the Secret'],
  [1129, 'has blocked this host after too many failures'],
  [1130, 'does not let anybody in from here; check the hosts of the user'],
  [1203, 'has no connection to spare for this user'],
  [1226, 'has no connection to spare for this user'],
  [1251, 'asks for a way to log in that is not supported'],
  [1524, 'does not know the way to log in that its user has'],
  [1698, 'refused the user; check the URL in the Secret'],
  [3159, 'lets nobody in without TLS; take sslmode=disable out of the URL'],
]);

const NETWORK_MEANINGS = sqlNetworkMeanings('MySQL');
