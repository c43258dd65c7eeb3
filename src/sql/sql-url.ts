/**
 * `scheme://user:password@host:port/database?options` of a SQL server by a parser of our own (security.md 17): drivers' parsers read files, open sockets of the local
 * machine and try clear text when TLS fails, all on behalf of a URL.
 *
 * Whatever could be read in two ways is refused, because a password with an unescaped `@` or `/` would make part of it a host. Messages show neither the URL
 * nor any of its values, and the name of an option only when it has the shape of one.
 *
 * Source of the grammar: PostgreSQL's documentation, "Connection URIs" (34.1.1.2), narrowed to one host and three options.
 */
import { isIPv6 } from 'node:net';
import { DossierError } from '../errors.ts';

export interface SqlUrl {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absent = the server must not ask for one. */
  readonly password?: string;
  readonly database: string;
  /** TLS with a checked authority and a checked name, whatever sslmode asks for it; false only for sslmode=disable. */
  readonly tls: boolean;
  readonly applicationName?: string;
  /** 1 to 300. */
  readonly connectTimeoutSeconds: number;
}

const URL_LIMIT = 8192;
const DEFAULT_CONNECT_TIMEOUT_SECONDS = 10;
const CONNECT_TIMEOUT_LIMIT_SECONDS = 300;

const ESCAPE_HINT =
  'write special characters of user, password and database percent-encoded (@ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25)';
/** Letters, digits and hyphens in labels, as DNS has them; underscores because clusters have them. */
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?$/;
const OPTION_NAME = /^[A-Za-z_]{1,40}$/;
// Control characters: NUL would end a field of the startup message and begin the next.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Options of libpq that make the client read a file of its machine. */
const FILE_OPTIONS = new Set([
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslcrl',
  'sslcrldir',
  'sslpassword',
  'passfile',
  'service',
  'servicefile',
]);

/** What differs from one kind of server to another. */
export interface SqlUrlKind {
  /** Of the source, in messages; also the scheme that they show. */
  readonly source: string;
  /** Groups: authority, path with its slash, query with its question mark. */
  readonly shape: RegExp;
  /** As a message names the schemes. */
  readonly schemes: string;
  readonly defaultPort: number;
}

/** @throws DossierError SourceFailed, not retryable, naming what is wrong and never a value. */
export function parseSqlUrl(kind: SqlUrlKind, given: string): SqlUrl {
  try {
    return parse(kind, given);
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error;
    throw new DossierError('SourceFailed', `${kind.source}: the connection URL in the Secret cannot be used: ${error.message}`, {
      retryable: false,
    });
  }
}

/** Where a URL leads (`db.example:5432`, `[::1]:5432`), or undefined when it cannot be read. Never throws. */
export function sqlDestination(kind: SqlUrlKind, url: string): string | undefined {
  try {
    return destinationOf(parseSqlUrl(kind, url));
  } catch {
    return undefined;
  }
}

/** `db.example:5432`, `[::1]:5432`. */
export function destinationOf({ host, port }: Pick<SqlUrl, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What is wrong, as a clause. */
class UrlProblem extends Error {}

function parse(kind: SqlUrlKind, given: string): SqlUrl {
  // A Secret made from a file ends with the file's line break, which no URL can have.
  const url = given.replace(/\r?\n$/, '');
  if (url.length > URL_LIMIT) throw wrong(`it is longer than ${URL_LIMIT} characters`);
  if (url.includes('#')) throw wrong(`it has a #; ${ESCAPE_HINT}`);
  const match = kind.shape.exec(url);
  if (match === null)
    throw wrong(`it must begin with ${kind.schemes}, as in ${kind.source}://user:password@host:${kind.defaultPort}/database`);
  const [, authority = '', path = '', query = ''] = match;

  const at = authority.indexOf('@');
  if (at < 0) throw wrong(`it names no user; write ${kind.source}://user:password@host/database, and ${ESCAPE_HINT}`);
  // With one @ in the whole URL, and that one before the path, no part of a password can have become a host, a database or an option.
  if (url.indexOf('@') !== url.lastIndexOf('@')) throw wrong(`it has more than one @; ${ESCAPE_HINT}`);
  const userInfo = authority.slice(0, at);
  const colon = userInfo.indexOf(':');
  const user = decoded(colon < 0 ? userInfo : userInfo.slice(0, colon), 'user');
  if (user === '') throw wrong('it names no user');
  const password = colon < 0 ? undefined : decoded(userInfo.slice(colon + 1), 'password');

  return {
    ...parseHostAndPort(authority.slice(at + 1), kind.defaultPort),
    user,
    ...(password === undefined || password === '' ? {} : { password }),
    database: parseDatabase(path),
    ...parseOptions(query),
  };
}

function parseHostAndPort(text: string, defaultPort: number): Pick<SqlUrl, 'host' | 'port'> {
  if (text.includes(',')) throw wrong('it names more than one host; name one');
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    const host = text.slice(1, close);
    if (close < 0 || host.includes('%') || !isIPv6(host)) throw wrong('what stands in [ ] must be an IPv6 address without a zone');
    return { host, port: parsePort(text.slice(close + 1), defaultPort) };
  }
  const colon = text.indexOf(':');
  const host = decoded(colon < 0 ? text : text.slice(0, colon), 'host');
  if (host === '') throw wrong('it names no host; a socket of the local machine cannot be used');
  if (host.startsWith('/') || host.startsWith('@'))
    throw wrong('its host is a socket of the local machine, which cannot be used; name a host');
  if (!HOST_NAME.test(host))
    throw wrong(`its host is neither a name of DNS nor an address; IPv6 addresses stand in [ ], and ${ESCAPE_HINT}`);
  return { host, port: parsePort(colon < 0 ? '' : text.slice(colon), defaultPort) };
}

