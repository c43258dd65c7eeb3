/**
 * Copies finished files out of the bucket, each under its own name, checked against the size and the SHA-256 that its Report gives.
 *
 * A file appears by a rename once it is whole and right; whatever an end in the middle leaves is removed.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ReportStatusFile } from '../../api/generated/report.ts';
import type { S3Credentials } from '../s3-admin.ts';

export interface BucketAddress {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: S3Credentials;
}

/** Into `folder`, which exists; resolves to the paths of the copies, in the order of `files`. Throws when a file is not what its Report says. */
export async function copyFiles(
  { endpoint, region, credentials }: BucketAddress,
  files: readonly ReportStatusFile[],
  folder: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    const paths: string[] = [];
    for (const file of files) paths.push(await copyFile(client, file, folder, signal));
    return paths;
  } finally {
    client.destroy();
  }
}

async function copyFile(client: S3Client, file: ReportStatusFile, folder: string, signal: AbortSignal): Promise<string> {
  const path = join(folder, file.name);
  const partial = `${path}.partial`;
  const hash = createHash('sha256');
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: file.bucket, Key: file.key }), { abortSignal: signal });
    await pipeline(
      Body as Readable,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(partial),
      { signal },
    );
    if (hash.digest('hex') !== file.sha256) throw new Error(`the object ${file.uri} is not the file that its Report describes`);
    await rename(partial, path);
    return path;
  } finally {
    await rm(partial, { force: true });
  }
}
