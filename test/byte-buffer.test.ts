import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteBuffer } from '../src/byte-buffer.ts';

test('what is taken is what was appended since, whatever became of the parts', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 20 });
  fc.assert(
    fc.property(parts, parts, (first, second) => {
      const buffer = new ByteBuffer();
      const taken = [first, second].map((list) => {
        for (const part of list) {
          const given = Buffer.from(part);
          buffer.append(given);
          given.fill(0);
        }
        expect(buffer.length).toBe(Buffer.concat(list).length);
        return buffer.take();
      });
      expect(taken).toEqual([Buffer.concat(first), Buffer.concat(second)]);
      expect(buffer.length).toBe(0);
    }),
  );
});
