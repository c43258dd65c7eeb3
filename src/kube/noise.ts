/** What no cache needs of an object. */
import type { KubeObject } from './objects.ts';

/** Most of an object in memory would be managedFields and the copy that `kubectl apply` leaves in an annotation. */
export function withoutNoise<T extends KubeObject>(object: T): T {
  const { managedFields: _managed, annotations, ...metadata } = object.metadata as T['metadata'] & { readonly managedFields?: unknown };
  const kept = Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration'),
  );
  return { ...object, metadata: { ...metadata, ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }) } };
}
