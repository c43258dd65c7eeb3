import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHART_CRDS, generateChart, manifestsIn } from '../../scripts/generate-chart.ts';
import { generate } from '../../scripts/generate-types.ts';

const GENERATED = join(import.meta.dirname, '../../src/api/generated');

test('the types in src/api/generated are those of the CRDs as they are now (npm run generate)', async () => {
  const committed = await Promise.all(
    (await readdir(GENERATED)).map(async (name) => [name, await readFile(join(GENERATED, name), 'utf8')] as const),
  );
  expect(Object.fromEntries(committed)).toEqual(Object.fromEntries(await generate()));
});

test("the chart's CRDs are those of crds/ as they are now (npm run generate)", async () => {
  expect(Object.fromEntries(await manifestsIn(CHART_CRDS))).toEqual(Object.fromEntries(await generateChart()));
});