/** `text` is empty or begins with the colon. */
function parsePort(text: string, defaultPort: number): number {
  if (text === '' || text === ':') return defaultPort;
  const port = /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : 0;
  if (port < 1 || port > 65_535) throw wrong(`its port is not a number from 1 to 65535; ${ESCAPE_HINT}`);
  return port;
}

function parseDatabase(path: string): string {
  const raw = path.slice(1);
  if (raw === '') throw wrong('it names no database; write /database behind the host');
  if (raw.includes('/')) throw wrong(`its database has a /; ${ESCAPE_HINT}`);
  return decoded(raw, 'database');
}

function parseOptions(query: string): Pick<SqlUrl, 'tls' | 'applicationName' | 'connectTimeoutSeconds'> {
  const options = new Map<string, string>();
  for (const pair of query.slice(1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (!OPTION_NAME.test(name)) throw wrong(`one of its options has no proper name; write ?name=value&name=value, and ${ESCAPE_HINT}`);
    if (equals < 0) throw wrong(`its option ${name} has no value`);
    if (options.has(name)) throw wrong(`its option ${name} is given twice`);
    options.set(name, decoded(pair.slice(equals + 1), `option ${name}`));
  }
  for (const name of options.keys()) checkOptionName(name);
  const applicationName = options.get('application_name');
  return {
    tls: parseSslMode(options.get('sslmode')),
    ...(applicationName === undefined || applicationName === '' ? {} : { applicationName }),
    connectTimeoutSeconds: parseConnectTimeout(options.get('connect_timeout')),
  };
}

function checkOptionName(name: string): void {
  if (name === 'sslmode' || name === 'application_name' || name === 'connect_timeout') return;
  if (FILE_OPTIONS.has(name)) {
    throw wrong(
      `its option ${name} reads a file, which is not allowed; leave it out, and give a private authority by caSecretRef of the source`,
    );
  }
  if (name === 'host' || name === 'hostaddr' || name === 'port')
    throw wrong(`its option ${name} is not allowed; write host and port before the database`);
  if (name === 'ssl') throw wrong('its option ssl is not known; TLS is on unless sslmode=disable');
  throw wrong(`its option ${name} is not allowed; there are sslmode, application_name and connect_timeout`);
}

function parseSslMode(mode: string | undefined): boolean {
  switch (mode) {
    case 'disable':
      return false;
    case undefined:
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return true;
    case 'allow':
    case 'prefer':
      throw wrong('its sslmode would fall back to clear text; write sslmode=verify-full (TLS, the default) or sslmode=disable (no TLS)');
    default:
      throw wrong('its sslmode is not known; write sslmode=verify-full (TLS, the default) or sslmode=disable (no TLS)');
  }
}

function parseConnectTimeout(text: string | undefined): number {
  if (text === undefined) return DEFAULT_CONNECT_TIMEOUT_SECONDS;
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > CONNECT_TIMEOUT_LIMIT_SECONDS) {
    throw wrong(`its connect_timeout is not a number of seconds from 1 to ${CONNECT_TIMEOUT_LIMIT_SECONDS}`);
  }
  return seconds;
}

function decoded(text: string, what: string): string {
  let value: string;
  try {
    value = decodeURIComponent(text);
  } catch {
    throw wrong(`its ${what} has a % that is no escape; ${ESCAPE_HINT}`);
  }
  if (CONTROL.test(value)) throw wrong(`its ${what} has a control character`);
  return value;
}

function wrong(clause: string): UrlProblem {
  return new UrlProblem(clause);
}
