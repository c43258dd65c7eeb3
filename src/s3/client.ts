/**
 * An S3 client made of a plan, keys and our own HTTP: everything that the SDK would otherwise read from its surroundings is set here.
 *
 * Left to itself it takes endpoints, retries and checksum modes from environment variables and ~/.aws, answers errors with its own retries (the uploader has better ones,
 * the operator none), adds CRC32 trailers that other stores refuse (since 3.729), asks for 100-continue, and reads a bucket name like `x--x-s3` as another service.
 *
 * Importing this costs 200 ms: the operator loads it by `import()` (open-store.ts).
 */
import { S3Client } from '@aws-sdk/client-s3';
import type { BucketPlan } from '../runner/plan.ts';
import type { S3HttpHandler } from './http-handler.ts';

export type StoreCredentials =
  | { readonly kind: 'keys'; readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
  /** The pod's own identity, found by the SDK's default chain when the first request is signed. */
  | { readonly kind: 'pod' };

/** A bucket to speak to. */
export interface Bucket {
  readonly client: S3Client;
  readonly plan: BucketPlan;
}

/** The caller destroys the client, which closes its sockets. */
export function openBucket(plan: BucketPlan, credentials: StoreCredentials, requestHandler: S3HttpHandler): Bucket {
  const client = new S3Client({
    region: plan.region,
    ...(plan.endpoint === undefined ? {} : { endpoint: plan.endpoint }),
    ignoreConfiguredEndpointUrls: true,
    forcePathStyle: plan.forcePathStyle,
    ...(credentials.kind === 'pod' ? {} : { credentials: keysOf(credentials) }),
    requestHandler,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    expectContinueHeader: false,
    followRegionRedirects: false,
    disableClockSkewCorrection: true, // a hostile clock would have us sign requests for next year
    disableS3ExpressSessionAuth: true,
    disableMultiregionAccessPoints: true,
    useArnRegion: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    customUserAgent: 'dossier',
  });
  return { client, plan };
}

function keysOf(keys: Extract<StoreCredentials, { kind: 'keys' }>): {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
} {
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
