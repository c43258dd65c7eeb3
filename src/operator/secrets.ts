/**
 * Reads Secrets one at a time and only when they are needed; they are never listed or watched, so the operator needs only `get`.
 *
 * A thousand Reports that wait for one missing Secret cost one GET in 5 to 60 s: whoever needs a Secret that is not as wanted registers, one poller a Secret looks, and
 * all are woken when it changed. Values live in memory for the two seconds in which many ask for the same, and in storage clients.
 */
import { foreignText } from '../foreign-text.ts';
import { isNotFound } from '../kube/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Secret } from '../kube/objects.ts';
import { SECRETS } from '../kube/resources.ts';

const CACHE_MS = 2_000;
const FIRST_POLL_MS = 5_000;
const MAX_POLL_MS = 60_000;
/** After so many looks in vain (half an hour) those who wait are asked to look themselves: who is gone registers no more, or deleted namespaces would be asked about for ever. */
const MAX_POLLS = 33;

interface Wait {
  readonly wakes: Map<string, () => void>;
  /** resourceVersion when it was found wanting; undefined = it did not exist. */
  readonly seen: string | undefined;
  delayMs: number;
  polls: number;
  timer: NodeJS.Timeout;
}

export class SecretReader {
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #recent = new Map<string, { readonly at: number; readonly secret: Promise<Secret | undefined> }>();
  readonly #waits = new Map<string, Wait>();

  /** The signal ends all polling. */
  constructor(client: KubeClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** The Secret as it is now (at most two seconds ago), or undefined when there is none. */
  async read(namespace: string, name: string): Promise<Secret | undefined> {
    const key = `${namespace}/${name}`;
    const recent = this.#recent.get(key);
    if (recent !== undefined && performance.now() - recent.at < CACHE_MS) return recent.secret;
    const secret = this.#get(namespace, name);
    this.#recent.set(key, { at: performance.now(), secret });
    const forget = (): void => {
      if (this.#recent.get(key)?.secret === secret) this.#recent.delete(key);
    };
    setTimeout(forget, CACHE_MS).unref();
    secret.catch(forget);
    return secret;
  }

  /**
   * Calls `wake` once when the Secret is no longer as it was seen (`seen` = its resourceVersion, undefined = missing), or after half an hour.
   * `waiter` identifies who waits: registering twice is once.
   */
  wakeOnChange(namespace: string, name: string, seen: string | undefined, waiter: string, wake: () => void): void {
    if (this.#signal.aborted) return;
    const key = `${namespace}/${name}`;
    const known = this.#waits.get(key);
    if (known !== undefined) {
      known.wakes.set(waiter, wake);
      return;
    }
    const wait: Wait = { wakes: new Map([[waiter, wake]]), seen, delayMs: FIRST_POLL_MS, polls: 0, timer: setTimeout(() => undefined, 0) };
    this.#waits.set(key, wait);
    this.#arm(namespace, name, wait);
  }

  #arm(namespace: string, name: string, wait: Wait): void {
    clearTimeout(wait.timer);
    wait.timer = setTimeout(() => void this.#poll(namespace, name, wait), wait.delayMs);
  }

  async #poll(namespace: string, name: string, wait: Wait): Promise<void> {
    let now: string | undefined;
    try {
      now = (await this.#get(namespace, name))?.metadata.resourceVersion;
    } catch {
      now = wait.seen; // No answer is no news; the reconciles that need this Secret report the outage.
    }
    if (this.#signal.aborted) return;
    wait.polls += 1;
    if (now === wait.seen && wait.polls < MAX_POLLS) {
      wait.delayMs = Math.min(wait.delayMs * 2, MAX_POLL_MS);
      this.#arm(namespace, name, wait);
      return;
    }
    const key = `${namespace}/${name}`;
    this.#waits.delete(key);
    this.#recent.delete(key);
    for (const wake of wait.wakes.values()) wake();
  }

  async #get(namespace: string, name: string): Promise<Secret | undefined> {
    try {
      return await this.#client.get<Secret>(SECRETS, namespace, name, this.#signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #stop(): void {
    for (const wait of this.#waits.values()) clearTimeout(wait.timer);
    this.#waits.clear();
    this.#recent.clear();
  }
}

/** What to tell of a Secret that the apiserver refused to show, by what it said. */
export function unreadable(refusal: Error): string {
  return `the operator may not read a Secret that is named here; let its service account get it (${foreignText(refusal.message)})`;
}

/** A value of a Secret as text; undefined when the key is missing or empty. */
export function secretText(secret: Secret | undefined, key: string): string | undefined {
  const value = secret?.data?.[key];
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
