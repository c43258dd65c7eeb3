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
import { arrivalText, firstOfSchedule, scheduleLines } from './schedules.ts';
import { seedBilling } from './seed.ts';
import { failureText, filesText, type CopiedFile } from './summary.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples');
const SYSTEM_TEMPLATES = join(import.meta.dirname, '../../../config/system-templates');
/** Of the system templates' examples, those that have something to show in a cluster that is a minute old. */
const SYSTEM_REPORTS = ['access', 'nodes', 'resources'];
const NAMESPACE = 'billing';
const BUCKET = 'reports';
/** People will meet a Report that fails, so the demo shows one. */
const MEANT_TO_FAIL = 'wrong-parameter';
/** Fires each minute, so that somebody who stays sees a scheduled Report arrive. */
const SCHEDULE = 'containers-each-minute';
/** A person is shown how to fetch this one. */
const FETCHED = 'invoices-october.xlsx';

export interface StoryOptions {
  readonly host: Host;
  readonly terminal: Terminal;
  /** Folder for the finished files. */
  readonly output: string;
  /** Whether somebody can go on afterwards, and should be told how. */
  readonly goesOn: boolean;
}

/** Resolves to where everything is. Throws when a Report ends as it should not, and when aborted. */
export async function tellStory({ host, terminal, output, goesOn }: StoryOptions, signal: AbortSignal): Promise<HostFacts> {
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
  step(`Applying examples/ and the system templates in the namespace ${NAMESPACE}`);
  await applyManifests(facts, manifests, signal);

  const transport = openTransport(facts);
  try {
    say(`\n$ kubectl get reports -n ${NAMESPACE} --watch`);
    const screen = createScreen(terminal);
    const reports = await untilEnded(transport, NAMESPACE, (table) => screen.show(table), signal);
    say('');
    step('All Reports have ended');
    const bucket = { endpoint: facts.s3.endpoint, region: facts.s3.region, credentials };
    const files = await collectFiles(bucket, reports, output, signal);
    say(`\n${filesText(files, terminal.columns)}`);
    const failed = reports.filter(({ status }) => status.phase === 'Failed');
    for (const report of failed) say(`\n${failureText(report, MEANT_TO_FAIL)}`);
    say(`\nSchedules go on making Reports, ${SCHEDULE} one every minute:\n\n$ kubectl get reportschedules -n ${NAMESPACE}`);
    say((await scheduleLines(transport, NAMESPACE, signal)).join('\n'));
    const fetched = files.find(({ file }) => file.name === FETCHED);
    if (goesOn && fetched !== undefined) {
      const { kubectl, kubeconfigFile, folder } = facts;
      const operatorLog = join(folder, 'operator.log');
      const goOn = { namespace: NAMESPACE, kubectl, kubeconfigFile, manifests, file: fetched.file, bucket, databaseUrl, operatorLog };
      say(`\n${goOnText(goOn)}`);
    }
    const wrong = failed.filter(({ metadata }) => metadata.name !== MEANT_TO_FAIL);
    if (wrong.length > 0) throw new Error(`${wrong.map(({ metadata }) => metadata.name).join(', ')} should not have failed`);
  } finally {
    await transport.close();
  }
  return facts;
}

/** Waits for the first Report of the schedule that fires each minute, and tells of it. Throws when aborted. */
export async function tellArrival(facts: HostFacts, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const transport = openTransport(facts);
  try {
    const report = await firstOfSchedule(transport, NAMESPACE, SCHEDULE, signal);
    terminal.write(`\n${arrivalText(SCHEDULE, report)}\n`);
  } finally {
    await transport.close();
  }
}

/** The bucket and a user whose only bucket it is; resolves to that user's keys. */
async function makeBucket({ s3 }: HostFacts): Promise<S3Credentials> {
  const user = await createUser(s3);
  await createBucket(s3, BUCKET, user);
  return user;
}

/** The examples with this run's addresses and Secrets, for this user's eyes only; resolves to their folder. */
async function writeManifests({ folder, s3, crm }: HostFacts, databaseUrl: string, keys: S3Credentials): Promise<string> {
  const target = join(folder, 'manifests');
  await mkdir(target, { mode: 0o700 });
  const secrets = new Map([
    ['billing-db', { url: databaseUrl }],
    ['archive-credentials', { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey }],
    ['crm-api', { authorization: crm.authorization }],
  ]);
  const local = { namespace: NAMESPACE, bucket: BUCKET, endpoint: s3.endpoint, region: s3.region, api: crm.origin, secrets };
  for (const file of await exampleFiles()) {
    const name = relative(join(EXAMPLES, '..'), file).replaceAll('/', '-');
    await writeFile(join(target, name), localManifest(await readFile(file, 'utf8'), local), { mode: 0o600 });
  }
  return target;
}

/** The examples, the system templates with their rights, and some of their examples. */
async function exampleFiles(): Promise<readonly string[]> {
  const yamlIn = async (folder: string): Promise<readonly string[]> =>
    (await readdir(folder)).filter((name) => name.endsWith('.yaml')).map((name) => join(folder, name));
  return [
    ...(await yamlIn(EXAMPLES)),
    ...(await yamlIn(SYSTEM_TEMPLATES)),
    ...(await yamlIn(join(SYSTEM_TEMPLATES, 'rbac'))),
    ...SYSTEM_REPORTS.map((name) => join(EXAMPLES, 'system-templates', `report-${name}.yaml`)),
  ];
}

/** In the order of their names: a Report that comes before its template, storage or Secret waits for it. */
async function applyManifests({ folder, kubectl, kubeconfigFile }: HostFacts, manifests: string, signal: AbortSignal): Promise<void> {
  const access = ['--kubeconfig', kubeconfigFile, '--cache-dir', join(folder, 'kubectl')];
  await runToEnd(kubectl, [...access, 'create', 'namespace', NAMESPACE], { signal });
  await runToEnd(kubectl, [...access, 'apply', '--server-side', '-f', manifests], { signal });
}

function openTransport({ apiserver: { url, ca, admin } }: HostFacts): HttpTransport {
  const tls = { ca, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
  return new HttpTransport({ server: new URL(url), tls, authorization: async () => undefined }, 'dossier-demo');
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
