import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { IndexedStore } from '../../src/kube/store.ts';
import { FakeApiserver, watchLine, type Exchange, type RequestKind, type Weather } from '../support/fake-apiserver.ts';
import { COLLECTION, CONFIG_MAPS, ObservedReflector } from '../support/observed-reflector.ts';
import * as weather from '../support/weather.ts';

let server: FakeApiserver;
let client: KubeClient;

beforeEach(async () => {
  server = await FakeApiserver.start();
  client = server.client();
});
afterEach(() => server.close());

function put(name: string, data: Readonly<Record<string, string>> = {}): void {
  server.objects.put(COLLECTION, { metadata: { name, namespace: 'n' }, data });
}

function remove(name: string): void {
  server.objects.remove(COLLECTION, `n/${name}`);
}

function bookmark(resourceVersion: string): object {
  return { kind: 'ConfigMap', metadata: { resourceVersion, creationTimestamp: null } };
}

describe('a list in pages', () => {
  beforeEach(() => {
    for (let index = 0; index < 1_200; index += 1) put(`object-${index}`);
  });

  test('is one whole', async () => {
    await using observed = new ObservedReflector(client);
    await observed.equals(server);
    expect(server.received('list')).toHaveLength(1);
    expect(server.received('page')).toHaveLength(2);
    expect(observed.store.size).toBe(1_200);
  });

  test('is trimmed page by page, so that what is not kept never lies in memory for all of them', async () => {
    let trimmed = 0;
    const before: number[] = [];
    const note = ({ serve }: { readonly serve: () => void }): void => {
      before.push(trimmed);
      serve();
    };
    server.next('page', note, note);
    await using observed = new ObservedReflector(client, {
      trim: (object) => {
        trimmed += 1;
        return object;
      },
    });
    await observed.equals(server);
    expect([...before, trimmed]).toEqual([500, 1_000, 1_200]);
  });

  test('is nothing until its last page has come', async () => {
    let release: (() => void) | undefined;
    server.next(
      'page',
      ({ serve }) => serve(),
      ({ serve }) => (release = serve),
    );
    await using observed = new ObservedReflector(client);
    await vi.waitFor(() => expect(release).toBeDefined());
    expect(observed.reflector.hasSynced).toBe(false);
    expect(observed.store.size).toBe(0);
    expect(observed.told).toEqual([]);
    release?.();
    await observed.reflector.synced(AbortSignal.timeout(5_000));
    expect(observed.store.size).toBe(1_200);
  });

  test.each<[string, Weather]>([
    ['its token expires', weather.refuse(410, 'Expired')],
    ['a page is refused', weather.refuse(500)],
    ['a page is cut', weather.cutInTheMiddle],
    ['a page is no JSON', weather.garbage],
  ])('begins anew when %s', async (_, storm) => {
    server.next(
      'page',
      ({ serve }) => serve(),
      weather.after(() => remove('object-7'), storm),
    );
    await using observed = new ObservedReflector(client);
    await observed.equals(server);
    expect(observed.errors).toHaveLength(1);
    expect(server.received('list')).toHaveLength(2);
    expect(observed.told).toHaveLength(1_199);
  });
});

describe('a refusal', () => {
  test('where there is nothing to be read any more is an empty list, asked again every half a minute', async () => {
    put('a');
    server.next('watch', weather.hangUp);
    server.next('list', ({ serve }) => serve(), weather.refuse(403, 'Forbidden'), weather.refuse(403, 'Forbidden'));
    server.next('watch', weather.refuse(403, 'Forbidden'));
    await using observed = new ObservedReflector(client, { isOver: async () => true });
    await vi.waitFor(() => expect(observed.waits.filter((ms) => ms === 30_000).length).toBeGreaterThanOrEqual(2));
    expect(observed.told.slice(0, 2).map(({ key, after }) => [key, after === undefined])).toEqual([
      ['n/a', false],
      ['n/a', true],
    ]);
    await observed.equals(server);
    expect(observed.errors.filter((error) => (error as { status?: number }).status === 403)).toEqual([]);
  });

  test('from the first list on is whole, so that nobody waits for it', async () => {
    server.next('list', weather.refuse(403, 'Forbidden'));
    await using observed = new ObservedReflector(client, {
      isOver: async () => true,
      sleep: async (_, signal) => void (await once(signal, 'abort')),
    });
    await observed.reflector.synced(AbortSignal.timeout(5_000));
    expect(observed.reflector.silentMs).toBeLessThan(5_000);
  });

  test.each([
    ['is still there', async () => false],
    ['nobody can say', async () => Promise.reject(new Error('no answer'))],
  ])('is a failure like any other where what is asked for %s', async (_, isOver) => {
    put('a');
    server.next('list', weather.refuse(403, 'Forbidden'));
    await using observed = new ObservedReflector(client, { isOver });
    await observed.equals(server);
    expect(observed.errors).toHaveLength(1);
  });
});

