import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backoffMs, REQUEUE_BACKOFF, WATCH_BACKOFF } from '../../src/kube/backoff.ts';
import { WorkQueue } from '../../src/kube/queue.ts';

const DAY = 24 * 3_600_000;
let wallOffset: number;
let queue: WorkQueue<string>;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  wallOffset = 0;
  queue = newQueue();
});
afterEach(() => vi.useRealTimers());

function newQueue(): WorkQueue<string> {
  return new WorkQueue({ wall: () => Date.now() + wallOffset, monotonic: () => performance.now() }, () => 0);
}

/** What can be taken now, each given back at once. */
async function drain(from: WorkQueue<string> = queue): Promise<string[]> {
  const taken: string[] = [];
  while (from.depth > 0) {
    const key = await from.take();
    if (key === undefined) break;
    taken.push(key);
    from.done(key);
  }
  return taken;
}

describe('adds', () => {
  test('of one key before its run count once, and keys come in the order of their first add', async () => {
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
    expect(queue.depth).toBe(3);
    expect(await drain()).toEqual(['b', 'a', 'c']);
    expect(queue.idle).toBe(true);
  });

  test('during a run lead to one more run, after it and not beside it', async () => {
    queue.add('a');
    expect(await queue.take()).toBe('a');
    for (let add = 0; add < 5; add += 1) queue.add('a');
    expect(queue.depth).toBe(0);
    expect(queue.running).toBe(1);
    queue.done('a');
    expect(await drain()).toEqual(['a']);
  });

  test('wake who waits, first come first served', async () => {
    const first = queue.take();
    const second = queue.take();
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
    expect(queue.depth).toBe(0);
    expect(queue.running).toBe(2);
  });
});

describe('delays', () => {
  test('run the key after that time, the shortest of several', async () => {
    queue.addAfter('a', 3_000);
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 9_000);
    vi.advanceTimersByTime(999);
    expect(queue.depth).toBe(0);
    vi.advanceTimersByTime(1);
    expect(await drain()).toEqual(['a']);
    vi.advanceTimersByTime(60_000);
    expect(queue.depth).toBe(0);
  });

  test('of nothing or less mean now', async () => {
    queue.addAfter('a', 0);
    queue.addAfter('b', -5);
    expect(await drain()).toEqual(['a', 'b']);
  });

  test('are over when something else runs the key first', async () => {
    queue.addAfter('a', 1_000);
    queue.add('a');
    expect(await drain()).toEqual(['a']);
    vi.advanceTimersByTime(5_000);
    expect(queue.depth).toBe(0);
  });

  test('go by time that passes: a wall clock set back by an hour does not hold them', async () => {
    queue.addAfter('a', 1_000);
    wallOffset = -3_600_000;
    vi.advanceTimersByTime(1_000);
    expect(await drain()).toEqual(['a']);
  });
});

describe('appointments', () => {
  test('beyond 24.8 days are kept to the millisecond', async () => {
    const due = Date.now() + 40 * DAY;
    queue.appoint('a', due);
    vi.setSystemTime(due - 20_000);
    vi.advanceTimersByTime(19_999);
    expect(queue.depth).toBe(0);
    vi.advanceTimersByTime(1);
    expect(await drain()).toEqual(['a']);
  });

  test('replace each other, and none is none', () => {
    queue.appoint('a', Date.now() + 1_000);
    queue.appoint('a', Date.now() + 5_000);
    queue.appoint('b', Date.now() + 1_000);
    queue.appoint('b', undefined);
    vi.advanceTimersByTime(4_999);
    expect(queue.depth).toBe(0);
    vi.advanceTimersByTime(1);
    expect(queue.depth).toBe(1);
  });

  test('stay when the key runs for another reason', async () => {
    queue.appoint('a', Date.now() + 1_000);
    queue.add('a');
    expect(await drain()).toEqual(['a']);
    vi.advanceTimersByTime(1_000);
    expect(await drain()).toEqual(['a']);
  });

  test('go by the wall clock: set forward, they are due', async () => {
    queue.appoint('a', Date.now() + DAY);
    wallOffset = 2 * DAY;
    vi.advanceTimersByTime(15_000);
    expect(await drain()).toEqual(['a']);
  });
});

