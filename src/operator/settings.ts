/** What whoever runs the operator decides, from its flags (options.ts). */
import type { LogLevel } from '../telemetry/log.ts';

/** Kubernetes resource requirements of the runner where a template names none. */
export interface ContainerResources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

export interface RunnerSettings {
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly imagePullSecrets: readonly string[];
  readonly resources: ContainerResources;
}

/** security.md 15: what templates may ask of the cluster. Undefined = everything of that kind. */
export interface JobAllowList {
  /** Prefixes of label keys, e.g. `kueue.x-k8s.io/`. */
  readonly labelPrefixes: readonly string[];
  readonly priorityClassNames: readonly string[] | undefined;
  readonly nodeSelectorKeys: readonly string[] | undefined;
  readonly tolerationKeys: readonly string[] | undefined;
}

export interface RunningLimits {
  /** Jobs alive in the whole cluster. */
  readonly total: number;
  readonly perNamespace: number;
}

export interface OperatorSettings {
  readonly kubeconfig: string | undefined;
  /** Empty = all namespaces. */
  readonly namespaces: readonly string[];
  /** ClusterReportTemplates are read; needs a right on the whole cluster. */
  readonly clusterTemplates: boolean;
  readonly leaderElection: { readonly enabled: boolean; readonly namespace: string; readonly name: string };
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly logLevel: LogLevel;
  readonly runner: RunnerSettings;
  /** Image that runs Python functions of report repositories; undefined: there is none. */
  readonly pythonImage: string | undefined;
  readonly allow: JobAllowList;
  readonly limits: RunningLimits;
  readonly progress: boolean;
  /** Storages without credentials for which the operator may use its own identity: namespace -> `bucket` or `bucket/prefix`. */
  readonly identityStorages: ReadonlyMap<string, readonly string[]>;
  /** Whether `s3.endpoint` may be a private address, and which ones when only some may. */
  readonly storageEndpoints: { readonly private: 'allow' | 'listed'; readonly allowed: readonly string[] };
  /** Secrets must carry `dossier.dev/allowed-hosts` to be used. */
  readonly requireAllowedHosts: boolean;
  /** Loopback addresses are reachable for storages and sources: the local demo and tests only. */
  readonly allowLoopback: boolean;
}
