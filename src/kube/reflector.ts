/**
 * Keeps a store equal to the apiserver's objects of one kind, for ever: list in pages, then watch, and list again only when the server says that the position is lost.
 *
 * Failure windows closed here (each met in the field by some client):
 * - a list that fails half way never becomes the store; `hasSynced` only after one whole list;
 * - 410 on a page or a watch: list again; 429, 5xx, cut, silent and refused connections: wait with jitter (0.8 to 30 s) and go on from where we were;
 * - a list that is older than what was seen already (a lagging apiserver behind a load balancer) is not believed;
 * - a cluster restored from a backup takes a watch from a position that it has yet to reach, and is silent until then (kubernetes/kubernetes#107457): after a watch
 *   that failed, the apiserver is asked first how far it is;
 * - objects deleted, or deleted and made anew, while nobody watched are told to the handler like any other change;
 * - a handler that throws is reported and does not end the watch.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { abortable } from '../net/abortable.ts';
import { backoffMs, WATCH_BACKOFF } from './backoff.ts';
import type { KubeClient, ListOptions } from './client.ts';
import { ConnectionError, isExpired, isForbidden, KubeError } from './errors.ts';
import type { KubeObject } from './objects.ts';
import { isOlderVersion } from './resource-version.ts';
import type { ResourceType } from './resources.ts';
import { keyOf, splitKey, type IndexedStore, type ObjectKey } from './store.ts';
import { watch } from './watch.ts';

const PAGE_SIZE = 500;
/** client-go: a random server time-out keeps many watches from ending at once. */
const WATCH_TIMEOUT_MIN_S = 300;
const WATCH_TIMEOUT_SPREAD_S = 300;
/** Bookmarks come every minute; two that never came are a dead stream. */
const WATCH_IDLE_MS = 150_000;
/** A namespace that is gone may come back, with rights in it. */
const REFUSED_INTERVAL_MS = 30_000;
/** A watch that ends sooner than this without an event is a failure, or a restarting apiserver would be hammered. */
const SHORT_WATCH_MS = 1_000;
/** A lagging apiserver catches up within seconds; one that is still behind after so many tries (minutes) was restored from a backup, and is right. */
const MAX_STALE_LISTS = 10;

export interface ReflectorOptions<T extends KubeObject> {
  readonly type: ResourceType;
  /** Absent = all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Filled and emptied here; reflectors of different namespaces may share one. */
  readonly store: IndexedStore<T>;
  /** What is kept of an object; memory of a big cluster is decided here. */
  readonly trim?: (object: T) => T;
  /** Default JSON.parse. */
  readonly decode?: (json: string) => unknown;
  /** Called after the store has changed. `before` and `after` have different UIDs when an object was replaced unseen. */
  readonly onChange: (key: ObjectKey, before: T | undefined, after: T | undefined) => void;
  /** Asked when a list or a watch is refused: true = there is nothing to be read any more, which is as good as an empty list. Asked again every half a minute. */
  readonly isOver?: (signal: AbortSignal) => Promise<boolean>;
  /** Called with every failure; the reflector itself goes on. */
  readonly onError: (error: unknown) => void;
  readonly idleMs?: number;
  readonly random?: () => number;
  /** How a backoff is waited; tests need not. Ends early when the signal aborts. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export class Reflector<T extends KubeObject> {
  readonly #client: KubeClient;
  readonly #options: ReflectorOptions<T>;
  readonly #store: IndexedStore<T>;
  readonly #firstList = Promise.withResolvers<void>();
  readonly #random: () => number;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  #resourceVersion: string | undefined;
  #synced = false;
  #lastContact = -Infinity;
  #failures = 0;
  #staleLists = 0;
  #relists = 0;

  constructor(client: KubeClient, options: ReflectorOptions<T>) {
    this.#client = client;
    this.#options = options;
    this.#store = options.store;
    this.#random = options.random ?? Math.random;
    this.#sleep = options.sleep ?? ((ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined));
  }

  /** True after the first whole list. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Resolves after the first whole list; throws the signal's reason. */
  async synced(signal: AbortSignal): Promise<void> {
    await abortable(this.#firstList.promise, signal);
  }

  /** Milliseconds since the apiserver last spoke to this watch; infinity before the first list. */
  get silentMs(): number {
    return performance.now() - this.#lastContact;
  }

  get relists(): number {
    return this.#relists;
  }

  get kind(): string {
    return this.#options.type.kind;
  }

  /** Runs until the signal aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    let position: string | undefined;
    let isDoubtful = false;
    for (;;) {
      try {
        signal.throwIfAborted();
        if (isDoubtful && position !== undefined && !(await this.#hasReached(position, signal))) position = undefined;
        isDoubtful = false;
        position ??= await this.#list(signal);
        await this.#follow(position, signal);
        position = this.#resourceVersion;
      } catch (error) {
        if (signal.aborted) return;
        isDoubtful = true;
        if (isForbidden(error) && (await this.#isOver(signal))) {
          position = undefined;
          await this.#sleep(REFUSED_INTERVAL_MS, signal);
          continue;
        }
        if (isExpired(error)) position = undefined;
        else {
          position = position === undefined ? undefined : this.#resourceVersion;
          // Anything that is neither a refusal nor a lost connection is an object we could not read: only a new list can tell what holds now.
          if (!(error instanceof KubeError) && !(error instanceof ConnectionError)) position = undefined;
        }
        this.#options.onError(error);
        await this.#sleep(backoffMs(WATCH_BACKOFF, this.#failures, this.#random), signal);
        this.#failures += 1;
      }
    }
  }

  async #isOver(signal: AbortSignal): Promise<boolean> {
    if ((await this.#options.isOver?.(signal).catch(() => false)) !== true) return false;
    this.#replaceAll([]);
    this.#seenWhole();
    return true;
  }

  #seenWhole(): void {
    this.#lastContact = performance.now();
    this.#synced = true;
    this.#firstList.resolve();
  }

  /** Whether the apiserver is as far as we have been. The smallest list tells; one of an apiserver that lags is refused afterwards, by `#list`. */
  async #hasReached(position: string, signal: AbortSignal): Promise<boolean> {
    const { type, decode } = this.#options;
    const { resourceVersion } = await this.#client.list<T>(type, { ...this.#scope, limit: 1 }, signal, decode);
    return !isOlderVersion(resourceVersion, position);
  }

