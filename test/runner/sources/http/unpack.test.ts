import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { unpacked } from '../../../../src/runner/sources/http/unpack.ts';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function unpack(bytes: Buffer, encoding: string | undefined, size = 64 * 1024): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(unpacked(inPieces(bytes, size), encoding)));
}

const body = Buffer.concat([randomBytes(2000), Buffer.from('{"a":1}\n'.repeat(200))]);
const codings: readonly (readonly [name: string, pack: (bytes: Buffer) => Buffer])[] = [
  ['gzip', (bytes) => gzipSync(bytes)],
  ['x-gzip', (bytes) => gzipSync(bytes)],
  [' GZIP ', (bytes) => gzipSync(bytes)],
  ['deflate', (bytes) => deflateSync(bytes)],
  ['deflate', (bytes) => deflateRawSync(bytes)],
  ['br', (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
  ['identity', (bytes) => bytes],
];

const packings = codings.filter(([encoding]) => encoding !== 'identity');

describe.each(codings)('%s', (encoding, pack) => {
  const packed = pack(body);

  test.each([1, 1000, 1_000_000])('is unpacked from pieces of %i bytes', async (size) => {
    expect(await unpack(packed, encoding, size)).toEqual(body);
  });

  test('of nothing at all is nothing', async () => {
    expect(await unpack(Buffer.alloc(0), encoding)).toHaveLength(0);
  });

  test('ends with the failure of the body below it', async () => {
    const cut = async function* (): AsyncGenerator<Buffer> {
      yield packed.subarray(0, 100);
      throw new Error('cut');
    };
    await expect(Array.fromAsync(unpacked(cut(), encoding))).rejects.toThrow('cut');
  });
});

describe.each(packings)('%s', (encoding, pack) => {
  const packed = pack(body);

  test.each([1, 5, 1000])('that lacks its last bytes is an error worth another try: %i', async (missing) => {
    await expect(unpack(packed.subarray(0, -missing), encoding)).rejects.toMatchObject({
      retryable: true,
      message: 'http: a packed body ends early',
    });
  });

  test('with another body behind it is read whole or not at all', async () => {
    const twice = unpack(Buffer.concat([packed, packed]), encoding);
    if (/gzip/i.test(encoding)) expect(await twice).toEqual(Buffer.concat([body, body]));
    else
      await expect(twice).rejects.toMatchObject({
        retryable: false,
        message: 'http: a packed body has data behind its end',
      });
  });
});

test.each([undefined, ''])('no encoding (%j) is none', async (encoding) => {
  expect(await unpack(body, encoding)).toEqual(body);
});

describe('zeros behind a packed body, with which some programs fill blocks,', () => {
  const [first, second] = [gzipSync('1\n'), gzipSync('2\n')];

  test.each([1, 7, 1_000_000])('are left out in pieces of %i bytes', async (size) => {
    expect(String(await unpack(Buffer.concat([first, second, Buffer.alloc(600)]), 'gzip', size))).toBe('1\n2\n');
  });

  test.each([1, 7, 1_000_000])('do not hide another one in pieces of %i bytes', async (size) => {
    await expect(unpack(Buffer.concat([first, Buffer.alloc(3), second]), 'gzip', size)).rejects.toMatchObject({
      message: 'http: a packed body has data behind its end',
      retryable: false,
    });
  });
});

test.each(['zstd', 'gzip, br', 'sentinel'])('the encoding %s is refused, and not told', async (encoding) => {
  await expect(unpack(body, encoding)).rejects.toMatchObject({
    retryable: false,
    message:
      'http: the answer has a Content-Encoding other than gzip, deflate, br; ask for one of them, or for identity, by an Accept-Encoding header',
  });
});

test.each(['gzip', 'deflate', 'br'])('what is no %s cannot be unpacked', async (encoding) => {
  await expect(unpack(Buffer.from('xx{"a":1,"b":2,"c":3}'), encoding)).rejects.toMatchObject({ reason: 'SourceFailed' });
});

describe('a bomb', () => {
  const mebibyte = 1024 * 1024;
  const zeros = Buffer.alloc(80 * mebibyte);

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(zeros)],
    ['br', brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('of %s is refused when it is beyond 64 MiB and 200 times its size', async (encoding, bomb) => {
    let bytes = 0;
    const read = async (): Promise<void> => {
      for await (const piece of unpacked(inPieces(bomb, 1000), encoding)) bytes += piece.length;
    };
    await expect(read()).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('unpacks to more than 200 times its size') as string,
    });
    expect(bytes).toBeGreaterThanOrEqual(64 * mebibyte - 64 * 1024);
    expect(bytes).toBeLessThan(70 * mebibyte);
  });

  test('is none while it is small', async () => {
    expect(await unpack(gzipSync(Buffer.alloc(60 * mebibyte)), 'gzip')).toHaveLength(60 * mebibyte);
  });
});