describe('failures', () => {
  test('double the delay from 5 ms to 1000 s, a key for itself, until it succeeds', async () => {
    const delays = Array.from({ length: 20 }, () => queue.retry('a'));
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(delays.slice(-2)).toEqual([1_000_000, 1_000_000]);
    expect(queue.retry('b')).toBe(5);
    queue.forget('a');
    expect(queue.retry('a')).toBe(5);
    vi.advanceTimersByTime(5);
    expect((await drain()).sort()).toEqual(['a', 'b']);
  });

  test('never delay more than the bound nor less than the first step, whatever their number and the random', () => {
    const bounds = fc.constantFrom(REQUEUE_BACKOFF, WATCH_BACKOFF);
    fc.assert(
      fc.property(bounds, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (of, failures, random) => {
        const ms = backoffMs(of, failures, () => random);
        expect(ms).toBeGreaterThanOrEqual(of.firstMs);
        expect(ms).toBeLessThanOrEqual(of.maxMs);
        expect(backoffMs(of, failures + 1, () => random)).toBeGreaterThanOrEqual(ms);
      }),
    );
  });
});

describe('closing', () => {
  test('wakes who waits with nothing, hands out nothing more, and leaves no timer', async () => {
    const waiting = [queue.take(), queue.take()];
    queue.addAfter('a', 1_000);
    queue.appoint('b', Date.now() + 1_000);
    queue.close();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    queue.add('c');
    queue.addAfter('d', 1);
    queue.appoint('e', Date.now());
    queue.retry('f');
    vi.advanceTimersByTime(60_000);
    expect(await queue.take()).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('forgets what was ready, and what was added to a running key', async () => {
    queue.add('a');
    queue.add('b');
    expect(await queue.take()).toBe('a');
    queue.add('a');
    queue.close();
    queue.done('a');
    expect(await queue.take()).toBeUndefined();
  });
});

test('does what a plain model would, for any order of events', async () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), key, ms: fc.constant(0) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('addAfter' as const), key, ms: fc.integer({ min: -5, max: 5_000 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('appoint' as const), key, ms: fc.integer({ min: -5, max: 40_000 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), key, ms: fc.constant(0) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('take' as const), key, ms: fc.constant(0) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('done' as const), key, ms: fc.constant(0) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), key, ms: fc.integer({ min: 0, max: 6_000 }) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const subject = newQueue();
      const model = new Model();
      for (const { kind, key: of, ms } of steps) {
        switch (kind) {
          case 'add':
            subject.add(of);
            model.add(of);
            break;
          case 'addAfter':
            subject.addAfter(of, ms);
            model.addAfter(of, Date.now() + ms);
            break;
          case 'appoint':
            subject.appoint(of, Date.now() + ms);
            model.appointments.set(of, Date.now() + ms);
            break;
          case 'cancel':
            subject.appoint(of, undefined);
            model.appointments.delete(of);
            break;
          case 'take':
            expect(subject.depth).toBe(model.ready.length);
            if (subject.depth > 0) model.take(await subject.take());
            break;
          case 'done': {
            const running = [...model.running][0];
            if (running === undefined) break;
            subject.done(running);
            model.done(running);
            break;
          }
          case 'wait':
            // Appointments in the past wait for a turn of the event loop; the model has none.
            vi.advanceTimersByTime(ms + 1);
            model.passTo(Date.now());
            break;
        }
        expect(subject.running).toBe(model.running.size);
      }
      subject.close();
    }),
    { numRuns: 300 },
  );
});

/** The queue in its simplest form: no heap, no timers, no waiters. */
class Model {
  readonly ready: string[] = [];
  readonly running = new Set<string>();
  readonly appointments = new Map<string, number>();
  readonly #delays = new Map<string, number>();
  readonly #again = new Set<string>();

  add(key: string): void {
    if (this.running.has(key)) this.#again.add(key);
    else if (!this.ready.includes(key)) this.ready.push(key);
  }

  addAfter(key: string, at: number): void {
    if (at <= Date.now()) this.add(key);
    else this.#delays.set(key, Math.min(at, this.#delays.get(key) ?? Infinity));
  }

  /** Keys that became due in the same millisecond may come in any order. */
  take(key: string | undefined): void {
    const place = this.ready.findIndex((ready) => ready === key);
    if (key === undefined || place < 0) expect.fail(`${key} was not ready`);
    this.ready.splice(place, 1);
    this.running.add(key);
    this.#delays.delete(key);
  }

  done(key: string): void {
    this.running.delete(key);
    if (this.#again.delete(key)) this.ready.push(key);
  }

  passTo(now: number): void {
    for (const times of [this.#delays, this.appointments]) {
      for (const [key, at] of [...times]) {
        if (at > now) continue;
        times.delete(key);
        this.add(key);
      }
    }
  }
}
