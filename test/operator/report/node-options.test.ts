import { expect, test } from 'vitest';
import { nodeOptions } from '../../../src/operator/report/node-options.ts';

test.each([
  ['512Mi', 256],
  ['1Gi', 512],
  ['1500M', 715],
  ['536870912', 256],
  // The program alone needs more than half of these.
  ['24Mi', 64],
  ['1', 64],
  // No heap is larger.
  ['8Gi', 4096],
  ['1E', 4096],
])('of a limit of %s the heap may take %i MiB', (limit, heap) => {
  expect(nodeOptions(limit)).toBe(`--max-semi-space-size=3 --max-old-space-size=${heap}`);
});

test.each([undefined, 'much'])('without a limit that can be read (%s) its size is left to V8', (limit) => {
  expect(nodeOptions(limit)).toBe('--max-semi-space-size=3');
});
