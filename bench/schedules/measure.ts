/**
 * One contestant, on a control plane of its own: so many schedules that are all due in one minute, and what comes of them.
 *
 * Start skew is the time from the minute until a watch shows the child (Report or Job), so it holds the apiserver's and the watcher's share for everybody alike.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeClient, type Manifest } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { EVENTS, NAMESPACES, REPORT_STORAGES, REPORT_TEMPLATES, SECRETS } from '../../src/kube/resources.ts';
import { HttpTransport } from '../../src/kube/transport.ts';
import { ControlPlane } from '../../src/local/control-plane/control-plane.ts';
import { installCrds } from '../../src/local/crds.ts';
import { onFreePorts } from '../../src/local/process/ports.ts';
import { createBucket } from '../../src/local/s3-admin.ts';
import { S3Server } from '../../src/local/s3-server.ts';
import type { ToolPaths } from '../../src/local/tools/catalog.ts';
import { Workspace } from '../../src/local/workspace.ts';
import { bundledOperator, imageEnv, imageFlags } from '../operator/program.ts';
import type { Contestant } from './contestants.ts';
import { Endings } from './endings.ts';
import {
  apiserverSeconds,
  Arrivals,
  eventLoopLagMs,
  eventRequests,
  peakMegabytes,
  processorSeconds,
  requestsSoFar,
  untilQuiet,
} from './observer.ts';

const NAMESPACE_COUNT = 50;
const MINUTE_MS = 60_000;
const SETUP_PARALLEL = 16;
/** Schedules that are made to see how quickly they are made; they are never due. */
const PROBES = 100;
/** How much longer than the probes, one by one, the schedules may take. */
const PATIENCE = 1.5;
/** Between the last schedule that is ready and the minute: for caches to fill and garbage to go. */
const PAUSE_MS = 10_000;
/** In the first minute of leading, Dossier confirms what it makes, as its caches may lack what was written before; runs are measured afterwards. */
const BEGINNING_MS = 70_000;
/** No event for so long: the work is done. Longer than a status of Dossier waits for the end of a run. */
const QUIET_MS = 15_000;
const GIVE_UP_MS = 20 * MINUTE_MS;

export interface Measurement {
  /** Milliseconds after the minute, ascending. */
  readonly skews: readonly number[];
  /** From the minute until nothing happens any more. */
  readonly processorSeconds: number;
  readonly apiserverSeconds: number;
  readonly settledSeconds: number;
  /** Load average a moment before the minute. */
  readonly load: number;
  /** Of the longest delay of its event loop, from the minute on; undefined: it does not tell. */
  readonly eventLoopLagMs: number | undefined;
  /** Since the process began. */
  readonly peakMegabytes: number;
  /** Runs that were ended. */
  readonly ended: number;
  /** Requests for Events on schedules. */
  readonly events: number;
  /** By verb and resource, from the minute on. */
  readonly requests: ReadonlyMap<string, number>;
}

/** `toTheEnd`: runs are ended, and the measurement with them; else nobody ends them. */
export async function measure(
  contestant: Contestant,
  tools: ToolPaths,
  count: number,
  nodeFlags: readonly string[],
  toTheEnd: boolean,
): Promise<Measurement> {
  await using workspace = await Workspace.create();
  const controlPlane = await ControlPlane.start(workspace, tools);
  if (!contestant.whole) await controlPlane.stopControllerManager();
  await installCrds(tools.kubectl, controlPlane.kubeconfigFile);
  const stop = new AbortController();
  const transport = new HttpTransport(await loadClusterConfig(controlPlane.kubeconfigFile, {}), 'dossier-bench');
  const client = new KubeClient(transport, () => undefined);
  const namespaces = Array.from({ length: NAMESPACE_COUNT }, (_, index) => `bench-${index}`);
  await each(namespaces, (name) => client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, stop.signal));
  if (contestant.whole) await prepare(client, workspace, tools, namespaces, stop.signal);

  const folder = await workspace.makeFolder(contestant.name);
  const { authority, kubeconfigFile: kubeconfig, url } = controlPlane;
  const { entry } = contestant;
  const program = entry === undefined ? '' : await bundledOperator(client, 'default', authority.certificate, folder, stop.signal, entry);
  const { hostname, port: apiserverPort } = new URL(url);
  const facts = {
    kubeconfig,
    controllerManager: tools['kube-controller-manager'],
    folder,
    program,
    nodeFlags: [...(await imageFlags('operator')), ...nodeFlags],
    env: { ...(await imageEnv('operator')), KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: apiserverPort },
  };
  const { port, controller } = await onFreePorts(1, async ([free = 0]) => ({
    port: free,
    controller: await workspace.start(contestant.process({ ...facts, port: free })),
  }));
  const lagMs = async (): Promise<number | undefined> => (contestant.tellsLag ? eventLoopLagMs(port) : undefined);

  const minute = await scheduleAll(client, contestant, namespaces, count, stop.signal);

  const arrivals = new Arrivals(client, stop.signal);
  await arrivals.count(contestant.children);
  await arrivals.notice(contestant.schedules);
  await arrivals.notice(EVENTS);
  const endings = new Endings(client, contestant.ending, stop.signal);
  if (toTheEnd) await endings.start();
  await sleep(minute - 500 - Date.now());
  const [load = 0] = loadavg();
  const before = {
    requests: await requestsSoFar(client, stop.signal),
    processor: processorSeconds(controller.pid),
    apiserver: await apiserverSeconds(client, stop.signal),
  };
  await lagMs(); // Counts from here on.
  const goesOn = (): boolean => arrivals.at.length < count || (toTheEnd && endings.ended < count);
  while (goesOn() && Date.now() < minute + GIVE_UP_MS) await sleep(200);
  await untilQuiet(arrivals, QUIET_MS);
  const requests = await requestsSoFar(client, stop.signal);
  const result = {
    load,
    skews: arrivals.at.map((time) => time - minute).toSorted((a, b) => a - b),
    processorSeconds: processorSeconds(controller.pid) - before.processor,
    apiserverSeconds: (await apiserverSeconds(client, stop.signal)) - before.apiserver,
    settledSeconds: (arrivals.lastEventAt - minute) / 1000,
    peakMegabytes: peakMegabytes(controller.pid),
    eventLoopLagMs: await lagMs(),
    ended: endings.ended,
    events: await eventRequests(client, contestant.schedules, stop.signal),
    requests: new Map(
      [...requests].map(([key, value]) => [key, value - (before.requests.get(key) ?? 0)] as const).filter(([, value]) => value > 0),
    ),
  };
  stop.abort(new Error('measured'));
  await controller.stop();
  await transport.close();
  await controlPlane.stop();
  return result;
}

