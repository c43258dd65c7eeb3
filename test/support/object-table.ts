/**
 * The truth behind a fake apiserver: objects with resource versions from one counter, and the history that watches read.
 *
 * Times never come from a clock; UIDs and versions are counted, so that a failed test reads the same every time.
 */
import type { KubeObject } from '../../src/kube/objects.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly object: KubeObject;
  readonly version: number;
}

/** What a test says of an object; the rest is filled in. */
export interface Draft {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export class ObjectTable {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #history: Change[] = [];
  readonly #listeners = new Set<(change: Change) => void>();
  #version = 1_000;
  #compactedTo = 0;
  #uids = 0;

  get version(): string {
    return String(this.#version);
  }

  /** `collection` is the path of all namespaces, e.g. `/api/v1/configmaps`. */
  get(collection: string, key: string): KubeObject | undefined {
    return this.#objects.get(collection)?.get(key);
  }

  /** In the order of their keys, as a list shows them. */
  list(collection: string): readonly KubeObject[] {
    return [...(this.#objects.get(collection) ?? new Map<string, KubeObject>())]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Creates the object, or changes the one of that name: its UID stays. */
  put(collection: string, draft: Draft): KubeObject {
    const before = this.get(collection, keyOfDraft(draft));
    this.#version += 1;
    if (before === undefined) this.#uids += 1;
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      ...draft,
      metadata: {
        ...draft.metadata,
        uid: before?.metadata.uid ?? `uid-${this.#uids}`,
        resourceVersion: this.version,
        creationTimestamp: '2026-11-23T10:00:00Z',
      },
    };
    const objects = this.#objects.get(collection) ?? new Map<string, KubeObject>();
    this.#objects.set(collection, objects.set(keyOfDraft(draft), object));
    this.#tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', collection, object, version: this.#version });
    return object;
  }

  remove(collection: string, key: string): KubeObject | undefined {
    const last = this.get(collection, key);
    if (last === undefined) return undefined;
    this.#objects.get(collection)?.delete(key);
    this.#version += 1;
    const object = { ...last, metadata: { ...last.metadata, resourceVersion: this.version } };
    this.#tell({ type: 'DELETED', collection, object, version: this.#version });
    return object;
  }

  /** Forgets what happened so far: older positions get 410. */
  compact(): void {
    this.#compactedTo = this.#version;
    this.#history.length = 0;
  }

  /** What happened after a position, or undefined when that is forgotten. */
  since(collection: string, version: number): readonly Change[] | undefined {
    if (version < this.#compactedTo) return undefined;
    return this.#history.filter((change) => change.collection === collection && change.version > version);
  }

  /** Returns what ends the listening. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: Change): void {
    this.#history.push(change);
    for (const listener of this.#listeners) listener(change);
  }
}

function keyOfDraft({ metadata: { name, namespace } }: Draft): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
