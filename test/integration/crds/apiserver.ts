/** The apiserver as whoever applies a manifest meets it: accepted, or refused with a message. Everything goes to the real one, most of it as a dry run. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { stringifyExact } from '../../../src/exact-json.ts';
import { KubeClient, type Manifest } from '../../../src/kube/client.ts';
import { loadClusterConfig } from '../../../src/kube/config.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { NAMESPACES, pathOf, type ResourceType } from '../../../src/kube/resources.ts';
import { HttpTransport } from '../../../src/kube/transport.ts';
import { installCrds } from '../../../src/local/crds.ts';
import { controlPlane, tools, uniqueName } from '../support/servers.ts';

export const REPOSITORY = join(import.meta.dirname, '../../..');
const TIMEOUT_MS = 60_000;

export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl as an administrator, to its end; a failure is a result. */
export async function kubectl(args: readonly string[], stdin = ''): Promise<Printed> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, KUBECONFIG: controlPlane().kubeconfigFile }, timeout: TIMEOUT_MS, maxBuffer: 16 << 20 };
    const child = execFile(tools().kubectl, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
}

export interface Apiserver {
  readonly namespace: string;
  readonly signal: AbortSignal;
  client(): KubeClient;
  /** Sends an object as a dry run with strict field validation: '' = accepted, else the apiserver's message. */
  verdict(type: ResourceType, manifest: Manifest): Promise<string>;
  /** Replaces what `before` was with another manifest: '' = accepted, else the apiserver's message. */
  replaced(type: ResourceType, before: KubeObject, manifest: Manifest): Promise<string>;
}

/** For a test file: CRDs installed, a namespace of its own, a client that is closed at the end. */
export function useApiserver(): Apiserver {
  const namespace = uniqueName('crds');
  const signal = AbortSignal.timeout(10 * TIMEOUT_MS);
  let opened: { readonly transport: HttpTransport; readonly client: KubeClient } | undefined;
  const session = (): NonNullable<typeof opened> => {
    if (opened === undefined) throw new Error('the apiserver is there once beforeAll has run');
    return opened;
  };
  beforeAll(async () => {
    const transport = new HttpTransport(await loadClusterConfig(controlPlane().kubeconfigFile, {}), 'dossier-tests');
    opened = { transport, client: new KubeClient(transport, () => undefined) };
    await installCrds(tools().kubectl, controlPlane().kubeconfigFile);
    await session().client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, signal);
  });
  afterAll(async () => {
    await session().client.delete(NAMESPACES, undefined, namespace, { propagation: 'Background' }, signal);
    await session().transport.close();
  });
  return {
    namespace,
    signal,
    client: () => session().client,
    verdict: async (type, manifest) => {
      const path = `${pathOf(type, namespace)}?dryRun=All&fieldValidation=Strict`;
      return messageOf(() => session().transport.request({ method: 'POST', path, body: stringifyExact(manifest), signal }));
    },
    replaced: async (type, { metadata: { name, resourceVersion } }, manifest) => {
      const conditional = { ...manifest, metadata: { ...manifest.metadata, resourceVersion } };
      return messageOf(() => session().client.replace(type, conditional, name, signal));
    },
  };
}

/** '' when the write was accepted, else what the apiserver said; anything but an answer of its own is thrown. */
export async function messageOf(write: () => Promise<unknown>): Promise<string> {
  try {
    await write();
    return '';
  } catch (error) {
    if (error instanceof KubeError) return error.message;
    throw error;
  }
}
