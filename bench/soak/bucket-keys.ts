/** The keys of every object in a bucket, at most a thousand. */
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { S3Admin } from '../../src/local/s3-admin.ts';

export async function bucketKeys({ endpoint, region, root }: S3Admin, bucket: string): Promise<readonly string[]> {
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: root });
  try {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
  } finally {
    client.destroy();
  }
}
