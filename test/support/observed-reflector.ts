/** A reflector of ConfigMaps on a fake apiserver, and a handler that believes only what it was told. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { Reflector, type ReflectorOptions } from '../../src/kube/reflector.ts';
import { IndexedStore } from '../../src/kube/store.ts';
import type { ResourceType } from '../../src/kube/resources.ts';
import type { FakeApiserver } from './fake-apiserver.ts';

export const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
/** Where the fake keeps them. */
export const COLLECTION = '/api/v1/configmaps';

export interface Told {
  readonly key: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

export class ObservedReflector {
  readonly store = new IndexedStore<KubeObject>({});
  readonly told: Told[] = [];
  readonly errors: unknown[] = [];
  /** Backoffs in ms, in order; they take no time. */
  readonly waits: number[] = [];
  readonly reflector: Reflector<KubeObject>;
  readonly #view = new Map<string, KubeObject>();
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;
  /** A mistake of the reflector that only its handler can see. */
  #wrong: string | undefined;

  constructor(client: KubeClient, options: Partial<ReflectorOptions<KubeObject>> = {}) {
    this.reflector = new Reflector<KubeObject>(client, {
      type: CONFIG_MAPS,
      store: this.store,
      random: () => 0,
      sleep: async (ms) => {
        this.waits.push(ms);
        await nextTurn();
      },
      onError: (error) => this.errors.push(error),
      ...options,
      onChange: (key, before, after) => {
        this.#hear({ key, before, after });
        options.onChange?.(key, before, after);
      },
    });
    this.#run = this.reflector.run(this.#stop.signal);
  }

  /** What it heard adds up to this, by key. */
  get view(): ReadonlyMap<string, KubeObject> {
    return this.#view;
  }

  /** Resolves when it has caught up with a fake apiserver; at the latest, five seconds from now, it should have. */
  async equals(server: FakeApiserver): Promise<void> {
    await vi.waitFor(
      () => {
        this.expectToKnow(server.objects.list(COLLECTION));
        expect(server.openWatches).toBe(1);
      },
      { timeout: 5_000, interval: 2 },
    );
  }

  /** Store and handler know these objects and no others, each as it is now. */
  expectToKnow(objects: readonly KubeObject[]): void {
    const truth = objects.map(identity).sort();
    expect([...this.store.values()].map(identity).sort()).toEqual(truth);
    expect([...this.#view.values()].map(identity).sort()).toEqual(truth);
    expect(this.#wrong).toBeUndefined();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#run;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #hear(told: Told): void {
    this.told.push(told);
    const { key, before, after } = told;
    if (before !== this.#view.get(key)) this.#wrong ??= `${key}: told another past than before`;
    if (before === undefined && after === undefined) this.#wrong ??= `${key}: told of nothing`;
    if (after !== this.store.get(key)) this.#wrong ??= `${key}: told before the store had it`;
    if (after === undefined) this.#view.delete(key);
    else this.#view.set(key, after);
  }
}

function identity({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`;
}
