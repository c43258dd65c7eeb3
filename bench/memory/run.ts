/** One Report rendered by the runner's own program, in a process of its own as in a pod, and what it took. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { S3Credentials } from '../../src/local/s3-admin.ts';
import { PLAN_ENV, type ReportFormat, type RunPlan } from '../../src/runner/plan.ts';

const KIB = 1024;

/** What runs, where rows come from and where the file goes. */
export interface Place {
  /** Path of the runner's bundle, what its image sets, and NODE_OPTIONS as its Job has them. */
  readonly program: string;
  readonly imageEnv: Readonly<Record<string, string>>;
  readonly nodeOptions: string;
  /** URL of the database. */
  readonly database: string;
  /** Of the store, or of a proxy before it. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly keys: S3Credentials;
  /** Takes the small files of the run. */
  readonly folder: string;
}

export interface Outcome {
  readonly fileBytes: number;
  /** The most memory that the process ever held (resident set), in bytes. */
  readonly peakBytes: number;
  readonly seconds: number;
}

/** A row has nine columns of all kinds and about 116 bytes as CSV. Nothing is stored: the server makes rows as they are read. */
function query(rows: number): string {
  return `
    select n as id,
           'Customer ' || (n * 7919 % 400) as customer,
           (array['api_calls', 'storage_gb_hours', 'egress_gb', 'compute_minutes'])[1 + n % 4] as metric,
           (n * 104729 % 9000000 / 1000.0)::numeric(14, 3) as quantity,
           timestamptz '2026-10-01T00:00:00Z' + n * interval '2.678 s' as recorded_at,
           date '2026-11-01' + (n % 90)::int as due,
           n % 3 = 0 as paid,
           (n * 15485863 % 100000000 / 10000.0)::numeric(14, 4) as cost,
           sqrt(n::float8) as share
      from generate_series(1::bigint, ${rows}) as n`;
}

/** @throws Error when the file was not complete. */
export async function render(place: Place, format: ReportFormat, rows: number, name: string): Promise<Outcome> {
  const [result, peak] = [join(place.folder, `${name}.result`), join(place.folder, `${name}.peak`)];
  const started = performance.now();
  const runner = spawn(process.execPath, ['--import', fileURLToPath(new URL('note-peak.js', import.meta.url)), place.program], {
    env: {
      ...place.imageEnv,
      NODE_OPTIONS: place.nodeOptions,
      [PLAN_ENV.plan]: JSON.stringify(planOf(place, format, rows, name)),
      [PLAN_ENV.terminationLog]: result,
      [PLAN_ENV.sourceUrl]: `${place.database}?sslmode=disable`,
      [PLAN_ENV.accessKeyId]: place.keys.accessKeyId,
      [PLAN_ENV.secretAccessKey]: place.keys.secretAccessKey,
      DOSSIER_BENCH_PEAK: peak,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(runner, 'exit');
  const seconds = (performance.now() - started) / 1000;
  const told = JSON.parse(await readFile(result, 'utf8')) as { readonly ok: boolean; readonly rows?: number; readonly bytes?: number };
  if (!told.ok || told.rows !== rows || told.bytes === undefined) throw new Error(`${name}: ${JSON.stringify(told)}`);
  return { fileBytes: told.bytes, peakBytes: Number(await readFile(peak, 'utf8')) * KIB, seconds };
}

function planOf({ endpoint, region, bucket }: Place, format: ReportFormat, rows: number, name: string): RunPlan {
  return {
    version: 1,
    report: { namespace: 'bench', name, uid: name },
    template: { kind: 'ReportTemplate', name: 'memory', uid: 'memory', generation: 1 },
    attempt: 1,
    activeDeadlineSeconds: 3600,
    time: '2026-11-28T00:00:00Z',
    timeZone: 'Europe/Berlin',
    parameters: [],
    source: { kind: 'postgres', query: query(rows) },
    format,
    compression: 'None',
    csv: { delimiter: ',', header: true, bom: false, quote: 'Minimal', lineEnding: 'LF', null: '', formulas: 'Escape' },
    json: { decimals: 'String', integers: 'Number' },
    xlsx: { sheetName: 'Usage', freezeHeader: true, autoFilter: true, info: false },
    output: {
      bucket: { bucket, endpoint, region, forcePathStyle: true, checksums: 'Auto', credentials: 'Secret' },
      storage: { name: 'bench', uid: 'bench' },
      key: `bench/${name}`,
      fileName: name,
      contentType: 'application/octet-stream',
      contentDisposition: 'attachment',
    },
    allowLoopback: true,
  };
}
