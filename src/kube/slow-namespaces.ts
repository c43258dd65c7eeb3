/**
 * Keeps the slow objects of one namespace from taking every worker.
 *
 * An admission webhook that hangs, or a quota controller that does not answer, holds each write of its namespace for up to half a minute. A namespace that was found slow may
 * have a few reconciles under way and no more until it has been quick again for a while; the others do not notice.
 */

/** So long after its last slow reconcile a namespace still counts as slow. */
const REMEMBERED_MS = 60_000;

export class SlowNamespaces {
  readonly #share: number;
  readonly #now: () => number;
  readonly #running = new Map<string, number>();
  /** Until when, of `now`. */
  readonly #slow = new Map<string, number>();

  /** `share`: reconciles that a slow namespace may have under way. `now`: milliseconds that only grow. */
  constructor(share: number, now: () => number) {
    this.#share = share;
    this.#now = now;
  }

  mayStart(namespace: string): boolean {
    return !this.#isSlow(namespace) || (this.#running.get(namespace) ?? 0) < this.#share;
  }

  started(namespace: string): void {
    this.#running.set(namespace, (this.#running.get(namespace) ?? 0) + 1);
  }

  /** `slow`: it took longer than a reconcile should. */
  ended(namespace: string, slow: boolean): void {
    const left = (this.#running.get(namespace) ?? 1) - 1;
    if (left === 0) this.#running.delete(namespace);
    else this.#running.set(namespace, left);
    if (slow) this.foundSlow(namespace);
  }

  /** One of its reconciles is taking too long. */
  foundSlow(namespace: string): void {
    this.#slow.set(namespace, this.#now() + REMEMBERED_MS);
  }

  #isSlow(namespace: string): boolean {
    const until = this.#slow.get(namespace);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#slow.delete(namespace);
    return false;
  }
}
