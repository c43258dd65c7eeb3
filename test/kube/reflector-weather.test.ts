import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { ConnectionError } from '../../src/kube/errors.ts';
import { FakeApiserver, watchLine, type RequestKind, type Weather } from '../support/fake-apiserver.ts';
import { COLLECTION, ObservedReflector } from '../support/observed-reflector.ts';
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

/** What a second apiserver, or an hour without a connection, lets nobody see. */
function behindItsBack(): void {
  put('a', { changed: 'unseen' });
  remove('b');
  remove('c');
  put('c', { made: 'anew' });
  put('d');
}

/** The cluster moves on and forgets how. */
function compacted(): void {
  behindItsBack();
  server.objects.compact();
}

interface Row {
  readonly kind: RequestKind;
  readonly weather: readonly Weather[];
  /** Lists that were believed. */
  readonly relists: number;
  /** Failures that were told. */
  readonly errors: number;
  /** Of rows in which only silence tells that something is wrong; elsewhere a busy machine's silence is none. */
  readonly idleMs?: number;
}

describe('in the end the store and the handler know what the server knows', () => {
  test.each<[string, Row]>([
    ['under a clear sky', { kind: 'list', weather: [], relists: 1, errors: 0 }],
    [
      'when the first lists are refused',
      { kind: 'list', weather: [weather.refuse(500), weather.refuse(503), weather.refuse(403, 'Forbidden')], relists: 1, errors: 3 },
    ],
    [
      'when the apiserver is busy',
      { kind: 'list', weather: [weather.refuse(429, 'TooManyRequests', { 'retry-after': '0' })], relists: 1, errors: 0 },
    ],
    ['when it is busy and names no time', { kind: 'list', weather: [weather.refuse(429, 'TooManyRequests')], relists: 1, errors: 1 }],
    ['when lists are cut', { kind: 'list', weather: [weather.hangUp, weather.cutInTheMiddle], relists: 1, errors: 2 }],
    ['when lists are no JSON', { kind: 'list', weather: [weather.garbage], relists: 1, errors: 1 }],
    [
      'when a list is of something else',
      { kind: 'list', weather: [({ response }) => response.writeHead(200).end('{}')], relists: 1, errors: 1 },
    ],
    ['when a watch is refused', { kind: 'watch', weather: [weather.refuse(500), weather.refuse(504, 'Timeout')], relists: 1, errors: 2 }],
    ['when a watch may not be opened yet', { kind: 'watch', weather: [weather.refuse(403, 'Forbidden')], relists: 1, errors: 1 }],
    [
      'when a watch is cut in the middle of a line',
      { kind: 'watch', weather: [weather.after(behindItsBack, weather.cutInTheMiddle)], relists: 1, errors: 1 },
    ],
    [
      'when a watch ends in the middle of a line',
      { kind: 'watch', weather: [weather.after(behindItsBack, weather.endWithinALine)], relists: 1, errors: 1 },
    ],
    [
      'when a watch ends at once',
      { kind: 'watch', weather: [weather.endAtOnce, weather.after(behindItsBack, weather.endAtOnce)], relists: 1, errors: 2 },
    ],
    [
      'when a watch ends in order',
      { kind: 'watch', weather: [weather.after(behindItsBack, weather.bookmarkAndEnd)], relists: 1, errors: 0 },
    ],
    [
      'when a watch is silent',
      { kind: 'watch', weather: [weather.after(behindItsBack, weather.silence)], relists: 1, errors: 1, idleMs: 500 },
    ],
    [
      'when a watch is not even answered',
      { kind: 'watch', weather: [weather.after(behindItsBack, weather.noAnswer)], relists: 1, errors: 1, idleMs: 500 },
    ],
    [
      'when a watch says what is no event',
      { kind: 'watch', weather: [weather.after(behindItsBack, weather.garbage)], relists: 2, errors: 1 },
    ],
    [
      'when a line of a watch never ends',
      { kind: 'watch', weather: [weather.after(behindItsBack, weather.endlessLine)], relists: 1, errors: 1 },
    ],
    [
      'when its position is too old (410)',
      { kind: 'watch', weather: [weather.after(compacted, weather.refuse(410, 'Expired'))], relists: 2, errors: 1 },
    ],
    [
      'when its position is too old (error event)',
      { kind: 'watch', weather: [weather.after(compacted, ({ serve }) => serve())], relists: 2, errors: 1 },
    ],
    [
      'when a watch says another error event',
      { kind: 'watch', weather: [weather.after(behindItsBack, weather.errorEvent(500, 'InternalError'))], relists: 1, errors: 1 },
    ],
  ])('%s', async (_, { kind, weather: queue, relists, errors, idleMs }) => {
    for (const name of ['a', 'b', 'c']) put(name);
    server.next(kind, ...queue);
    await using observed = new ObservedReflector(client, idleMs === undefined ? {} : { idleMs });
    await observed.equals(server);
    expect(server.weatherLeft).toBe(0);
    expect(observed.reflector.relists).toBe(relists);
    expect(observed.errors).toHaveLength(errors);
    expect(observed.waits).toHaveLength(errors);

    put('e');
    put('a', { changed: 'again' });
    remove('e');
    await observed.equals(server);
    expect(observed.reflector.relists).toBe(relists);
  });

  test('whatever the order of changes and weather', async () => {
    const storms: Readonly<Record<'list' | 'watch', readonly Weather[]>> = {
      list: [weather.refuse(500), weather.hangUp, weather.cutInTheMiddle, weather.garbage, weather.longAgo],
      watch: [
        weather.refuse(500),
        weather.hangUp,
        weather.cutInTheMiddle,
        weather.garbage,
        weather.endWithinALine,
        weather.endAtOnce,
        weather.bookmarkAndEnd,
        weather.errorEvent(410, 'Gone'),
        weather.errorEvent(500, 'InternalError'),
      ],
    };
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const steps = fc.oneof(
      { weight: 3, arbitrary: name.map((of) => () => put(of, { at: server.objects.version })) },
      { weight: 2, arbitrary: name.map((of) => () => remove(of)) },
      { weight: 1, arbitrary: fc.constant(() => server.objects.compact()) },
      { weight: 2, arbitrary: fc.constant(() => server.endWatches()) },
      { weight: 2, arbitrary: fc.constantFrom(...storms.list).map((storm) => () => server.next('list', storm)) },
      { weight: 2, arbitrary: fc.constantFrom(...storms.watch).map((storm) => () => server.next('watch', storm)) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(steps, fc.boolean()), { maxLength: 30 }), async (script) => {
        await using observed = new ObservedReflector(client);
        for (const [step, pause] of script) {
          step();
          if (pause) await nextTurn();
        }
        await observed.equals(server);
      }),
      { numRuns: 60 },
    );
  });
});

