/**
 * Where the apiserver is and how we prove who we are.
 *
 * In a cluster this is three files and two variables, read here: importing @kubernetes/client-node costs 0.8 to 1.3 s and 60 MB, which every operator pod would pay at
 * every start. Outside a cluster (`--kubeconfig`, demo, CLI) that library reads the kubeconfig, because exec plugins and OIDC are its business.
 */
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { foreignText, quoted } from '../foreign-text.ts';
import { ConnectionError } from './errors.ts';

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
  /** The Authorization header to send now; undefined when a client certificate says who we are. `fresh` after a 401. Throws ConnectionError. */
  authorization(fresh: boolean): Promise<string | undefined>;
}

/**
 * The kubeconfig named, else the pod's own service account (mounted at `serviceAccountDir`), else the user's kubeconfig (KUBECONFIG, ~/.kube/config).
 * An error says which file cannot be used; it never shows what stands in it.
 */
export async function loadClusterConfig(
  kubeconfig: string | undefined,
  env: NodeJS.ProcessEnv,
  serviceAccountDir: string = SERVICE_ACCOUNT_DIR,
): Promise<ClusterConfig> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (kubeconfig === undefined && host !== undefined) {
    return inCluster(host, env['KUBERNETES_SERVICE_PORT'] ?? '443', serviceAccountDir);
  }
  return fromKubeconfig(kubeconfig, undefined);
}

/** For a person's command line: a cluster, and the namespace that is theirs when they name none. */
export interface UserConfig {
  readonly cluster: ClusterConfig;
  readonly namespace: string;
}

/** As `loadClusterConfig`, with a context of the kubeconfig when it is named; the namespace is the context's, or the pod's own. */
export async function loadUserConfig(
  { kubeconfig, context }: { readonly kubeconfig: string | undefined; readonly context: string | undefined },
  env: NodeJS.ProcessEnv,
): Promise<UserConfig> {
  if (
    kubeconfig === undefined &&
    context === undefined &&
    env['KUBECONFIG'] === undefined &&
    env['KUBERNETES_SERVICE_HOST'] !== undefined
  ) {
    const namespace = await readFile(`${SERVICE_ACCOUNT_DIR}/namespace`, 'utf8');
    return { cluster: await loadClusterConfig(undefined, env), namespace: namespace.trim() };
  }
  const { namespace, ...cluster } = await fromKubeconfig(kubeconfig, context);
  return { cluster, namespace: namespace ?? 'default' };
}

async function inCluster(host: string, port: string, directory: string): Promise<ClusterConfig> {
  const ca = await readFile(`${directory}/ca.crt`);
  const token = cached(async () => `Bearer ${await readFile(`${directory}/token`, 'utf8')}`);
  const authority = host.includes(':') ? `[${host}]` : host;
  return { server: new URL(`https://${authority}:${port}`), tls: { ca, rejectUnauthorized: true }, authorization: token };
}

async function fromKubeconfig(
  path: string | undefined,
  context: string | undefined,
): Promise<ClusterConfig & { readonly namespace: string | undefined }> {
  const name = `kubeconfig ${path ?? '(default)'}${context === undefined ? '' : `, context ${quoted(context)}`}`;
  let config: KubeConfig;
  let options: RequestOptions;
  try {
    config = await readKubeconfig(path, context);
    options = await connectionOptions(config);
  } catch (error) {
    throw new Error(`cannot use the ${name}: ${withoutContents(error)}`);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`${name} has no current context with a cluster`);
  // Ignoring it would make us somebody who may do more than was meant.
  if (config.getCurrentUser()?.impersonateUser) throw new Error(`${name} asks to impersonate a user (as), which is not supported`);
  const tls: TlsMaterial = {
    ...(options.ca === undefined ? {} : { ca: options.ca as string | Buffer }),
    ...(options.cert === undefined ? {} : { cert: options.cert as string | Buffer }),
    ...(options.key === undefined ? {} : { key: options.key as string | Buffer }),
    ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
    rejectUnauthorized: cluster.skipTLSVerify !== true,
  };
  const authorization = cached(async (fresh) => {
    // The library keeps tokens of plugins and files in its KubeConfig; a refused one goes only with that.
    if (fresh) config = await readKubeconfig(path, context);
    const current = await connectionOptions(config);
    const headers = current.headers as Readonly<Record<string, string>> | undefined;
    const basic = typeof current.auth === 'string' ? `Basic ${Buffer.from(current.auth).toString('base64')}` : undefined;
    return headers?.['Authorization'] ?? basic;
  });
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  return { server: new URL(cluster.server), tls, authorization, namespace };
}

async function readKubeconfig(path: string | undefined, context: string | undefined): Promise<KubeConfig> {
  const library = await import('@kubernetes/client-node/dist/config.js');
  const config = new library.KubeConfig();
  if (path === undefined) config.loadFromDefault();
  else config.loadFromFile(path);
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

async function connectionOptions(config: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return options;
}

/** Reads at most once a minute, and once for all who ask meanwhile: exec plugins start a process. */
function cached(read: (fresh: boolean) => Promise<string | undefined>): (fresh: boolean) => Promise<string | undefined> {
  let value: string | undefined;
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;
  const readAgain = async (fresh: boolean): Promise<void> => {
    try {
      value = (await read(fresh))?.trim(); // Token files end with a newline, which no header may hold.
      readAt = performance.now();
    } catch (error) {
      throw new ConnectionError(`no credentials for the apiserver: ${withoutContents(error)}`, undefined);
    } finally {
      reading = undefined;
    }
  };
  return async (fresh) => {
    if (fresh || performance.now() - readAt > CREDENTIAL_TTL_MS) await (reading ??= readAgain(fresh));
    return value;
  };
}

/** Which error it was. Parsers and plugins quote what they could not use, and here that may be a token; a system error (ENOENT) names a path. */
function withoutContents(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? foreignText(error.message) : error.name;
}

/** The apiserver as `address:port` entries (`[v6]:port`), resolved once: an address no user may have us connect to. */
export async function apiserverAddresses(server: URL): Promise<readonly string[]> {
  const port = server.port === '' ? (server.protocol === 'http:' ? 80 : 443) : Number(server.port);
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1');
  const found = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
  return found.map(({ address }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`));
}
