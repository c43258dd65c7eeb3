/**
 * Peak memory of the runner against the number of rows and the speed of the bucket: prints each figure and writes docs/benchmarks/memory.md.
 *
 * `npm run bench:memory`, about six minutes, most of them spent by the slow line. It ends with exit code 1 when a figure is over the goal.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../scripts/bundle.ts';
import { databaseUrl } from '../../src/local/postgres/access.ts';
import { PostgresServer } from '../../src/local/postgres/postgres-server.ts';
import { createBucket } from '../../src/local/s3-admin.ts';
import { S3Server } from '../../src/local/s3-server.ts';
import { provideTools } from '../../src/local/tools/provide.ts';
import { Workspace } from '../../src/local/workspace.ts';
import { nodeOptions } from '../../src/operator/report/node-options.ts';
import { GOAL_BYTES, page, type Run } from './page.ts';
import { render, type Place } from './run.ts';
import { SlowLine } from './slow-line.ts';

const FORMATS = ['CSV', 'XLSX'] as const;
const ROWS = [100_000, 1_000_000];
const SLOW_BYTES_PER_SECOND = 1_000_000;
/** The operator's default for runners. */
const MEMORY_LIMIT = '512Mi';
const PAGE = fileURLToPath(new URL('../../docs/benchmarks/memory.md', import.meta.url));

const tools = await provideTools();
await using workspace = await Workspace.create();
const [s3, postgres] = await Promise.all([S3Server.start(workspace, tools), PostgresServer.start(workspace)]);
await using slow = await SlowLine.start(s3.endpoint, SLOW_BYTES_PER_SECOND);
await bundle(workspace.folder);
const place: Place = {
  program: join(workspace.folder, 'runner', 'runner.mjs'),
  nodeOptions: nodeOptions(MEMORY_LIMIT),
  database: databaseUrl(postgres.access, 'postgres'),
  endpoint: s3.endpoint,
  region: s3.region,
  bucket: 'bench',
  keys: s3.root,
  folder: workspace.folder,
};
await createBucket(s3.admin, place.bucket);

const sinks = new Map([
  ['instant', s3.endpoint],
  ['1 MB/s', slow.endpoint],
]);
const runs: Run[] = [];
for (const format of FORMATS) {
  for (const rows of ROWS) {
    for (const [sink, endpoint] of sinks) {
      const outcome = await render({ ...place, endpoint }, format, rows, `${format}-${rows}-${runs.length}`);
      runs.push({ format, rows, sink, ...outcome });
      console.log(
        `${format}, ${rows} rows, ${sink}: peak ${(outcome.peakBytes / 1e6).toFixed(1)} MB, ${(outcome.fileBytes / 1e6).toFixed(1)} MB of file, ${outcome.seconds.toFixed(1)} s`,
      );
    }
  }
}
writeFileSync(PAGE, page(runs, MEMORY_LIMIT));

const over = runs.filter(({ peakBytes }) => peakBytes >= GOAL_BYTES);
if (over.length > 0) {
  console.error(`${over.length} of ${runs.length} runs took ${GOAL_BYTES / 1e6} MB or more`);
  process.exitCode = 1;
}
