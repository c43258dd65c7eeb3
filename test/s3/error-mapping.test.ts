import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { NetworkError } from '../../src/net/failure.ts';
import { toStoreError } from '../../src/s3/error-mapping.ts';
import { StoreError, type ErrorSource, type StorageReason, type StoreErrorKind } from '../../src/s3/errors.ts';

/** As the SDK makes it of an answer with an error document. */
function documented(code: string, status: number, fields: object = {}): Error {
  const made = { name: code, Code: code, $fault: 'client', $metadata: { httpStatusCode: status, requestId: 'R1' }, ...fields };
  return Object.assign(new Error(`foreign text about ${code}`), made);
}

/** As the SDK makes it of an answer without a body. */
function mute(status: number, requestId?: string): Error {
  return Object.assign(new Error('UnknownError'), {
    name: status === 404 ? 'NotFound' : 'Unknown',
    $fault: 'client',
    $metadata: { httpStatusCode: status, requestId },
  });
}

/** As the SDK makes it of an answer that it cannot parse. */
function unparsable(status: number): Error {
  return Object.assign(new Error('XML parse error'), { $metadata: { httpStatusCode: status, requestId: 'from some other header' } });
}

function coded(code: string): Error {
  return Object.assign(new Error('x'), { code });
}

describe('what a store says has one meaning', () => {
  test.each<[string, unknown, StoreErrorKind, StorageReason, boolean, ErrorSource]>([
    ['no bucket', documented('NoSuchBucket', 404), 'NoSuchBucket', 'BucketNotFound', false, 's3'],
    ['no key', documented('NoSuchKey', 404), 'NotFound', 'BucketNotFound', false, 's3'],
    ['no upload', documented('NoSuchUpload', 404), 'NoSuchUpload', 'Unreachable', false, 's3'],
    ['a part that is lost', documented('InvalidPart', 400), 'InvalidPart', 'Unreachable', false, 's3'],
    ['access denied', documented('AccessDenied', 403), 'AccessDenied', 'AccessDenied', false, 's3'],
    ['unknown access key', documented('InvalidAccessKeyId', 403), 'InvalidAccessKeyId', 'InvalidCredentials', false, 's3'],
    ['wrong secret key', documented('SignatureDoesNotMatch', 403), 'SignatureDoesNotMatch', 'InvalidCredentials', false, 's3'],
    ['old session token', documented('ExpiredToken', 400), 'ExpiredToken', 'InvalidCredentials', false, 's3'],
    ['wrong clock', documented('RequestTimeTooSkewed', 403), 'RequestTimeTooSkewed', 'Unreachable', false, 's3'],
    ['another region', documented('PermanentRedirect', 301), 'WrongRegion', 'BucketNotFound', false, 's3'],
    ['another region in words', documented('AuthorizationHeaderMalformed', 400), 'WrongRegion', 'BucketNotFound', false, 's3'],
    ['a disabled key', documented('KMS.DisabledException', 400), 'EncryptionRefused', 'AccessDenied', false, 's3'],
    ['a full bucket', documented('QuotaExceeded', 403), 'StorageFull', 'AccessDenied', false, 's3'],
    ['too many requests', documented('SlowDown', 503), 'SlowDown', 'Unreachable', true, 's3'],
    ['an error of its own', documented('InternalError', 500), 'InternalError', 'Unreachable', true, 's3'],
    ['a completion refused with 200', documented('InternalError', 503), 'InternalError', 'Unreachable', true, 's3'],
    ['damaged bytes', documented('BadDigest', 400), 'BadDigest', 'Unreachable', true, 's3'],
    ['an idle connection', documented('RequestTimeout', 400), 'TimedOut', 'Unreachable', true, 's3'],
    ['an unknown code', documented('Whatever', 400), 'Rejected', 'Unreachable', false, 's3'],
    ['an unknown code that sounds like absence', documented('NoSuchTenant', 404), 'Rejected', 'Unreachable', false, 's3'],
    ['an unknown code of a denial', documented('NoEntry', 403), 'AccessDenied', 'AccessDenied', false, 's3'],
    ['an unknown code in an outage', documented('NotNow', 503), 'SlowDown', 'Unreachable', true, 's3'],
    ['a code that is no text', documented({} as string, 400), 'Rejected', 'Unreachable', false, 's3'],
    ['a code that imitates the network', documented('Whatever', 400, { code: 'ECONNREFUSED' }), 'Rejected', 'Unreachable', false, 's3'],
    ['HEAD: not there', mute(404, 'R1'), 'NotFound', 'BucketNotFound', false, 's3'],
    ['HEAD: denied', mute(403, 'R1'), 'AccessDenied', 'AccessDenied', false, 's3'],
    ['HEAD: another region', mute(301, 'R1'), 'WrongRegion', 'BucketNotFound', false, 's3'],
    ['HEAD: bad request', mute(400, 'R1'), 'Rejected', 'Unreachable', false, 's3'],
    ['a server that is no store: not there', mute(404), 'NotFound', 'BucketNotFound', false, 'http'],
    ['a server that is no store: bad request', mute(400), 'NotS3', 'Unreachable', false, 'http'],
    ['a page where a document should be', unparsable(200), 'NotS3', 'Unreachable', false, 'http'],
    ['the page of a proxy that has lost its store', unparsable(502), 'InternalError', 'Unreachable', true, 'http'],
    ['the page of a proxy that limits', unparsable(429), 'SlowDown', 'Unreachable', true, 'http'],
    ['an address that is not allowed', new NetworkError('addressRefused', 'x'), 'AddressRefused', 'EndpointNotAllowed', false, 'network'],
    ['an unknown name', coded('ENOTFOUND'), 'Unresolved', 'Unreachable', true, 'network'],
    ['nobody listening', coded('ECONNREFUSED'), 'Refused', 'Unreachable', true, 'network'],
    ['no route', coded('EHOSTUNREACH'), 'NoRoute', 'Unreachable', true, 'network'],
    ['a cut', coded('ECONNRESET'), 'Cut', 'Unreachable', true, 'network'],
    ['an unknown authority', coded('SELF_SIGNED_CERT_IN_CHAIN'), 'UnknownAuthority', 'Unreachable', false, 'network'],
    ['an old certificate', coded('CERT_HAS_EXPIRED'), 'CertificateInvalid', 'Unreachable', false, 'network'],
    ['no TLS', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'NotTls', 'Unreachable', false, 'network'],
    ['no HTTP', coded('HPE_INVALID_CONSTANT'), 'NotS3', 'Unreachable', false, 'network'],
    [
      'no identity',
      Object.assign(new Error('x'), { name: 'CredentialsProviderError' }),
      'NoCredentials',
      'InvalidCredentials',
      false,
      'network',
    ],
    ['a mistake of ours', new TypeError('x'), 'NotSent', 'Unreachable', false, 'network'],
    ['something that is no error', 'x', 'NotSent', 'Unreachable', false, 'network'],
  ])('%s', (_, error, kind, reason, retryable, source) => {
    expect(toStoreError(error)).toMatchObject({ kind, reason, retryable, source });
  });

  test('its own errors are left as they are', () => {
    const error = new StoreError('SlowDown');
    expect(toStoreError(error)).toBe(error);
  });
});

test('nothing of what a store wrote goes on, not even as a cause', () => {
  const foreign = documented('SignatureDoesNotMatch', 403, {
    AWSAccessKeyId: 'AKIASENTINEL',
    StringToSign: 'AWS4-HMAC-SHA256 sentinel',
    $response: { headers: { authorization: 'sentinel' } },
  });
  const error = toStoreError(foreign);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/sentinel|foreign text/i);
  expect(error.cause).toBeUndefined();
});
