import { spawnSync } from 'node:child_process';
import { crc32, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GzipEncoder, gzipTrailer } from '../../../src/runner/compression/gzip.ts';
import type { RowBatch, RowEncoder } from '../../../src/runner/rows.ts';
import { tableOf } from '../formats/arbitraries.ts';
import { column, encode } from '../formats/encode.ts';

const PACKED = ['CSV', 'JSON', 'NDJSON'] as const;
const COLUMNS = [column('Integer'), column('String')];

/** Rows of some 80 bytes that do not repeat: `count` of them are several pieces of deflate. */
function manyRows(count: number): RowBatch {
  return Array.from({ length: count }, (_, index) => [index, crc32(String(index)).toString(36).repeat(10)]);
}

/** A format whose bytes are the texts of its rows, as they are. */
const PLAIN: RowEncoder = {
  sheets: 1,
  start: () => new Uint8Array(0),
  encode: (batch) => Buffer.concat(batch.map(([cell]) => Buffer.from(String(cell), 'latin1'))),
  end: () => new Uint8Array(0),
};

describe('a file packed by gzip', () => {
  test.each(PACKED)('is the %s file once it is unpacked', (format) => {
    fc.assert(
      fc.property(tableOf(), ({ columns, rows }) => {
        const packed = encode(format, columns, rows, { compression: 'Gzip' });
        expect(gunzipSync(packed).toString()).toBe(encode(format, columns, rows).toString());
      }),
    );
    const rows = manyRows(20_000);
    expect(gunzipSync(encode(format, COLUMNS, rows, { compression: 'Gzip' })).toString()).toBe(encode(format, COLUMNS, rows).toString());
  });

  test('is the same bytes however its rows are batched', () => {
    const rows = manyRows(20_000);
    const packed = encode('CSV', COLUMNS, rows, { compression: 'Gzip' });
    for (const batchSize of [1, 777, 20_000]) {
      expect(encode('CSV', COLUMNS, rows, { compression: 'Gzip', batchSize }).equals(packed)).toBe(true);
    }
  });

  test('tells neither when nor where nor from what it was made', () => {
    const packed = encode('NDJSON', COLUMNS, manyRows(10), { compression: 'Gzip' });
    // RFC 1952: two bytes of magic, deflate, no flags, no time, no extra flags, system unknown.
    expect([...packed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  test('without rows is an empty file that can be unpacked', () => {
    const packed = encode('NDJSON', COLUMNS, [], { compression: 'Gzip' });
    expect(packed.length).toBeGreaterThan(0);
    expect(gunzipSync(packed)).toHaveLength(0);
  });

  test('is small', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => [index, 'the same text again']);
    const plain = encode('NDJSON', COLUMNS, rows);
    expect(encode('NDJSON', COLUMNS, rows, { compression: 'Gzip' }).length).toBeLessThan(plain.length / 5);
  });

  test('gives bytes away as they come, so that memory does not grow with the file', () => {
    const encoder = new GzipEncoder(PLAIN);
    encoder.start([]);
    const noise = Buffer.alloc(1 << 20);
    for (let at = 0; at < noise.length; at += 4) noise.writeUInt32LE(crc32(String(at)), at);
    for (let batch = 0; batch < 4; batch += 1) {
      expect(encoder.encode([[noise.toString('latin1')]]).length).toBeGreaterThanOrEqual(noise.length);
    }
  });

  test('ends with checksum and length, which begins anew at 4 GiB', () => {
    const trailer = (size: number): string => Buffer.from(gzipTrailer({ crc32: 0xdead_beef, size })).toString('hex');
    expect(trailer(5)).toBe('efbeadde05000000');
    expect(trailer(2 ** 32 - 1)).toBe('efbeaddeffffffff');
    expect(trailer(2 ** 32)).toBe('efbeadde00000000');
    expect(trailer(3 * 2 ** 32 + 5)).toBe('efbeadde05000000');
  });

  test.skipIf(spawnSync('gzip', ['--version']).status !== 0)('is unpacked by gzip itself (needs gzip)', () => {
    const rows = manyRows(20_000);
    const { stdout, stderr, status } = spawnSync('gzip', ['-dc'], {
      input: encode('CSV', COLUMNS, rows, { compression: 'Gzip' }),
      maxBuffer: 1 << 28,
    });
    expect([status, stderr.toString()]).toEqual([0, '']);
    expect(stdout.equals(encode('CSV', COLUMNS, rows))).toBe(true);
  });
});
