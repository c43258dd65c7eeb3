import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHART_COPIES, manifestsIn } from '../../scripts/generate-chart.ts';
import { generate } from '../../scripts/generate-types.ts';

const GENERATED = join(import.meta.dirname, '../../src/api/generated');

test('the types in src/api/generated are those of the CRDs as they are now (npm run generate)', async () => {
  const committed = await Promise.all(
    (await readdir(GENERATED)).map(async (name) => [name, await readFile(join(GENERATED, name), 'utf8')] as const),
  );
  expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(await generate()));
});

test.each(CHART_COPIES)('what the chart has of %s is what is there now (npm run generate)', async (folder, copy) => {
  const copied = await manifestsIn(copy);
  expect(copied.size).toBeGreaterThan(5);
  expect(Object.fromEntries(copied)).toEqual(Object.fromEntries(await manifestsIn(folder)));
});
