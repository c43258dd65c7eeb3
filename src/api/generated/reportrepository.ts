/** Made from crds/reportrepositories.yaml by `npm run generate`; not edited by hand. */
import type { Condition, ObjectMeta } from '../../kube/objects.ts';

/**
 * A ReportRepository names a git repository whose descriptor (dossier.yaml, or Connect's reports.json) lists templates. Each becomes a
 * ReportTemplate named <repository>-<name> of the same namespace, pinned to the commit that was found, and is changed and removed with it.
 * Reports that have begun are not touched.
 */
export interface ReportRepository {
  readonly apiVersion: 'dossier.dev/v1alpha1';
  readonly kind: 'ReportRepository';
  readonly metadata: ObjectMeta;
  /**
   * Which repository, and with what its code runs. It may be changed at any time; templates of the last commit that was good stay until the
   * new one is.
   */
  readonly spec: ReportRepositorySpec;
  /** Which commit the templates are of, or what is wrong. Written by the operator only. */
  readonly status: ReportRepositoryStatus;
}

export interface ReportRepositorySpec {
  /** Where the repository is, which state of it, and what opens it. */
  readonly git: ReportRepositorySpecGit;
  /**
   * Folder of the repository that holds dossier.yaml or reports.json, e.g. reports. Default the root. Paths in the descriptor are relative
   * to it.
   */
  readonly path?: string;
  /**
   * How often a branch is looked up anew, in seconds, at least 300 and at most 2592000 (30 days). Default 0: only when the spec changes,
   * when the Secret with which it could not be opened does, or when the annotation dossier.dev/fetch gets a new value.
   */
  readonly intervalSeconds: number;
  /** What the templates have that the repository cannot decide, the same for all of them. */
  readonly templates: ReportRepositorySpecTemplates;
}

export interface ReportRepositorySpecGit {
  /**
   * Address of the repository, e.g. https://git.example.com/billing/reports.git, ssh://git@git.example.com/billing/reports.git or
   * git@git.example.com:billing/reports.git; at most 1,024 characters. Loopback and metadata addresses are refused, redirects are not
   * followed.
   */
  readonly url: string;
  /** Which state of it, exactly one of tag, branch and commit. The templates are pinned to the commit that it led to. */
  readonly ref: ReportRepositorySpecGitRef;
  /**
   * Secret of the namespace with what opens the repository: for https token, or username and password; for ssh ssh-privatekey (without a
   * passphrase) and known_hosts. The code never sees it.
   */
  readonly credentialsSecretRef?: ReportRepositorySpecGitCredentialsSecretRef;
  /**
   * Key of a Secret that holds the certificates (PEM) of the authority that signed the server's; needed when it is not one that systems
   * trust.
   */
  readonly caSecretRef?: ReportRepositorySpecGitCaSecretRef;
}

export interface ReportRepositorySpecGitRef {
  /** Name of a tag, e.g. v1.4.0. */
  readonly tag?: string;
  /** Name of a branch, e.g. main. */
  readonly branch?: string;
  /** Whole name of a commit, 40 hexadecimal digits (64 in repositories with SHA-256). */
  readonly commit?: string;
}

export interface ReportRepositorySpecGitCredentialsSecretRef {
  /** Name of the Secret, e.g. reports-git. */
  readonly name: string;
}

export interface ReportRepositorySpecGitCaSecretRef {
  /** Name of the Secret, e.g. git-ca. */
  readonly name: string;
  /** Key in the Secret, e.g. ca.crt. */
  readonly key: string;
}

export interface ReportRepositorySpecTemplates {
  /**
   * Settings of the Jobs that make the files. Those of where pods run (nodeSelector, tolerations, priorityClassName, imagePullSecrets,
   * labels) hold for the Job that looks the repository up, too.
   */
  readonly job?: ReportRepositorySpecTemplatesJob;
  /** The ReportStorage that takes the files; see spec.storageRef of a ReportTemplate. */
  readonly storageRef?: ReportRepositorySpecTemplatesStorageRef;
  /**
   * Formats of templates whose entry in the descriptor names none, each once; the first is the default. Without it: XLSX, CSV, JSON,
   * NDJSON.
   */
  readonly formats?: readonly ('CSV' | 'JSON' | 'NDJSON' | 'XLSX')[];
  /**
   * Variables in the environment of the code, at most 64, each once. What a Secret holds is known to all code of the repository from then
   * on, also to that of later commits; nothing keeps it from sending it anywhere.
   */
  readonly env?: readonly ReportRepositorySpecTemplatesEnv[];
  /**
   * Image that runs the Python functions of a reports.json instead of the operator's own, for example one with more packages, built upon
   * it. It must name a user by number that is not 0.
   */
  readonly pythonImage?: string;
}

export interface ReportRepositorySpecTemplatesJob {
  /** What a pod asks for and may use. Default: the operator's. */
  readonly resources?: ReportRepositorySpecTemplatesJobResources;
  /**
   * Room for the rows and temporary files of custom code, as a quantity. Default 10Gi; code that needs more is ended. Other runs write
   * nothing to disk; what they would is held to their limit of ephemeral-storage.
   */
  readonly scratchSize: number | string | bigint;
  /** Labels that a node must have, at most 16, e.g. {disktype: ssd}. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Taints of nodes that the pods bear, at most 16. */
  readonly tolerations?: readonly ReportRepositorySpecTemplatesJobToleration[];
  /** PriorityClass of the pods, e.g. batch-low. */
  readonly priorityClassName?: string;
  /** Secrets with which the runner's image is pulled, besides the operator's own, at most 8, each once. */
  readonly imagePullSecrets?: readonly ReportRepositorySpecTemplatesJobImagePullSecret[];
  /**
   * Labels of the Job (not of its pods), at most 16, e.g. {kueue.x-k8s.io/queue-name: reports}. Only keys with prefixes that the operator
   * allows are taken.
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * How long a run may take, in seconds, retries included, for Reports that do not say it themselves. Default 3600 (an hour), at most
   * 604800 (a week).
   */
  readonly activeDeadlineSeconds: number;
  /**
   * How often a run is tried again after a failure that may pass, e.g. a cut connection. Mistakes are never tried again. Default 2, at most
   * 10.
   */
  readonly backoffLimit: number;
  /** How long a finished Job and its logs are kept, in seconds. Default 3600 (an hour), at most 2592000 (30 days). Report and file stay. */
  readonly ttlSecondsAfterFinished: number;
}