/** Makes the schedules, due in one minute to come, and waits until the contestant knows them all; resolves to that minute, in epoch ms. */
async function scheduleAll(
  client: KubeClient,
  contestant: Contestant,
  namespaces: readonly string[],
  count: number,
  signal: AbortSignal,
): Promise<number> {
  const make = async (name: string, many: number, expression: string): Promise<void> => {
    const indexes = Array.from({ length: many }, (_, index) => index);
    const namespaceOf = (index: number): string => namespaces[index % namespaces.length] ?? '';
    await each(indexes, (index) =>
      client.create(contestant.schedules, contestant.manifest(`${name}-${index}`, namespaceOf(index), expression), signal),
    );
    while (contestant.greets && (await unseen(client, contestant.schedules, signal)) > 0) await sleep(500);
  };
  const started = Date.now(); // The contestant has begun a moment ago.
  await make('probe', PROBES, '0 0 29 2 *'); // How long this takes here and now says when the others can be due.
  const needed = ((Date.now() - started) / PROBES) * count * PATIENCE;
  const earliest = Math.max(Date.now() + needed + 2 * PAUSE_MS, started + BEGINNING_MS);
  const minute = Math.ceil(earliest / MINUTE_MS) * MINUTE_MS;
  const due = new Date(minute);
  await make('schedule', count, `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`);
  if (Date.now() > minute - PAUSE_MS) throw new Error('this machine became too busy: the minute came before the schedules were known');
  return minute;
}

async function unseen(client: KubeClient, type: Contestant['schedules'], signal: AbortSignal): Promise<number> {
  const { items } = await client.list<KubeObject & { readonly status?: { readonly observedGeneration?: number } }>(type, {}, signal);
  return items.filter(({ status }) => status?.observedGeneration !== 1).length;
}

/** A bucket, and in each namespace a storage for it and a template. */
async function prepare(
  client: KubeClient,
  workspace: Workspace,
  tools: ToolPaths,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const s3 = await S3Server.start(workspace, tools);
  await createBucket(s3.admin, 'reports');
  const { accessKeyId, secretAccessKey } = s3.root;
  await each(namespaces, async (namespace) => {
    const make = (kind: string, type: typeof SECRETS, name: string, body: object): Promise<unknown> => {
      const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
      return client.create(type, { apiVersion, kind, metadata: { name, namespace }, ...body } satisfies Manifest, signal);
    };
    await make('Secret', SECRETS, 'keys', { stringData: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } });
    const bucket = { bucket: 'reports', endpoint: s3.endpoint, credentialsSecretRef: { name: 'keys' } };
    await make('ReportStorage', REPORT_STORAGES, 'archive', { spec: { default: true, s3: bucket } });
    const spec = {
      parameters: [{ name: 'day', type: 'Period' }],
      source: { inline: { rows: [{ sku: 'a' }] } },
      columns: [{ name: 'sku', type: 'String' }],
      formats: ['CSV'],
    };
    await make('ReportTemplate', REPORT_TEMPLATES, 'prices', { spec });
  });
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: SETUP_PARALLEL }, worker));
}
