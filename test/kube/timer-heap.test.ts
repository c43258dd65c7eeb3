import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TimerHeap } from '../../src/kube/timer-heap.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How late a jump of the clock may be noticed. */
const NOTICED_WITHIN = 15_000;

/** A clock that can be set; timers go by the time that passes. */
class SettableClock {
  #offset = 0;
  readonly now = (): number => Date.now() + this.#offset;

  jump(ms: number): void {
    this.#offset += ms;
  }
}

let clock: SettableClock;
let fired: { readonly key: string; readonly at: number }[];
let heap: TimerHeap<string>;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  clock = new SettableClock();
  fired = [];
  heap = new TimerHeap(clock.now, (key) => fired.push({ key, at: clock.now() }));
});
afterEach(() => {
  vi.restoreAllMocks(); // Before the timers: what a spy stands for here is a timer that only this file moves.
  vi.useRealTimers();
});

test('fires each key at its time, earliest first, once', () => {
  heap.set('c', clock.now() + 3_000);
  heap.set('a', clock.now() + 1_000);
  heap.set('b', clock.now() + 2_000);
  vi.advanceTimersByTime(999);
  expect(fired).toEqual([]);
  vi.advanceTimersByTime(10_000);
  expect(fired).toEqual([
    { key: 'a', at: 1_001_000 },
    { key: 'b', at: 1_002_000 },
    { key: 'c', at: 1_003_000 },
  ]);
  expect(heap.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('a time that has passed fires with the next turn', () => {
  heap.set('a', clock.now() - DAY);
  heap.set('b', -Infinity);
  expect(fired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(fired.map(({ key }) => key)).toEqual(['b', 'a']);
});

test.each([25, 60, 366, 3_650])('a time %i days away, beyond what setTimeout can wait, fires then and not before', (days) => {
  const due = clock.now() + days * DAY;
  heap.set('a', due);
  vi.setSystemTime(due - 20_000); // Time passes without every 15 s of it being played.
  vi.advanceTimersByTime(19_999);
  expect(fired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(fired).toEqual([{ key: 'a', at: due }]);
});

test('never sets a timer of more than 15 seconds', () => {
  const set = vi.spyOn(globalThis, 'setTimeout');
  heap.set('a', clock.now() + 400 * DAY);
  heap.set('b', Infinity);
  vi.advanceTimersByTime(HOUR);
  expect(set.mock.calls.length).toBeGreaterThan(100);
  for (const [, ms] of set.mock.calls) expect(ms).toBeLessThanOrEqual(NOTICED_WITHIN);
});

describe('a clock that is set', () => {
  test('forward fires what is due by it, at most 15 s late', () => {
    heap.set('a', clock.now() + HOUR);
    vi.advanceTimersByTime(1_000);
    clock.jump(2 * HOUR);
    vi.advanceTimersByTime(NOTICED_WITHIN);
    expect(fired.map(({ key }) => key)).toEqual(['a']);
  });

  test('back fires when it has come to that time again', () => {
    const due = clock.now() + 10_000;
    heap.set('a', due);
    clock.jump(-HOUR);
    vi.advanceTimersByTime(HOUR + 9_999);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual([{ key: 'a', at: due }]);
  });

  test('back does not hold up what is set afterwards', () => {
    heap.set('a', clock.now() + 10_000);
    clock.jump(-HOUR);
    heap.set('b', clock.now() + 500);
    vi.advanceTimersByTime(500);
    expect(fired.map(({ key }) => key)).toEqual(['b']);
  });
});

test('a key moves when it is set again, and earlier only when asked so', () => {
  const at = (ms: number): number => 1_000_000 + ms;
  heap.set('a', at(1_000));
  heap.set('a', at(3_000));
  heap.setEarlier('a', at(5_000));
  heap.set('b', at(9_000));
  heap.setEarlier('b', at(2_000));
  heap.setEarlier('c', at(4_000));
  vi.advanceTimersByTime(20_000);
  expect(fired).toEqual([
    { key: 'b', at: at(2_000) },
    { key: 'a', at: at(3_000) },
    { key: 'c', at: at(4_000) },
  ]);
});

test('what is set while keys fire comes in its turn', () => {
  const again = new TimerHeap<string>(clock.now, (key) => {
    fired.push({ key, at: clock.now() });
    if (fired.length < 4) again.set(key, clock.now() + 1_000);
    again.delete('never');
  });
  again.set('a', clock.now() + 1_000);
  again.set('never', clock.now() + 1_000);
  vi.advanceTimersByTime(60_000);
  expect(fired.map(({ at }) => at)).toEqual([1_001_000, 1_002_000, 1_003_000, 1_004_000]);
});

test('cleared, it fires nothing and leaves no timer', () => {
  heap.set('a', clock.now() + 1_000);
  heap.clear();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(HOUR);
  expect(fired).toEqual([]);
});

test('a time that is no number is refused and holds up nobody', () => {
  heap.set('a', clock.now() + 1_000);
  expect(() => heap.set('broken', NaN)).toThrow(RangeError);
  expect(() => heap.setEarlier('broken', NaN)).toThrow(RangeError);
  vi.advanceTimersByTime(1_000);
  expect(fired.map(({ key }) => key)).toEqual(['a']);
  expect(vi.getTimerCount()).toBe(0);
});

test('does what a plain map would, for any order of sets, deletes, waits and jumps', () => {
  const key = fc.constantFrom(...'abcdefghijklmnop');
  const ms = fc.oneof(fc.integer({ min: -2_000, max: 60_000 }), fc.integer({ min: 0, max: 40 * DAY }));
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), key, ms }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('setEarlier' as const), key, ms }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key, ms }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), key, ms: fc.integer({ min: 0, max: 40_000 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('jump' as const), key, ms: fc.integer({ min: -HOUR, max: HOUR }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const own = new SettableClock();
      const model = new Map<string, number>();
      const told: string[] = [];
      const subject = new TimerHeap<string>(own.now, (of) => {
        const due = model.get(of);
        // Never early, in order, and never what is not set.
        expect(due).toBeLessThanOrEqual(own.now());
        expect(due).toBe(Math.min(...model.values()));
        model.delete(of);
        told.push(of);
      });
      for (const { kind, key: of, ms: by } of steps) {
        const at = own.now() + by;
        if (kind === 'wait') vi.advanceTimersByTime(by);
        else if (kind === 'jump') own.jump(by);
        else if (kind === 'delete') {
          subject.delete(of);
          model.delete(of);
        } else {
          subject[kind](of, at);
          model.set(of, kind === 'set' ? at : Math.min(at, model.get(of) ?? Infinity));
        }
        expect(subject.size).toBe(model.size);
        if (kind === 'wait' && by > NOTICED_WITHIN)
          for (const due of model.values()) expect(due).toBeGreaterThan(own.now() - NOTICED_WITHIN);
      }
      vi.advanceTimersByTime(NOTICED_WITHIN + 1);
      for (const due of model.values()) expect(due).toBeGreaterThan(own.now());
      subject.clear();
    }),
    { numRuns: 300 },
  );
});
