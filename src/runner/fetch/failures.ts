/**
 * What git says, as a sentence that names what the user gave and what to do. Only the kind is read from git's words, and those git cannot mend are told apart from those
 * that another try may; a sentence that is not known is passed on, bounded, as git's own.
 */
import { DossierError } from '../../errors.ts';
import { foreignText } from '../../foreign-text.ts';
import type { GitFailure } from './git.ts';
import type { GitPlan, GitRef } from './plan.ts';

interface Meaning {
  readonly says: RegExp;
  readonly text: (plan: GitPlan, withCredentials: boolean) => string;
  readonly retryable?: true;
}

const REFUSED = (_plan: GitPlan, withCredentials: boolean): string =>
  withCredentials
    ? 'refuses the credentials; correct the Secret of credentialsSecretRef'
    : 'asks for credentials; name a Secret with them in credentialsSecretRef';

/** Of the protocol's version 2, and of those before. */
const OTHER_HASH = /mismatched algorithms: client|Server does not support this repository's object format/i;

/** The first that matches counts. */
const MEANINGS: readonly Meaning[] = [
  {
    says: /(server certificate verification failed|SSL certificate problem|certificate verify failed|unable to get local issuer|self[- ]signed certificate)/i,
    text: () => 'has a certificate of an authority that is not known; give that authority in caSecretRef',
  },
  {
    says: /Host key verification failed|No .* host key is known/i,
    text: () => 'is not the server that known_hosts in the Secret of credentialsSecretRef tells',
  },
  {
    says: /error in libcrypto|invalid format|Load key/i,
    text: () => 'cannot be asked: ssh-privatekey in the Secret of credentialsSecretRef is no key without a passphrase',
  },
  { says: /Permission denied \(/i, text: () => 'refuses the ssh key; correct ssh-privatekey in the Secret of credentialsSecretRef' },
  { says: /couldn't find remote ref|Remote branch .* not found/i, text: ({ ref }) => `has no ${refTitle(ref)}` },
  {
    says: OTHER_HASH,
    text: ({ ref }) => {
      if (ref.kind !== 'commit') return 'names its objects neither by SHA-1 nor by SHA-256';
      const digits = ref.name.length === 64 ? 40 : 64;
      return `has no ${refTitle(ref)}: its commits have ${digits} digits; give one of these, or a branch or tag`;
    },
  },
  {
    says: /not our ref|unadvertised object|did not send all necessary objects|no such (commit|remote ref)/i,
    text: ({ ref }) => `has no ${refTitle(ref)} (any more)`,
  },
  {
    says: /Authentication failed|could not read Username|could not read Password|returned error: 40[13]|terminal prompts disabled/i,
    text: REFUSED,
  },
  {
    says: /repository '.*' not found|returned error: 404|Repository not found|does not appear to be a git repository|not found: did you run/i,
    text: () => 'is no repository, or one that these credentials may not read',
  },
  {
    says: /returned error: 30\d|unable to update url base from redirection/i,
    text: () => 'answers with a redirect, which is not followed; give the address that it leads to',
  },
  { says: /returned error: (429|5\d\d)/i, text: () => 'failed', retryable: true },
  { says: /returned error: 4\d\d/i, text: () => 'refuses the request' },
  {
    says: /Could not resolve host|Connection refused|Connection timed out|Failed to connect|Operation timed out|Connection reset|early EOF|hung up unexpectedly|RPC failed|low speed|Connection closed/i,
    text: () => 'does not answer',
    retryable: true,
  },
];

/** `spec.source.git` is at fault, or its server. */
export function gitFailed(plan: GitPlan, clause: string, retryable: boolean): DossierError {
  return new DossierError('TemplateFailed', `git: ${foreignText(plan.url, 200)} ${clause}`, { retryable });
}

export function meaningOf(failure: GitFailure, plan: GitPlan, withCredentials: boolean): DossierError {
  const known = MEANINGS.find(({ says }) => says.test(failure.stderr));
  if (known !== undefined) return gitFailed(plan, known.text(plan, withCredentials), known.retryable ?? false);
  const last = failure.stderr
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
  return gitFailed(plan, `cannot be fetched: git says ${last === undefined ? 'nothing' : `"${foreignText(last, 200)}"`}`, true);
}

/** The server names objects by another hash than the repository into which they were to come. */
export function isOfOtherHash({ stderr }: GitFailure): boolean {
  return OTHER_HASH.test(stderr);
}

export function refTitle({ kind, name }: GitRef): string {
  return `${kind} ${foreignText(name, 100)}`;
}
