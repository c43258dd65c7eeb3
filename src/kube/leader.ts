/**
 * Leader election on a Lease, by client-go's rules (15 s lease, 10 s renew deadline, 2 s between tries).
 *
 * Another's lease is judged by when WE saw it change, never by the clock that wrote it: clocks differ. Our own is judged from the moment the renewing request was
 * SENT: if this process was paused, `holds()` is already false when it wakes, before anybody told it, and every write asks `holds()` first.
 * A lost lease is final: the process should exit and start anew rather than guess what it still may do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from './client.ts';
import { isNotFound } from './errors.ts';
import { microTime } from './micro-time.ts';
import type { KubeObject, ObjectMeta } from './objects.ts';
import { apiVersionOf, LEASES } from './resources.ts';

export interface LeaseTiming {
  /** How long others must see no change of the lease before one of them takes it; a whole number of seconds. */
  readonly durationMs: number;
  /** How long after a renewal the leader believes in it; less than `durationMs`, or two could lead. */
  readonly renewDeadlineMs: number;
  /** Between two tries. */
  readonly retryPeriodMs: number;
}

/** client-go's. */
export const LEASE_TIMING: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

interface Lease extends KubeObject {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number | null;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number | null;
  };
}

export interface LeaderOptions {
  readonly namespace: string;
  readonly name: string;
  /** Unique a process: a restarted pod of the same name must not take itself for its predecessor. */
  readonly identity: string;
  readonly onError: (error: unknown) => void;
  /** Default LEASE_TIMING. */
  readonly timing?: LeaseTiming;
}

export class LeaderElection {
  readonly #client: KubeClient;
  readonly #options: LeaderOptions;
  readonly #timing: LeaseTiming;
  /** Monotonic ms at which the last successful renewal was sent. */
  #renewedAt = -Infinity;
  #observed: { readonly record: string; readonly at: number } | undefined;

  /** `client` must not guard its writes by this election. */
  constructor(client: KubeClient, options: LeaderOptions) {
    this.#client = client;
    this.#options = options;
    this.#timing = options.timing ?? LEASE_TIMING;
  }

  /** Whether a write sent now is still ours to send. */
  holds(): boolean {
    return performance.now() - this.#renewedAt < this.#timing.renewDeadlineMs;
  }

  /** Resolves once we lead; throws the signal's reason. */
  async acquire(signal: AbortSignal): Promise<void> {
    while (!(await this.#try(signal))) {
      await sleep(this.#timing.retryPeriodMs * (1 + Math.random() * 0.2), undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }

  /** Renews until the signal aborts (resolves) or the lease is lost (rejects). */
  async keep(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#timing.retryPeriodMs, undefined, { signal }).catch(() => undefined);
      const renewed = !signal.aborted && (await this.#try(signal));
      if (signal.aborted) return;
      if (!renewed && !this.holds())
        throw new Error(`lost the lease ${this.#options.namespace}/${this.#options.name}: another instance may lead now`);
    }
  }

  /** Gives the lease up, so that a successor need not wait for it to expire. Best effort. */
  async release(signal: AbortSignal): Promise<void> {
    if (!this.holds()) return;
    this.#renewedAt = -Infinity;
    try {
      // Read anew: a renewal that was cut short by our own stop may have been written all the same.
      const lease = await this.#read(signal);
      if (lease?.spec?.holderIdentity !== this.#options.identity) return;
      await this.#write(lease, { holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(Date.now()) }, signal);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #try(signal: AbortSignal): Promise<boolean> {
    const sentAt = performance.now();
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(this.#timing.renewDeadlineMs / 2)]);
      const lease = await this.#read(bounded);
      if (lease === undefined) {
        await this.#create(bounded);
      } else {
        if (!this.#mayTake(lease)) {
          this.#renewedAt = -Infinity; // Somebody else's now, whatever we believed: it was deleted, or taken by force.
          return false;
        }
        await this.#write(lease, this.#record(lease), bounded);
      }
      this.#renewedAt = sentAt;
      return true;
    } catch (error) {
      if (!signal.aborted) this.#options.onError(error);
      return false;
    }
  }

  #mayTake(lease: Lease): boolean {
    const { holderIdentity, leaseDurationSeconds, renewTime } = lease.spec ?? {};
    if (holderIdentity === this.#options.identity) return true;
    const record = `${holderIdentity ?? ''}/${renewTime ?? ''}/${lease.metadata.resourceVersion}`;
    if (this.#observed?.record !== record) this.#observed = { record, at: performance.now() };
    if (holderIdentity === undefined || holderIdentity === null || holderIdentity === '') return true;
    const durationMs =
      leaseDurationSeconds === undefined || leaseDurationSeconds === null ? this.#timing.durationMs : leaseDurationSeconds * 1000;
    return performance.now() - this.#observed.at > durationMs;
  }

  #record(lease: Lease | undefined): NonNullable<Lease['spec']> {
    const now = microTime(Date.now());
    const ours = lease?.spec?.holderIdentity === this.#options.identity;
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: this.#timing.durationMs / 1000,
      acquireTime: ours ? (lease.spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (lease?.spec?.leaseTransitions ?? 0) + (lease !== undefined && !ours ? 1 : 0),
    };
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#client.get<Lease>(LEASES, this.#options.namespace, this.#options.name, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create(signal: AbortSignal): Promise<void> {
    const { name, namespace } = this.#options;
    const manifest = { apiVersion: apiVersionOf(LEASES), kind: 'Lease', metadata: { name, namespace }, spec: this.#record(undefined) };
    await this.#client.create<Lease>(LEASES, manifest, signal);
  }

  async #write(lease: Lease, spec: NonNullable<Lease['spec']>, signal: AbortSignal): Promise<void> {
    const { name, namespace } = this.#options;
    const metadata = { name, namespace, resourceVersion: lease.metadata.resourceVersion, uid: lease.metadata.uid };
    const manifest = { apiVersion: apiVersionOf(LEASES), kind: 'Lease', metadata, spec: { ...lease.spec, ...spec } };
    await this.#client.replace<Lease>(LEASES, manifest, name, signal);
  }
}
