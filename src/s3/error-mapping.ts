/**
 * The one place that reads errors of the S3 SDK, of HTTP and of the network.
 *
 * The SDK names an error after the code in the answer's body, and makes names up where there is none (`NotFound`, `Unknown`): after HEAD, from proxies, and from servers that
 * are no object stores. A field of such an error is whatever the body says, so only names of a fixed list and numbers count.
 */
import { networkFailureKind, type NetworkFailureKind } from '../net/failure.ts';
import { StoreError, type StoreErrorKind } from './errors.ts';

/** Whatever a call of the SDK threw, as a StoreError. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (!(error instanceof Error)) return new StoreError('NotSent');
  const { httpStatusCode: status, requestId } = metadataOf(error);
  if (typeof status !== 'number') {
    const network = networkFailureKind(error);
    if (network !== undefined) return new StoreError(NETWORK_KINDS[network]);
    if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') return new StoreError('NoCredentials');
    return new StoreError('NotSent', { detail: error.constructor.name });
  }
  const detail = `HTTP ${status}`;
  if ('Code' in error) {
    const known = KINDS_BY_CODE.get(error.name);
    if (known !== undefined) return new StoreError(known, { source: 's3' });
    // A code of a store's own (some answer 404 to an unknown user): never that something does not exist.
    const kind = status >= 500 || status === 429 ? kindByStatus(status) : status === 403 ? 'AccessDenied' : 'Rejected';
    return new StoreError(kind ?? 'Rejected', { source: 's3', detail });
  }
  // `$fault`: there was nothing to parse, or it could be parsed.
  const source = '$fault' in error && typeof requestId === 'string' ? 's3' : 'http';
  const kind = kindByStatus(status) ?? (source === 's3' ? 'Rejected' : 'NotS3');
  return new StoreError(kind, { source, ...(kind === 'NotS3' ? {} : { detail }) });
}

/** Where the status is all there is. */
function kindByStatus(status: number): StoreErrorKind | undefined {
  if (status >= 300 && status < 400) return 'WrongRegion';
  if (status >= 500) return BY_STATUS.get(status) ?? 'InternalError';
  return BY_STATUS.get(status);
}

const BY_STATUS: ReadonlyMap<number, StoreErrorKind> = new Map<number, StoreErrorKind>([
  [401, 'AccessDenied'],
  [403, 'AccessDenied'],
  [404, 'NotFound'],
  [405, 'NotImplemented'],
  [408, 'TimedOut'],
  [429, 'SlowDown'],
  [501, 'NotImplemented'],
  [503, 'SlowDown'],
  [507, 'StorageFull'],
]);

const NETWORK_KINDS: Readonly<Record<NetworkFailureKind, StoreErrorKind>> = {
  addressRefused: 'AddressRefused',
  unresolved: 'Unresolved',
  refused: 'Refused',
  timedOut: 'TimedOut',
  unreachable: 'NoRoute',
  cut: 'Cut',
  unknownAuthority: 'UnknownAuthority',
  certificateInvalid: 'CertificateInvalid',
  notTls: 'NotTls',
  notHttp: 'NotS3',
};

/** Error codes of S3 and of stores that speak it. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const CODES: Readonly<Partial<Record<StoreErrorKind, readonly string[]>>> = {
  NoSuchBucket: ['NoSuchBucket'],
  NotFound: ['NoSuchKey', 'NoSuchVersion'],
  NoSuchUpload: ['NoSuchUpload'],
  InvalidPart: ['InvalidPart'],
  WrongRegion: [
    'PermanentRedirect',
    'TemporaryRedirect',
    'Redirect',
    'AuthorizationHeaderMalformed',
    'IllegalLocationConstraintException',
    'IncorrectEndpoint',
  ],
  AccessDenied: [
    'AccessDenied',
    'AccessDeniedException',
    'AllAccessDisabled',
    'AccountProblem',
    'Forbidden',
    'NotSignedUp',
    'UnauthorizedAccess',
  ],
  InvalidAccessKeyId: ['InvalidAccessKeyId', 'InvalidClientTokenId', 'UnrecognizedClientException', 'XAdminUserNotFound'],
  SignatureDoesNotMatch: ['SignatureDoesNotMatch', 'InvalidSignatureException', 'InvalidSecurity'],
  ExpiredToken: ['ExpiredToken', 'ExpiredTokenException', 'InvalidToken', 'TokenRefreshRequired', 'InvalidIdentityToken'],
  RequestTimeTooSkewed: ['RequestTimeTooSkewed', 'RequestExpired'],
  EncryptionRefused: [
    'InvalidEncryptionAlgorithmError',
    'KMS.DisabledException',
    'KMS.InvalidKeyUsageException',
    'KMS.KMSInvalidStateException',
    'KMS.NotFoundException',
    'KMSNotConfigured',
  ],
  Locked: ['ObjectLocked', 'InvalidObjectLockState'],
  StorageFull: [
    'QuotaExceeded',
    'XAmzQuotaExceeded',
    'XMinioAdminBucketQuotaExceeded',
    'XMinioStorageFull',
    'InsufficientStorage',
    'StorageFull',
  ],
  NotImplemented: ['NotImplemented', 'MethodNotAllowed', 'UnsupportedOperation'],
  Rejected: [
    'EntityTooLarge',
    'EntityTooSmall',
    'InvalidArgument',
    'InvalidBucketName',
    'InvalidPartOrder',
    'InvalidRequest',
    'MalformedXML',
  ],
  BadDigest: ['BadDigest', 'InvalidDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch', 'IncompleteBody'],
  SlowDown: [
    'SlowDown',
    'SlowDownRead',
    'SlowDownWrite',
    'ServiceUnavailable',
    'Throttling',
    'ThrottlingException',
    'TooManyRequests',
    'RequestLimitExceeded',
    'BandwidthLimitExceeded',
  ],
  InternalError: ['InternalError', 'InternalFailure', 'OperationAborted', 'ConditionalRequestConflict'],
  TimedOut: ['RequestTimeout'],
};

const KINDS_BY_CODE: ReadonlyMap<unknown, StoreErrorKind> = new Map(
  Object.entries(CODES).flatMap(([kind, codes]) => codes.map((code) => [code, kind as StoreErrorKind] as const)),
);

interface SdkMetadata {
  readonly httpStatusCode?: unknown;
  readonly requestId?: unknown;
}

function metadataOf(error: Error): SdkMetadata {
  return '$metadata' in error && typeof error.$metadata === 'object' && error.$metadata !== null ? error.$metadata : {};
}
