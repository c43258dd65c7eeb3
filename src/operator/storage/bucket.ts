/** A storage as an S3 client sees it, without credentials. */
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import type { BucketPlan } from '../../runner/plan.ts';

export function bucketOf(storage: ReportStorage): BucketPlan {
  const { bucket, endpoint, region, forcePathStyle, serverSideEncryption, checksums, credentialsSecretRef } = storage.spec.s3;
  return {
    bucket,
    ...(endpoint === undefined ? {} : { endpoint }),
    region,
    // Stores behind an endpoint of their own rarely have a host name a bucket; AWS has.
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
    ...(serverSideEncryption === undefined ? {} : { serverSideEncryption }),
    checksums,
    credentials: credentialsSecretRef === undefined ? 'Pod' : 'Secret',
  };
}
