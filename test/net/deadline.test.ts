import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deadline } from '../../src/net/deadline.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('a deadline aborts after its time and says that it was the time', async () => {
  using deadline = new Deadline(new AbortController().signal, 1_000);
  await vi.advanceTimersByTimeAsync(999);
  expect(deadline.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(deadline.expired).toBe(true);
  expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError', message: 'not done within 1000 ms' });
});

test.each(['before', 'after'])('one whose parent aborts %s it is made aborts for the same reason', (when) => {
  const parent = new AbortController();
  if (when === 'before') parent.abort(new Error('stop'));
  using deadline = new Deadline(parent.signal, 1_000);
  parent.abort(new Error('stop'));
  expect(deadline.signal.reason).toEqual(new Error('stop'));
  expect(deadline.expired).toBe(false);
});

test('once the work is done nothing aborts and no timer is left', async () => {
  const parent = new AbortController();
  const deadline = new Deadline(parent.signal, 1_000);
  deadline[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
  parent.abort(new Error('stop'));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(deadline.signal.aborted).toBe(false);
});
