import { describe, expect, test } from 'vitest';
import { CleanupMemory } from '../../../src/operator/report/cleanup-memory.ts';
import { StorageError } from '../../../src/operator/storage/access.ts';

const away = new StorageError('Other', 'the store asks for fewer requests');
const absent = new StorageError('NotFound', 'the bucket does not exist');

describe('cleaning a bucket in trouble', () => {
  test('goes on where it has come to, for each Report by itself, until the Report is forgotten', () => {
    const memory = new CleanupMemory();
    memory.cleaned('uid-1', 'store/a.csv');
    memory.failed('uid-1', away, 0);
    expect(memory.isClean('uid-1', 'store/a.csv')).toBe(true);
    expect(memory.isClean('uid-1', 'store/b.csv')).toBe(false);
    expect(memory.isClean('uid-2', 'store/a.csv')).toBe(false);
    memory.forget('uid-1');
    expect(memory.isClean('uid-1', 'store/a.csv')).toBe(false);
  });

  test('counts from its own first look how long a file could not be looked at', () => {
    const memory = new CleanupMemory();
    expect(memory.unchecked('uid-1', 1_000)).toBe(1_000);
    expect(memory.unchecked('uid-1', 2_000)).toBe(1_000);
    expect(memory.unchecked('uid-2', 2_000)).toBe(2_000);
    memory.forget('uid-1');
    expect(memory.unchecked('uid-1', 3_000)).toBe(3_000);
  });

  test('counts failures of one kind in a row', () => {
    const memory = new CleanupMemory();
    memory.failed('uid-1', absent, 1_000);
    memory.failed('uid-1', absent, 2_000);
    expect(memory.of('uid-1')).toEqual({ kind: 'NotFound', message: absent.message, times: 2, since: 1_000 });
    memory.failed('uid-1', away, 3_000);
    expect(memory.of('uid-1')).toMatchObject({ kind: 'Other', times: 1, since: 3_000 });
    memory.cleaned('uid-1', 'store/a.csv');
    expect(memory.of('uid-1')).toBeUndefined();
  });

  test.each([
    ['after the first failure', 1, 500],
    ['twice as long after the next', 2, 1_000],
    ['and after the next', 3, 2_000],
    ['and never longer than a quarter of a minute', 8, 15_000],
    ['whatever happens', 10_000, 15_000],
  ])('waits %s', (_, times, ms) => {
    const memory = new CleanupMemory();
    for (let time = 0; time < times; time += 1) memory.failed('uid-1', away, time);
    expect(memory.pauseMs('uid-1', 0)).toBe(ms);
    expect(memory.pauseMs('uid-1', 0.9)).toBeLessThan(1.5 * ms);
  });

  test('is tried soon again when something went well', () => {
    const memory = new CleanupMemory();
    for (let time = 0; time < 20; time += 1) memory.failed('uid-1', away, time);
    memory.cleaned('uid-1', 'store/a.csv');
    memory.failed('uid-1', away, 21);
    expect(memory.pauseMs('uid-1', 0)).toBe(500);
  });
});
