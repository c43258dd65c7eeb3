/**
 * The operator's command line. Every flag can also be set by an environment variable (`--max-running` = `DOSSIER_MAX_RUNNING`), the flag wins.
 *
 * A wrong value ends the start with one line that names the flag, the value and what would be right.
 */
import { parseArgs } from 'node:util';
import { addressGuard } from '../net/address-policy.ts';
import { readQuantity } from '../quantity/quantity.ts';
import { LOG_LEVELS } from '../telemetry/log.ts';
import type { ContainerResources, OperatorSettings } from './settings.ts';

/** What is wrong with the command line; shown as it is, without a stack. */
export class UsageError extends Error {}

interface Flag {
  readonly name: string;
  /** What stands for the value in the help; absent = a switch. */
  readonly value?: string;
  readonly fallback: string;
  readonly help: string;
}

const DEFAULT_RESOURCES =
  '{"requests":{"cpu":"100m","memory":"192Mi","ephemeral-storage":"64Mi"},"limits":{"cpu":"2","memory":"512Mi","ephemeral-storage":"1Gi"}}';

const KUBECONFIG_FLAG = {
  name: 'kubeconfig',
  value: 'FILE',
  fallback: '',
  help: 'kubeconfig to use; default: the pod’s own service account, else KUBECONFIG or ~/.kube/config',
} as const satisfies Flag;

const FLAGS = [
  KUBECONFIG_FLAG,
  { name: 'namespaces', value: 'A,B', fallback: '', help: 'namespaces to work in; default: all' },
  {
    name: 'cluster-templates',
    value: 'true|false',
    fallback: 'true',
    help: 'read ClusterReportTemplates; without the right to list them in the whole cluster, say false',
  },
  { name: 'leader-elect', value: 'true|false', fallback: 'true', help: 'elect a leader on a Lease, so that more than one replica may run' },
  { name: 'leader-namespace', value: 'NS', fallback: 'dossier-system', help: 'namespace of the Lease' },
  { name: 'leader-name', value: 'NAME', fallback: 'dossier-operator', help: 'name of the Lease' },
  { name: 'health-port', value: 'PORT', fallback: '8081', help: 'port of /healthz and /readyz; 0 = any free one' },
  { name: 'metrics-port', value: 'PORT', fallback: '8080', help: 'port of /metrics for Prometheus; 0 = any free one' },
  { name: 'log-level', value: 'LEVEL', fallback: 'info', help: `one of ${LOG_LEVELS.join(', ')}` },
  { name: 'runner-image', value: 'IMAGE', fallback: '', help: 'image of the runner (required)' },
  { name: 'python-image', value: 'IMAGE', fallback: '', help: 'image that runs Python functions of report repositories; default: none' },
  { name: 'runner-image-pull-policy', value: 'POLICY', fallback: 'IfNotPresent', help: 'Always, IfNotPresent or Never' },
  { name: 'runner-image-pull-secrets', value: 'A,B', fallback: '', help: 'Secrets for pulling it, in each Report’s namespace' },
  {
    name: 'runner-resources',
    value: 'JSON',
    fallback: DEFAULT_RESOURCES,
    help: 'requests and limits of a runner whose template names none',
  },
  { name: 'max-running', value: 'N', fallback: '200', help: 'Jobs alive at once in all namespaces' },
  { name: 'max-running-per-namespace', value: 'N', fallback: '50', help: 'Jobs alive at once in one namespace' },
  { name: 'progress', value: 'true|false', fallback: 'true', help: 'read progress from the logs of running pods' },
  { name: 'job-label-prefixes', value: 'A,B', fallback: 'kueue.x-k8s.io/', help: 'prefixes of labels that templates may put on Jobs' },
  { name: 'job-priority-classes', value: 'A,B', fallback: '*', help: 'priority classes templates may name; * = all' },
  { name: 'job-node-selector-keys', value: 'A,B', fallback: '*', help: 'node labels templates may select by; * = all' },
  { name: 'job-toleration-keys', value: 'A,B', fallback: '*', help: 'taints templates may tolerate; * = all' },
  {
    name: 'identity-storages',
    value: 'JSON',
    fallback: '{}',
    help: 'storages without credentials that may use the operator’s own identity: {"namespace": ["bucket/prefix"]}',
  },
  {
    name: 'storage-endpoints',
    value: 'A,B',
    fallback: '*',
    help: 'private addresses (host, host:port, CIDR) allowed as storage endpoints; * = all private ones',
  },
  {
    name: 'require-allowed-hosts',
    value: 'true|false',
    fallback: 'false',
    help: 'use a Secret only if its annotation dossier.dev/allowed-hosts lists the host',
  },
  { name: 'allow-loopback', value: 'true|false', fallback: 'false', help: 'reach loopback addresses; for the local demo and tests only' },
] as const satisfies readonly Flag[];