describe('backoff', () => {
  test('doubles from 0.8 s to 30 s and begins anew after an event', async () => {
    put('a');
    server.next('list', ...Array.from({ length: 8 }, () => weather.refuse(500)));
    server.next(
      'watch',
      ({ response }) => response.writeHead(200).write(watchLine('BOOKMARK', bookmark('1001')), () => response.socket?.destroy()),
      weather.hangUp,
      weather.hangUp,
    );
    await using observed = new ObservedReflector(client);
    await observed.equals(server);
    expect(observed.waits).toEqual([800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 800, 1_600, 3_200]);
  });

  test('is spread by half of itself, but never beyond its bound', async () => {
    server.next('list', ...Array.from({ length: 7 }, () => weather.refuse(500)));
    await using observed = new ObservedReflector(client, { random: () => 1 });
    await observed.equals(server);
    expect(observed.waits).toEqual([1_200, 2_400, 4_800, 9_600, 19_200, 30_000, 30_000]);
  });

  test('grows when lists succeed and watches never do: whole lists are the dearest of requests', async () => {
    put('a');
    server.next('watch', ...Array.from({ length: 5 }, () => weather.refuse(410, 'Expired')));
    await using observed = new ObservedReflector(client);
    await observed.equals(server);
    expect(observed.waits).toEqual([800, 1_600, 3_200, 6_400, 12_800]);
  });
});

test('a watch on which something comes is not silent, however long it lasts', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await using observed = new ObservedReflector(client, { idleMs: 10_000 });
    await turns(() => server.openWatches === 1);
    for (const name of ['a', 'b', 'c', 'd']) {
      vi.advanceTimersByTime(9_999);
      put(name);
      await turns(() => observed.store.get(`n/${name}`) !== undefined);
    }
    expect(observed.errors).toEqual([]);
    vi.advanceTimersByTime(10_000);
    await turns(() => observed.errors.length > 0);
    expect(observed.errors.map(String)).toEqual(['ConnectionError: watch of configmaps: silent for 10000 ms']);
  } finally {
    vi.useRealTimers();
  }
});

/** Waits without a timer, which would move the clock that the test holds still. */
async function turns(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) expect.fail('it did not happen');
    await nextTurn();
  }
}

test('silence is measured from the last word of the apiserver', async () => {
  await using observed = new ObservedReflector(client);
  expect(observed.reflector.silentMs).toBe(Infinity);
  await observed.equals(server);
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const before = observed.reflector.silentMs;
    vi.advanceTimersByTime(60_000);
    expect(observed.reflector.silentMs - before).toBe(60_000);
  } finally {
    vi.useRealTimers();
  }
});

test('errors are ours to read and show nothing of what was sent', async () => {
  server.next('list', weather.garbage, weather.hangUp);
  server.next('watch', weather.garbage, weather.silence, weather.endlessLine);
  await using observed = new ObservedReflector(client, { idleMs: 50 });
  await observed.equals(server);
  const messages = observed.errors.map((error) => (error as Error).message);
  expect(messages).toEqual([
    `GET ${COLLECTION}: not a readable answer of an apiserver`,
    expect.stringContaining('no answer from the apiserver'),
    'watch of configmaps: not a readable answer of an apiserver',
    'watch of configmaps: silent for 50 ms',
    'watch: an event of more than 16777216 bytes',
  ]);
  expect(observed.errors.slice(3).every((error) => error instanceof ConnectionError)).toBe(true);
});
