/** From a plan and the environment of a Job to a bucket that the runner speaks to. */
import { DossierError } from '../errors.ts';
import { Dialer, Trust } from '../net/dialer.ts';
import { openBucket, type Bucket, type StoreCredentials } from '../s3/client.ts';
import { toStoreError } from '../s3/error-mapping.ts';
import { S3HttpHandler } from '../s3/http-handler.ts';
import { PLAN_ENV, type BucketPlan } from './plan.ts';

const CONNECT_TIMEOUT_MS = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Which variables hold what opens a bucket. */
export interface BucketVariables {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly ca: string;
}

export const STORAGE_VARIABLES: BucketVariables = {
  accessKeyId: PLAN_ENV.accessKeyId,
  secretAccessKey: PLAN_ENV.secretAccessKey,
  sessionToken: PLAN_ENV.sessionToken,
  ca: PLAN_ENV.storageCa,
};

export const SOURCE_VARIABLES: BucketVariables = {
  accessKeyId: PLAN_ENV.sourceAccessKeyId,
  secretAccessKey: PLAN_ENV.sourceSecretAccessKey,
  sessionToken: PLAN_ENV.sourceSessionToken,
  ca: PLAN_ENV.sourceCa,
};

export interface BucketOptions {
  readonly variables: BucketVariables;
  readonly allowLoopback: boolean;
  /** Sockets at once. */
  readonly connections: number;
  readonly streamObjects?: boolean;
}

/** Nothing is sent yet; the caller destroys the client. @throws StoreError, or DossierError when the Secret lacks a key */
export function openRunnerBucket(plan: BucketPlan, env: Environment, options: BucketOptions): Bucket {
  const { variables, allowLoopback, connections, streamObjects = false } = options;
  const handler = new S3HttpHandler({
    // Whether private addresses may be reached is the operator's to say: it has probed this storage, and its own list does not travel.
    dialer: new Dialer({ policy: { allowLoopback, private: 'allow', allowed: [], refused: [] }, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
    trust: trustOf(env[variables.ca]),
    connections,
    keepAlive: true,
    streamObjects,
  });
  return openBucket(plan, credentialsOf(plan, env, variables), handler);
}

function trustOf(caBundle: string | undefined): Trust {
  try {
    return new Trust(caBundle);
  } catch (error) {
    throw toStoreError(error);
  }
}

function credentialsOf(plan: BucketPlan, env: Environment, variables: BucketVariables): StoreCredentials {
  if (plan.credentials === 'Pod') return { kind: 'pod' };
  const accessKeyId = env[variables.accessKeyId];
  const secretAccessKey = env[variables.secretAccessKey];
  const sessionToken = env[variables.sessionToken];
  if (!accessKeyId || !secretAccessKey)
    throw new DossierError('StorageFailed', `bucket "${plan.bucket}": the Secret lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY`, {
      retryable: false,
    });
  return { kind: 'keys', accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
