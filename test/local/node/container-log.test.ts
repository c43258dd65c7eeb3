import fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ContainerLog, type LogOptions, type LogStream } from '../../../src/local/node/container-log.ts';

let folder = '';
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-log-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A log whose lines are a second apart, the first at 08:00:00. */
function newLog(): ContainerLog {
  let second = 0;
  const now = (): string => `2026-11-23T08:00:${String(second++ % 60).padStart(2, '0')}.000000000Z`;
  return new ContainerLog(join(folder, `${(count += 1)}.log`), now);
}

function logOf(...output: readonly (readonly [LogStream, string | Uint8Array])[]): ContainerLog {
  const log = newLog();
  for (const [stream, text] of output) log.append(stream, Buffer.from(text));
  log.close();
  return log;
}

async function read(log: ContainerLog, options: LogOptions = {}, signal = new AbortController().signal): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of log.read(options, signal)) parts.push(part);
  return Buffer.concat(parts).toString('latin1');
}

test('is in the format of container runtimes', async () => {
  const log = logOf(['stdout', 'one\ntw'], ['stderr', 'bad\n'], ['stdout', 'o\nend']);
  expect(await readFile(log.path, 'utf8')).toBe(
    [
      '2026-11-23T08:00:00.000000000Z stdout F one',
      '2026-11-23T08:00:01.000000000Z stderr F bad',
      '2026-11-23T08:00:02.000000000Z stdout F two',
      '2026-11-23T08:00:03.000000000Z stdout P end',
      '',
    ].join('\n'),
  );
});

test('gives back every byte of a stream, however it was cut and whatever it holds', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(3), async (chunks, long) => {
      const output = [...chunks.map((chunk) => ['stdout', chunk] as const), ['stdout', 'x'.repeat(long * 16_384)] as const];
      const expected = Buffer.concat(output.map(([, chunk]) => Buffer.from(chunk))).toString('latin1');
      expect(await read(logOf(...output))).toBe(expected);
    }),
    { numRuns: 50 },
  ));

describe('answers', () => {
  const lines = ['stdout', 'a\nbb\nccc\ndddd\n'] as const;
  test.each<readonly [string, LogOptions, string]>([
    ['everything', {}, 'a\nbb\nccc\ndddd\n'],
    ['the last line', { tailLines: 1 }, 'dddd\n'],
    ['the last two lines', { tailLines: 2 }, 'ccc\ndddd\n'],
    ['no lines', { tailLines: 0 }, ''],
    ['more lines than there are', { tailLines: 99 }, 'a\nbb\nccc\ndddd\n'],
    ['so many bytes', { limitBytes: 4 }, 'a\nbb'],
    ['more bytes than there are', { limitBytes: 999 }, 'a\nbb\nccc\ndddd\n'],
    ['bytes of the tail', { tailLines: 2, limitBytes: 5 }, 'ccc\nd'],
    ['lines since a moment', { sinceMs: Date.parse('2026-11-23T08:00:02Z') }, 'ccc\ndddd\n'],
    ['lines with their times', { tailLines: 1, timestamps: true }, '2026-11-23T08:00:03.000000000Z dddd\n'],
    ['lines of a stream that said nothing', { stream: 'stderr' }, ''],
  ])('%s', async (_, options, expected) => expect(await read(logOf(lines), options)).toBe(expected));

  test('a tail that begins far before the last block', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => `line ${index} ${'x'.repeat(40)}\n`);
    expect(await read(logOf(['stdout', many.join('')]), { tailLines: 4000 })).toBe(many.slice(1000).join(''));
  });

  test('nothing of an empty log', async () => expect(await read(logOf(), { tailLines: 3 })).toBe(''));

  test('one stream alone', async () => expect(await read(logOf(['stdout', 'o\n'], ['stderr', 'e\n']), { stream: 'stderr' })).toBe('e\n'));

  test('the time of a long line once', async () => {
    const output = await read(logOf(['stdout', `${'x'.repeat(20_000)}\n`]), { timestamps: true });
    expect(output).toBe(`2026-11-23T08:00:00.000000000Z ${'x'.repeat(20_000)}\n`);
  });
});

test('a reader that does not follow ends where the log ended when it began', async () => {
  const log = newLog();
  log.append('stdout', Buffer.from('a\n'));
  const reader = log.read({}, new AbortController().signal);
  expect((await reader.next()).value).toEqual(Buffer.from('a\n'));
  log.append('stdout', Buffer.from('b\n'));
  expect((await reader.next()).done).toBe(true);
  log.close();
});

test('a follower sees each line as it comes, and ends with the container', async () => {
  const log = newLog();
  log.append('stdout', Buffer.from('a\n'));
  const reader = log.read({ follow: true, tailLines: 1 }, new AbortController().signal);
  expect((await reader.next()).value).toEqual(Buffer.from('a\n'));
  const next = reader.next();
  log.append('stdout', Buffer.from('b\nc'));
  expect((await next).value).toEqual(Buffer.from('b\n'));
  const last = reader.next();
  log.close();
  expect((await last).value).toEqual(Buffer.from('c'));
  expect((await reader.next()).done).toBe(true);
});

test('a follower that goes away is not waited for', async () => {
  const log = newLog();
  const gone = new AbortController();
  const reading = read(log, { follow: true }, gone.signal);
  gone.abort(new Error('gone'));
  await expect(reading).rejects.toThrow('gone');
  log.close();
});
