/**
 * The whole way of a Report: rows of a PostgreSQL table to an object of an S3 server on this machine, by the runner as its image has it.
 *
 * `npm run bench:postgres -- [--rows N] [--format CSV|NDJSON|XLSX] [--gzip] [--copy] [--profile FOLDER]`; `--copy` puts copy.ts in the runner's place.
 * Server, database and runner share the machine's cores.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { bundle } from '../../scripts/bundle.ts';
import { createDatabase } from '../../src/local/postgres/access.ts';
import { PostgresServer } from '../../src/local/postgres/postgres-server.ts';
import { createBucket } from '../../src/local/s3-admin.ts';
import { S3Server } from '../../src/local/s3-server.ts';
import { provideTools } from '../../src/local/tools/provide.ts';
import { SERVER_TOOLS } from '../../src/local/tools/catalog.ts';
import { Workspace } from '../../src/local/workspace.ts';
import { nodeOptions } from '../../src/operator/report/node-options.ts';
import { imageEnv } from '../operator/program.ts';
import { PLAN_ENV, type ReportFormat, type RunPlan } from '../../src/runner/plan.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    format: { type: 'string', default: 'CSV' },
    gzip: { type: 'boolean', default: false },
    copy: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const rows = Number(values.rows);

/** Twelve mixed columns like those of rows.ts. */
const TABLE = `create table invoices as select
  'PR-' || lpad(n::text, 12, '0') as id,
  timestamptz '2023-11-14 22:13:20Z' + n * interval '1.001 s' as created_at,
  (array['Anna Lee Smith','Björn Ann Müller','Clara Maria Tanaka','Nguyễn Peter Okafor'])[(n % 4 + 1)::int] || (array['','-Berg','-Wood','-Hill'])[(n / 7 % 4 + 1)::int] as customer,
  (array['US','DE','GB','FR','JP','BR'])[(n % 6 + 1)::int] as country,
  (array['Cloud Storage','Managed Database','Email Sending'])[(n % 3 + 1)::int] || ' Tier ' || n % 20 as product,
  'SKU-' || lpad((n * 37 % 10000)::text, 4, '0') as sku,
  (n * 7919 % 64 + 1)::int as quantity,
  (n * 104729 % 100000)::float8 / 100 as unit_price,
  ((n * 7919 % 64 + 1) * (n * 104729 % 100000))::numeric / 100 as amount,
  (array['USD','EUR','GBP','JPY'])[(n % 4 + 1)::int] as currency,
  (array['paid','open','void','draft','uncollectible'])[(n % 5 + 1)::int] as status,
  'Monthly subscription fee for account ' || n * 31 % 10000 || case when n % 20 = 0 then ', see "terms"' else '' end as description
  from generate_series(1::bigint, ${rows}) as n`;

const tools = await provideTools({}, SERVER_TOOLS);
const workspace = await Workspace.create();
try {
  const [s3, postgres] = await Promise.all([S3Server.start(workspace, tools), PostgresServer.start(workspace)]);
  await createBucket(s3.admin, 'bench');
  const url = await createDatabase(postgres.access, 'bench');
  await prepareTable(url);

  const folder = await workspace.makeFolder('bench');
  if (values.copy) await bundle(folder, { copy: 'bench/render/copy.ts' });
  else await bundle(folder);
  const facts = join(folder, 'time');
  const result = join(folder, 'result');
  const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
  const command = [
    process.execPath,
    ...profile,
    ...nodeOptions('512Mi').split(' '),
    values.copy ? join(folder, 'copy.mjs') : join(folder, 'runner', 'runner.mjs'),
  ];
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync('time', ['-f', '%U %S %M', '-o', facts, ...command], {
    encoding: 'utf8',
    env: {
      ...(await imageEnv('runner')),
      [PLAN_ENV.plan]: JSON.stringify(planFor(s3)),
      [PLAN_ENV.terminationLog]: result,
      [PLAN_ENV.sourceUrl]: `${url}?sslmode=disable`,
      [PLAN_ENV.accessKeyId]: s3.root.accessKeyId,
      [PLAN_ENV.secretAccessKey]: s3.root.secretAccessKey,
      PATH: process.env['PATH'],
    },
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`the runner ended with ${status}: ${stdout}${stderr}`);
  const [user = NaN, system = NaN, kibibytes = NaN] = readFileSync(facts, 'utf8').trim().split(' ').map(Number);
  const ending = JSON.parse(readFileSync(result, 'utf8')) as { readonly rows: number; readonly bytes: number };
  if (ending.rows !== rows) throw new Error(`${ending.rows} rows instead of ${rows}`);
  console.log(
    `${values.copy ? 'COPY' : values.format}${values.gzip ? ' by gzip' : ''}: ${rows} rows, ${(ending.bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s ` +
      `(${Math.round(rows / seconds / 1000)} k rows/s); runner ${(user + system).toFixed(1)} CPU s, ${((kibibytes * 1024) / 1e6).toFixed(1)} MB`,
  );
} finally {
  await workspace.close();
}

async function prepareTable(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(TABLE);
    await client.query('vacuum analyze invoices');
  } finally {
    await client.end();
  }
}

function planFor({ endpoint, region }: S3Server): RunPlan {
  return {
    version: 1,
    report: { namespace: 'bench', name: 'bench', uid: randomUUID() },
    template: { kind: 'ReportTemplate', name: 'bench', uid: randomUUID(), generation: 1 },
    attempt: 1,
    activeDeadlineSeconds: 3600,
    time: '2026-01-01T00:00:00Z',
    timeZone: 'UTC',
    parameters: [],
    source: { kind: 'postgres', query: 'select * from invoices' },
    format: values.format as ReportFormat,
    compression: values.gzip ? 'Gzip' : 'None',
    csv: { delimiter: ',', header: true, bom: false, quote: 'Minimal', lineEnding: 'LF', null: '', formulas: 'Escape' },
    json: { decimals: 'Number', integers: 'Number' },
    xlsx: { sheetName: 'Report', freezeHeader: true, autoFilter: true, info: false },
    output: {
      bucket: { bucket: 'bench', endpoint, region, forcePathStyle: true, checksums: 'Auto', credentials: 'Secret' },
      storage: { name: 'bench', uid: randomUUID() },
      key: 'bench/file',
      fileName: 'file',
      contentType: 'application/octet-stream',
      contentDisposition: 'attachment',
    },
    allowLoopback: true,
  };
}
