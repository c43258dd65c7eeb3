import { describe, expect, test } from 'vitest';
import { REAL_PACING, UPLOAD_RETRIES, withRetries } from '../../../src/runner/upload/retry.ts';
import { StoreError } from '../../../src/s3/errors.ts';
import { FakePacing } from './pacing.ts';

const never = new AbortController().signal;

/** Fails until the clock says `until`; each try takes `tryMs`. */
function outage(pacing: FakePacing, until: number, tryMs = 0): { readonly attempt: () => Promise<string>; tries: number } {
  const state = {
    tries: 0,
    attempt: async () => {
      state.tries += 1;
      pacing.time += tryMs;
      if (pacing.time < until) throw new StoreError('Refused');
      return 'done';
    },
  };
  return state;
}

describe('an outage of 30 s is outlived', () => {
  test.each([
    ['of refused connections, with the shortest pauses', 0, 0],
    ['of refused connections, with the longest pauses', 1, 0],
    ['of connections that hang for 10 s', 0.5, 10_000],
    ['of a store that is silent for 30 s a try', 0.5, 30_000],
  ])('%s', async (_, random, tryMs) => {
    const pacing = new FakePacing(() => random);
    await expect(withRetries(UPLOAD_RETRIES, pacing, never, outage(pacing, 30_000 + tryMs, tryMs).attempt)).resolves.toBe('done');
  });
});

describe('trying again', () => {
  test('ends when the outage does not', async () => {
    const pacing = new FakePacing();
    const store = outage(pacing, Infinity);
    await expect(withRetries(UPLOAD_RETRIES, pacing, never, store.attempt)).rejects.toMatchObject({ kind: 'Refused' });
    expect(pacing.time).toBeLessThanOrEqual(60_000);
    expect(pacing.time).toBeGreaterThan(55_000);
  });

  test('pauses twice as long each time, up to 5 s', async () => {
    const pacing = new FakePacing();
    await withRetries(UPLOAD_RETRIES, pacing, never, outage(pacing, 15_000).attempt);
    expect(pacing.pauses).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  test('scatters pauses over their second half', async () => {
    const pacing = new FakePacing(() => 0);
    await withRetries(UPLOAD_RETRIES, pacing, never, outage(pacing, 700).attempt);
    expect(pacing.pauses).toEqual([100, 200, 400]);
  });

  test.each<[string, unknown]>([
    ['a refusal', new StoreError('AccessDenied')],
    ['a mistake of ours', new TypeError('x')],
  ])('is not for %s', async (_, error) => {
    const pacing = new FakePacing();
    await expect(withRetries(UPLOAD_RETRIES, pacing, never, () => Promise.reject(error as Error))).rejects.toBe(error);
    expect(pacing.pauses).toEqual([]);
  });

  test('ends with its signal, in the middle of a pause', async () => {
    const stop = new AbortController();
    const reason = new Error('SIGTERM');
    const failing = async (): Promise<never> => {
      queueMicrotask(() => {
        stop.abort(reason);
      });
      throw new StoreError('Refused');
    };
    await expect(withRetries(UPLOAD_RETRIES, REAL_PACING, stop.signal, failing)).rejects.toBe(reason);
  });
});
