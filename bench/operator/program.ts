/** The operator as its image runs it: bundled, with the image's flags for Node, and with the token of a service account in the place where a pod would have it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { apiVersionOf, pathOf, SERVICE_ACCOUNTS, type ResourceType } from '../../src/kube/resources.ts';

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Longer than anything here runs: the file is written once. */
const TOKEN_SECONDS = 4 * 3_600;
const BINDINGS: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
};

/** Makes the service account `operator` in `namespace`, an administrator, and resolves to the path of the program; the runner lies in `folder`, too. `ca`: PEM of the apiserver's authority. `entry`: the operator's first module, when it is another one. */
export async function bundledOperator(
  client: KubeClient,
  namespace: string,
  ca: string,
  folder: string,
  signal: AbortSignal,
  entry?: string,
): Promise<string> {
  await bundle(folder, entry === undefined ? undefined : { operator: entry });
  await client.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'operator', namespace } }, signal);
  const subjects = [{ kind: 'ServiceAccount', name: 'operator', namespace }];
  const roleRef = { apiGroup: BINDINGS.group, kind: 'ClusterRole', name: 'cluster-admin' };
  await client.create(
    BINDINGS,
    { apiVersion: apiVersionOf(BINDINGS), kind: BINDINGS.kind, metadata: { name: 'bench' }, subjects, roleRef },
    signal,
  );
  const body = JSON.stringify({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: TOKEN_SECONDS },
  });
  const path = pathOf(SERVICE_ACCOUNTS, namespace, 'operator', 'token');
  const answer = await client.transport.request({ method: 'POST', path, body, signal });
  const { token } = (JSON.parse(answer) as { readonly status: { readonly token: string } }).status;
  await writeFile(join(folder, 'token'), token);
  await writeFile(join(folder, 'ca.crt'), ca);
  const programs = join(folder, 'operator');
  let found = false;
  for (const name of await readdir(programs)) {
    if (!name.endsWith('.mjs')) continue;
    const text = await readFile(join(programs, name), 'utf8');
    found ||= text.includes(SERVICE_ACCOUNT_DIR);
    await writeFile(join(programs, name), text.replaceAll(SERVICE_ACCOUNT_DIR, folder));
  }
  if (!found) throw new Error('the bundle does not know where service accounts are');
  return join(programs, 'operator.mjs');
}

/** What an image gives to Node before the program. */
export async function imageFlags(program: 'operator' | 'runner'): Promise<readonly string[]> {
  const entry = new RegExp(`^ENTRYPOINT (\\["node".*"/app/${program}\\.mjs"\\])$`, 'm').exec(await stageOf(program))?.[1];
  if (entry === undefined) throw new Error(`the Dockerfile does not say how the ${program} is started`);
  return (JSON.parse(entry) as readonly string[]).slice(1, -1);
}

/** The environment that an image gives to its program beyond what all of them have. */
export async function imageEnv(program: 'operator' | 'runner'): Promise<Readonly<Record<string, string>>> {
  const lines = [...(await stageOf(program)).matchAll(/^ENV (.+)$/gm)];
  const settings = lines.flatMap(([, settings = '']) => settings.split(' ').map((setting) => setting.split('=')));
  return Object.fromEntries(settings.map(([name = '', value = '']) => [name, value]));
}

async function stageOf(program: 'operator' | 'runner'): Promise<string> {
  const dockerfile = await readFile(join(import.meta.dirname, '../../Dockerfile'), 'utf8');
  const stage = dockerfile.split(/^(?=FROM )/m).find((text) => text.startsWith(`FROM base AS ${program}\n`));
  if (stage === undefined) throw new Error(`the Dockerfile has no stage "${program}"`);
  return stage;
}
