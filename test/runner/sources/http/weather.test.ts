/** Answers that are cut, slow, endless or refused for now: each is mended by asking again, or it ends the source; none is a short file. */
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { RequestListener } from 'node:http';
import { serve } from '../../../support/http-server.ts';
import { FakePacing } from '../../upload/pacing.ts';
import { failureOf, open, read, serveRaw, type Reading } from './reading.ts';

function answerOf(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const whole = answerOf('[{"id":1}]');

describe('a body that is cut', () => {
  const cuts: readonly (readonly [story: string, format: 'JSON' | 'NDJSON' | 'CSV', answer: string])[] = [
    ['before its Content-Length', 'JSON', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"id":1}]'],
    [
      'before its Content-Length, on a connection that was to end',
      'JSON',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n[{"id":1}]',
    ],
    ['between chunks', 'JSON', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n[{"id":1}]\r\n'],
    [
      'between chunks, on a connection that was to end',
      'NDJSON',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"id":1}\n\r\n',
    ],
    ['between chunks of CSV', 'CSV', 'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nid\n1\n\r\n'],
    ['within a chunk', 'JSON', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n[{"id":1}]'],
    ['before its Content-Length, between lines', 'NDJSON', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"id":1}\n'],
    ['before its Content-Length, between records', 'CSV', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nid\n1\n'],
    ['without a length, within JSON', 'JSON', 'HTTP/1.1 200 OK\r\n\r\n[{"id":1},'],
    ['with its length, within JSON', 'JSON', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n[{"id":1}'],
    ['with its length, within a line', 'NDJSON', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n{"id":1'],
    ['with its length, within a quoted field', 'CSV', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nid\n"1'],
    ['before anything', 'JSON', ''],
    ['within its headers', 'JSON', 'HTTP/1.1 200 OK\r\nContent-Le'],
  ];

  test.each(cuts)('%s (%s) is asked for again', async (_, format, answer) => {
    const good = answerOf({ JSON: '[{"id":1}]', NDJSON: '{"id":1}\n', CSV: 'id\n1\n' }[format]);
    let requests = 0;
    const url = await serveRaw((socket) => {
      requests += 1;
      socket.end(requests === 1 ? answer : good);
    });
    expect(await read(url, { format })).toEqual([[1]]);
    expect(requests).toBe(2);
  });

  test.each(cuts)('%s (%s) every time ends the source, which may be tried again', async (_, format, answer) => {
    let requests = 0;
    const url = await serveRaw((socket) => {
      requests += 1;
      socket.end(answer);
    });
    expect(await failureOf(url, { format })).toMatchObject({ reason: 'SourceFailed', retryable: true });
    expect(requests).toBe(5);
  });

  test.each([
    ['JSON', 'HTTP/1.1 200 OK\r\n\r\n[{"id":1}]'],
    ['JSON', 'HTTP/1.0 200 OK\r\n\r\n[{"id":1}]'],
  ] as const)('is none when %s without a length is closed: %j', async (format, answer) => {
    expect(await read(await serveRaw((socket) => socket.end(answer)), { format })).toEqual([[1]]);
  });

  test.each(['NDJSON', 'CSV'] as const)('cannot be told from a whole one of %s without a length, so that is refused', async (format) => {
    const url = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nid\n1\n'));
    expect(await failureOf(url, { format })).toMatchObject({
      retryable: false,
      message: `http: the answer has neither Content-Length nor chunks, so nobody can tell whether ${format} is complete`,
    });
  });

  test('cannot be told either behind another Transfer-Encoding', async () => {
    const url = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n[{"id":1}]'));
    expect((await failureOf(url)).message).toBe('http: the answer has a Transfer-Encoding other than chunked');
  });

  test.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 8\r\n\r\n[{"id":1}]'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\nTransfer-Encoding: chunked\r\n\r\na\r\n[{"id":1}]\r\n0\r\n\r\n'],
  ])('may hide behind %s, so that is refused', async (_, answer) => {
    expect(await failureOf(await serveRaw((socket) => socket.end(answer)))).toMatchObject({ reason: 'SourceFailed' });
  });

  test.each(['JSON', 'NDJSON', 'CSV'] as const)('of %s by a length that is too small is refused', async (format) => {
    const body = { JSON: '[{"id":1}]', NDJSON: '{"id":1}\n{"id":2}\n', CSV: 'id\n1\n23456\n' }[format];
    const length = { JSON: 10, NDJSON: 9, CSV: 7 }[format];
    const more = format === 'JSON' ? 'x' : '';
    const url = await serveRaw((socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}${more}`));
    expect(await failureOf(url, { format })).toMatchObject({
      retryable: true,
      message: 'http: the body goes on behind its Content-Length, so the server has miscounted it',
    });
  });

  test('when packed is asked for again', async () => {
    const packed = gzipSync('[{"id":1}]');
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(requests === 1 ? packed.subarray(0, -4) : packed);
    });
    expect(await read(url)).toEqual([[1]]);
  });
});

/** More than is held back of a page. */
const manyRows = Array.from({ length: 200_000 }, (_, index) => `{"id":${index + 1}}`);

describe('once rows have been given out', () => {
  test('a cut ends the run, which is tried again from the start', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`[${manyRows.join(',')}`, () => response.destroy());
    });
    const source = open(url);
    let rows = 0;
    const reading = async (): Promise<void> => {
      for await (const batch of source.batches(AbortSignal.timeout(30_000))) rows += batch.length;
    };
    await expect(reading()).rejects.toMatchObject({
      reason: 'SourceFailed',
      retryable: true,
      message: 'http: the connection was cut within the body of the answer',
    });
    expect(rows).toBeGreaterThan(0);
    expect(requests).toBe(1);
  });

  test('a page after them is still asked for again, and its rows are counted on', async () => {
    const pages = ['[{"id":1},{"id":2}]', '[{"id":3}]', '[]'];
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      const page = Number(new URL(request.url ?? '', 'http://a').searchParams.get('p'));
      if (requests % 2 === 0) request.socket.destroy();
      else response.end(pages[page]);
    });
    const pagination = { type: 'Page', parameter: 'p', start: 0, shortPageEnds: false } as const;
    expect(await read(url, { pagination })).toEqual([[1], [2], [3]]);
    expect(requests).toBe(5);
  });

  test('the row of a later page is named by its number in the file, also after a retry', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (request.url?.endsWith('=0') === true) response.end('[{"id":1},{"id":2}]');
      else if (requests === 2) response.writeHead(500).end();
      else response.end('[{"id":3},{"id":"x"}]');
    });
    const pagination = { type: 'Page', parameter: 'p', start: 0, shortPageEnds: false } as const;
    expect((await failureOf(url, { pagination })).message).toContain('row 4: column "id"');
  });
});

describe('a server that refuses', () => {
  const refusing =
    (status: number, headers: Readonly<Record<string, string>> = {}, times = 1): RequestListener =>
    (_request, response) => {
      if (times-- > 0) response.writeHead(status, headers).end('{"error":"sentinel"}');
      else response.end('[{"id":1}]');
    };

  test.each([429, 500, 502, 503, 504])('for now, with %i, is asked again', async (status) => {
    const pacing = new FakePacing();
    expect(await read(await serve(refusing(status, {}, 3)), { pacing })).toEqual([[1]]);
    expect(pacing.pauses).toEqual([1000, 2000, 4000]);
  });

  test.each([429, 503])('with %i and Retry-After is asked again when it says', async (status) => {
    const pacing = new FakePacing();
    expect(await read(await serve(refusing(status, { 'retry-after': '30' })), { pacing })).toEqual([[1]]);
    expect(pacing.pauses).toEqual([30_000]);
  });

  test('until after the deadline ends the source at once', async () => {
    const pacing = new FakePacing();
    const url = await serve(refusing(429, { 'retry-after': '3600' }, 9));
    expect(await failureOf(url, { pacing, activeDeadlineSeconds: 3600 })).toMatchObject({
      retryable: false,
      message:
        "http: status 429: too many requests; the server asks to wait 3,600 s, which is beyond the run's deadline (activeDeadlineSeconds)",
    });
    expect(pacing.pauses).toEqual([]);
  });

  test('uses up the deadline with what it makes the run wait', async () => {
    const pacing = new FakePacing();
    const url = await serve(refusing(429, { 'retry-after': '40' }, 9));
    expect((await failureOf(url, { pacing, activeDeadlineSeconds: 100 })).message).toContain('beyond the run');
    expect(pacing.pauses).toEqual([40_000, 40_000]);
  });

  test.each([
    [503, true, 'http: status 503: the server failed'],
    [429, true, 'http: status 429: too many requests'],
  ])('again and again, with %i, ends the source, which may be tried again', async (status, retryable, message) => {
    const pacing = new FakePacing();
    expect(await failureOf(await serve(refusing(status, {}, 99)), { pacing })).toMatchObject({ retryable, message });
    expect(pacing.pauses).toHaveLength(4);
  });

  test.each([400, 401, 403, 404, 405, 406, 408, 410, 418, 422, 451])(
    'for good, with %i, is not asked again, and its words are not told',
    async (status) => {
      const pacing = new FakePacing();
      const failure = await failureOf(await serve(refusing(status, { 'x-a': 'sentinel' }, 99)), { pacing });
      expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
      expect(failure.message).toMatch(new RegExp(`^http: status ${status}`));
      expect(pacing.pauses).toEqual([]);
    },
  );

  test.each([201, 202, 203, 205, 206, 300, 304])('to give the whole, with %i, is not believed', async (status) => {
    const failure = await failureOf(await serve(refusing(status, {}, 99)));
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
  });

  test('on a later page says which', async () => {
    const url = await serve((request, response) => {
      if (request.url?.endsWith('=3') === true) response.writeHead(404).end();
      else response.end('[{"id":1}]');
    });
    const pagination = { type: 'Page', parameter: 'p', start: 1, shortPageEnds: false } as const;
    expect((await failureOf(url, { pagination })).message).toBe('http: page 3: status 404: nothing is there; check the url of the source');
  });

  test('to speak HTTP is told', async () => {
    const url = await serveRaw((socket) => socket.end('220 sentinel SMTP\r\n'));
    expect(await failureOf(url)).toMatchObject({ retryable: false, message: `http: ${new URL(url).host} does not speak HTTP` });
  });
});

describe('a server that is silent', () => {
  const times: Reading = { answerTimeoutMs: 300, silenceTimeoutMs: 300 };

  test('before its answer is given up, and asked again', async () => {
    let requests = 0;
    const url = await serveRaw((socket) => {
      requests += 1;
      if (requests > 1) socket.end(whole);
    });
    expect(await read(url, times)).toEqual([[1]]);
    expect(requests).toBe(2);
  });

  test('within its body is given up, and asked again', async () => {
    let requests = 0;
    const url = await serveRaw((socket) => {
      requests += 1;
      if (requests > 1) socket.end(whole);
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"id":1},');
    });
    expect(await read(url, times)).toEqual([[1]]);
    expect(requests).toBe(2);
  });

  test('for ever is told', async () => {
    const url = await serveRaw(() => undefined);
    expect(await failureOf(url, { ...times, answerTimeoutMs: 50 })).toMatchObject({
      retryable: true,
      message: `http: ${new URL(url).host} did not answer in time`,
    });
  });

  test('because nobody reads is not given up', async () => {
    const url = await serve((_request, response) => response.end(`[${manyRows.join(',')}]`));
    const source = open(url, times);
    let rows = 0;
    for await (const batch of source.batches(AbortSignal.timeout(30_000))) {
      // Longer than the bound; the rest of the answer waits on the server's side.
      if (rows === 0) await new Promise((resolve) => setTimeout(resolve, 1500));
      rows += batch.length;
    }
    expect(rows).toBe(manyRows.length);
  });

  test.each(['before its answer', 'within its body'])('%s is left at once when the run is stopped', async (when) => {
    const stop = new AbortController();
    const url = await serveRaw((socket) => {
      if (when === 'within its body') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"id":1},');
      void setImmediate().then(() => {
        stop.abort(new Error('SIGTERM'));
      });
    });
    await expect(read(url, { signal: stop.signal })).rejects.toThrow('SIGTERM');
  });
});

describe('a server that never ends', () => {
  /** Writes pieces for as long as somebody takes them, a byte of each at a time when `slow`. */
  async function endless(begin: string, piece: string, slow = false): Promise<string> {
    return serve((_request, response) => {
      response.write(begin);
      let at = 0;
      const pump = (): void => {
        if (response.destroyed) return;
        if (slow) {
          response.write(piece[at++ % piece.length]);
          setTimeout(pump, 10);
          return;
        }
        while (response.write(piece)) continue;
      };
      response.on('drain', pump);
      pump();
    });
  }

  test.each<[story: string, format: 'JSON' | 'NDJSON' | 'CSV', begin: string, piece: string, clause: string]>([
    ['a string', 'JSON', '[{"id":"', 'x'.repeat(65_536), 'has a string of more than 8 MiB'],
    ['a row of small values', 'JSON', '[{"id":[', '1,'.repeat(32_768), 'has a row of more than 8 MiB'],
    ['a number', 'JSON', '[{"id":', '1'.repeat(65_536), 'has a number of more than 1,000 characters'],
    ['lists in lists', 'JSON', '[', '['.repeat(65_536), 'is JSON nested deeper than 64 levels'],
    ['a line', 'NDJSON', '{"id":"', 'x'.repeat(65_536), 'has a row of more than 8 MiB'],
    ['a record', 'CSV', 'id\n', 'x'.repeat(65_536), 'has a record of more than 8 MiB'],
    ['a quoted field', 'CSV', 'id\n"', 'x\n'.repeat(32_768), 'has a record of more than 8 MiB'],
  ])('%s is left when it is too large (%s)', async (_, format, begin, piece, clause) => {
    const failure = await failureOf(await endless(begin, piece), { format });
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toContain(`the body of the answer ${clause}`);
  });

  test('an answer that is needed as a whole is left when it is too large', async () => {
    const failure = await failureOf(await endless('[', '{"id":1},'.repeat(7000)), { rows: '$[?(@.id)]' });
    expect(failure).toMatchObject({
      retryable: false,
      message: expect.stringContaining('has more than 32 MiB, which the paths of rows') as string,
    });
  });

  test('a body of a byte at a time ends when the run does', async () => {
    const stop = new AbortController();
    const url = await endless('[', '{"id":1},', true);
    const source = open(url, { silenceTimeoutMs: 1000 });
    setTimeout(() => {
      stop.abort(new Error('DeadlineExceeded'));
    }, 2000);
    await expect(Array.fromAsync(source.batches(stop.signal))).rejects.toThrow('DeadlineExceeded');
  });

  test('headers without an end are left', async () => {
    const url = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const pump = (): void => {
        while (!socket.destroyed && socket.write(`X-A: ${'sentinel'.repeat(1000)}\r\n`)) continue;
      };
      socket.on('drain', pump);
      pump();
    });
    expect(await failureOf(url)).toMatchObject({ reason: 'SourceFailed', retryable: false });
  });
});
