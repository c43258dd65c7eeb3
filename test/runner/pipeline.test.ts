import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { runPipeline, type Line } from '../../src/runner/pipeline.ts';
import type { Progress } from '../../src/runner/progress.ts';
import type { Cell, Column, RowBatch, RowEncoder, RowSource, StoredFile, Uploader } from '../../src/runner/rows.ts';

const COLUMNS: readonly Column[] = [{ name: 'n', header: 'N', type: 'Integer' }];
const STORED: StoredFile = { etag: '"e"' };

/** What happened, in order: `read 0`, `encode 0`, `write 3`, `complete` ... */
let log: string[];
let progress: Progress[];
beforeEach(() => {
  log = [];
  progress = [];
});

class Rows implements RowSource {
  readonly columns = COLUMNS;
  readonly #sizes: readonly number[];
  readonly #failsAt: number | undefined;
  closedEarly = false;

  /** Sizes of the batches; `failsAt`: the batch that cannot be read. */
  constructor(sizes: readonly number[], failsAt?: number) {
    this.#sizes = sizes;
    this.#failsAt = failsAt;
  }

  async *batches(): AsyncGenerator<RowBatch> {
    let whole = false;
    try {
      for (const [index, size] of this.#sizes.entries()) {
        await nextTurn();
        if (index === this.#failsAt) throw new Error('source');
        log.push(`read ${index}`);
        yield Array.from({ length: size }, (_, row): readonly Cell[] => [row]);
      }
      whole = true;
    } finally {
      this.closedEarly = !whole;
    }
  }

  async close(): Promise<void> {}
}

/** One byte a row, between `<` and `>`. */
class Letters implements RowEncoder {
  readonly sheets = 2;
  readonly #failsAt: number | 'start' | 'end' | undefined;
  #batches = 0;

  constructor(failsAt?: number | 'start' | 'end') {
    this.#failsAt = failsAt;
  }