type FlagName = (typeof FLAGS)[number]['name'];

/** The settings, or 'help' when they were asked for. Throws UsageError. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): OperatorSettings | 'help' {
  const values = readFlags(FLAGS, args, env);
  if (values === 'help') return 'help';
  const of = (name: FlagName): string => values.get(name) ?? '';
  const image = of('runner-image');
  if (image === '') throw new UsageError('--runner-image is required: the image that Jobs run');
  return {
    kubeconfig: of('kubeconfig') === '' ? undefined : of('kubeconfig'),
    namespaces: listOf(of('namespaces')),
    clusterTemplates: switchOf('cluster-templates', of),
    leaderElection: { enabled: switchOf('leader-elect', of), namespace: of('leader-namespace'), name: of('leader-name') },
    healthPort: numberOf('health-port', of, 0, 65_535),
    metricsPort: numberOf('metrics-port', of, 0, 65_535),
    logLevel: oneOf('log-level', of, LOG_LEVELS),
    runner: {
      image,
      imagePullPolicy: oneOf('runner-image-pull-policy', of, ['Always', 'IfNotPresent', 'Never']),
      imagePullSecrets: listOf(of('runner-image-pull-secrets')),
      resources: resourcesOf(of('runner-resources')),
    },
    pythonImage: of('python-image') === '' ? undefined : of('python-image'),
    allow: {
      labelPrefixes: listOf(of('job-label-prefixes')),
      priorityClassNames: starOrList(of('job-priority-classes')),
      nodeSelectorKeys: starOrList(of('job-node-selector-keys')),
      tolerationKeys: starOrList(of('job-toleration-keys')),
    },
    limits: { total: numberOf('max-running', of, 1, 100_000), perNamespace: numberOf('max-running-per-namespace', of, 1, 100_000) },
    progress: switchOf('progress', of),
    identityStorages: identityStoragesOf(of('identity-storages')),
    storageEndpoints: storageEndpointsOf(of('storage-endpoints')),
    requireAllowedHosts: switchOf('require-allowed-hosts', of),
    allowLoopback: switchOf('allow-loopback', of),
  };
}

/** Those of the command `wait-for-kinds`, which takes one of the flags only. Throws UsageError. */
export function parseWaitOptions(args: readonly string[], env: NodeJS.ProcessEnv): { readonly kubeconfig: string | undefined } | 'help' {
  const values = readFlags([KUBECONFIG_FLAG], args, env);
  return values === 'help' ? values : { kubeconfig: values.get('kubeconfig') || undefined };
}

export function helpText(): string {
  const lines = FLAGS.map((flag) => {
    const fallback = flag.fallback === '' || flag.fallback.length > 40 ? '' : ` (default ${flag.fallback})`;
    return `  --${flag.name} ${flag.value}\n      ${flag.help}${fallback}`;
  });
  return [
    'Usage: operator --runner-image IMAGE [flags]',
    '       operator wait-for-kinds [--kubeconfig FILE]',
    '',
    'Turns Reports into files; or waits, for two minutes at most, until the apiserver serves all kinds of Dossier.',
    'Each flag is also an environment variable: --max-running = DOSSIER_MAX_RUNNING.',
    '',
    ...lines,
    '',
  ].join('\n');
}

