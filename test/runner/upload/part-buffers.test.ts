import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PartBuffers } from '../../../src/runner/upload/part-buffers.ts';

function counting(): { readonly buffers: PartBuffers; readonly allocated: number[] } {
  const allocated: number[] = [];
  const buffers = new PartBuffers((bytes) => {
    allocated.push(bytes);
    return Buffer.alloc(bytes);
  });
  return { buffers, allocated };
}

describe('buffers', () => {
  test('are used again', () => {
    const { buffers, allocated } = counting();
    for (let round = 0; round < 10; round += 1) buffers.release(buffers.take(100));
    expect(allocated).toEqual([100]);
  });

  test('come back empty', () => {
    const { buffers } = counting();
    const first = buffers.take(4);
    first.fill(Buffer.from('abcd'));
    buffers.release(first);
    const second = buffers.take(4);
    second.fill(Buffer.from('x'));
    expect(Buffer.from(second.content).toString()).toBe('x');
  });

  test('of a smaller size are given up when parts grow', () => {
    const { buffers, allocated } = counting();
    const small = [buffers.take(10), buffers.take(10)];
    for (const buffer of small) buffers.release(buffer);
    const large = buffers.take(20);
    buffers.release(large);
    expect(buffers.take(20).memory).toBe(large.memory);
    expect(allocated).toEqual([10, 10, 20]);
  });

  test('take any pieces in order and say how much fitted', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.integer({ min: 1, max: 50 }), (pieces, size) => {
        const buffer = counting().buffers.take(size);
        const taken = pieces.map((piece) => piece.subarray(0, buffer.fill(piece)));
        const whole = Buffer.concat(pieces);
        expect(Buffer.concat(taken).equals(Buffer.from(buffer.content))).toBe(true);
        expect(buffer.content.byteLength).toBe(Math.min(whole.byteLength, size));
        expect(buffer.isFull).toBe(whole.byteLength >= size);
      }),
    );
  });
});
