/** Service accounts of a test's namespace and what they may list, and a pod's way to the apiserver as one of them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLAN_ENV } from '../../../src/runner/plan.ts';
import { kubectl } from '../crds/apiserver.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { controlPlane, type ControlPlaneFacts } from './servers.ts';

const TIMEOUT_MS = 30_000;

/** Makes a service account that may list these resources (`pods`, `deployments.apps`) in its namespace, or none. */
export async function newServiceAccount(namespace: string, name: string, resources: readonly string[] = []): Promise<void> {
  await run(['create', 'serviceaccount', name, '-n', namespace]);
  if (resources.length === 0) return;
  await run(['create', 'role', name, '-n', namespace, '--verb=list', `--resource=${resources.join(',')}`]);
  await run(['create', 'rolebinding', name, '-n', namespace, `--role=${name}`, `--serviceaccount=${namespace}:${name}`]);
}

/** Lets a service account list these resources in the whole cluster; `name` is that of the ClusterRole, which the test removes. */
export async function allowInCluster(name: string, account: string, resources: readonly string[]): Promise<void> {
  await run(['create', 'clusterrole', name, '--verb=list', `--resource=${resources.join(',')}`]);
  await run(['create', 'clusterrolebinding', name, `--clusterrole=${name}`, `--serviceaccount=${account}`]);
}

export interface PodEnvironment extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

/** What a pod of the service account has in its environment, with a fresh token; `client` is an administrator of that control plane. */
export async function podEnvironment(
  client: KubeClient,
  namespace: string,
  account: string,
  { url, ca }: Pick<ControlPlaneFacts, 'url' | 'ca'> = controlPlane(),
): Promise<PodEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'pod-'));
  const { hostname, port } = new URL(url);
  await writeFile(join(folder, 'token'), await newToken(client, namespace, account), { mode: 0o600 });
  await writeFile(join(folder, 'ca.crt'), ca);
  return {
    env: {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      [PLAN_ENV.kubeToken]: join(folder, 'token'),
      [PLAN_ENV.kubeCa]: join(folder, 'ca.crt'),
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function newToken(client: KubeClient, namespace: string, account: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } });
  const answer = await client.transport.request({ method: 'POST', path, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return (JSON.parse(answer) as { readonly status: { readonly token: string } }).status.token;
}

async function run(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}
