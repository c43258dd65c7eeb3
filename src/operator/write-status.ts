/** The one way a status is written: one server-side apply, bound to what was read, and only when it would change something. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';
import { apiVersionOf, type ResourceType } from '../kube/resources.ts';

interface WithStatus extends KubeObject {
  readonly status?: unknown;
}

/**
 * Applies `status` with the object's uid and resourceVersion: if anybody wrote since, the apiserver answers 409 and the caller looks again; an old leader cannot turn
 * a newer status back. Returns the object as it is now.
 */
export async function writeStatus<T extends WithStatus>(
  client: KubeClient,
  type: ResourceType,
  object: T,
  status: T['status'],
  signal: AbortSignal,
): Promise<T> {
  if (isDeepStrictEqual(object.status, status)) return object;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const manifest = {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion },
    status,
  };
  return client.applyStatus<T>(type, manifest, name, signal);
}
