/**
 * Where the apiserver is and how we prove who we are.
 *
 * In a cluster this is three files and two variables, read here: importing @kubernetes/client-node costs 0.8 to 1.3 s and 60 MB, which every operator pod would pay at
 * every start. Outside a cluster (`--kubeconfig`, demo, CLI) that library reads the kubeconfig, because exec plugins and OIDC are its business.
 */
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Bound tokens are rotated by the kubelet well before they expire; a minute is how stale ours may be (client-go's choice). */
const CREDENTIAL_TTL_MS = 60_000;

/** TLS facts that are fixed for the life of a connection pool. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

export interface ClusterConfig {
  /** Scheme, host, port; a path where the apiserver lives below one. */
  readonly server: URL;
  readonly tls: TlsMaterial;
  /** The Authorization header to send now; undefined when a client certificate says who we are. `fresh` after a 401. */
  authorization(fresh: boolean): Promise<string | undefined>;
}

/** The kubeconfig named, else the pod's own service account, else the user's kubeconfig (KUBECONFIG, ~/.kube/config). */
export async function loadClusterConfig(kubeconfig: string | undefined, env: NodeJS.ProcessEnv): Promise<ClusterConfig> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (kubeconfig === undefined && host !== undefined) {
    return inCluster(host, env['KUBERNETES_SERVICE_PORT'] ?? '443', SERVICE_ACCOUNT_DIR);
  }
  return fromKubeconfig(kubeconfig);
}

async function inCluster(host: string, port: string, directory: string): Promise<ClusterConfig> {
  const ca = await readFile(`${directory}/ca.crt`);
  const token = cached(async () => `Bearer ${(await readFile(`${directory}/token`, 'utf8')).trim()}`);
  const authority = host.includes(':') ? `[${host}]` : host;
  return { server: new URL(`https://${authority}:${port}`), tls: { ca, rejectUnauthorized: true }, authorization: token };
}

async function fromKubeconfig(path: string | undefined): Promise<ClusterConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  if (path === undefined) config.loadFromDefault();
  else config.loadFromFile(path);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`kubeconfig ${path ?? '(default)'} has no current context with a cluster`);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const tls: TlsMaterial = {
    ...(options.ca === undefined ? {} : { ca: options.ca as string | Buffer }),
    ...(options.cert === undefined ? {} : { cert: options.cert as string | Buffer }),
    ...(options.key === undefined ? {} : { key: options.key as string | Buffer }),
    ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
    rejectUnauthorized: cluster.skipTLSVerify !== true,
  };
  const authorization = cached(async () => {
    const current: RequestOptions = {};
    await config.applyToHTTPSOptions(current);
    const headers = current.headers as Readonly<Record<string, string>> | undefined;
    const basic = typeof current.auth === 'string' ? `Basic ${Buffer.from(current.auth).toString('base64')}` : undefined;
    return headers?.['Authorization'] ?? headers?.['authorization'] ?? basic;
  });
  return { server: new URL(cluster.server), tls, authorization };
}

function cached(read: () => Promise<string | undefined>): (fresh: boolean) => Promise<string | undefined> {
  let value: string | undefined;
  let readAt = -Infinity;
  return async (fresh) => {
    const now = performance.now();
    if (fresh || now - readAt > CREDENTIAL_TTL_MS) {
      value = await read();
      readAt = now;
    }
    return value;
  };
}