export interface ReportRepositorySpecTemplatesJobResources {
  /** What the scheduler sets aside for the pod. */
  readonly requests?: ReportRepositorySpecTemplatesJobResourcesRequests;
  /** What the pod may use at most. Beyond its memory it is killed, and the Report fails with reason OutOfMemory. */
  readonly limits?: ReportRepositorySpecTemplatesJobResourcesLimits;
}

export interface ReportRepositorySpecTemplatesJobResourcesRequests {
  /** Processor time in cores, e.g. 500m or 2. */
  readonly cpu?: number | string | bigint;
  /** Memory in bytes, e.g. 512Mi. */
  readonly memory?: number | string | bigint;
  /** Disk for logs and temporary files in bytes, e.g. 1Gi. */
  readonly 'ephemeral-storage'?: number | string | bigint;
}

export interface ReportRepositorySpecTemplatesJobResourcesLimits {
  /** Processor time in cores, e.g. 500m or 2. */
  readonly cpu?: number | string | bigint;
  /** Memory in bytes, e.g. 512Mi. */
  readonly memory?: number | string | bigint;
  /** Disk for logs and temporary files in bytes, e.g. 1Gi. */
  readonly 'ephemeral-storage'?: number | string | bigint;
}

export interface ReportRepositorySpecTemplatesJobToleration {
  /** Key of the taint; without it, every key. */
  readonly key?: string;
  /** Equal (default) compares the value, Exists does not. */
  readonly operator: 'Equal' | 'Exists';
  /** Value of the taint, for Equal. */
  readonly value?: string;
  /** Effect of the taint; without it, every effect. */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  /** For NoExecute, how long the pod stays on the node after the taint came, in seconds. Without it, for ever. */
  readonly tolerationSeconds?: number;
}

export interface ReportRepositorySpecTemplatesJobImagePullSecret {
  /** Name of a Secret of type kubernetes.io/dockerconfigjson. */
  readonly name: string;
}

export interface ReportRepositorySpecTemplatesStorageRef {
  /** Name of a ReportStorage of the Report's namespace, e.g. archive. */
  readonly name: string;
}

export interface ReportRepositorySpecTemplatesEnv {
  /** Name of the variable, e.g. API_URL. */
  readonly name: string;
  /** Its value, for what is no secret, at most 4,096 characters. $(NAME) stands for a variable before it, $$ for a dollar sign. */
  readonly value?: string;
  /** Where its value stands. */
  readonly valueFrom?: ReportRepositorySpecTemplatesEnvValueFrom;
}

export interface ReportRepositorySpecTemplatesEnvValueFrom {
  /**
   * Key of a Secret of the Report's namespace that holds the value. A Secret with the annotation dossier.dev/allowed-hosts is refused,
   * because nothing holds a program to it.
   */
  readonly secretKeyRef: ReportRepositorySpecTemplatesEnvValueFromSecretKeyRef;
}

export interface ReportRepositorySpecTemplatesEnvValueFromSecretKeyRef {
  /** Name of the Secret, e.g. usage-api. */
  readonly name: string;
  /** Key in the Secret, e.g. token. */
  readonly key: string;
}

export interface ReportRepositoryStatus {
  /** The metadata.generation that this status speaks of; -1 until the operator has looked at the ReportRepository. */
  readonly observedGeneration?: number;
  /**
   * Configuring: the repository is being looked up for the first time or after a change of the spec. Ready: the templates are those of
   * commit. Failed: they are not, or not for the present spec; the condition Ready says why, and the templates of the last good commit
   * stay.
   */
  readonly phase?: 'Configuring' | 'Ready' | 'Failed';
  /** The commit that the templates are of. */
  readonly commit?: string;
  /** How many ReportTemplates are made from it. */
  readonly templates?: number;
  /** The ReportTemplates, each as the operator has last written it, by which it notices what others change. */
  readonly entries?: readonly ReportRepositoryStatusEntrie[];
  /** What of the descriptor has no template, or not all of it, and why, at most 20. */
  readonly warnings?: readonly string[];
  /** The metadata.generation for which the repository was last looked up. */
  readonly fetchedGeneration?: number;
  /** When it was last looked up, successfully or not. */
  readonly lastFetchTime?: string;
  /** How many times in a row it could not be, for a reason that may pass; the next try comes later each time. */
  readonly failures?: number;
  /** Value of the annotation dossier.dev/fetch that was last acted on. */
  readonly lastHandledFetch?: string;
  /**
   * Ready: True when the templates are those of status.commit. Reconciling: True while the repository is being looked up, or will be again
   * by itself; its message says when it is looked up again, or what that takes. Stalled: True when only a change of the spec, the
   * repository or a Secret helps.
   */
  readonly conditions?: readonly Condition[];
}

export interface ReportRepositoryStatusEntrie {
  /** Its name. */
  readonly template: string;
  /** Its UID. */
  readonly uid: string;
  /** Its metadata.generation after that. */
  readonly generation: number;
  /** Of what was written. */
  readonly hash: string;
}
