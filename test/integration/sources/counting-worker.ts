/** Reads a query to its end in a thread whose heap its test bounds, and tells how many rows came in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { PLAN_ENV, type RunPlan } from '../../../src/runner/plan.ts';
import { openSource } from '../../../src/runner/sources/open.ts';

const { url, query } = workerData as { readonly url: string; readonly query: string };
const plan = {
  report: { namespace: 'billing', name: 'r', uid: 'u' },
  timeZone: 'UTC',
  parameters: [],
  source: { kind: 'postgres', query },
  allowLoopback: true,
} as unknown as RunPlan;

const { signal } = new AbortController();
const source = await openSource(plan, { [PLAN_ENV.sourceUrl]: url }, signal);
let rows = 0;
for await (const batch of source.batches(signal)) {
  for (const [number] of batch) {
    if (number !== rows + 1) throw new Error(`row ${rows + 1} has number ${String(number)}`);
    rows += 1;
  }
}
await source.close();
parentPort?.postMessage(rows);
