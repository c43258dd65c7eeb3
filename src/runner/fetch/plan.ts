/** What the step `fetch` is told: the JSON in DOSSIER_GIT, and variables that the kubelet fills from Secrets. */

export const FETCH_ENV = {
  plan: 'DOSSIER_GIT',
  /** Folder that exists and is empty: `tree` and `revision` are made in it. */
  checkout: 'DOSSIER_CHECKOUT',
  username: 'DOSSIER_GIT_USERNAME',
  password: 'DOSSIER_GIT_PASSWORD',
  token: 'DOSSIER_GIT_TOKEN',
  sshKey: 'DOSSIER_GIT_SSH_KEY',
  knownHosts: 'DOSSIER_GIT_KNOWN_HOSTS',
  /** Path of a file that holds the commit of an earlier try of the same run; there may be none. */
  pin: 'DOSSIER_GIT_PIN',
  /** PEM bundle of a private authority. */
  ca: 'DOSSIER_GIT_CA',
} as const;

/** Names below the folder of the checkout. */
export const TREE = 'tree';
export const REVISION = 'revision';

export interface GitRef {
  readonly kind: 'tag' | 'branch' | 'commit';
  readonly name: string;
}

export interface GitPlan {
  readonly url: string;
  readonly ref: GitRef;
  /** Folder that must be in the tree; empty = its root. */
  readonly path: string;
  /** File that must be below `path`. */
  readonly entrypoint?: string;
  /** Only the local demo and tests may reach loopback addresses. */
  readonly allowLoopback: boolean;
}

export function isCommit(text: unknown): text is string {
  return typeof text === 'string' && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** What the step leaves in its termination log. */
export interface Fetched {
  readonly commit: string;
  /** The commit was told by an earlier try; this one did not look the ref up. */
  readonly pinned: boolean;
}

/** What a termination message of the step says; undefined when it is none. Never throws. */
export function parseFetched(message: string): Fetched | undefined {
  try {
    const { commit, pinned } = JSON.parse(message.slice(0, 256)) as { readonly commit?: unknown; readonly pinned?: unknown };
    return isCommit(commit) && typeof pinned === 'boolean' ? { commit, pinned } : undefined;
  } catch {
    return undefined;
  }
}
