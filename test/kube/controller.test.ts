import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Controller, type ControllerOptions, type ReconcileContext, type Result } from '../../src/kube/controller.ts';
import { KubeError } from '../../src/kube/errors.ts';
import { describeError } from '../../src/telemetry/log.ts';

const DONE: Result = { kind: 'done' };

let lines: { readonly level: number; readonly msg: string; readonly [field: string]: unknown }[];
let stop: AbortController;
let runs: Promise<void>[];

beforeEach(() => {
  lines = [];
  stop = new AbortController();
  runs = [];
});
afterEach(async () => {
  vi.useRealTimers();
  stop.abort();
  await Promise.all(runs);
});

function start(reconcile: ControllerOptions['reconcile'], options: Partial<ControllerOptions> = {}): Controller {
  const log = pino(
    { level: 'trace', base: null, serializers: { err: describeError } },
    { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  const controller = new Controller({ name: 'test', concurrency: 2, log, reconcile, ...options });
  runs.push(controller.run(stop.signal));
  return controller;
}

/** Resolves when the signal aborts: a reconcile that waits for something that never comes. */
async function stuck({ signal }: ReconcileContext): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

describe('a reconcile', () => {
  test('that is done is not repeated until something changes', async () => {
    const seen: string[] = [];
    const { queue } = start(async (key) => {
      seen.push(key);
      return DONE;
    });
    queue.add('n/a');
    await vi.waitFor(() => expect(seen).toEqual(['n/a']));
    await vi.waitFor(() => expect(queue.idle).toBe(true));
    queue.add('n/a');
    await vi.waitFor(() => expect(seen).toEqual(['n/a', 'n/a']));
    expect(lines).toEqual([]);
  });

  test.each<[string, () => Result]>([
    ['asks to be repeated after a time', () => ({ kind: 'requeueAfter', ms: 5_000 })],
    ['makes an appointment', () => ({ kind: 'lookAgainAt', epochMs: Date.now() + 5_000 })],
  ])('that %s is, and not before', async (_, result) => {
    vi.useFakeTimers();
    let runs = 0;
    const { queue } = start(async () => {
      runs += 1;
      return runs === 1 ? result() : DONE;
    });
    queue.add('n/a');
    await vi.advanceTimersByTimeAsync(4_999);
    expect(runs).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(runs).toBe(2);
  });

  test('that is done cancels the appointment made before', async () => {
    vi.useFakeTimers();
    let runs = 0;
    const { queue } = start(async () => {
      runs += 1;
      return runs === 1 ? { kind: 'lookAgainAt', epochMs: Date.now() + 5_000 } : DONE;
    });
    queue.add('n/a');
    await vi.advanceTimersByTimeAsync(0);
    queue.add('n/a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(runs).toBe(2);
  });

  test('never runs twice at once for one key, whatever the concurrency', async () => {
    let running = 0;
    let most = 0;
    let done = 0;
    const { queue } = start(
      async () => {
        running += 1;
        most = Math.max(most, running);
        if (done < 20) queue.add('n/a');
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        done += 1;
        return DONE;
      },
      { concurrency: 8 },
    );
    queue.add('n/a');
    await vi.waitFor(() => expect(done).toBe(21));
    expect(most).toBe(1);
  });
});

describe('a throw', () => {
  test('brings the key back with growing delays, and a success ends them', async () => {
    let tries = 0;
    const { queue } = start(async () => {
      tries += 1;
      if (tries <= 4) throw new Error('not yet');
      return DONE;
    });
    queue.add('n/a');
    await vi.waitFor(() => expect(tries).toBe(5));
    const delays = lines.map(({ retryMs }) => retryMs as number);
    for (const [index, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(5 * 2 ** index);
      expect(delay).toBeLessThanOrEqual(7.5 * 2 ** index);
    }
    expect(lines.map(({ level, msg, err }) => ({ level, msg, err }))).toEqual(
      Array.from({ length: 4 }, () => ({ level: 40, msg: 'reconcile failed; will retry', err: { type: 'Error', message: 'not yet' } })),
    );
    await vi.waitFor(() => expect(queue.idle).toBe(true));
    expect(queue.retry('n/a')).toBeLessThanOrEqual(7.5);
  });

  test.each<[string, ControllerOptions['reconcile']]>([
    [
      'before the first await',
      () => {
        throw new Error('at once');
      },
    ],
    [
      'of something that is no error',
      async () => {
        throw 'text' as unknown;
      },
    ],
    ['because of an appointment that is no time', async () => ({ kind: 'lookAgainAt', epochMs: NaN })],
  ])('%s does not end the worker', async (_, reconcile) => {
    const seen: string[] = [];
    const { queue } = start(
      async (key, context) => {
        seen.push(key);
        return key === 'n/bad' ? reconcile(key, context) : DONE;
      },
      { concurrency: 1 },
    );
    queue.add('n/bad');
    queue.add('n/good');
    await vi.waitFor(() => expect(seen).toContain('n/good'));
    await vi.waitFor(() => expect(seen.filter((key) => key === 'n/bad').length).toBeGreaterThan(2));
  });

  test('because somebody else wrote first is no warning', async () => {
    let tries = 0;
    const { queue } = start(async () => {
      tries += 1;
      if (tries === 1) throw new KubeError(409, 'Conflict', 'the object has been modified');
      return DONE;
    });
    queue.add('n/a');
    await vi.waitFor(() => expect(tries).toBe(2));
    expect(lines).toMatchObject([{ level: 20, msg: 'somebody wrote first; looking again' }]);
  });

  test('is logged with the object, the controller and an id that is new each time', async () => {
    const { queue } = start(async () => {
      throw new Error('broken');
    });
    queue.add('billing/invoices');
    await vi.waitFor(() => expect(lines.length).toBeGreaterThanOrEqual(2));
    for (const line of lines) {
      expect(line).toMatchObject({ controller: 'test', object: 'billing/invoices' });
      expect(line['reconcileId']).toMatch(/^[0-9a-f]{12}$/);
    }
    expect(new Set(lines.map(({ reconcileId }) => reconcileId)).size).toBe(lines.length);
  });
});

test('a key that is stuck does not hold up the others', async () => {
  const seen: string[] = [];
  const { queue } = start(async (key, context) => {
    if (key === 'n/stuck') return stuck(context);
    seen.push(key);
    return DONE;
  });
  queue.add('n/stuck');
  for (let index = 0; index < 100; index += 1) queue.add(`n/${index}`);
  await vi.waitFor(() => expect(seen).toHaveLength(100));
});

test('a reconcile that outlives its deadline is aborted and comes back', async () => {
  let tries = 0;
  const { queue } = start(
    async (_, context) => {
      tries += 1;
      return tries === 1 ? stuck(context) : DONE;
    },
    { deadlineMs: 20 },
  );
  queue.add('n/a');
  await vi.waitFor(() => expect(tries).toBe(2));
  expect(lines).toMatchObject([{ level: 40, timedOut: true, err: { type: 'TimeoutError' } }]);
});

describe('stopping', () => {
  test('aborts what runs, waits for it, and says nothing', async () => {
    let begun = 0;
    let ended = 0;
    const { queue } = start(async (_, context) => {
      begun += 1;
      try {
        return await stuck(context);
      } finally {
        await new Promise((resolve) => setImmediate(resolve));
        ended += 1;
      }
    });
    queue.add('n/a');
    queue.add('n/b');
    queue.add('n/waiting');
    await vi.waitFor(() => expect(begun).toBe(2));
    stop.abort();
    await Promise.all(runs);
    expect({ begun, ended }).toEqual({ begun: 2, ended: 2 });
    expect(lines).toEqual([]);
  });

  test.each<[string, (queue: Controller['queue']) => void]>([
    [
      'before the first key comes',
      (queue) => {
        stop.abort();
        queue.add('n/a');
      },
    ],
    [
      'just after a key was handed out',
      (queue) => {
        queue.add('n/a');
        stop.abort();
      },
    ],
  ])('%s runs nothing', async (_, happens) => {
    const reconcile = vi.fn(async () => DONE);
    const { queue } = start(reconcile);
    happens(queue);
    await Promise.all(runs);
    expect(reconcile).not.toHaveBeenCalled();
  });

  test('before the start is over at once', async () => {
    stop.abort();
    start(async () => DONE);
    await Promise.all(runs);
  });
});

describe('a controller that gives way to others', () => {
  test('begins nothing while they have work, and then goes on with all', async () => {
    let urgent = true;
    let asked = 0;
    const seen: string[] = [];
    const giveWay = (): boolean => {
      asked += 1;
      return urgent;
    };
    const work = async (key: string): Promise<Result> => {
      seen.push(key);
      return DONE;
    };
    const { queue } = start(work, { concurrency: 5, giveWay });
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) queue.add(key);
    await vi.waitFor(() => expect(asked).toBeGreaterThan(10)); // Each of five workers has looked again.
    expect(seen).toEqual([]);
    urgent = false;
    await vi.waitFor(() => expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']));
  });

  test('does so for no more than fifteen seconds', async () => {
    vi.useFakeTimers();
    const seen: string[] = [];
    const { queue } = start(
      async (key) => {
        seen.push(key);
        return DONE;
      },
      { concurrency: 2, giveWay: () => true },
    );
    queue.add('a');
    queue.add('b');
    await vi.advanceTimersByTimeAsync(14_000);
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.waitFor(() => expect(seen).toEqual(['a', 'b']));
  });

  test('holds nothing back any more when they have had work for fifteen seconds, until they had none', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let urgent = true;
    let asked = 0;
    const seen: string[] = [];
    const giveWay = (): boolean => {
      asked += 1;
      return urgent;
    };
    const { queue } = start(
      async (key) => {
        seen.push(key);
        return DONE;
      },
      { concurrency: 1, giveWay },
    );
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await vi.waitFor(() => expect(asked).toBeGreaterThan(0));
    vi.advanceTimersByTime(15_000);
    await vi.waitFor(() => expect(seen).toEqual(['a', 'b', 'c'])); // One worker, which would have held each for as long.
    urgent = false;
    queue.add('d');
    await vi.waitFor(() => expect(seen).toContain('d'));
    urgent = true;
    queue.add('e');
    const before = asked;
    await vi.waitFor(() => expect(asked).toBeGreaterThan(before + 1));
    expect(seen).not.toContain('e');
    urgent = false;
    await vi.waitFor(() => expect(seen).toContain('e'));
  });
});

describe('a namespace whose reconciles hang', () => {
  test('does not hold up another one, however many objects it has', async () => {
    const done: string[] = [];
    let hanging = 0;
    let most = 0;
    const reconcile = async (key: string, { signal }: ReconcileContext): Promise<Result> => {
      if (!key.startsWith('hangs/')) {
        done.push(key);
        return DONE;
      }
      hanging += 1;
      most = Math.max(most, hanging);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      hanging -= 1;
      throw new Error('no answer');
    };
    const { queue } = start(reconcile, { concurrency: 4, slowMs: 20 });
    for (let index = 0; index < 100; index += 1) queue.add(`hangs/${index}`);
    for (let round = 0; round < 10; round += 1) {
      queue.add(`works/${round}`);
      await vi.waitFor(() => expect(done).toContain(`works/${round}`), { timeout: 10_000 });
    }
    expect(most).toBe(4); // All workers were taken once, and none again: it has had its share.
  });

  test('gets all its workers back once it is quick again', async () => {
    const waiting: (() => void)[] = [];
    const seen: string[] = [];
    const reconcile = async (key: string): Promise<Result> => {
      seen.push(key);
      if (key === 'ns/slow') await new Promise<void>((resolve) => waiting.push(resolve));
      return DONE;
    };
    const { queue } = start(reconcile, { concurrency: 5, slowMs: 10 });
    queue.add('ns/slow');
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    queue.add('ns/quick');
    await vi.waitFor(() => expect(seen).toEqual(['ns/slow', 'ns/quick'])); // Its share is two.
    waiting[0]?.();
    await vi.waitFor(() => expect(queue.idle).toBe(true));
  });
});