describe('what happened while nobody watched', () => {
  test('a deletion and a creation under one name show both objects', async () => {
    put('a');
    server.next(
      'watch',
      weather.after(() => {
        remove('a');
        put('a');
        server.objects.compact();
      }, weather.hangUp),
    );
    await using observed = new ObservedReflector(client);
    await observed.equals(server);
    expect(observed.told.map(({ key, before, after }) => [key, before?.metadata.uid, after?.metadata.uid])).toEqual([
      ['n/a', undefined, 'uid-1'],
      ['n/a', 'uid-1', 'uid-2'],
    ]);
  });

  test('the late deletion of an older object does not remove a newer one of that name', async () => {
    put('a');
    const [older] = server.objects.list(COLLECTION);
    remove('a');
    put('a');
    server.next('watch', (exchange: Exchange) => {
      exchange.serve();
      exchange.response.write(
        watchLine('DELETED', { ...older, metadata: { ...older?.metadata, resourceVersion: server.objects.version } }),
      );
      put('b');
    });
    await using observed = new ObservedReflector(client);
    await observed.equals(server);
    expect(observed.store.get('n/a')?.metadata.uid).toBe('uid-2');
  });

  test('objects that did not change are not told again after a new list', async () => {
    put('a');
    put('b');
    server.next(
      'watch',
      weather.after(() => put('b', { changed: 'yes' }), weather.refuse(410, 'Expired')),
    );
    await using observed = new ObservedReflector(client);
    await observed.equals(server);
    expect(observed.told.map(({ key }) => key)).toEqual(['n/a', 'n/b', 'n/b']);
  });
});

describe('a list that is older than what was seen', () => {
  test('is not believed', async () => {
    put('a');
    server.next('watch', weather.errorEvent(410, 'Expired'));
    server.next('list', ({ serve }) => serve(), weather.longAgo, weather.longAgo);
    await using observed = new ObservedReflector(client);
    await observed.equals(server);
    expect(observed.told).toHaveLength(1);
    expect(observed.errors.map((error) => (error as Error).name)).toEqual(['KubeError', 'ConnectionError', 'ConnectionError']);
  });

  test('is the truth when it stays so: the cluster was restored from a backup', async () => {
    put('a');
    server.next('watch', weather.errorEvent(410, 'Expired'), weather.silence);
    server.next('list', ({ serve }) => serve(), ...Array.from({ length: 11 }, () => weather.longAgo));
    await using observed = new ObservedReflector(client);
    await vi.waitFor(() => expect(observed.told).toHaveLength(2));
    expect(observed.store.size).toBe(0);
    await vi.waitFor(() => expect(server.received('watch')[1]?.url.searchParams.get('resourceVersion')).toBe('7'));
    expect(server.weatherLeft).toBe(0);
  });
});

describe('a watch that failed before the cluster was restored from a backup', () => {
  /** What was asked for a position that is yet to come is answered, and nothing is said until then. */
  const restored = Array.from({ length: 12 }, () => weather.longAgo);

  test.each<[string, Weather]>([
    ['is cut', weather.hangUp],
    ['is silent', weather.silence],
  ])('and %s is not taken up again at a position that is yet to come', async (_, storm) => {
    put('a');
    server.next('watch', storm, weather.silence);
    server.next('list', ({ serve }) => serve(), ...restored);
    await using observed = new ObservedReflector(client, { idleMs: 200 });
    await vi.waitFor(() => expect(observed.told).toHaveLength(2), 5_000);
    expect(observed.store.size).toBe(0);
    await vi.waitFor(() => expect(server.received('watch')[1]?.url.searchParams.get('resourceVersion')).toBe('7'));
    expect(server.weatherLeft).toBe(0);
  });

  test('goes on from where it was when the apiserver is as far, and lists nothing', async () => {
    put('a');
    server.next('watch', weather.hangUp);
    await using observed = new ObservedReflector(client);
    await vi.waitFor(() => expect(server.openWatches).toBe(1));
    put('b');
    await observed.equals(server);
    expect(server.received('list').map(({ url }) => url.searchParams.get('limit'))).toEqual(['500', '1']);
    expect(observed.reflector.relists).toBe(1);
  });
});

describe('a handler that throws', () => {
  test('is told of, and of everything after', async () => {
    put('a');
    await using observed = new ObservedReflector(client, {
      onChange: (key) => {
        throw new Error(`handler: ${key}`);
      },
    });
    await observed.equals(server);
    put('b');
    remove('a');
    await observed.equals(server);
    expect(observed.errors.map(String)).toEqual(['Error: handler: n/a', 'Error: handler: n/b', 'Error: handler: n/a']);
    expect(observed.waits).toEqual([]);
  });
});

