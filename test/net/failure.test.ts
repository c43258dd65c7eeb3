import { expect, test } from 'vitest';
import { NetworkError, networkFailureKind, type NetworkFailureKind } from '../../src/net/failure.ts';

function coded(code: string, cause?: unknown): Error {
  return Object.assign(new Error('x', { cause }), { code });
}

test.each<[string, unknown, NetworkFailureKind | undefined]>([
  ['a refused connection', coded('ECONNREFUSED'), 'refused'],
  ['an unknown name', coded('ENOTFOUND'), 'unresolved'],
  ['a resolver that is away', coded('EAI_AGAIN'), 'unresolved'],
  ['a wrong TLS version', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'notTls'],
  ['an answer that is no HTTP', coded('HPE_INVALID_CONSTANT'), 'notHttp'],
  ['an answer whose error has no code', Object.assign(new Error('x'), { name: 'HTTPParserError', code: undefined }), 'notHttp'],
  ['an authority that is unknown', coded('SELF_SIGNED_CERT_IN_CHAIN'), 'unknownAuthority'],
  ['a failure inside another', new Error('outer', { cause: coded('ECONNRESET') }), 'cut'],
  ['our own error inside another', new Error('outer', { cause: new NetworkError('addressRefused', 'x') }), 'addressRefused'],
  ['several addresses that failed', new AggregateError([coded('EHOSTUNREACH'), coded('ECONNREFUSED')]), 'refused'],
  ['a code of the file system', coded('ENOENT'), undefined],
  ['a code that is no text', Object.assign(new Error('x'), { code: 7 }), undefined],
  ['an error without a code', new Error('x'), undefined],
  ['something that is no error', 'ECONNREFUSED', undefined],
])('%s has its kind', (_, error, expected) => {
  expect(networkFailureKind(error)).toBe(expected);
});

test('an error that is its own cause has no kind', () => {
  const error = new Error('x');
  error.cause = error;
  expect(networkFailureKind(error)).toBeUndefined();
});
