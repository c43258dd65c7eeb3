/** What no cache needs of an object. */
import type { KubeObject } from './objects.ts';
import { SharedTexts } from './shared-texts.ts';

const texts = new SharedTexts();

/** Most of an object in memory would be managedFields and the copy that `kubectl apply` leaves in an annotation. For objects as they were read: their texts become shared. */
export function withoutNoise<T extends KubeObject>(object: T): T {
  const { managedFields: _managed, annotations, ...metadata } = object.metadata as T['metadata'] & { readonly managedFields?: unknown };
  const kept = Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration'),
  );
  const trimmed = { ...object, metadata: { ...metadata, ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }) } };
  texts.share(trimmed);
  return trimmed;
}
