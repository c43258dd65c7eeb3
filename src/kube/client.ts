/**
 * The verbs of one kind: get, list, create, apply, patch, replace, delete, on raw JSON.
 *
 * What the apiserver sends is what callers see, unknown fields included. Every write first asks `beforeWrite`, where a leader that lost its lease throws:
 * an old leader must not write over a new one's work, and the one place for that check is the one place that writes.
 */
import { stringifyExact } from '../exact-json.ts';
import { UnreadableError } from './errors.ts';
import { pathOf, apiVersionOf, type ResourceType } from './resources.ts';
import type { KubeObject } from './objects.ts';
import type { Transport } from './transport.ts';

/**
 * What we write comes from our own code, and nobody reads warnings about fields: without the check the apiserver parses a body once instead of twice, of an apply as YAML.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 */
const UNCHECKED = 'fieldValidation=Ignore';

/** Who owns the fields we apply. https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers */
export const FIELD_MANAGER = 'dossier-operator';

export interface ListOptions {
  /** Absent = all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects a page. */
  readonly limit?: number;
  readonly continue?: string;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Token of the next page; absent on the last. */
  readonly continue?: string;
}

export interface DeleteOptions {
  readonly propagation: 'Foreground' | 'Background' | 'Orphan';
  /** Only this very object, not one that took its name since. */
  readonly uid?: string;
  /** Only if nobody has written it since. */
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
}

/** RFC 6902. */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

/** An object as one sends it: what the apiserver sets is not there yet. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export class KubeClient {
  readonly transport: Transport;
  readonly #beforeWrite: () => void;

  constructor(transport: Transport, beforeWrite: () => void) {
    this.transport = transport;
    this.#beforeWrite = beforeWrite;
  }

  async get<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    signal: AbortSignal,
    decode: (json: string) => unknown = JSON.parse,
  ): Promise<T> {
    const path = pathOf(type, namespace, name);
    return parse(await this.transport.request({ method: 'GET', path, signal }), `GET ${path}`, decode) as T;
  }

  /** One page. */
  async list<T extends KubeObject>(
    type: ResourceType,
    options: ListOptions,
    signal: AbortSignal,
    decode: (json: string) => unknown = JSON.parse,
  ): Promise<ObjectList<T>> {
    const path = pathOf(type, options.namespace);
    const json = await this.transport.request({ method: 'GET', path: path + query({ ...options, namespace: undefined }), signal });
    const list = parse(json, `GET ${path}`, decode) as {
      readonly items: readonly Omit<T, 'apiVersion' | 'kind'>[] | null;
      readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
    };
    const resourceVersion = list.metadata?.resourceVersion;
    if (resourceVersion === undefined) throw new UnreadableError(`GET ${path}`);
    // Items of a list come without apiVersion and kind, watch events with them; a cache must not show the difference.
    const items = (list.items ?? []).map((item) => ({ apiVersion: apiVersionOf(type), kind: type.kind, ...item }) as unknown as T);
    const next = list.metadata?.continue;
    return { items, resourceVersion, ...(next === undefined || next === '' ? {} : { continue: next }) };
  }

  async create<T extends KubeObject>(
    type: ResourceType,
    manifest: Manifest,
    signal: AbortSignal,
    decode: (json: string) => unknown = JSON.parse,
  ): Promise<T> {
    return this.#write<T>('POST', `${pathOf(type, manifest.metadata.namespace)}?${UNCHECKED}`, manifest, signal, undefined, decode);
  }

  /** Whole-object PUT; `metadata.resourceVersion` in the manifest makes it conditional. */
  async replace<T extends KubeObject>(type: ResourceType, manifest: Manifest, name: string, signal: AbortSignal): Promise<T> {
    return this.#write<T>('PUT', `${pathOf(type, manifest.metadata.namespace, name)}?${UNCHECKED}`, manifest, signal);
  }

  /** What a create or a replace (of an object with `metadata.resourceVersion`) would answer, unknown fields refused; nothing is stored. */
  async tryOut<T extends KubeObject>(
    type: ResourceType,
    manifest: Manifest,
    signal: AbortSignal,
    decode: (json: string) => unknown = JSON.parse,
  ): Promise<T> {
    const { name, namespace, resourceVersion } = manifest.metadata;
    const isThere = resourceVersion !== undefined;
    const path = `${pathOf(type, namespace, isThere ? name : undefined)}?dryRun=All&fieldValidation=Strict`;
    return this.#write<T>(isThere ? 'PUT' : 'POST', path, manifest, signal, undefined, decode);
  }

  /** Server-side apply of the status, forced: its fields have one writer. With uid and resourceVersion in the manifest, 409 = look again. */
  async applyStatus<T extends KubeObject>(type: ResourceType, manifest: Manifest, name: string, signal: AbortSignal): Promise<T> {
    const path = `${pathOf(type, manifest.metadata.namespace, name, 'status')}?${UNCHECKED}&fieldManager=${FIELD_MANAGER}&force=true`;
    return this.#write<T>('PATCH', path, manifest, signal, 'application/apply-patch+yaml');
  }

  /** A JSON patch; with a `test` of resourceVersion it is conditional. It never creates an object, as an apply would. */
  async patchJson<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    patch: readonly JsonPatchOperation[],
    signal: AbortSignal,
    subresource?: string,
  ): Promise<T> {
    const path = `${pathOf(type, namespace, name, subresource)}?${UNCHECKED}`;
    return this.#write<T>('PATCH', path, patch, signal, 'application/json-patch+json');
  }

  /** Accepted, not finished: finalizers and foreground propagation keep the object for a while. */
  async delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions,
    signal: AbortSignal,
  ): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: options.propagation,
      ...(options.uid === undefined && options.resourceVersion === undefined
        ? {}
        : { preconditions: { uid: options.uid, resourceVersion: options.resourceVersion } }),
      ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
    };
    await this.#write('DELETE', pathOf(type, namespace, name), body, signal);
  }

  async #write<T>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    signal: AbortSignal,
    contentType?: string,
    decode: (json: string) => unknown = JSON.parse,
  ): Promise<T> {
    this.#beforeWrite();
    const request = { method, path, body: stringifyExact(body), signal, ...(contentType === undefined ? {} : { contentType }) };
    return parse(await this.transport.request(request), `${method} ${path.split('?')[0] ?? path}`, decode) as T;
  }
}

/** A parser's own error would quote what it could not read, which may be a Secret. */
function parse(json: string, what: string, decode: (json: string) => unknown): object {
  let value: unknown;
  try {
    value = decode(json);
  } catch {
    throw new UnreadableError(what);
  }
  if (typeof value !== 'object' || value === null) throw new UnreadableError(what);
  return value;
}

/** `?a=b` of the options that are set. */
export function query(options: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
