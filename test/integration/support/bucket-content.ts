/** Everything that lies in a bucket below a prefix, as an independent reader sees it: whole objects, and uploads that somebody has begun. */
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { S3Admin } from '../../../src/local/s3-admin.ts';
import { s3 } from './servers.ts';

export interface BucketObject {
  readonly key: string;
  readonly bytes: Buffer;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly contentDisposition: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly etag: string | undefined;
}

export interface BucketContent {
  readonly objects: readonly BucketObject[];
  /** Keys of unfinished uploads. */
  readonly uploads: readonly string[];
}

/** `server`: default the shared one. */
export async function bucketContent(
  bucket: string,
  prefix = '',
  { endpoint, region, root }: Pick<S3Admin, 'endpoint' | 'region' | 'root'> = s3(),
): Promise<BucketContent> {
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: root });
  try {
    const listed = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    const objects = await Promise.all(
      (listed.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [readObject(client, bucket, Key)])),
    );
    const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }));
    return { objects, uploads: (uploads.Uploads ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])) };
  } finally {
    client.destroy();
  }
}

async function readObject(client: S3Client, bucket: string, key: string): Promise<BucketObject> {
  const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return {
    key,
    bytes: Buffer.from((await object.Body?.transformToByteArray()) ?? []),
    contentType: object.ContentType,
    contentEncoding: object.ContentEncoding,
    contentDisposition: object.ContentDisposition,
    metadata: object.Metadata ?? {},
    etag: object.ETag,
  };
}
