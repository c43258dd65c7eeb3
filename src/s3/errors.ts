/**
 * What an object store or the way to it can say, as data: one kind, whether the same request may succeed later, and a sentence with the remedy.
 *
 * A store is somebody else's program: the text of its answer never goes further than here. AWS itself puts the access key and the string it signed into the body of a
 * SignatureDoesNotMatch, and the SDK hangs bodies, headers and fields of the answer on its errors, so such an error is never kept as a cause either.
 */

/** Reasons of a ReportStorage's condition Ready; stable API. */
export type StorageReason =
  'Available' | 'AccessDenied' | 'BucketNotFound' | 'Unreachable' | 'InvalidCredentials' | 'IdentityNotAllowed' | 'EndpointNotAllowed';

interface Meaning {
  readonly reason: Exclude<StorageReason, 'Available' | 'IdentityNotAllowed'>;
  /** The same request may succeed in seconds or minutes without anybody doing something. */
  readonly retryable: boolean;
  readonly message: string;
}

const final = (reason: Meaning['reason'], message: string): Meaning => ({ reason, retryable: false, message });
const passing = (reason: Meaning['reason'], message: string): Meaning => ({ reason, retryable: true, message });

const MEANINGS = {
  NoSuchBucket: final('BucketNotFound', 'the bucket does not exist: create it, or make a ReportStorage with the right name'),
  /** The object, or one of its versions. */
  NotFound: final('BucketNotFound', 'the object does not exist'),
  NoSuchUpload: final('Unreachable', 'the upload is not there any more: somebody, or a rule of the bucket, has aborted it'),
  InvalidPart: final('Unreachable', 'the store has lost a part of the upload, or has another one than it confirmed'),
  WrongRegion: final('BucketNotFound', 'the bucket is in another region or behind another endpoint: correct region and endpoint'),
  AccessDenied: final(
    'AccessDenied',
    'access denied: the credentials need s3:ListBucket, s3:ListBucketMultipartUploads, s3:GetObject, s3:PutObject, s3:DeleteObject, s3:DeleteObjectVersion and s3:AbortMultipartUpload here',
  ),
  InvalidAccessKeyId: final('InvalidCredentials', 'the access key is unknown: correct AWS_ACCESS_KEY_ID in the Secret'),
  SignatureDoesNotMatch: final(
    'InvalidCredentials',
    'the secret key does not fit the access key: correct AWS_SECRET_ACCESS_KEY in the Secret',
  ),
  ExpiredToken: final('InvalidCredentials', 'the session token is invalid or has expired: renew the credentials'),
  NoCredentials: final('InvalidCredentials', 'there are no credentials: the pod has no identity that AWS knows, and no Secret is named'),
  RequestTimeTooSkewed: final('Unreachable', 'the clocks of this cluster and of the store differ by more than 15 minutes'),
  EncryptionRefused: final('AccessDenied', 'the store refuses the encryption: correct serverSideEncryption, or allow the use of the key'),
  Locked: final('AccessDenied', 'the object is locked: Object Lock forbids to delete it'),
  StorageFull: final('AccessDenied', 'the bucket or its store is full: make room, or raise its quota'),
  NotImplemented: final(
    'Unreachable',
    'the store does not offer a part of the S3 API that is needed (multipart uploads and their listing)',
  ),
  Rejected: final('Unreachable', 'the store refused the request'),
  NotSent: final('Unreachable', 'the request could not be made'),
  NotS3: final('Unreachable', 'what answers at the endpoint is not an S3 object store: correct the endpoint'),
  AnswerRefused: final('Unreachable', 'the answer was refused: it is longer or otherwise made than an object store makes it'),
  NotShown: passing('Unreachable', 'the store does not show the object that it has just confirmed'),
  BadDigest: passing('Unreachable', 'the bytes that arrived were not those that were sent'),
  SlowDown: passing('Unreachable', 'the store asks for fewer requests'),
  InternalError: passing('Unreachable', 'the store has an internal error'),
  AddressRefused: final('EndpointNotAllowed', 'the address of the endpoint is not allowed: see the operator flag --storage-endpoints'),
  Unresolved: passing('Unreachable', 'the name of the endpoint has no address: correct the endpoint, or DNS'),
  Refused: passing('Unreachable', 'the endpoint refuses connections'),
  TimedOut: passing('Unreachable', 'the endpoint did not answer in time'),
  Cut: passing('Unreachable', 'the endpoint closed the connection'),
  NoRoute: passing('Unreachable', 'the endpoint cannot be reached: there is no route, or a network policy is in the way'),
  UnknownAuthority: final(
    'Unreachable',
    'the certificate of the endpoint is from an authority that is not trusted: give its certificate by caSecretRef',
  ),
  CertificateInvalid: final('Unreachable', 'the certificate of the endpoint has expired or is for another name'),
  NotTls: final('Unreachable', 'the endpoint does not speak TLS: correct its scheme or its port'),
} as const satisfies Readonly<Record<string, Meaning>>;

export type StoreErrorKind = keyof typeof MEANINGS;

/** Who said it: nobody answered, something that speaks HTTP answered, or it showed what only an S3 server shows. */
export type ErrorSource = 'network' | 'http' | 's3';

export class StoreError extends Error {
  readonly kind: StoreErrorKind;
  readonly reason: Meaning['reason'];
  readonly retryable: boolean;
  readonly source: ErrorSource;

  /** `detail`: a status code or the class of an error of ours, never text of others. */
  constructor(kind: StoreErrorKind, options: { readonly source?: ErrorSource; readonly detail?: string } = {}) {
    const { reason, retryable, message } = MEANINGS[kind];
    super(options.detail === undefined ? message : `${message} (${options.detail})`);
    this.name = 'StoreError';
    this.kind = kind;
    this.reason = reason;
    this.retryable = retryable;
    this.source = options.source ?? 'network';
  }
}
