/**
 * What keeps the operator from its work in the cluster, told in one line and once: kinds that the cluster does not know, rights that are missing, an apiserver that does
 * not answer.
 *
 * Watches and the lease are tried again for ever, each on its own and every few seconds; told one by one they would bury what whoever reads the log has to do. A line
 * comes when the picture has changed, and again when a trouble returns after it had gone.
 */
import type { Logger } from 'pino';
import { ConnectionError, KubeError } from '../kube/errors.ts';

/** For all watches to have tried once. */
const GATHER_MS = 1_000;
/** Longer than the pause between two tries of a watch: who has not failed for so long works again. */
const FORGET_MS = 60_000;

const REMEDIES = {
  unreachable: 'the apiserver cannot be reached',
  refused: 'the apiserver does not accept the credentials; renew the token or the kubeconfig',
  missing:
    'the cluster does not have the kinds; install the CRDs: helm upgrade with crds.enabled=true, or kubectl apply --server-side -f crds/',
  forbidden:
    'rights are missing; install the chart with rbac.create=true, or grant what docs/security.md lists (with rights in some namespaces only, set watchNamespaces)',
} as const;
type Trouble = keyof typeof REMEDIES;

export class Troubles {
  readonly #log: Logger;
  /** Trouble -> kind -> when it was last met, monotonic ms. */
  readonly #met = new Map<Trouble, Map<string, number>>();
  #detail = '';
  #told = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** An attempt on `kind` failed, and will be made again. Whether it is one of the troubles that are told here; others are the caller's to tell. */
  met(kind: string, error: unknown): boolean {
    const trouble = troubleOf(error);
    if (trouble === undefined) return false;
    const kinds = this.#met.get(trouble) ?? new Map<string, number>();
    this.#met.set(trouble, kinds.set(kind, performance.now()));
    if (trouble === 'unreachable' && error instanceof Error) this.#detail = error.message;
    this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS).unref();
    return true;
  }

  #tell(): void {
    this.#timer = undefined;
    const parts: string[] = [];
    for (const [trouble, kinds] of this.#met) {
      for (const [kind, at] of kinds) if (performance.now() - at > FORGET_MS) kinds.delete(kind);
      if (kinds.size === 0) this.#met.delete(trouble);
      else parts.push(`${REMEDIES[trouble]} (${trouble === 'unreachable' ? this.#detail : [...kinds.keys()].toSorted().join(', ')})`);
    }
    const line = `${parts.join('; ')}; tried again until it works`;
    if (line !== this.#told) this.#log.warn(line);
    this.#told = line;
  }
}

function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof ConnectionError) return 'unreachable';
  if (!(error instanceof KubeError)) return undefined;
  return ({ 401: 'refused', 403: 'forbidden', 404: 'missing' } as const)[error.status];
}
