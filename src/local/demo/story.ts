/** What a person sees of the demo, step by step, from nothing to files that can be opened. What runs lives in the host process; nothing is started here. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Report } from '../../api/generated/report.ts';
import { HttpTransport } from '../../kube/transport.ts';
import { runToEnd } from '../process/run-to-end.ts';
import { createBucket, createUser, type S3Credentials } from '../s3-admin.ts';
import { CUSTOMERS, INVOICES, USES } from './billing.ts';
import { copyFiles } from './files.ts';
import { goOnText } from './go-on.ts';
import type { Host, HostFacts } from './host.ts';
import { localManifest } from './manifests.ts';
import { firstLines } from './preview.ts';
import { untilEnded } from './reports.ts';
import { createScreen, type Terminal } from './screen.ts';
import { seedBilling } from './seed.ts';
import { failureText, filesText, type CopiedFile } from './summary.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples');
const NAMESPACE = 'billing';
const BUCKET = 'reports';
/** People will meet a Report that fails, so the demo shows one. */
const MEANT_TO_FAIL = 'wrong-parameter';

export interface StoryOptions {
  readonly host: Host;
  readonly terminal: Terminal;
  /** Folder for the finished files. */
  readonly output: string;
  /** Whether somebody can go on afterwards, and should be told how. */
  readonly goesOn: boolean;
}

/** Throws when a Report ends as it should not, and when aborted. */
export async function tellStory({ host, terminal, output, goesOn }: StoryOptions, signal: AbortSignal): Promise<void> {
  const beganAt = performance.now();
  const say = (text: string): unknown => terminal.write(`${text}\n`);
  const step = (text: string): unknown => say(`${((performance.now() - beganAt) / 1_000).toFixed(1).padStart(5)} s  ${text}`);

  step('Starting Kubernetes (etcd, apiserver, controller manager), Postgres, an S3 server and a small HTTP API on 127.0.0.1');
  const facts = await host.servers(signal);
  step('Registering the CRDs, starting the operator and a local node');
  step(`Filling a billing database: ${count(CUSTOMERS)} customers, ${count(INVOICES)} invoices, ${count(USES)} metered uses`);
  const databaseUrl = await seedBilling(facts.postgres, signal);
  const credentials = await makeBucket(facts);
  signal.throwIfAborted();
  await host.ready(signal);
  const manifests = await writeManifests(facts, databaseUrl, credentials);
  step(`Applying examples/ in the namespace ${NAMESPACE}`);
  await applyManifests(facts, manifests, signal);

  say(`\n$ kubectl get reports -n ${NAMESPACE} --watch`);
  const reports = await watchReports(facts, terminal, signal);
  say('');
  step('All Reports have ended');
  const bucket = { endpoint: facts.s3.endpoint, region: facts.s3.region, credentials };
  const files = await collectFiles(bucket, reports, output, signal);
  say(`\n${filesText(files, terminal.columns)}`);
  const failed = reports.filter(({ status }) => status.phase === 'Failed');
  for (const report of failed) say(`\n${failureText(report, MEANT_TO_FAIL)}`);
  const [first] = files;
  if (goesOn && first !== undefined) {
    const { kubectl, kubeconfigFile, folder } = facts;
    const operatorLog = join(folder, 'operator.log');
    say(`\n${goOnText({ namespace: NAMESPACE, kubectl, kubeconfigFile, manifests, file: first.file, bucket, databaseUrl, operatorLog })}`);
  }
  const wrong = failed.filter(({ metadata }) => metadata.name !== MEANT_TO_FAIL);
  if (wrong.length > 0) throw new Error(`${wrong.map(({ metadata }) => metadata.name).join(', ')} should not have failed`);
}

/** The bucket and a user whose only bucket it is; resolves to that user's keys. */
async function makeBucket({ s3 }: HostFacts): Promise<S3Credentials> {
  const user = await createUser(s3);
  await createBucket(s3, BUCKET, user);
  return user;
}

/** examples/ with this run's addresses and Secrets, for this user's eyes only; resolves to their folder. */
async function writeManifests({ folder, s3, crm }: HostFacts, databaseUrl: string, keys: S3Credentials): Promise<string> {
  const target = join(folder, 'manifests');
  await mkdir(target, { mode: 0o700 });
  const secrets = new Map([
    ['billing-db', { url: databaseUrl }],
    ['archive-credentials', { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey }],
    ['crm-api', { authorization: crm.authorization }],
  ]);
  const local = { bucket: BUCKET, endpoint: s3.endpoint, region: s3.region, api: crm.origin, secrets };
  for (const name of (await readdir(EXAMPLES)).filter((file) => file.endsWith('.yaml'))) {
    await writeFile(join(target, name), localManifest(await readFile(join(EXAMPLES, name), 'utf8'), local), { mode: 0o600 });
  }
  return target;
}

/** In the order of their names: a Report that comes before its template, storage or Secret waits for it. */
async function applyManifests({ folder, kubectl, kubeconfigFile }: HostFacts, manifests: string, signal: AbortSignal): Promise<void> {
  const access = ['--kubeconfig', kubeconfigFile, '--cache-dir', join(folder, 'kubectl')];
  await runToEnd(kubectl, [...access, 'create', 'namespace', NAMESPACE], { signal });
  await runToEnd(kubectl, [...access, 'apply', '--server-side', '-f', manifests], { signal });
}

async function watchReports({ apiserver }: HostFacts, terminal: Terminal, signal: AbortSignal): Promise<readonly Report[]> {
  const { url, ca, admin } = apiserver;
  const tls = { ca, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
  const transport = new HttpTransport({ server: new URL(url), tls, authorization: async () => undefined }, 'dossier-demo');
  const screen = createScreen(terminal);
  try {
    return await untilEnded(transport, NAMESPACE, (table) => screen.show(table), signal);
  } finally {
    await transport.close();
  }
}

async function collectFiles(
  bucket: { readonly endpoint: string; readonly region: string; readonly credentials: S3Credentials },
  reports: readonly Report[],
  output: string,
  signal: AbortSignal,
): Promise<readonly CopiedFile[]> {
  const files = reports.flatMap(({ status }) => status.file ?? []);
  const paths = await copyFiles(bucket, files, output, signal);
  const copied = files.map(async (file, index) => {
    const path = paths[index] ?? '';
    return { file, path: relative(process.cwd(), path), firstLines: await firstLines(path, file.format) };
  });
  return Promise.all(copied);
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
