/**
 * `make soak`: an hour of schedules that are due each minute, in which the operator's memory and descriptors must stay as they were; writes docs/benchmarks/soak.md.
 *
 * `npm run soak -- --minutes 3` for a short one, which writes nothing. It ends with exit code 1 when something grew, failed, was missed or was left in the bucket.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findCondition } from '../../src/api/conditions.ts';
import type { Report } from '../../src/api/generated/report.ts';
import { REPORTS } from '../../src/kube/resources.ts';
import { bucketKeys } from './bucket-keys.ts';
import { page, table } from './page.ts';
import { faults, look, pieces, RESIDENT_MAY_GROW_BYTES, SHORT_RESIDENT_MAY_GROW_BYTES, type Sample } from './samples.ts';
import { BUCKET, FORMATS, KEPT, NAMESPACE, startStage } from './stage.ts';

const MINUTE_MS = 60_000;
/** As Prometheus would. */
const SAMPLE_MS = 15_000;
const SHORT_SAMPLE_MS = 5_000;
/** How long the last minute's runs may take to end. */
const LAST_RUNS_MS = 120_000;
const TARGET = join(import.meta.dirname, '../../docs/benchmarks/soak.md');

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);
const long = minutes >= 60;
const warmUpSeconds = long ? 600 : 60;
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)));

await using resources = new AsyncDisposableStack();
const { client, s3, operator, metricsUrl } = await startStage(resources, stop.signal);
void operator.exited.then(({ code }) => stop.abort(new Error(`the operator ended with exit code ${code}`)));
const startedAt = performance.now();
const firstMinute = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
const samples: Sample[] = [];
const endsAt = startedAt + minutes * MINUTE_MS;
/** Runs that have begun by the end; the first minute may have come before the operator. */
const expected = FORMATS.length * Math.floor((Date.now() + minutes * MINUTE_MS - firstMinute) / MINUTE_MS);
const ended = (sample: Sample | undefined): number => (sample === undefined ? 0 : sample.ready + sample.failed);
while (performance.now() < endsAt || (ended(samples.at(-1)) < expected && performance.now() < endsAt + LAST_RUNS_MS)) {
  await sleep(long ? SAMPLE_MS : SHORT_SAMPLE_MS, undefined, { signal: stop.signal });
  const sample = await look(operator.pid, metricsUrl, startedAt, stop.signal).catch((error: unknown) => {
    // Not listening yet.
    if (samples.length === 0) return undefined;
    throw error;
  });
  if (sample !== undefined) samples.push(sample);
}
const parts = pieces(samples, warmUpSeconds, long ? 5 : 2);
const found = [...faults(samples, parts, expected, long ? RESIDENT_MAY_GROW_BYTES : SHORT_RESIDENT_MAY_GROW_BYTES), ...(await remains())];

/** What failed last, and what pruning left behind: every object in the bucket belongs to a Report, and of those there are only as many as are kept. */
async function remains(): Promise<readonly string[]> {
  const { items } = await client.list<Report>(REPORTS, { namespace: NAMESPACE }, stop.signal);
  const ofReports = new Set(items.map(({ metadata }) => metadata.uid));
  const orphans = (await bucketKeys(s3.admin, BUCKET)).filter((key) => !ofReports.has(key.split('/').at(-2) ?? ''));
  // One of each schedule may be under way and one about to go.
  const most = FORMATS.length * (KEPT + 2);
  const failed = items.filter(({ status }) => status.phase === 'Failed');
  return [
    ...failed.map(({ metadata, status }) => `${metadata.name}: ${findCondition(status.conditions, 'Ready')?.message ?? 'no message'}`),
    ...(orphans.length === 0 ? [] : [`files without a Report: ${orphans.join(', ')}`]),
    ...(items.length <= most ? [] : [`${items.length} Reports are left, more than ${most}`]),
  ];
}

console.log(table(parts));
for (const fault of found) console.log(`not as it should be: ${fault}`);
if (long && found.length === 0) {
  const machine = `On ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, load average ${loadavg()[0]?.toFixed(1) ?? '?'}, Node ${process.version}.`;
  const { ready } = samples.at(-1) ?? { ready: 0 };
  await writeFile(TARGET, page({ minutes, warmUpSeconds, parts, runs: ready, schedules: FORMATS.length, machine }));
}
process.exitCode = found.length === 0 ? 0 : 1;
