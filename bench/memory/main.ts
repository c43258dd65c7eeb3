/**
 * Peak memory of the runner against the number of rows and the speed of the bucket: prints each figure and writes docs/benchmarks/memory.md.
 *
 * `npm run bench:memory`, about four minutes, most of them spent by the slow lines. It ends with exit code 1 when a figure is over the goal.
 * `npm run bench:memory -- [--formats CSV,XLSX] [--rows 5000000,…] [--rates 0.5,…]` measures others and writes no page; rates are MB/s, 0 is instant.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from '../../scripts/bundle.ts';
import { databaseUrl } from '../../src/local/postgres/access.ts';
import { PostgresServer } from '../../src/local/postgres/postgres-server.ts';
import { createBucket } from '../../src/local/s3-admin.ts';
import { S3Server } from '../../src/local/s3-server.ts';
import { provideTools } from '../../src/local/tools/provide.ts';
import { Workspace } from '../../src/local/workspace.ts';
import { imageEnv } from '../operator/program.ts';
import { nodeOptions } from '../../src/operator/report/node-options.ts';
import type { ReportFormat } from '../../src/runner/plan.ts';
import { GOAL_BYTES, page, type Run } from './page.ts';
import { render, type Place } from './run.ts';
import { SlowLine } from './slow-line.ts';

const { values } = parseArgs({
  options: {
    formats: { type: 'string', default: 'CSV,XLSX' },
    rows: { type: 'string' },
    rates: { type: 'string' },
  },
});
const formats = values.formats.split(',') as ReportFormat[];
/** Rows, and MB/s; 0 = as many as come. */
const PAGE_LINES: readonly (readonly [rows: number, rates: readonly number[]])[] = [
  [100_000, [0, 5, 1, 0.5]],
  [1_000_000, [0, 5]],
  [5_000_000, [0]],
];
const isForPage = values.rows === undefined && values.rates === undefined;
const wantedRates = (values.rates ?? '0,1').split(',').map(Number);
const lines = isForPage ? PAGE_LINES : (values.rows ?? '100000,1000000').split(',').map((rows) => [Number(rows), wantedRates] as const);
/** The operator's default for runners. */
const MEMORY_LIMIT = '512Mi';
const PAGE = fileURLToPath(new URL('../../docs/benchmarks/memory.md', import.meta.url));

const tools = await provideTools();
await using workspace = await Workspace.create();
const [s3, postgres] = await Promise.all([S3Server.start(workspace, tools), PostgresServer.start(workspace)]);
await using slowLines = new AsyncDisposableStack();
await bundle(workspace.folder);
const place: Place = {
  program: join(workspace.folder, 'runner', 'runner.mjs'),
  imageEnv: await imageEnv('runner'),
  nodeOptions: nodeOptions(MEMORY_LIMIT),
  database: databaseUrl(postgres.access, 'postgres'),
  endpoint: s3.endpoint,
  region: s3.region,
  bucket: 'bench',
  keys: s3.root,
  folder: workspace.folder,
};
await createBucket(s3.admin, place.bucket);

/** By rate. */
const endpoints = new Map<number, string>();
for (const rate of new Set(lines.flatMap(([, rates]) => rates)))
  endpoints.set(rate, rate === 0 ? s3.endpoint : slowLines.use(await SlowLine.start(s3.endpoint, rate * 1e6)).endpoint);
const runs: Run[] = [];
for (const format of formats) {
  for (const [rows, rates] of lines) {
    for (const rate of rates) {
      const sink = rate === 0 ? 'instant' : `${rate} MB/s`;
      const outcome = await render({ ...place, endpoint: endpoints.get(rate) ?? '' }, format, rows, `${format}-${rows}-${runs.length}`);
      runs.push({ format, rows, sink, ...outcome });
      console.log(
        `${format}, ${rows} rows, ${sink}: peak ${(outcome.peakBytes / 1e6).toFixed(1)} MB, ${(outcome.fileBytes / 1e6).toFixed(1)} MB of file, ${outcome.seconds.toFixed(1)} s`,
      );
    }
  }
}
if (isForPage && values.formats === 'CSV,XLSX') writeFileSync(PAGE, page(runs, MEMORY_LIMIT));

const over = runs.filter(({ peakBytes }) => peakBytes >= GOAL_BYTES);
if (over.length > 0) {
  console.error(`${over.length} of ${runs.length} runs took ${GOAL_BYTES / 1e6} MB or more`);
  process.exitCode = 1;
}
