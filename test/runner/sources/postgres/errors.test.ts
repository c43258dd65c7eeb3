import { DatabaseError } from 'pg';
import { describe, expect, test } from 'vitest';
import type { DossierError } from '../../../../src/errors.ts';
import { NetworkError } from '../../../../src/net/failure.ts';
import { connectFailed, sessionFailed, statementFailed } from '../../../../src/runner/sources/postgres/errors.ts';
import { ProtocolError } from '../../../../src/runner/sources/postgres/socket.ts';
import { parseQuery } from '../../../../src/sql/placeholders.ts';

const QUERY = 'select id,\n  oops from t where a = :region and b = :region_2';

/** As the driver makes them, with a value of a row wherever a server puts one. */
function serverError(code: string, fields: Partial<DatabaseError> = {}): DatabaseError {
  const texts = { message: 'something with SENTINEL', detail: 'Key (id)=(SENTINEL)', hint: 'SENTINEL', internalQuery: undefined };
  return Object.assign(new DatabaseError('', 1, 'error'), texts, { code }, fields);
}

function ofStatement(error: unknown, step: 'parse' | 'run' = 'run', statementTimeoutSeconds?: number): DossierError {
  const parsed = parseQuery(QUERY);
  if (!parsed.ok) throw new Error('the query is wrong');
  return statementFailed(error, {
    query: QUERY,
    parsed,
    step,
    ...(statementTimeoutSeconds === undefined ? {} : { statementTimeoutSeconds }),
  });
}

describe('while a statement is parsed the server may name what it did not find', () => {
  test('with the place in the query as the user wrote it', () => {
    const error = serverError('42703', { message: 'column "oops" does not exist', position: '14' });
    expect(ofStatement(error, 'parse').message).toBe(
      'postgres: at line 2, column 3 of the query: column "oops" does not exist (SQLSTATE 42703)',
    );
  });

  test('with placeholders under their own names, and places behind them', () => {
    const error = serverError('42883', {
      message: 'operator does not exist: $1 = $2 or $3',
      position: String(QUERY.indexOf(':region_2') - 4),
    });
    expect(ofStatement(error, 'parse').message).toBe(
      'postgres: at line 2, column 41 of the query: operator does not exist: :region = :region_2 or $3 (SQLSTATE 42883)',
    );
  });

  test('but not in the words of a function, whatever SQLSTATE it chose', () => {
    const error = serverError('42703', { where: 'PL/pgSQL function f() line 3 at RAISE', position: '14' });
    expect(ofStatement(error, 'parse').message).toBe('postgres: a name, a type or the syntax of the query is wrong (SQLSTATE 42703)');
  });

  test('and in words that are short and harmless', () => {
    const { message } = ofStatement(serverError('42601', { message: `\u001b[2J${'x'.repeat(10_000)}` }), 'parse');
    expect(message).not.toContain('\u001b');
    expect(message.length).toBeLessThan(300);
  });
});

describe('once rows are read, no word of the server is passed on', () => {
  test.each<[code: string, retryable: boolean, message: RegExp]>([
    ['22P02', false, /a text cannot be read as the type it is used as/],
    ['22012', false, /a division by zero/],
    ['22003', false, /out of the range of its type/],
    ['22021', false, /a value does not fit where the query uses it/],
    ['42703', false, /a name, a type or the syntax/],
    ['42501', false, /lacks a right/],
    ['25006', false, /the query writes .* read-only/],
    ['25001', false, /read-only/],
    ['25P03', true, /waited too long/],
    ['25P04', false, /transaction_timeout/],
    ['P0001', false, /a function in the database raised an error/],
    ['XX000', false, /internal error/],
    ['23505', false, /the server reports an error/],
    ['40001', true, /ended the transaction/],
    ['40P01', true, /ended the transaction/],
    ['53300', true, /no connection to spare/],
    ['53200', true, /no memory/],
    ['55P03', true, /a lock/],
    ['57P01', true, /shutting down/],
    ['57P03', true, /starting/],
    ['58030', true, /operating system/],
    ['08006', true, /the connection to the server failed/],
  ])('%s', (code, retryable, message) => {
    const failure = ofStatement(serverError(code));
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable });
    expect(failure.message).toMatch(message);
    expect(failure.message).toContain(`(SQLSTATE ${code})`);
    expect(failure.message).not.toContain('SENTINEL');
    expect(failure.cause).toBeUndefined();
  });

  test('a SQLSTATE that is none is not repeated', () => {
    expect(ofStatement(serverError('SENTINEL')).message).not.toContain('SENTINEL');
  });
});

test('a statement that took too long is told with the setting that allows more', () => {
  expect(ofStatement(serverError('57014'), 'run', 30)).toMatchObject({
    retryable: false,
    message: expect.stringContaining('longer than 30 s; make the query faster or raise statementTimeoutSeconds') as string,
  });
  expect(ofStatement(serverError('57014')).message).toContain('set statementTimeoutSeconds');
});

test('a connection that is lost in the middle is worth another try, a server that talks nonsense is not', () => {
  expect(ofStatement(new Error('Connection terminated unexpectedly'))).toMatchObject({
    retryable: true,
    message: 'postgres: the connection to the server was cut before all rows were read',
  });
  expect(ofStatement(new ProtocolError())).toMatchObject({ retryable: false });
  expect(ofStatement(new DatabaseError('received invalid response: 7a', 5, 'error'))).toMatchObject({ retryable: false });
});

test('settings that the server refuses name the zone', () => {
  expect(sessionFailed(serverError('22023'), 'Mars/Olympus')).toMatchObject({
    retryable: false,
    message: expect.stringContaining('Mars/Olympus') as string,
  });
});

describe('a login that fails', () => {
  const url = { host: 'db.example', port: 5432, connectTimeoutSeconds: 10 };
  test.each<[error: unknown, retryable: boolean, message: RegExp]>([
    ['timeout', true, /^postgres: no login at db\.example:5432 within 10 s/],
    [serverError('28P01'), false, /refused the password; .* \(SQLSTATE 28P01\)$/],
    [serverError('28000'), false, /pg_hba\.conf/],
    [serverError('3D000'), false, /has no such database/],
    [serverError('42501'), false, /grant connect/],
    [serverError('53300'), true, /no connection to spare/],
    [serverError('57P03'), true, /starting/],
    [serverError('08P01'), true, /refused the login/],
    [new ProtocolError(), false, /does not keep to the protocol/],
    [new NetworkError('refused', 'x'), true, /^postgres: db\.example:5432 refused the connection$/],
    [new NetworkError('unresolved', 'x'), true, /unknown to DNS/],
    [new NetworkError('addressRefused', 'db.example is a loopback address, which is not allowed'), false, /is a loopback address/],
    [new NetworkError('unknownAuthority', 'x'), false, /caSecretRef/],
    [new NetworkError('certificateInvalid', 'x'), false, /another name/],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), true, /closed the connection/],
    [Object.assign(new Error('x'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), false, /caSecretRef/],
    [new Error('Connection terminated unexpectedly'), true, /did not come to an end/],
  ])('%s', (error, retryable, message) => {
    const failure = connectFailed(error, url);
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable });
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain('SENTINEL');
  });
});
