/** Buckets and users of a local S3 server, made through the server's own command: no S3 client is needed, and the server may belong to another process. */
import { randomBytes } from 'node:crypto';
import { runToEnd } from './process/run-to-end.ts';

const COMMAND_TIMEOUT_MS = 30_000;

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where the server is and who may administer it. */
export interface S3Admin {
  /** Path of versitygw. */
  readonly command: string;
  readonly endpoint: string;
  readonly region: string;
  readonly root: S3Credentials;
}

/** Makes a bucket that belongs to `owner`, default root. Its versioning is off until an S3 client turns it on. */
export async function createBucket(admin: S3Admin, name: string, owner: S3Credentials = admin.root): Promise<void> {
  await administer(admin, ['create-bucket', '--owner', owner.accessKeyId, '--bucket', name]);
}

/** Makes a user who may do what its own buckets and other buckets' policies allow, and nothing else. */
export async function createUser(admin: S3Admin): Promise<S3Credentials> {
  const user = newCredentials();
  await administer(admin, ['create-user', '--access', user.accessKeyId, '--secret', user.secretAccessKey, '--role', 'user']);
  return user;
}

export function newCredentials(): S3Credentials {
  return { accessKeyId: `local${randomBytes(8).toString('hex')}`, secretAccessKey: randomBytes(20).toString('hex') };
}

async function administer({ command, endpoint, region, root }: S3Admin, args: readonly string[]): Promise<void> {
  // The command has no option for an authority; the connection does not leave this machine.
  await runToEnd(command, ['admin', '--allow-insecure', '--endpoint-url', endpoint, '--region', region, ...args], {
    signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS),
    env: { ADMIN_ACCESS_KEY: root.accessKeyId, ADMIN_SECRET_KEY: root.secretAccessKey },
  });
}
