/**
 * What a reflector knows: objects of one kind by `namespace/name`, with the indexes a controller asked for.
 *
 * Readers get the very objects; nobody may change them. A key that turns up with another UID is a deletion and a creation that happened while nobody watched.
 */
import type { KubeObject } from './objects.ts';

/** `namespace/name`, or `name` of a cluster-scoped object. */
export type ObjectKey = string;

export function keyOf(object: { readonly metadata: { readonly name: string; readonly namespace?: string } }): ObjectKey {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function splitKey(key: ObjectKey): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Values under which an object is found, e.g. the UIDs of its owners. */
export type IndexFunction<T> = (object: T) => readonly string[];

export interface Store<T extends KubeObject> {
  get(key: ObjectKey): T | undefined;
  values(): Iterable<T>;
  readonly size: number;
  /** Objects that `index` lists under `value`. Throws when no such index was declared. */
  byIndex(index: string, value: string): readonly T[];
}

export class IndexedStore<T extends KubeObject> implements Store<T> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexes = new Map<string, { readonly of: IndexFunction<T>; readonly keys: Map<string, Set<ObjectKey>> }>();

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>>) {
    for (const [name, of] of Object.entries(indexes)) this.#indexes.set(name, { of, keys: new Map() });
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  keys(): Iterable<ObjectKey> {
    return this.#objects.keys();
  }

  get size(): number {
    return this.#objects.size;
  }

  byIndex(index: string, value: string): readonly T[] {
    const entry = this.#indexes.get(index);
    if (entry === undefined) throw new Error(`no index named ${index}`);
    const found: T[] = [];
    for (const key of entry.keys.get(value) ?? []) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  set(object: T): void {
    const key = keyOf(object);
    this.delete(key);
    this.#objects.set(key, object);
    for (const { of, keys } of this.#indexes.values()) {
      for (const value of of(object)) {
        const set = keys.get(value);
        if (set === undefined) keys.set(value, new Set([key]));
        else set.add(key);
      }
    }
  }

  delete(key: ObjectKey): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    for (const { of, keys } of this.#indexes.values()) {
      for (const value of of(object)) {
        const set = keys.get(value);
        set?.delete(key);
        if (set?.size === 0) keys.delete(value);
      }
    }
  }
}
