import { describe, expect, test } from 'vitest';
import { largestFileBytes, parallelParts, PART_SCHEDULE, partBytes } from '../../../src/runner/upload/part-schedule.ts';

const MIB = 1_048_576;
const GIB = 1_024 * MIB;
const ALL_PARTS = Array.from({ length: 10_000 }, (_, index) => partBytes(PART_SCHEDULE, index + 1) ?? 0);

describe('the sizes of parts', () => {
  test('keep to the limits of S3: 5 MiB to 5 GiB a part, 10,000 parts', () => {
    expect(Math.min(...ALL_PARTS)).toBeGreaterThanOrEqual(5 * MIB);
    expect(Math.max(...ALL_PARTS)).toBeLessThanOrEqual(5 * GIB);
    expect(partBytes(PART_SCHEDULE, 10_001)).toBeUndefined();
  });

  test('never shrink', () => {
    expect(ALL_PARTS).toEqual(ALL_PARTS.toSorted((a, b) => a - b));
  });

  test('reach beyond 1 TiB', () => {
    expect(ALL_PARTS.reduce((sum, bytes) => sum + bytes, 0)).toBe(largestFileBytes(PART_SCHEDULE));
    expect(largestFileBytes(PART_SCHEDULE)).toBeGreaterThan(1_024 * GIB);
  });

  test('stay the smallest for the first gigabytes, so that memory is flat there', () => {
    expect(new Set(ALL_PARTS.slice(0, 1_000))).toEqual(new Set([5 * MIB]));
  });
});

describe('parts under way at once', () => {
  test.each([
    [5 * MIB, 3, 3],
    [5 * MIB, 8, 8],
    [32 * MIB, 3, 3],
    [128 * MIB, 3, 1],
    [1_024 * MIB, 3, 1],
  ])('of %i bytes, of %i wanted: %i', (bytes, wanted, expected) => {
    expect(parallelParts(bytes, wanted)).toBe(expected);
  });

  test('never need more than 256 MiB with the one that is being filled', () => {
    for (const bytes of new Set(ALL_PARTS)) expect((parallelParts(bytes, 3) + 1) * bytes).toBeLessThanOrEqual(256 * MIB);
  });
});
