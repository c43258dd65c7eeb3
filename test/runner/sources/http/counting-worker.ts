/** Reads a source to its end in a thread whose heap its test bounds, and tells how many rows came in order. */
import { parentPort, workerData } from 'node:worker_threads';
import type { RunPlan } from '../../../../src/runner/plan.ts';
import { openHttp } from '../../../../src/runner/sources/http.ts';
import type { HttpPlan } from '../../../../src/runner/sources/http/plan.ts';

const source = workerData as HttpPlan;
const plan = {
  timeZone: 'UTC',
  parameters: [],
  columns: [
    { name: 'id', header: 'id', type: 'Integer' },
    { name: 'text', header: 'text', type: 'String' },
  ],
  activeDeadlineSeconds: 3600,
  allowLoopback: true,
} as unknown as RunPlan;

const { signal } = new AbortController();
const opened = openHttp(source, plan, {});
let rows = 0;
for await (const batch of opened.batches(signal)) {
  for (const [id] of batch) {
    if (id !== rows + 1) throw new Error(`row ${rows + 1} has number ${String(id)}`);
    rows += 1;
  }
}
await opened.close();
parentPort?.postMessage(rows);