function readFlags(
  flags: readonly { readonly name: FlagName; readonly fallback: string }[],
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): ReadonlyMap<FlagName, string> | 'help' {
  const options: Record<string, { type: 'string' | 'boolean' }> = { help: { type: 'boolean' } };
  for (const { name } of flags) options[name] = { type: 'string' };
  let given: Readonly<Record<string, unknown>>;
  try {
    given = parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)} (--help lists all flags)`);
  }
  if (given['help'] === true) return 'help';
  return new Map(
    flags.map(({ name, fallback }) => {
      const flag = given[name];
      return [name, typeof flag === 'string' ? flag : (env[`DOSSIER_${name.toUpperCase().replaceAll('-', '_')}`] ?? fallback)];
    }),
  );
}

type Reader = (name: FlagName) => string;

function switchOf(name: FlagName, of: Reader): boolean {
  return oneOf(name, of, ['true', 'false']) === 'true';
}

function oneOf<const T extends string>(name: FlagName, of: Reader, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === of(name));
  if (found === undefined) throw new UsageError(`--${name} "${of(name)}": must be one of ${allowed.join(', ')}`);
  return found;
}

function numberOf(name: FlagName, of: Reader, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(of(name)) ? Number(of(name)) : NaN;
  if (!(value >= least && value <= most)) throw new UsageError(`--${name} "${of(name)}": must be a whole number from ${least} to ${most}`);
  return value;
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function starOrList(text: string): readonly string[] | undefined {
  return text === '*' ? undefined : listOf(text);
}

function storageEndpointsOf(text: string): OperatorSettings['storageEndpoints'] {
  if (text === '*') return { private: 'allow', allowed: [] };
  const allowed = listOf(text);
  try {
    addressGuard({ allowLoopback: false, private: 'listed', allowed, refused: [] });
  } catch (error) {
    throw new UsageError(`--storage-endpoints: ${(error as Error).message}`);
  }
  return { private: 'listed', allowed };
}

function resourcesOf(text: string): ContainerResources {
  const value = jsonOf('runner-resources', text);
  const quantities = (part: unknown): part is Readonly<Record<string, string>> =>
    typeof part === 'object' && part !== null && Object.values(part).every((quantity) => typeof quantity === 'string');
  const { requests, limits } = value as { readonly requests?: unknown; readonly limits?: unknown };
  if (!quantities(requests) || !quantities(limits))
    throw new UsageError('--runner-resources: must be {"requests": {...}, "limits": {...}} with quantities as strings');
  for (const [part, given] of Object.entries({ requests, limits }))
    for (const [name, quantity] of Object.entries(given))
      if (readQuantity(quantity) === undefined)
        throw new UsageError(`--runner-resources: ${part}.${name} "${quantity}": must be a Kubernetes quantity, e.g. 512Mi`);
  return { requests, limits };
}

function identityStoragesOf(text: string): ReadonlyMap<string, readonly string[]> {
  const value = jsonOf('identity-storages', text);
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return new Map(
    entries.map(([namespace, buckets]) => {
      const list: readonly unknown[] = Array.isArray(buckets) ? (buckets as readonly unknown[]) : [undefined];
      if (!list.every((bucket) => typeof bucket === 'string')) {
        throw new UsageError(`--identity-storages: "${namespace}" must be a list of "bucket" or "bucket/prefix"`);
      }
      return [namespace, list];
    }),
  );
}

function jsonOf(name: FlagName, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below, together with JSON that is no object.
  }
  throw new UsageError(`--${name}: must be a JSON object`);
}
