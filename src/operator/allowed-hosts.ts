/**
 * `dossier.dev/allowed-hosts` on a Secret: its owner's word on where it may be sent (security.md 1).
 *
 * The kubelet would hand any Secret of the namespace to a pod, so whoever may write a template could send a Secret that they cannot read to a host of theirs; with the
 * annotation they cannot.
 */
import { quoted } from '../foreign-text.ts';
import type { Secret } from '../kube/objects.ts';

export const ALLOWED_HOSTS_ANNOTATION = 'dossier.dev/allowed-hosts';

/** Why the Secret may not be used towards `hostPort` (`host:port`); undefined = it may. Entries: `host`, `host:port`, `*.example.com`, separated by commas. */
export function hostProblem(secret: Secret, hostPort: string, required: boolean): string | undefined {
  const { name } = secret.metadata;
  const annotation = secret.metadata.annotations?.[ALLOWED_HOSTS_ANNOTATION];
  if (annotation === undefined) {
    return required
      ? `Secret "${name}" has no annotation ${ALLOWED_HOSTS_ANNOTATION}, which this operator asks for (--require-allowed-hosts)`
      : undefined;
  }
  const entries = annotation
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  if (entries.some((entry) => matches(entry, hostPort.toLowerCase()))) return undefined;
  return `Secret "${name}" may not be used towards ${quoted(hostPort)}: its annotation ${ALLOWED_HOSTS_ANNOTATION} does not list it`;
}

/** Why the Secret may not be given to custom code, which may send it anywhere; undefined = it may. */
export function anywhereProblem(secret: Secret, required: boolean): string | undefined {
  const { name } = secret.metadata;
  if (secret.metadata.annotations?.[ALLOWED_HOSTS_ANNOTATION] !== undefined)
    return `Secret "${name}" has the annotation ${ALLOWED_HOSTS_ANNOTATION}, to which nothing holds custom code; give the code a Secret without it`;
  return required
    ? `custom code could send Secret "${name}" anywhere, and this operator uses Secrets towards allowed hosts only (--require-allowed-hosts)`
    : undefined;
}

function matches(entry: string, hostPort: string): boolean {
  const host = hostPort.replace(/:\d+$/, '');
  if (entry === hostPort || entry === host) return true;
  return entry.startsWith('*.') && host.endsWith(entry.slice(1)) && host.length > entry.length - 1;
}