describe('stopping', () => {
  test.each<[string, RequestKind, Weather, (observed: ObservedReflector) => void]>([
    ['while a list is on its way', 'list', weather.noAnswer, () => expect(server.received('list')).toHaveLength(1)],
    ['while a list has begun', 'list', weather.silence, () => expect(server.received('list')).toHaveLength(1)],
    ['while it watches', 'list', ({ serve }) => serve(), () => expect(server.openWatches).toBe(1)],
    ['while a watch is on its way', 'watch', weather.noAnswer, () => expect(server.received('watch')).toHaveLength(1)],
  ])('%s ends it at once, without an error', async (_, kind, storm, reached) => {
    server.next(kind, storm);
    const observed = new ObservedReflector(client);
    await vi.waitFor(() => reached(observed));
    const started = performance.now();
    await observed.stop();
    expect(performance.now() - started).toBeLessThan(500);
    expect(observed.errors).toEqual([]);
    await vi.waitFor(() => expect(server.openWatches).toBe(0));
  });

  test('while it waits ends the wait', async () => {
    server.next('list', weather.refuse(500));
    const stop = new AbortController();
    const onError = vi.fn();
    const run = new Reflector(client, { type: CONFIG_MAPS, store: new IndexedStore({}), onChange: () => undefined, onError }).run(
      stop.signal,
    );
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce());
    stop.abort();
    const started = performance.now();
    await run;
    expect(performance.now() - started).toBeLessThan(500);
    expect(server.requests).toHaveLength(1);
  });

  test('leaves no connection and no timer', async () => {
    const count = (what: string): number => process.getActiveResourcesInfo().filter((resource) => resource === what).length;
    const timers = count('Timeout');
    const observed = new ObservedReflector(client);
    await observed.equals(server);
    await observed.stop();
    await client.transport.close();
    await vi.waitFor(() => expect(server.openConnections).toBe(0));
    expect(count('Timeout')).toBeLessThanOrEqual(timers);
  });

  test('ends those who wait for the first list with their own reason', async () => {
    server.next('list', weather.noAnswer);
    await using observed = new ObservedReflector(client);
    const stop = new AbortController();
    const waiting = observed.reflector.synced(stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('what is asked for', () => {
  test('a watch goes on from the newest position heard, bookmarks included, with a time-out of five to ten minutes', async () => {
    put('a');
    server.next('watch', ({ response }) => response.writeHead(200).end(watchLine('BOOKMARK', bookmark('1002'))));
    await using observed = new ObservedReflector(client, { random: () => 0.5 });
    await observed.equals(server);
    const [first, second] = server.received('watch').map(({ url }) => url.searchParams);
    expect(Object.fromEntries(first ?? [])).toEqual({
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: '1001',
      timeoutSeconds: '450',
    });
    expect(second?.get('resourceVersion')).toBe('1002');
  });

  test('namespace and selectors are part of every list and watch', async () => {
    put('a');
    server.objects.put(COLLECTION, { metadata: { name: 'other', namespace: 'm' } });
    const scope = { namespace: 'n', labelSelector: 'app=dossier', fieldSelector: 'metadata.name!=x' };
    await using observed = new ObservedReflector(client, scope);
    await vi.waitFor(() => expect(server.openWatches).toBe(1));
    expect([...observed.store.keys()]).toEqual(['n/a']);
    for (const { url } of server.requests) {
      expect(url.pathname).toBe('/api/v1/namespaces/n/configmaps');
      expect(url.searchParams.get('labelSelector')).toBe(scope.labelSelector);
      expect(url.searchParams.get('fieldSelector')).toBe(scope.fieldSelector);
    }
  });

  test('what one namespace’s reflector lists leaves the objects of another’s in a shared store', async () => {
    put('a');
    server.objects.put(COLLECTION, { metadata: { name: 'other', namespace: 'm' } });
    await using first = new ObservedReflector(client, { namespace: 'm' });
    await first.reflector.synced(AbortSignal.timeout(5_000));
    await using second = new ObservedReflector(client, { namespace: 'n', store: first.store });
    await second.reflector.synced(AbortSignal.timeout(5_000));
    expect([...first.store.keys()].sort()).toEqual(['m/other', 'n/a']);
  });

  test('an object is kept as `trim` leaves it, with its kind, whether it came by list or by watch', async () => {
    put('a', { big: 'x'.repeat(1_000) });
    await using observed = new ObservedReflector(client, { trim: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }) });
    await observed.equals(server);
    put('b', { big: 'x'.repeat(1_000) });
    await observed.equals(server);
    for (const object of observed.store.values()) {
      expect(Object.keys(object).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
      expect(object).toMatchObject({ apiVersion: 'v1', kind: CONFIG_MAPS.kind });
    }
  });
});
