import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from '../../../src/local/tools/lock.ts';
import { makeFolder } from './support.ts';

const quiet = { signal: new AbortController().signal, onWait: () => undefined };

function lockFile(owner?: { readonly pid: number; readonly host: string }): string {
  const path = join(makeFolder(), 'lock');
  if (owner !== undefined) writeFileSync(path, JSON.stringify(owner));
  return path;
}

test('only one holds the lock at a time, and each gets its turn', async () => {
  const path = lockFile();
  let holders = 0;
  const most: number[] = [];
  const work = async (): Promise<void> => {
    holders += 1;
    most.push(holders);
    await new Promise((resolve) => setImmediate(resolve));
    holders -= 1;
  };
  await Promise.all([1, 2, 3, 4].map(() => withLock(path, quiet, work)));
  expect(most).toEqual([1, 1, 1, 1]);
  expect(existsSync(path)).toBe(false);
});

test('the lock is released when the work fails', async () => {
  const path = lockFile();
  await expect(withLock(path, quiet, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});

test('the lock of a process that is gone is taken over', async () => {
  const gone = spawn('true');
  await once(gone, 'exit');
  const path = lockFile({ pid: gone.pid ?? Number.NaN, host: hostname() });
  expect(await withLock(path, quiet, () => Promise.resolve('mine'))).toBe('mine');
});

test('a lock that nobody touched for long is taken over, wherever its owner is', async () => {
  const path = lockFile({ pid: process.pid, host: 'another-host' });
  const minuteAgo = Date.now() / 1_000 - 60;
  utimesSync(path, minuteAgo, minuteAgo);
  expect(await withLock(path, quiet, () => Promise.resolve('mine'))).toBe('mine');
});

test('the lock of a living owner is waited for, saying for whom', async () => {
  const path = lockFile();
  const order: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = withLock(path, quiet, async () => {
    order.push('first');
    await held;
    order.push('first ends');
  });
  const onWait = (pid: number): void => {
    order.push(`waits for ${pid === process.pid ? 'us' : 'somebody'}`);
    release();
  };
  await Promise.all([first, withLock(path, { ...quiet, onWait }, () => Promise.resolve(order.push('second')))]);
  expect(order).toEqual(['first', 'waits for us', 'first ends', 'second']);
});

test('waiting ends with the reason of the signal', async () => {
  const path = lockFile({ pid: process.pid, host: hostname() });
  const stop = new AbortController();
  const waiting = withLock(path, { signal: stop.signal, onWait: () => stop.abort(new Error('changed my mind')) }, () => Promise.resolve());
  await expect(waiting).rejects.toThrow('changed my mind');
  expect(existsSync(path)).toBe(true);
});
