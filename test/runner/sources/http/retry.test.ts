import { describe, expect, test } from 'vitest';
import { failed } from '../../../../src/runner/sources/http/errors.ts';
import { retryAfterMs } from '../../../../src/runner/sources/http/retry-after.ts';
import { pauseBeforeRetry, Refusal, TRIES_LIMIT } from '../../../../src/runner/sources/http/retry.ts';

const now = Date.parse('2026-10-01T06:00:00Z');

test.each<[header: string | undefined, expected: number | undefined]>([
  [undefined, undefined],
  ['', undefined],
  ['0', 0],
  ['120', 120_000],
  [' 5 ', 5_000],
  ['9999999999', 9_999_999_999_000],
  ['99999999999', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['Thu, 01 Oct 2026 06:00:30 GMT', 30_000],
  ['Thu, 01 Oct 2026 05:00:00 GMT', 0],
  ['2026-10-01T06:00:30Z', undefined],
  ['Thu, 99 Oct 2026 06:00:30 GMT', undefined],
])('Retry-After %j is %j ms', (header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected);
});

describe('the pause before the next try', () => {
  const passing = failed('status 503: the server failed', true);

  test('doubles, and half of it is chance', () => {
    expect([1, 2, 3, 4].map((tries) => pauseBeforeRetry(passing, tries, 1e9, 1))).toEqual([1000, 2000, 4000, 8000]);
    expect([1, 2, 3, 4].map((tries) => pauseBeforeRetry(passing, tries, 1e9, 0))).toEqual([500, 1000, 2000, 4000]);
  });

  test('is what the server asks for', () => {
    expect(pauseBeforeRetry(new Refusal(passing, 7_000), 1, 1e9, 0.5)).toBe(7_000);
    expect(pauseBeforeRetry(new Refusal(passing, 0), 1, 1e9, 0.5)).toBe(0);
    expect(pauseBeforeRetry(new Refusal(passing, undefined), 1, 1e9, 1)).toBe(1000);
  });

  test('is none when the server asks for more than is left of the run: the failure is final at once', () => {
    const refusal = new Refusal(passing, 3_600_000);
    expect(() => pauseBeforeRetry(refusal, 1, 3_600_000, 0)).toThrow(
      expect.objectContaining({
        reason: 'SourceFailed',
        retryable: false,
        message:
          "http: status 503: the server failed; the server asks to wait 3,600 s, which is beyond the run's deadline (activeDeadlineSeconds)",
      }),
    );
    expect(pauseBeforeRetry(refusal, 1, 3_600_001, 0)).toBe(3_600_000);
  });

  test('is none after the last try, and the run may be tried again', () => {
    expect(() => pauseBeforeRetry(passing, TRIES_LIMIT, 1e9, 0)).toThrow(passing);
    expect(() => pauseBeforeRetry(new Refusal(passing, 10), TRIES_LIMIT, 1e9, 0)).toThrow(expect.objectContaining({ retryable: true }));
  });

  test('is none for what another try cannot mend', () => {
    const final = failed('status 404', false);
    expect(() => pauseBeforeRetry(final, 1, 1e9, 0)).toThrow(final);
  });
});
