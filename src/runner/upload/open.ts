/** From the plan and the environment of a Job to an uploader. */
import { randomUUID } from 'node:crypto';
import type { Bucket } from '../../s3/client.ts';
import { openRunnerBucket, STORAGE_VARIABLES } from '../bucket.ts';
import type { RunPlan } from '../plan.ts';
import type { Uploader } from '../rows.ts';
import { storageFailure } from './failure.ts';
import { MultipartUploader, PARALLEL_PARTS } from './uploader.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Aborts what earlier attempts left and is ready to write. `signal` ends the upload. Throws DossierError StorageFailed, or the signal's reason. */
export async function openUploader(plan: RunPlan, env: Environment, signal: AbortSignal): Promise<Uploader> {
  const { key, contentType, contentDisposition } = plan.output;
  const target = { key, contentType, contentDisposition, reportUid: plan.report.uid, stamp: randomUUID() };
  return MultipartUploader.begin({ bucket: bucketOf(plan, env), target, signal });
}

function bucketOf({ output, allowLoopback }: RunPlan, env: Environment): Bucket {
  try {
    return openRunnerBucket(output.bucket, env, { variables: STORAGE_VARIABLES, allowLoopback, connections: PARALLEL_PARTS + 1 });
  } catch (error) {
    throw storageFailure(error, output.bucket.bucket);
  }
}
