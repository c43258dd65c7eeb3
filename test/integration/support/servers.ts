/**
 * The servers that test/integration/setup.ts started once for all workers, as a test sees them.
 *
 * They are shared: a test works in a namespace, bucket and database of its own. A test that stops or freezes a server starts its own in a Workspace (src/local/).
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { KubeClient } from '../../../src/kube/client.ts';
import { isNotFound } from '../../../src/kube/errors.ts';
import { NAMESPACES, SERVICE_ACCOUNTS } from '../../../src/kube/resources.ts';
import { HttpTransport } from '../../../src/kube/transport.ts';
import type { Identity } from '../../../src/local/authority.ts';
import { createDatabase, type PostgresAccess } from '../../../src/local/postgres/access.ts';
import { createBucket, createUser, type S3Admin, type S3Credentials } from '../../../src/local/s3-admin.ts';
import type { ToolPaths } from '../../../src/local/tools/catalog.ts';

const NAMESPACE_DEADLINE_MS = 30_000;
const POLL_MS = 20;

export interface ControlPlaneFacts {
  readonly url: string;
  /** A user in system:masters. */
  readonly admin: Identity;
  /** Path of that user's kubeconfig. */
  readonly kubeconfigFile: string;
  /** PEM of the authority of every certificate there. */
  readonly ca: string;
  /** What a local node serves on 127.0.0.1. */
  readonly kubeletServing: Identity;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly tools: ToolPaths;
    readonly controlPlane: ControlPlaneFacts;
    readonly s3: S3Admin;
    readonly postgres: PostgresAccess;
  }
}

export function tools(): ToolPaths {
  return inject('tools');
}

export function controlPlane(): ControlPlaneFacts {
  return inject('controlPlane');
}

/** Endpoint, region and root credentials; plain HTTP, path-style. */
export function s3(): S3Admin {
  return inject('s3');
}

export function postgres(): PostgresAccess {
  return inject('postgres');
}

/** A name that no other test has: `<prefix>-<random>`, valid for namespaces and buckets. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}

/** Talks to the shared control plane as its administrator; with `facts`, to another one. The caller closes its transport. */
export function adminClient({ url, ca, admin }: Pick<ControlPlaneFacts, 'url' | 'ca' | 'admin'> = controlPlane()): KubeClient {
  const tls = { ca, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
  const config = { server: new URL(url), tls, authorization: () => Promise.resolve(undefined) };
  return new KubeClient(new HttpTransport(config, 'dossier-test'), () => undefined);
}

/** Makes a namespace in which pods can be created (its service account `default` is there) and resolves to its name. */
export async function newNamespace(client: KubeClient, prefix: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const signal = AbortSignal.timeout(NAMESPACE_DEADLINE_MS);
  const name = uniqueName(prefix);
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, signal);
  for (;;) {
    try {
      await client.get(SERVICE_ACCOUNTS, name, 'default', signal);
      return name;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

/** Makes an empty bucket and resolves to its name. */
export async function newBucket(prefix: string, owner?: S3Credentials): Promise<string> {
  const name = uniqueName(prefix);
  await createBucket(s3(), name, owner);
  return name;
}

/** Makes a user of the S3 server who may do what its own buckets and other buckets' policies allow, and nothing else. */
export async function newS3User(): Promise<S3Credentials> {
  return createUser(s3());
}

/** Makes an empty database and resolves to its URL (superuser, no TLS). */
export async function newDatabase(prefix: string): Promise<string> {
  return createDatabase(postgres(), uniqueName(prefix));
}
