import { describe, expect, test } from 'vitest';
import { Gate, type GateLimits } from '../../src/s3/gate.ts';

/** A gate whose calls are ended by hand, and what is under way. */
class Scene {
  readonly gate: Gate;
  readonly running: string[] = [];
  readonly #ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  clock = 0;

  constructor(limits: Omit<GateLimits, 'slowMs'>) {
    this.gate = new Gate({ ...limits, slowMs: 3_000 }, () => this.clock);
  }

  /** `storage/number` */
  async start(call: string, signal: AbortSignal = new AbortController().signal): Promise<void> {
    const storage = call.split('/')[0] ?? '';
    const work = async (): Promise<void> => {
      this.running.push(call);
      const end = Promise.withResolvers<void>();
      this.#ends.set(call, end);
      await end.promise.finally(() => this.running.splice(this.running.indexOf(call), 1));
    };
    void this.gate.run(storage, signal, work).catch(() => undefined);
    await settled();
  }

  async end(call: string, error?: 'hung'): Promise<void> {
    const end = this.#ends.get(call);
    if (error === undefined) end?.resolve();
    else end?.reject(new Error(error));
    await settled();
  }

  /** A storage that has answered once. */
  async prove(storage: string): Promise<void> {
    await this.start(`${storage}/proof`);
    await this.end(`${storage}/proof`);
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('the gate', () => {
  test('lets a storage have so many calls and starts the next in order when one ends', async () => {
    const scene = new Scene({ perStorage: 2, proven: 9, unproven: 9 });
    for (const call of ['a/1', 'a/2', 'a/3', 'a/4']) await scene.start(call);
    expect(scene.running).toEqual(['a/1', 'a/2']);
    await scene.end('a/2');
    expect(scene.running).toEqual(['a/1', 'a/3']);
  });

  test('does not let a crowd before one storage delay another', async () => {
    const scene = new Scene({ perStorage: 1, proven: 9, unproven: 9 });
    for (const call of ['a/1', 'a/2', 'a/3', 'b/1']) await scene.start(call);
    expect(scene.running).toEqual(['a/1', 'b/1']);
  });

  test('lets storages take turns when places are scarce', async () => {
    const scene = new Scene({ perStorage: 1, proven: 1, unproven: 1 });
    for (const call of ['a/1', 'a/2', 'a/3', 'b/1', 'b/2']) await scene.start(call);
    const order: string[] = [];
    while (scene.running.length > 0) {
      const [call = ''] = scene.running;
      order.push(call);
      await scene.end(call, 'hung');
    }
    expect(order).toEqual(['a/1', 'a/2', 'b/1', 'a/3', 'b/2']);
  });

  test('keeps storages that hang on their own share', async () => {
    const scene = new Scene({ perStorage: 2, proven: 2, unproven: 2 });
    await scene.prove('good');
    for (const call of ['bad1/1', 'bad2/1', 'bad3/1', 'good/1', 'good/2']) await scene.start(call);
    expect(scene.running).toEqual(['bad1/1', 'bad2/1', 'good/1', 'good/2']);
    await scene.end('good/1');
    expect(scene.running).not.toContain('bad3/1');
  });

  test.each([
    ['answers', undefined, 'proven', 3_000],
    ['answers slowly', undefined, 'unproven', 3_001],
    ['hangs', 'hung', 'unproven', 0],
  ] as const)('counts a storage that %s', async (_, outcome, share, tookMs) => {
    const scene = new Scene({ perStorage: 1, proven: share === 'proven' ? 1 : 0, unproven: 1 });
    await scene.start('x/1');
    scene.clock += tookMs;
    await scene.end('x/1', outcome);
    await scene.start('other/1');
    await scene.start('x/2');
    // The other one holds the only place of the unproven.
    expect(scene.running).toEqual(share === 'proven' ? ['other/1', 'x/2'] : ['other/1']);
  });

  test('puts a storage that stops answering back to the unproven', async () => {
    const scene = new Scene({ perStorage: 1, proven: 1, unproven: 1 });
    await scene.prove('x');
    await scene.start('x/1');
    await scene.end('x/1', 'hung');
    await scene.start('other/1');
    await scene.start('x/2');
    expect(scene.running).toEqual(['other/1']);
  });

  test('starts everything there is room for when a storage becomes proven', async () => {
    const scene = new Scene({ perStorage: 2, proven: 2, unproven: 1 });
    for (const call of ['a/1', 'a/2', 'a/3']) await scene.start(call);
    expect(scene.running).toEqual(['a/1']);
    await scene.end('a/1');
    expect(scene.running).toEqual(['a/2', 'a/3']);
  });

  test('lets nobody wait who was told to stop, and gives the place to the next', async () => {
    const scene = new Scene({ perStorage: 1, proven: 9, unproven: 9 });
    const stop = new AbortController();
    await scene.start('a/1');
    await scene.start('a/2', stop.signal);
    await scene.start('a/3');
    stop.abort();
    await scene.end('a/1');
    expect(scene.running).toEqual(['a/3']);
  });

  test('loses no place when a turn and a stop come in the same moment', async () => {
    const scene = new Scene({ perStorage: 1, proven: 9, unproven: 9 });
    const stop = new AbortController();
    await scene.start('a/1');
    await scene.start('a/2', stop.signal);
    const ending = scene.end('a/1');
    stop.abort();
    await ending;
    await scene.end('a/2');
    await scene.start('a/3');
    expect(scene.running).toEqual(['a/3']);
  });

  test('refuses a call whose signal has fired already', async () => {
    const scene = new Scene({ perStorage: 1, proven: 9, unproven: 9 });
    await scene.start('a/1', AbortSignal.abort());
    expect(scene.running).toEqual([]);
  });
});