  start(columns: readonly Column[]): Uint8Array {
    if (this.#failsAt === 'start') throw new Error('encoder');
    expect(columns).toBe(COLUMNS);
    return Buffer.from('<');
  }

  encode(batch: RowBatch): Uint8Array {
    if (this.#failsAt === this.#batches) throw new Error('encoder');
    log.push(`encode ${this.#batches}`);
    this.#batches += 1;
    return Buffer.from('r'.repeat(batch.length));
  }

  end(): Uint8Array {
    if (this.#failsAt === 'end') throw new Error('encoder');
    return Buffer.from('>');
  }
}

class Bucket implements Uploader {
  readonly pieces: Buffer[] = [];
  readonly #failsAt: number | 'complete' | undefined;

  constructor(failsAt?: number | 'complete') {
    this.#failsAt = failsAt;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failsAt === this.pieces.length) throw new Error('uploader');
    this.pieces.push(Buffer.from(bytes));
    await nextTurn();
    log.push(`write ${bytes.byteLength}`);
  }

  async complete(): Promise<StoredFile> {
    log.push('complete');
    if (this.#failsAt === 'complete') throw new Error('uploader');
    return STORED;
  }

  async abort(): Promise<void> {}

  get text(): string {
    return Buffer.concat(this.pieces).toString();
  }
}

function line(source: RowSource, encoder: RowEncoder, uploader: Uploader): Line {
  return { source, encoder, uploader, onProgress: (now) => progress.push(now) };
}

const signal = new AbortController().signal;

test('a file is its beginning, its rows and its end, and the facts say what was written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 10 }), async (sizes) => {
      const bucket = new Bucket();
      const facts = await runPipeline(line(new Rows(sizes), new Letters(), bucket), signal);
      const rows = sizes.reduce((sum, size) => sum + size, 0);
      const text = `<${'r'.repeat(rows)}>`;
      expect(bucket.text).toBe(text);
      expect(facts).toEqual({
        rows,
        sheets: 2,
        bytes: text.length,
        sha256: createHash('sha256').update(text).digest('hex'),
        stored: STORED,
      });
    }),
  );
});

test('bytes of nothing are not written', async () => {
  const bucket = new Bucket();
  await runPipeline(line(new Rows([0, 2, 0]), new Letters(), bucket), signal);
  expect(bucket.pieces.map(String)).toEqual(['<', 'rr', '>']);
});

test('progress is told after every batch and before the end', async () => {
  await runPipeline(line(new Rows([2, 3]), new Letters(), new Bucket()), signal);
  expect(progress).toEqual([
    { rows: 2, bytes: 3, phase: 'Rendering' },
    { rows: 5, bytes: 6, phase: 'Rendering' },
    { rows: 5, bytes: 7, phase: 'Uploading' },
  ]);
});

describe('the bucket holds the source back', () => {
  test('no batch is read before the last one’s bytes were taken', async () => {
    await runPipeline(line(new Rows([1, 1, 1]), new Letters(), new Bucket()), signal);
    expect(log).toEqual([
      'write 1',
      'read 0',
      'encode 0',
      'write 1',
      'read 1',
      'encode 1',
      'write 1',
      'read 2',
      'encode 2',
      'write 1',
      'write 1',
      'complete',
    ]);
  });

  test('a bucket that takes nothing more stops the source', async () => {
    const full = Promise.withResolvers<void>();
    const bucket = new Bucket();
    const slow: Uploader = {
      write: async (bytes) => {
        await bucket.write(bytes);
        if (bucket.pieces.length === 3) await full.promise;
      },
      complete: () => bucket.complete(),
      abort: () => bucket.abort(),
    };
    const run = runPipeline(line(new Rows(Array.from({ length: 100 }, () => 1)), new Letters(), slow), signal);
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(log.filter((entry) => entry.startsWith('read'))).toHaveLength(2);
    full.resolve();
    expect((await run).rows).toBe(100);
  });
});

describe('an error ends the run before the file is complete', () => {
  test.each<[string, () => Line, string]>([
    ['of the source, at once', () => line(new Rows([1, 1], 0), new Letters(), new Bucket()), 'source'],
    ['of the source, in the middle', () => line(new Rows([1, 1], 1), new Letters(), new Bucket()), 'source'],
    ['of the encoder, at the beginning', () => line(new Rows([1, 1]), new Letters('start'), new Bucket()), 'encoder'],
    ['of the encoder, in the middle', () => line(new Rows([1, 1]), new Letters(1), new Bucket()), 'encoder'],
    ['of the encoder, at the end', () => line(new Rows([1, 1]), new Letters('end'), new Bucket()), 'encoder'],
    ['of the uploader, at the beginning', () => line(new Rows([1, 1]), new Letters(), new Bucket(0)), 'uploader'],
    ['of the uploader, in the middle', () => line(new Rows([1, 1]), new Letters(), new Bucket(1)), 'uploader'],
    ['of the uploader, with the last bytes', () => line(new Rows([1, 1]), new Letters(), new Bucket(3)), 'uploader'],
  ])('%s', async (_, make, message) => {
    await expect(runPipeline(make(), signal)).rejects.toThrow(message);
    expect(log).not.toContain('complete');
  });

  test('of the completion is an error, too', async () => {
    await expect(runPipeline(line(new Rows([1]), new Letters(), new Bucket('complete')), signal)).rejects.toThrow('uploader');
  });

  test.each<[string, RowEncoder, Uploader]>([
    ['encoder', new Letters(1), new Bucket()],
    ['uploader', new Letters(), new Bucket(2)],
  ])('of the %s lets the source clean up', async (_, encoder, uploader) => {
    const source = new Rows([1, 1, 1]);
    await expect(runPipeline(line(source, encoder, uploader), signal)).rejects.toThrow();
    expect(source.closedEarly).toBe(true);
  });
});

describe('a run that is told to stop', () => {
  test.each([
    ['before it begins', 0],
    ['after some rows', 3],
    ['after the last row', 5],
  ])('%s completes nothing, even when the source just ends', async (_, after) => {
    const stop = new AbortController();
    const bucket = new Bucket();
    const watched: Uploader = {
      write: async (bytes) => {
        await bucket.write(bytes);
        if (bucket.pieces.length === after) stop.abort(new Error('told to stop'));
      },
      complete: () => bucket.complete(),
      abort: () => bucket.abort(),
    };
    if (after === 0) stop.abort(new Error('told to stop'));
    await expect(runPipeline(line(new Rows([1, 1, 1]), new Letters(), watched), stop.signal)).rejects.toThrow('told to stop');
    expect(log).not.toContain('complete');
    expect(bucket.pieces.length).toBe(after);
  });
});
