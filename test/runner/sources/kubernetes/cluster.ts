/** An apiserver that says what a test tells it to, and a source that reads it as a runner's does. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { DossierError } from '../../../../src/errors.ts';
import { PLAN_ENV, type ResolvedParameter, type RunPlan } from '../../../../src/runner/plan.ts';
import type { Cell, ColumnType, RowBatch, RowSource } from '../../../../src/runner/rows.ts';
import { openKubernetes } from '../../../../src/runner/sources/kubernetes.ts';
import type { ColumnPlan, KubernetesPlan } from '../../../../src/runner/sources/kubernetes/plan.ts';
import { serveTls } from '../../../support/tls-server.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

export interface Cluster {
  readonly env: Readonly<Record<string, string>>;
  /** Path of the token, which a test may change. */
  readonly tokenPath: string;
  /** `GET /path?query` of every request, decoded. */
  readonly requests: string[];
  readonly headers: IncomingMessage['headers'][];
}

const KINDS = [
  { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get', 'list'] },
  { name: 'pods/status', kind: 'Pod', namespaced: true, verbs: ['get'] },
  { name: 'pods/eviction', kind: 'Eviction', namespaced: true, verbs: ['create'] },
  { name: 'bindings', kind: 'Binding', namespaced: true, verbs: ['create'] },
  { name: 'nodes', kind: 'Node', namespaced: false, verbs: ['get', 'list'] },
  { name: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', namespaced: true, verbs: ['get', 'list'] },
  { name: 'secrets', kind: 'Secret', namespaced: true, verbs: ['get', 'list'] },
  { name: '../../pods', kind: 'Crooked', namespaced: true, verbs: ['list'] },
];

/** Serves discovery of `v1`; everything else is `lists`'. */
export async function startCluster(lists: Handler): Promise<Cluster> {
  const requests: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const { port, ca } = await serveTls((request, response) => {
    const url = new URL(request.url ?? '/', 'https://cluster');
    requests.push(decodeURIComponent(url.pathname + url.search));
    headers.push(request.headers);
    if (url.pathname === '/api/v1') json(response, { kind: 'APIResourceList', resources: KINDS });
    else lists(request, response, url);
  });
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const tokenPath = join(folder, 'token');
  const caPath = join(folder, 'ca.crt');
  await writeFile(tokenPath, 'first-token\n');
  await writeFile(caPath, ca);
  return {
    env: {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(port),
      [PLAN_ENV.kubeToken]: tokenPath,
      [PLAN_ENV.kubeCa]: caPath,
    },
    tokenPath,
    requests,
    headers,
  };
}

export function json(response: ServerResponse, value: unknown, status = 200, more: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(value));
}

/** A metav1.Status. */
export function refuse(response: ServerResponse, code: number, message = 'no', more: Readonly<Record<string, string>> = {}): void {
  json(response, { kind: 'Status', status: 'Failure', code, message }, code, more);
}

/** Serves `objects` in pages of at most `limit` and as asked, as an apiserver does; `token` of a page is where the next one begins. */
export function servePage(response: ServerResponse, url: URL, objects: readonly unknown[], resourceVersion = '100'): void {
  const from = Number(url.searchParams.get('continue') ?? '0');
  const to = from + Number(url.searchParams.get('limit'));
  const more = to < objects.length ? { continue: String(to) } : {};
  json(response, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion, ...more }, items: objects.slice(from, to) });
}

export interface Column extends ColumnPlan {
  readonly type?: ColumnType;
}

/** `parameters` as the run has them. */
export type Reading = Partial<Omit<KubernetesPlan, 'columns'>> & { readonly parameters?: readonly ResolvedParameter[] };

export async function openCluster(
  cluster: Cluster,
  columns: Readonly<Record<string, Column>>,
  { parameters = [], ...reading }: Reading = {},
  signal: AbortSignal = AbortSignal.timeout(20_000),
): Promise<RowSource> {
  const declared = Object.entries(columns);
  const source: KubernetesPlan = {
    kind: 'kubernetes',
    apiVersion: 'v1',
    objectKind: 'Pod',
    allNamespaces: false,
    serviceAccountName: 'reporter',
    ...reading,
    columns: declared.map(([, { type: _type, ...column }]) => column),
  };
  const plan = {
    report: { namespace: 'billing', name: 'r', uid: 'u' },
    time: '2026-11-01T00:00:00Z',
    timeZone: 'UTC',
    parameters,
    columns: declared.map(([name, { type = 'String' }]) => ({ name, header: name, type })),
  } as unknown as RunPlan;
  return openKubernetes(source, plan, cluster.env, signal, 1);
}

export async function batchesOf(source: RowSource, signal: AbortSignal = AbortSignal.timeout(20_000)): Promise<readonly RowBatch[]> {
  try {
    return await Array.fromAsync(source.batches(signal));
  } finally {
    await source.close();
  }
}

/** All rows. */
export async function read(
  cluster: Cluster,
  columns: Readonly<Record<string, Column>>,
  reading: Reading = {},
): Promise<readonly (readonly Cell[])[]> {
  return (await batchesOf(await openCluster(cluster, columns, reading))).flat();
}

/** The failure of a reading that must fail. */
export async function failureOf(reading: Promise<unknown>): Promise<DossierError> {
  const failure = await reading.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof DossierError) return failure;
  throw new Error('it did not fail as it should', { cause: failure });
}
