import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/sequence.ts';

/**
 * Two projects: `unit` needs nothing but Node; `integration` shares one real control plane, Postgres and S3 server, which test/integration/setup.ts starts once.
 * `e2e` needs a cluster with a kubelet and is run by `make e2e` only, one file after the other, because its tests stop the one operator that there is.
 * `unit` runs first, by as many workers as there are processors.
 * Nothing is retried: a flaky test is a defect.
 *
 * A run starts some thousand Node processes (workers, operators, runners, the demo): they share what Node has compiled. Its etcd, apiservers and controller managers collect
 * their garbage when it has grown by 300 %: at Go's 100 % the apiserver spends a fifth of its processor time on it. That costs some 150 MB each.
 */
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/node');
process.env['GOGC'] ??= '300';
const KEEP_COMPILED = ['test/support/keep-compiled.ts'];

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: KEEP_COMPILED,
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/e2e/**', 'test/reliability/**'],
          testTimeout: 30_000,
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          setupFiles: KEEP_COMPILED,
          include: ['test/integration/**/*.test.ts', 'test/reliability/**/*.test.ts'],
          globalSetup: ['test/integration/setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // What is asked again until it holds comes from servers on a machine that may be busy; Events are even sent after what they tell of.
          expect: { poll: { timeout: 15_000 } },
          // These tests mostly wait for servers, so that one more than processors fills the gaps.
          maxWorkers: availableParallelism() + 1,
          sequence: { groupOrder: 1 },
        },
      },
      ...(process.env['DOSSIER_E2E_HOST'] === undefined
        ? []
        : [
            {
              test: {
                name: 'e2e',
                include: ['test/e2e/**/*.test.ts'],
                globalSetup: ['test/e2e/setup.ts'],
                testTimeout: 300_000,
                hookTimeout: 300_000,
                fileParallelism: false,
                sequence: { groupOrder: 2 },
              },
            },
          ]),
    ],
  },
});
