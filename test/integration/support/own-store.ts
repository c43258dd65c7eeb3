/** An object store that belongs to one test, which may stop it, start it again, or take its bucket away. */
import { DeleteBucketCommand, DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3';
import { REPORT_STORAGES } from '../../../src/kube/resources.ts';
import { createBucket } from '../../../src/local/s3-admin.ts';
import { S3Server } from '../../../src/local/s3-server.ts';
import type { Workspace } from '../../../src/local/workspace.ts';
import type { Billing } from './billing.ts';
import { bucketContent, type BucketContent } from './bucket-content.ts';
import { tools } from './servers.ts';

export class OwnStore {
  readonly server: S3Server;
  readonly bucket = 'reports';

  private constructor(server: S3Server) {
    this.server = server;
  }

  /** A server with a bucket, and the ReportStorage `name` that leads there. */
  static async start(billing: Billing, workspace: Workspace, name: string): Promise<OwnStore> {
    const store = new OwnStore(await S3Server.start(workspace, tools()));
    await createBucket(store.server.admin, store.bucket);
    const { accessKeyId, secretAccessKey } = store.server.root;
    await billing.secret(`${name}-keys`, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
    const place = { bucket: store.bucket, endpoint: store.server.endpoint, credentialsSecretRef: { name: `${name}-keys` } };
    await billing.create(REPORT_STORAGES, name, { spec: { s3: place } });
    return store;
  }

  async content(): Promise<BucketContent> {
    return bucketContent(this.bucket, '', this.server);
  }

  /** Takes the bucket away with all that is in it. */
  async removeBucket(): Promise<void> {
    const { endpoint, region, root: credentials } = this.server;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const Objects = (await this.content()).objects.map(({ key }) => ({ Key: key }));
    if (Objects.length > 0) await client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects } }));
    await client.send(new DeleteBucketCommand({ Bucket: this.bucket }));
    client.destroy();
  }
}
