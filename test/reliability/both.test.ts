/** Twenty Reports while both apiserver and object store are in bad weather, and the operator is killed in between. */
import { test } from 'vitest';
import { BATCH } from './batch.ts';
import { runInWeather } from './run.ts';
import { seeds } from './seeds.ts';

test.each(seeds('both-1'))(
  'every Report ends as it must, whatever apiserver and object store do (seed %s)',
  { timeout: 300_000 },
  async (seed) => {
    await runInWeather({
      name: 'apiserver and object store',
      seed,
      members: BATCH,
      apiserver: true,
      store: true,
      schedules: true,
      kills: 4,
    });
  },
);
