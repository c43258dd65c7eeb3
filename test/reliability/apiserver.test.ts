/** A batch of Reports and two schedules while the apiserver refuses, forgets, lags and is cut off, and the operator is killed in between. */
import { test } from 'vitest';
import { BATCH } from './batch.ts';
import { runInWeather } from './run.ts';
import { seeds } from './seeds.ts';

test.each(seeds('apiserver-1'))(
  'every Report ends as it must, whatever the apiserver does (seed %s)',
  { timeout: 300_000 },
  async (seed) => {
    await runInWeather({ name: 'apiserver', seed, members: BATCH.slice(2, 10), apiserver: true, store: false, schedules: true, kills: 3 });
  },
);