  get #scope(): Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { type, decode } = this.#options;
    const found: T[] = [];
    let next: string | undefined;
    let resourceVersion: string;
    do {
      const page = await this.#client.list<T>(
        type,
        { ...this.#scope, limit: PAGE_SIZE, ...(next === undefined ? {} : { continue: next }) },
        signal,
        decode,
      );
      // At once: what is trimmed off may be most of an object.
      for (const item of page.items) found.push(this.#trimmed(item));
      resourceVersion = page.resourceVersion;
      next = page.continue;
    } while (next !== undefined);
    if (
      this.#resourceVersion !== undefined &&
      isOlderVersion(resourceVersion, this.#resourceVersion) &&
      this.#staleLists < MAX_STALE_LISTS
    ) {
      this.#staleLists += 1;
      throw new ConnectionError(
        `list of ${type.plural} is older (${resourceVersion}) than what was seen (${this.#resourceVersion})`,
        undefined,
      );
    }
    this.#staleLists = 0;
    this.#relists += 1;
    this.#replaceAll(found);
    this.#resourceVersion = resourceVersion;
    this.#seenWhole();
    return resourceVersion;
  }

  async #follow(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { type } = this.#options;
    const started = performance.now();
    let events = 0;
    const options = {
      ...this.#scope,
      resourceVersion,
      timeoutSeconds: WATCH_TIMEOUT_MIN_S + Math.floor(this.#random() * WATCH_TIMEOUT_SPREAD_S),
      idleMs: this.#options.idleMs ?? WATCH_IDLE_MS,
      decode: this.#options.decode ?? JSON.parse,
    };
    for await (const event of watch<T>(this.#client.transport, type, options, signal)) {
      events += 1;
      this.#failures = 0; // Not after a list: one that succeeds before a watch that never does would be repeated without a brake.
      this.#lastContact = performance.now();
      this.#resourceVersion = event.object.metadata.resourceVersion;
      if (event.type === 'DELETED') this.#forget(keyOf(event.object), event.object);
      else if (event.type !== 'BOOKMARK') this.#remember(this.#trimmed(event.object));
    }
    this.#lastContact = performance.now();
    if (events === 0 && performance.now() - started < SHORT_WATCH_MS) {
      throw new ConnectionError(`watch of ${type.plural} ended at once`, undefined);
    }
    this.#failures = 0;
  }

  #replaceAll(found: readonly T[]): void {
    const present = new Set(found.map(keyOf));
    const { namespace } = this.#options;
    for (const key of [...this.#store.keys()]) {
      if (!present.has(key) && (namespace === undefined || splitKey(key).namespace === namespace)) this.#forget(key, undefined);
    }
    for (const object of found) this.#remember(object);
  }

  #trimmed(object: T): T {
    return this.#options.trim === undefined ? object : this.#options.trim(object);
  }

  /** Of a trimmed object. */
  #remember(after: T): void {
    const key = keyOf(after);
    const before = this.#store.get(key);
    if (before?.metadata.resourceVersion === after.metadata.resourceVersion && before.metadata.uid === after.metadata.uid) return;
    this.#store.set(after);
    this.#tell(key, before, after);
  }

  #forget(key: ObjectKey, last: T | undefined): void {
    const before = this.#store.get(key);
    if (before === undefined) return;
    // The deletion of an older object of that name must not remove a newer one.
    if (last !== undefined && last.metadata.uid !== before.metadata.uid) return;
    this.#store.delete(key);
    this.#tell(key, before, undefined);
  }

  #tell(key: ObjectKey, before: T | undefined, after: T | undefined): void {
    try {
      this.#options.onChange(key, before, after);
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
