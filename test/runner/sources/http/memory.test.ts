/** Rows pass through a heap that a third of them would fill, in whatever way they come. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { HttpPlan } from '../../../../src/runner/sources/http/plan.ts';
import { serve } from '../../../support/http-server.ts';

const ROWS = 200_000;
const PAGE_ROWS = 500;
const text = 'x'.repeat(500);

function row(id: number): string {
  return `{"id":${id},"text":"${text}"}`;
}

function rowsFrom(first: number): readonly string[] {
  return Array.from({ length: Math.max(0, Math.min(PAGE_ROWS, ROWS - first + 1)) }, (_, index) => row(first + index));
}

function* pieces(begin: string, separator: string, end: string): Generator<string> {
  yield begin;
  for (let first = 1; first <= ROWS; first += PAGE_ROWS) yield `${first === 1 ? '' : separator}${rowsFrom(first).join(separator)}`;
  yield end;
}

const plan: Omit<HttpPlan, 'url'> = {
  kind: 'http',
  query: [],
  headers: [],
  format: 'JSON',
  rows: '$',
  paths: ['$.id', '$.text'],
  pagination: { type: 'None' },
  allowedHosts: [],
};

async function rowsRead(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  source: Partial<HttpPlan>,
): Promise<unknown> {
  const url = await serve(listener);
  const worker = new Worker(new URL('./counting-worker.ts', import.meta.url), {
    workerData: { ...plan, ...source, url },
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 8 },
  });
  return (await once(worker, 'message'))[0];
}

test('in one answer of JSON, packed', async () => {
  const packed = gzipSync([...pieces('{"data":{"items":[', ',', ']}}')].join(''));
  const rows = await rowsRead((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed), {
    rows: '$.data.items',
  });
  expect(rows).toBe(ROWS);
});

test('in one answer of NDJSON', async () => {
  expect(await rowsRead((_request, response) => void Readable.from(pieces('', '\n', '\n')).pipe(response), { format: 'NDJSON' })).toBe(
    ROWS,
  );
});

test('in pages that are counted', async () => {
  const rows = await rowsRead(
    (request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://a').searchParams.get('page'));
      response.end(`[${rowsFrom((page - 1) * PAGE_ROWS + 1).join(',')}]`);
    },
    { pagination: { type: 'Page', parameter: 'page', start: 1, shortPageEnds: false } },
  );
  expect(rows).toBe(ROWS);
});

test('in pages with cursors', async () => {
  const rows = await rowsRead(
    (request, response) => {
      const first = Number(new URL(request.url ?? '', 'http://a').searchParams.get('after') ?? '1');
      const next = first + PAGE_ROWS;
      response.end(`{"items":[${rowsFrom(first).join(',')}],"next":${next > ROWS ? 'null' : `"${next}"`}}`);
    },
    { rows: '$.items', pagination: { type: 'Cursor', parameter: 'after', cursor: '$.next' } },
  );
  expect(rows).toBe(ROWS);
});

test('in one value of millions of lines', async () => {
  const value = '\n'.repeat(1_500_000);
  expect(await rowsRead((_request, response) => response.end(`id,text\n1,"${value}"\n`), { format: 'CSV', paths: ['id', 'text'] })).toBe(1);
});
