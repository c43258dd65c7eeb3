/** Finalizers by JSON patch with the resourceVersion tested: an apply would create an object anew that was deleted meanwhile. */
import type { JsonPatchOperation, KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { ResourceType } from '../kube/resources.ts';

/** Adds the finalizer unless it is there. 409 or 422 when somebody wrote first. */
export async function addFinalizer<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType,
  object: T,
  finalizer: string,
  signal: AbortSignal,
): Promise<T> {
  const present = object.metadata.finalizers ?? [];
  return present.includes(finalizer) ? object : setFinalizers(client, type, object, [...present, finalizer], signal);
}

/** Removes the finalizer if it is there. */
export async function removeFinalizer<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType,
  object: T,
  finalizer: string,
  signal: AbortSignal,
): Promise<T> {
  const present = object.metadata.finalizers ?? [];
  if (!present.includes(finalizer)) return object;
  return setFinalizers(
    client,
    type,
    object,
    present.filter((other) => other !== finalizer),
    signal,
  );
}

async function setFinalizers<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType,
  object: T,
  finalizers: readonly string[],
  signal: AbortSignal,
): Promise<T> {
  const { name, namespace, resourceVersion } = object.metadata;
  const patch: readonly JsonPatchOperation[] = [
    // A replaced resourceVersion makes the patch conditional: the apiserver answers 409 when it is not the present one.
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'add', path: '/metadata/finalizers', value: finalizers },
  ];
  return client.patchJson<T>(type, namespace, name, patch, signal);
}
