/**
 * Links to objects that work without credentials for some minutes (presigned URLs). Nothing is sent: a link is a signature over host, key, time and duration.
 *
 * The signer is the S3 client's own, so that host and path are those of its other requests (a bucket in the host name or in the path, the partitions of AWS); beyond the client,
 * which is loaded anyway, it costs a millisecond to load.
 */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { storeCall } from './call.ts';
import type { Bucket } from './client.ts';

/** From when on and for how long a link works. */
export interface LinkTime {
  /** Epoch ms; a signature knows whole seconds. */
  readonly from: number;
  readonly seconds: number;
}

/** A link to GET the object. It has the object's own Content-Type and Content-Disposition. Throws StoreError when there are no credentials to sign with. */
export async function presign(bucket: Bucket, key: string, { from, seconds }: LinkTime, signal: AbortSignal): Promise<string> {
  const command = new GetObjectCommand({ Bucket: bucket.plan.bucket, Key: key });
  return storeCall(signal, () => getSignedUrl(bucket.client, command, { expiresIn: seconds, signingDate: new Date(from) }));
}
