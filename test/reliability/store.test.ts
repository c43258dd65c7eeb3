/** A batch of Reports while the object store refuses, hangs, loses answers and is cut off in the middle of bodies. */
import { test } from 'vitest';
import { BATCH } from './batch.ts';
import { runInWeather } from './run.ts';
import { seeds } from './seeds.ts';

test.each(seeds('store-1'))(
  'every Report ends as it must, whatever the object store does (seed %s)',
  { timeout: 300_000 },
  async (seed) => {
    await runInWeather({ name: 'object store', seed, members: BATCH.slice(0, 8), apiserver: false, store: true, kills: 0 });
  },
);
