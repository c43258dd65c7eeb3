/**
 * The servers that test/integration/setup.ts started once for all workers, as a test sees them.
 *
 * They are shared: a test works in a namespace, bucket and database of its own. A test that stops or freezes a server starts its own in a Workspace (src/local/).
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { Identity } from '../../../src/local/authority.ts';
import { createBucket, createUser, type S3Admin, type S3Credentials } from '../../../src/local/s3-admin.ts';
import type { ToolPaths } from '../../../src/local/tools/catalog.ts';

export interface ControlPlaneFacts {
  readonly url: string;
  /** Path of the kubeconfig of a user in system:masters. */
  readonly kubeconfigFile: string;
  /** PEM of the authority of every certificate there. */
  readonly ca: string;
  /** What a local node serves on 127.0.0.1. */
  readonly kubeletServing: Identity;
}

export interface PostgresFacts {
  readonly host: string;
  readonly port: number;
  /** A superuser. */
  readonly user: string;
  readonly password: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly tools: ToolPaths;
    readonly controlPlane: ControlPlaneFacts;
    readonly s3: S3Admin;
    readonly postgres: PostgresFacts;
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

export function postgres(): PostgresFacts {
  return inject('postgres');
}

/** A name that no other test has: `<prefix>-<random>`, valid for namespaces and buckets. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
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
  const name = uniqueName(prefix);
  const client = new pg.Client(postgresUrl('postgres'));
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  return postgresUrl(name);
}

/** URL of a database of the shared server. */
export function postgresUrl(database: string): string {
  const { host, port, user, password } = postgres();
  return `postgres://${user}:${password}@${host}:${port}/${encodeURIComponent(database)}`;
}
