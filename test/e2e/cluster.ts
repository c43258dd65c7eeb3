/** The real cluster as tests use it: Dossier installed by its chart, namespaces that allow only restricted pods, and this machine's servers as pods reach them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { KubeClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { HttpTransport } from '../../src/kube/transport.ts';
import { databaseUrl } from '../../src/local/postgres/access.ts';
import { Billing } from '../integration/support/billing.ts';
import { newBucket, newNamespace, postgres, s3, tools } from '../integration/support/servers.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const CHART = join(import.meta.dirname, '../../charts/dossier');
export const SYSTEM = 'dossier-system';
/** Pods of a whole test on two processors take their time. */
const PATIENCE_MS = 240_000;
const POLL_MS = 200;
const run = promisify(execFile);

export async function kubectl(...args: readonly string[]): Promise<string> {
  const options = { env: { ...process.env, KUBECONFIG: inject('e2e').kubeconfig }, timeout: PATIENCE_MS, maxBuffer: 16 << 20 };
  return (await run(tools().kubectl, args, options)).stdout;
}

export async function apply(...objects: readonly object[]): Promise<void> {
  const child = run(tools().kubectl, ['apply', '-f', '-'], { env: { ...process.env, KUBECONFIG: inject('e2e').kubeconfig } });
  child.child.stdin?.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await child;
}

/** By the eviction API, as a drain or the cluster autoscaler asks for it. */
export async function evict(namespace: string, pod: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
  const child = run(tools().kubectl, ['create', '--raw', path, '-f', '-'], {
    env: { ...process.env, KUBECONFIG: inject('e2e').kubeconfig },
  });
  child.child.stdin?.end(JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } }));
  await child;
}

export async function helm(...args: readonly string[]): Promise<string> {
  const options = { env: { ...process.env, KUBECONFIG: inject('e2e').kubeconfig }, timeout: PATIENCE_MS, maxBuffer: 16 << 20 };
  return (await run(inject('e2e').helm, args, options)).stdout;
}

/** As the chart has it. */
export function imageValue(reference: string): { readonly repository: string; readonly tag: string } {
  const [, repository = '', tag = ''] = /^(.*):([^:/]*)$/.exec(reference) ?? [];
  return { repository, tag };
}

/** Installs or upgrades the chart, with small requests so that many pods fit on a small node, and waits until the operator is ready. */
export async function install(values: Readonly<Record<string, unknown>> = {}, chart: string = CHART): Promise<void> {
  const { operatorImage, runnerImage } = inject('e2e');
  const all = {
    image: { ...imageValue(operatorImage), pullPolicy: 'IfNotPresent' },
    runner: {
      image: { ...imageValue(runnerImage), pullPolicy: 'IfNotPresent' },
      resources: {
        requests: { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '16Mi' },
        limits: { cpu: '2', memory: '512Mi', 'ephemeral-storage': '256Mi' },
      },
    },
    log: { level: 'debug' },
    ...values,
  };
  const sets = Object.entries(all).flatMap(([name, value]) => ['--set-json', `${name}=${JSON.stringify(value)}`]);
  await helm(
    'upgrade',
    '--install',
    'dossier',
    chart,
    '-n',
    SYSTEM,
    '--create-namespace',
    '--wait',
    '--timeout',
    '3m',
    '--reset-values',
    ...sets,
  );
}

/** Polls until it is so; an error of `is` counts as not yet, and is the cause when time is up. */
export async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  let cause: unknown;
  for (;;) {
    try {
      if (await is()) return;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`, { cause });
    await sleep(POLL_MS);
  }
}

export interface Workplace {
  readonly billing: Billing;
  /** This machine's object store, as pods reach it. */
  readonly store: TcpProxy;
  /** For ReportStorages. */
  readonly endpoint: string;
  /** URL of a database of this machine's Postgres, as pods reach it. */
  readonly databaseUrl: (name: string) => string;
  /** Forwards a port of this machine's loopback address, until the test file ends; resolves to `host:port` for pods. */
  readonly forward: (port: number) => Promise<string>;
}

/**
 * For a test file: Dossier is installed, and a namespace with a default storage is there, which refuses every pod that is not `restricted`. `values` of the chart may name
 * that namespace.
 */
export function useWorkplace(
  prefix: string,
  values: (namespace: string) => Readonly<Record<string, unknown>> = () => ({}),
): () => Workplace {
  const proxies: TcpProxy[] = [];
  let workplace: Workplace | undefined;
  let failed = false;
  beforeAll(async () => {
    const { kubeconfig, host } = inject('e2e');
    const client = new KubeClient(new HttpTransport(await loadClusterConfig(kubeconfig, {}), 'dossier-e2e'), () => undefined);
    const namespace = await newNamespace(client, prefix, { 'pod-security.kubernetes.io/enforce': 'restricted' });
    await install(values(namespace));
    const forward = async (port: number): Promise<TcpProxy> => {
      const proxy = await TcpProxy.start({ host: '127.0.0.1', port }, host);
      proxies.push(proxy);
      return proxy;
    };
    const store = await forward(Number(new URL(s3().endpoint).port));
    const database = await forward(postgres().port);
    const billing = new Billing(client, namespace, await newBucket(prefix), PATIENCE_MS);
    workplace = {
      billing,
      store,
      endpoint: `http://${host}:${store.port}`,
      databaseUrl: (name) => `${databaseUrl({ ...postgres(), host, port: database.port }, name)}?sslmode=disable`,
      forward: async (port) => `${host}:${(await forward(port)).port}`,
    };
    await billing.storage('archive', { endpoint: workplace.endpoint });
  });
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail';
  });
  afterAll(async () => {
    const { billing } = workplace ?? {};
    if (failed || billing === undefined) await explain(billing?.namespace ?? 'default');
    if (billing !== undefined) {
      // The files must go while the store can be reached; nobody has to wait for the rest.
      await kubectl('delete', 'reportschedules,reports', '--all', '-n', billing.namespace, '--timeout=120s').catch(console.log);
      await kubectl('delete', 'namespace', billing.namespace, '--ignore-not-found', '--wait=false').catch(console.log);
      await billing.client.transport.close();
    }
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
  });
  return () => {
    if (workplace === undefined) throw new Error('it is there once beforeAll has run');
    return workplace;
  };
}

/** Prints what a person would look at. */
async function explain(namespace: string): Promise<void> {
  for (const args of [
    ['get', 'reports,jobs,pods,events', '-n', namespace, '-o', 'wide'],
    ['describe', 'nodes'],
    ['get', 'deployments,jobs,pods,events', '-n', SYSTEM, '-o', 'wide'],
    ['describe', 'pods', '-n', SYSTEM],
    ['logs', '-n', SYSTEM, '-l', 'app.kubernetes.io/component=operator', '--tail=60', '--prefix'],
  ]) {
    console.log(`$ kubectl ${args.join(' ')}\n${await kubectl(...args).catch(String)}`);
  }
}
