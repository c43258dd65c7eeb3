/** A template whose rows come from custom code: what its steps are told, which Secrets they get, and what is wrong with it beyond the schema. */
import { hostPort, parseGitAddress } from '../../runner/fetch/address.ts';
import { FETCH_ENV, type GitPlan, type GitRef } from '../../runner/fetch/plan.ts';
import type { CodePlan } from '../../runner/sources/code/plan.ts';
import type { Template } from './template.ts';

type Source = Template['spec']['source'];
type GitSpec = NonNullable<Source['git']>;

/** A variable whose value is a key of a Secret. */
export interface SecretVariable {
  readonly variable: string;
  readonly secret: { readonly name: string; readonly key: string };
}

/** Undefined when the template has another source. */
export function codePlan({ spec: { source } }: Template): CodePlan | undefined {
  if (source.container !== undefined) return { kind: 'code', from: 'container' };
  return source.git === undefined ? undefined : { kind: 'code', from: 'git' };
}

export function isCustomCode(template: Template): boolean {
  return codePlan(template) !== undefined;
}

/** Whether the code may use what its pod may. */
export function isTrusted({ spec: { source } }: Template): boolean {
  return (source.container ?? source.git)?.trusted === true;
}

/** Secrets that the code itself gets. */
export function codeSecrets({ spec: { source } }: Template): readonly SecretVariable[] {
  return ((source.container ?? source.git)?.env ?? []).flatMap(({ name, valueFrom }) =>
    valueFrom === undefined ? [] : [{ variable: name, secret: valueFrom.secretKeyRef }],
  );
}

/** Keys of the Secret that opens the repository; which of them are there is its owner's choice. */
export function gitSecrets({ credentialsSecretRef, caSecretRef }: Pick<GitSpec, 'credentialsSecretRef' | 'caSecretRef'>): {
  readonly optional: readonly SecretVariable[];
  readonly required: readonly SecretVariable[];
} {
  const keys = [
    [FETCH_ENV.username, 'username'],
    [FETCH_ENV.password, 'password'],
    [FETCH_ENV.token, 'token'],
    [FETCH_ENV.sshKey, 'ssh-privatekey'],
    [FETCH_ENV.knownHosts, 'known_hosts'],
  ] as const;
  return {
    optional:
      credentialsSecretRef === undefined
        ? []
        : keys.map(([variable, key]) => ({ variable, secret: { name: credentialsSecretRef.name, key } })),
    required: caSecretRef === undefined ? [] : [{ variable: FETCH_ENV.ca, secret: caSecretRef }],
  };
}

/** Which keys of the Secret must be there. The one of ssh that may be missing is asked for by the step itself. */
export function credentialKeys({ url }: Pick<GitSpec, 'url'>): { readonly key: string; readonly instead?: readonly (readonly string[])[] } {
  return url.startsWith('https://') ? { key: 'token', instead: [['username', 'password']] } : { key: 'ssh-privatekey' };
}

/** `host:port` that the credentials are sent to. */
export function gitDestination({ url }: Pick<GitSpec, 'url'>): string | undefined {
  const address = parseGitAddress(url);
  return address === undefined ? undefined : hostPort(address);
}

/** `pinned`: the commit that an earlier try of the same run was made from. */
export function gitPlan({ url, ref, path, entrypoint }: GitSpec, pinned: string | undefined, allowLoopback: boolean): GitPlan {
  return {
    url,
    ref: pinned === undefined ? refOf(ref) : { kind: 'commit', name: pinned },
    path: path ?? '',
    ...(entrypoint === undefined ? {} : { entrypoint }),
    allowLoopback,
  };
}

/** The schema has seen to it that there is exactly one. */
export function refOf({ tag, branch, commit }: GitSpec['ref']): GitRef {
  if (tag !== undefined) return { kind: 'tag', name: tag };
  return branch === undefined ? { kind: 'commit', name: commit ?? '' } : { kind: 'branch', name: branch };
}

export function codeProblems({ spec: { source } }: Template): readonly string[] {
  if (source.git === undefined || parseGitAddress(source.git.url) !== undefined) return [];
  return ['spec.source.git.url: is no address that can be asked; check host and port'];
}
