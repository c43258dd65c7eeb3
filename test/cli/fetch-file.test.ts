/** A file is there whole or not at all, whatever the object store does. */
import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, readdir, rm, writeFile, type FileHandle } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetchFile } from '../../src/cli/fetch-file.ts';
import { serve } from '../support/http-server.ts';

const FILE = Buffer.from('SKU,Price\na,1.50\n'.repeat(10_000));
const EXPECTED = { sizeBytes: FILE.byteLength, sha256: createHash('sha256').update(FILE).digest('hex') };
const never = new AbortController().signal;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-fetch-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function get(listener: RequestListener, signal = never): Promise<void> {
  await fetchFile(`${await serve(listener)}/reports/x?X-Amz-Signature=sentinel`, EXPECTED, join(folder, 'prices.csv'), undefined, signal);
}

test('what is whole is there under its name and nothing beside it', async () => {
  await get((_request, response) => response.end(FILE));
  expect(await readdir(folder)).toEqual(['prices.csv']);
  expect((await readFile(join(folder, 'prices.csv'))).equals(FILE)).toBe(true);
});

const changed = Buffer.from(FILE);
changed[7] = 0;

test.each<[story: string, listener: RequestListener, says: RegExp]>([
  ['a byte too few', (_request, response) => response.end(FILE.subarray(1)), /only \d+ of \d+ bytes arrived/],
  ['a byte too many', (_request, response) => response.end(Buffer.concat([FILE, FILE])), /more than the \d+ bytes/],
  ['another byte', (_request, response) => response.end(changed), /SHA-256 is another one/],
  [
    'a refusal',
    (_request, response) => response.writeHead(403).end('<Error>sentinel-body</Error>'),
    /answered 403: the link is not accepted/,
  ],
  ['a redirect', (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end(), /answered 302/],
  [
    'a cut connection',
    (_request, response) => {
      response.writeHead(200, { 'content-length': FILE.byteLength });
      response.write(FILE.subarray(0, 1000), () => response.destroy());
    },
    /no file from the object store at 127\.0\.0\.1:\d+ \(UND_ERR_SOCKET\)/,
  ],
])('%s leaves no file, and the one that was there as it was', async (_, listener, says) => {
  await writeFile(join(folder, 'prices.csv'), 'older');
  const got = get(listener);
  await expect(got).rejects.toThrow(says);
  await expect(got).rejects.not.toThrow(/sentinel/);
  expect(await readdir(folder)).toEqual(['prices.csv']);
  expect(await readFile(join(folder, 'prices.csv'), 'utf8')).toBe('older');
});

test('a disk that takes a part of what it is given, as one that is nearly full does without an error, is given the rest', async () => {
  const any = await open(join(folder, 'any'), 'w');
  await any.close();
  await rm(join(folder, 'any'));
  const handles = Object.getPrototypeOf(any) as FileHandle;
  const real = Reflect.get(handles, 'write') as (bytes: Buffer, offset: number, length: number) => Promise<{ bytesWritten: number }>;
  const write = vi.spyOn(handles, 'write').mockImplementation(function (this: FileHandle, bytes: unknown, offset: unknown) {
    const at = typeof offset === 'number' ? offset : 0;
    return real.call(this, bytes as Buffer, at, Math.min((bytes as Buffer).length - at, 1000)) as never;
  });
  try {
    await get((_request, response) => response.end(FILE));
  } finally {
    write.mockRestore();
  }
  expect((await readFile(join(folder, 'prices.csv'))).equals(FILE)).toBe(true);
});

test('an interruption leaves nothing', async () => {
  const stop = new AbortController();
  const got = get((_request, response) => {
    response.writeHead(200);
    response.write(FILE.subarray(0, 1000), () => stop.abort(new Error('SIGINT')));
  }, stop.signal);
  await expect(got).rejects.toThrow('SIGINT');
  expect(await readdir(folder)).toEqual([]);
});

test('a store that is not there is told without the link', async () => {
  const got = fetchFile('http://127.0.0.1:1/x?X-Amz-Signature=sentinel', EXPECTED, join(folder, 'x'), undefined, never);
  await expect(got).rejects.toThrow('no file from the object store at 127.0.0.1:1 (ECONNREFUSED); try again');
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that is not there is told as the disk says it', async () => {
  const url = await serve((_request, response) => response.end(FILE));
  await expect(fetchFile(url, EXPECTED, join(folder, 'no/such/x'), undefined, never)).rejects.toThrow('ENOENT');
});
