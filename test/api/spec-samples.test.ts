/** No field of a spec can be forgotten: each has a place in the samples from which test/integration/crds/every-field.test.ts makes its rows of bad input. */
import { expect, test } from 'vitest';
import { placeIn, specFields } from '../support/spec-fields.ts';
import { SPEC_SAMPLES } from '../support/spec-samples.ts';

test.each([...specFields()])('every field of the spec of a %s has a place in its samples', (kind, fields) => {
  const samples = (SPEC_SAMPLES[kind] ?? []).map((spec) => ({ spec }));
  const forgotten = fields.filter(({ steps }) => !samples.some((sample) => placeIn(sample, steps) !== undefined));
  expect(forgotten.map(({ path }) => path)).toEqual([]);
});
