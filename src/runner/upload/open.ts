/** From the plan and the environment of a Job to an uploader. */
import { randomUUID } from 'node:crypto';
import { DossierError } from '../../errors.ts';
import { Dialer, Trust } from '../../net/dialer.ts';
import { openBucket, type StoreCredentials } from '../../s3/client.ts';
import { toStoreError } from '../../s3/error-mapping.ts';
import { S3HttpHandler } from '../../s3/http-handler.ts';
import { PLAN_ENV, type BucketPlan, type RunPlan } from '../plan.ts';
import type { Uploader } from '../rows.ts';
import { storageFailure } from './failure.ts';
import { MultipartUploader, PARALLEL_PARTS } from './uploader.ts';

const CONNECT_TIMEOUT_MS = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Aborts what earlier attempts left and is ready to write. `signal` ends the upload. Throws DossierError StorageFailed, or the signal's reason. */
export async function openUploader(plan: RunPlan, env: Environment, signal: AbortSignal): Promise<Uploader> {
  const { bucket: bucketPlan, key, contentType, contentDisposition } = plan.output;
  const handler = new S3HttpHandler({
    // Whether private addresses may be reached is the operator's to say: it has probed this storage, and its own list does not travel.
    dialer: new Dialer({
      policy: { allowLoopback: plan.allowLoopback, private: 'allow', allowed: [], refused: [] },
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    }),
    trust: trustOf(env[PLAN_ENV.storageCa], bucketPlan),
    connections: PARALLEL_PARTS + 1,
    keepAlive: true,
  });
  const bucket = openBucket(bucketPlan, credentialsOf(bucketPlan, env), handler);
  const target = { key, contentType, contentDisposition, reportUid: plan.report.uid, stamp: randomUUID() };
  return MultipartUploader.begin({ bucket, target, signal });
}

function trustOf(caBundle: string | undefined, plan: BucketPlan): Trust {
  try {
    return new Trust(caBundle);
  } catch (error) {
    throw storageFailure(toStoreError(error), plan.bucket);
  }
}

function credentialsOf(plan: BucketPlan, env: Environment): StoreCredentials {
  if (plan.credentials === 'Pod') return { kind: 'pod' };
  const [accessKeyId, secretAccessKey, sessionToken] = [
    env[PLAN_ENV.accessKeyId],
    env[PLAN_ENV.secretAccessKey],
    env[PLAN_ENV.sessionToken],
  ];
  if (!accessKeyId || !secretAccessKey)
    throw new DossierError('StorageFailed', `bucket "${plan.bucket}": the Secret lacks AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY`, {
      retryable: false,
    });
  return { kind: 'keys', accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
